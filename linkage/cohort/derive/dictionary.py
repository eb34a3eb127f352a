"""The data dictionary and the transformation guide, made from the definitions that the derivation runs on."""

from datetime import date

from linkage.cohort.derive.coded import DETAILS, GROUP_COLUMNS
from linkage.cohort.derive.period import Period
from linkage.cohort.derive.run import Derivation, NamedStep, steps_shown
from linkage.cohort.derive.sequels import sequel_steps_shown
from linkage.cohort.derive.source import release_source
from linkage.cohort.derive.variables import derived_variables

HEADINGS = ("Column", "Variable", "Number", "Of", "Holds", "Definition", "Source", "Certainty", "Step")


def dictionary_rows() -> list[tuple[str, ...]]:
    """One row per column of the dataset, under ``HEADINGS``."""
    return [
        (
            column,
            variable.title,
            str(variable.number or ""),
            variable.of,
            holds,
            variable.definition,
            variable.source,
            variable.certainty,
            variable.step,
        )
        for variable in derived_variables()
        for column, holds in variable.columns.items()
    ]


def guide_steps() -> list[NamedStep]:
    """The steps of a derivation by NHS England's rule of the person key, which has every step, and those of sequels."""
    columns = ("la_person_pseudonym", "adult_1_linked_person_pseudonym", *GROUP_COLUMNS, *DETAILS)
    source = release_source("social_care", "rowid", columns, {})
    period = Period(date(2023, 4, 1), date(2024, 3, 31))
    return [*steps_shown(source, Derivation(person_rule="nhs_england"), period), *sequel_steps_shown(period)]


def data_dictionary() -> str:
    """The data dictionary as Markdown."""
    lines = ["| Column | Variable | Of | Holds | Definition | Certainty |", "|---|---|---|---|---|---|"]
    for column, title, number, of, holds, definition, _, certainty, _ in dictionary_rows():
        named = f"{number} {title}" if number else title
        lines.append(f"| `{column}` | {named} | {of} | {holds} | {definition} | {certainty} |")
    return "\n".join(lines)


def transformation_guide() -> str:
    """Every step in the order in which it runs, as Markdown: its table, what it does and the variables that come from it."""
    parts: list[str] = []
    for named in guide_steps():
        made = [v.title for v in derived_variables() if named.step.name in v.step.split(", ")]
        numbers = "" if named.number in ("spells", "sequels") else f" (step {named.number})"
        about = " ".join(named.about.replace("``", "`").split())
        variables = f"\n\nVariables: {', '.join(made)}." if made else ""
        parts.append(f"### `{named.step.name}`{numbers}\n\n{about}{variables}")
    return "\n\n".join(parts)
