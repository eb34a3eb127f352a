"""The page of official measures is what their definitions say. To write it again: ``python -m tests.unit.test_measures_page``."""

from pathlib import Path

from linkage.cohort.measures.definition import POPULATION, MeasureDefinition
from linkage.cohort.measures.dividing import variables
from linkage.cohort.measures.registry import MEASURES

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "measures.md"
INTRODUCTION = """# Official measures

Generated from `configs/measures/`. `cldlink tables official LINKED --measure ID --out FOLDER` writes them (see
[the command line](cli.md)); LTS001 has a command and an [explanation](../explanation/lts001.md) of its own.

Events are first brought into the [derived tables](derived_variables.md); a measure reads those and nothing else. Every
measure writes:

- `ID.csv`, and `ID_by_NAME.csv` for each further division: one row per authority and group, every group there whether
  anybody stands in it or not, `All` for all groups together, one column per count, rates from the counts as shown;
- `ID_people.csv`: how many people were looked at, how many count, and why the others do not.

`official.xlsx` and `official.html` show all tables of a folder with the rules, source and certainty of each measure and with
charts; `--published FILE` sets published figures beside ours. The folder that is read is a linked one, or [an authority's
own](../how-to/know_your_figures.md), of which `cldlink tables explain` tells [the people and events behind a
figure](../explanation/one_person.md).

`--by NAME` divides every measure by a variable of its people, of the event that puts them there, or of where they live, in
a table of its own, `ID_by_NAME.csv`. The variables are listed [at the end](#variables-to-divide-by).

All of them pass the [disclosure gate](disclosure.md). Rates per 100,000 need `--population`, a CSV with `la_code`,
`gender` (or `sex`: 1 male, 2 female), `age` in completed years (or `age_from`, `age_to`; blank: and over) and `people` (or
`population`); without it they are left out. The age of a person is the department's: whole days from the first of the birth
month over 365.25, rounded down, which is a year short of completed years on some birthdays.

Certainty: *certain* follows published code or guidance, *implied* follows from it without being stated, *inferred* is a
reading where the source is silent, *design* is a choice of this project. Each measure is computed a second time by an
independent program in `tests/independent/`, and compared on random data.
"""


def measures_page() -> str:
    """The page as Markdown."""
    definitions = [measure.definition for measure in MEASURES.values()]
    rows = "\n".join(f"| [`{one.id}`](#{one.id}) | {one.title} | {one.certainty} |" for one in definitions)
    contents = f"| Measure | What it counts | Certainty |\n|---|---|---|\n{rows}\n"
    return f"{INTRODUCTION}\n{contents}\n" + "\n".join([*map(_section, definitions), _variables()])


def _variables() -> str:
    """What ``--by`` can name."""
    kinds = {"person": "the person", "event": "the event", "area": "where the person lives"}
    rows = "\n".join(f"| `{one.name}` | {one.title} | {kinds[one.of]} |" for one in variables().values())
    return f"""## Variables to divide by

A person's details are the latest; those of an event are of the one that puts the person into the table, and not known where
no single event does, as on a month end. An area is that of the person's row whose event started last, and needs its column
in the release. A table by a variable has the rows of the measure's own table that no total adds up, such as month ends.

| `--by` | What it is | Of |
|---|---|---|
{rows}
"""


def _section(one: MeasureDefinition) -> str:
    facts = [
        f"- Population: {one.population}" + "".join(f"; {what}: {value}" for what, value in one.narrowed.items()),
        f"- One row per: {one.one_row_per}",
        f"- Divided by: {_divided(one)}",
        *([f"- Looks back: {one.look_back_months} months before the period"] if one.look_back_months else []),
        *([f"- Looks ahead: {one.look_ahead_months} months after the period"] if one.look_ahead_months else []),
        f"- Needs: {', '.join(f'`{field}`' for field in one.fields)}",
        *(
            f"- Needs of {table}: {', '.join(f'`{name}`' for name in names)}"
            for table, names in one.health_fields.items()
        ),
        f"- Source: {one.source} ({one.certainty})",
    ]
    notes = "\n".join(f"- {note}" for note in one.notes)
    columns = "\n".join(f"| `{name}` | {about} |" for name, about in _columns(one))
    reasons = "\n".join(f"- {reason}" for reason in one.reasons.values())
    parts = [
        f"## {one.id}",
        f"{one.title}.",
        "\n".join(facts),
        notes,
        f"| Column | What it is |\n|---|---|\n{columns}",
        f"Why somebody who was looked at does not count:\n\n{reasons}" if reasons else "",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _divided(one: MeasureDefinition) -> str:
    titles = {label.name: label.title.lower() for label in one.labels}
    found = [" and ".join(titles[name] for name in names) or "authority only" for names in one.breakdowns.values()]
    return "; ".join(found)


def _columns(one: MeasureDefinition) -> list[tuple[str, str]]:
    """Every column with what it is, in words."""
    empty = {name: f"; empty where {one.reasons[reason]}" for name, reason in one.empty_where.items()}
    found = [(column.id, column.about + empty.get(column.id, "")) for column in one.columns]
    found += [(name, f"{', '.join(f'`{part}`' for part in parts)} together") for name, parts in one.sums.items()]
    for rate in one.rates:
        below = "people in the population table" if rate.denominator == POPULATION else f"`{rate.denominator}`"
        found.append((rate.column, f"`{rate.numerator}` per {rate.per:,} of {below}"))
    found += [(made.column, f"`{made.of}` less `{made.less}`, both as shown") for made in one.differences]
    for amount in one.amounts:
        words = {"sum": "sum", "avg": "average", "median": "median"}[amount.statistic]
        found.append(
            (amount.column, f"{words} of `{amount.of}` over {', '.join(f'`{name}`' for name in amount.among)}")
        )
    found += [(name, f"cannot be derived: {why}") for name, why in one.not_derived.items()]
    return found


def test_the_page_of_measures_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == measures_page()


if __name__ == "__main__":
    PAGE.write_text(measures_page(), encoding="utf-8", newline="\n")
