"""What the documentation says of the program is so: links, commands, paths, and the tables made from configuration.

To write the tables again: ``python -m tests.unit.test_docs``. A table stands between ``<!-- made: name -->`` and
``<!-- end -->``.
"""

import ast
import math
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from linkage.feedback.columns import feedback_columns
from linkage.trace.cascade.settings import Parameters, load_cascade_settings
from linkage.trace.comparisons import COMPARISONS, Comparison
from linkage.trace.notes import notes
from linkage.trace.outcomes import outcomes
from linkage.trace.settings import load_model, load_profile, load_register_settings
from tests.unit import hospital_tables, policy_tables, sequel_tables
from tests.unit.command_tree import Command, commands, groups
from tests.unit.test_trace import CASES

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
MADE = re.compile(r"(<!-- made: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
OURS = re.compile(r"`((?:linkage|pseudo|configs|tests|sample_data|docs)/[A-Za-z0-9_./-]*)`")


def named(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(page: Path) -> Iterator[str]:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        path, _, anchor = target.partition("#")
        to = (page.parent / path).resolve() if path else page
        if "://" not in target and (not to.exists() or (anchor and anchor not in anchors(to))):
            yield target


def typed_commands(page: Path) -> Iterator[list[str]]:
    """The words of every ``cldlink …`` in a code block or in code between words, continued lines joined."""
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    blocks = re.findall(r"^```[^\n]*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    lines = [line.strip().removeprefix("$ ") for block in blocks for line in block.splitlines()]
    for line in [*lines, *re.findall(r"`([^`]+)`", prose)]:
        command = " ".join(line.split()).removeprefix(".venv/bin/")
        if re.match("cldlink [a-zA-Z-]+(?!:)\\b", command):
            yield shlex.split(command.split(" #")[0])[1:]


def faults(words: list[str]) -> list[str]:
    """What of a typed command is not in the program: the command, or its options. COMMAND stands for any."""
    if tuple(words) in groups() or words[0] in ("COMMAND", "--version", "--help"):
        return []
    named = [command for command in commands() if tuple(words[: len(command.words)]) == command.words]
    unnamed = [command for command in commands() if tuple(words[: len(command.typed)]) == command.typed]
    found = [*named, *unnamed]
    return unknown_options(found[0], words) if found else [" ".join(words)]


def unknown_options(command: Command, words: list[str]) -> list[str]:
    given = {word.strip("[]…").partition("=")[0] for word in words if word.strip("[").startswith("--")}
    return sorted(given - command.option_names - {"--help"})


def traces_without_a_reason(page: Path) -> Iterator[str]:
    """Every call of ``trace`` or ``open_register`` in a Python block that neither says what for nor that data are invented."""
    for block in re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL):
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in ("trace", "open_register"):
                given = {keyword.arg for keyword in node.keywords}
                if not given & {"synthetic", None} and not given >= {"purpose", "submission"}:
                    yield ast.unparse(node)


def outcome_table() -> str:
    rows = [
        f"| `{name}` | {'yes' if outcome.accepted else 'no'} | {outcome.sentence}. | {outcome.action} | "
        f"{outcome.status_indicator} |"
        for name, outcome in outcomes().items()
    ]
    heading = "| Outcome | Accepted link | What it means | What the authority is told to do | Status indicator |"
    return "\n".join([heading, "|---|---|---|---|---|", *rows])


def feedback_table() -> str:
    rows = [f"| `{name}` | {column.source} | {column.meaning.strip()} |" for name, column in feedback_columns().items()]
    return "\n".join(["| Column | From | Meaning |", "|---|---|---|", *rows])


def weight_table() -> str:
    heading = "| Field | Level | m | u (baseline) | Bits | In a reason |"
    return "\n".join([heading, "|---|---|---|---|---|---|", *(row for c in COMPARISONS for row in weight_rows(c))])


def weight_rows(comparison: Comparison) -> Iterator[str]:
    settings = load_register_settings()
    u = {**settings.baseline_u[comparison.field], **settings.fixed_u.get(comparison.field, {})}
    said = {level.name: level.says for level in comparison.levels}
    for name, m in load_model("default").m[comparison.field].items():
        bits = f"{math.log2(m / u[name]):+.1f}"
        reason = said.get(name, f"the {comparison.field.replace('_', ' ').replace('nhs', 'NHS')} differs")
        yield f"| `{comparison.field}` | `{name}` | {m:g} | {u[name]:g} | {bits} | {reason} |"


def number_table() -> str:
    profile, caps = load_profile("default"), load_model("default").caps
    rows = [
        ("`min_weight`", profile.min_weight, "a link needs at least this weight"),
        ("`min_gap`", profile.min_gap, "and at least this distance to the next different person"),
        ("`min_weight_to_correct`", profile.min_weight_to_correct, "to replace a valid number that was given"),
        ("`review_weight`", profile.review_weight, "from here on a candidate is kept for clerical review"),
        ("cap `twin`", caps.twin, "given name unlike any of the person's, or only similar without the number"),
        (
            "cap `copied`",
            caps.copied,
            "given name unlike, and gender too, or the number agrees and the family name is unlike",
        ),
        (
            "cap `copied_unnamed`",
            caps.copied_unnamed,
            "gender differs, and the given name is not the person's for certain",
        ),
        (
            "cap `copied_untold`",
            caps.copied_untold,
            "number agrees, no given name to compare, and no gender or another family name",
        ),
        ("cap `unnamed`", caps.unnamed, "no given name to compare, number does not agree"),
        (
            "cap `namesake`",
            caps.namesake,
            "another date of birth, or two details that are not quite theirs; number does not agree",
        ),
        ("cap `undated`", caps.undated, "no date of birth to compare, number does not agree"),
        ("cap `undated_child`", caps.undated_child, "nor is the person of age"),
        ("`together`", caps.together, "taken off where both names agree, postcode and number do not"),
        ("`together_in_area`", caps.together_in_area, "the same, where the postcode area agrees"),
        ("`exchanged`", caps.exchanged, "added where each name stands in the other's field"),
    ]
    return "\n".join(["| Name | Bits | When |", "|---|---|---|", *(f"| {a} | {b:g} | {c} |" for a, b, c in rows)])


def mps_choices() -> str:
    rows = [f"| {c.topic} | {c.choice} | {c.label} |" for c in load_cascade_settings().choices]
    return "\n".join(["| Where | What is done | Label |", "|---|---|---|", *rows])


def mps_parameters() -> str:
    named = {name: getattr(load_cascade_settings().parameters, name) for name in Parameters.model_fields}
    rows = [f"| `{name}` | {cell(p.value)} | {p.label} | {p.says} |" for name, p in named.items()]
    return "\n".join(["| Parameter | Value | Label | What it is for |", "|---|---|---|---|", *rows])


def cell(value: object) -> str:
    """A value as code, for a cell of a table."""
    text = str(value).replace("|", "\\|")
    return f"`{text}`" if value != {} else "none"


def note_table() -> str:
    return "\n".join(
        ["| Note | What it says |", "|---|---|", *(f"| `{code}` | {says} |" for code, says in notes().items())]
    )


TABLES = {
    "notes": note_table,
    "mps_choices": mps_choices,
    "mps_parameters": mps_parameters,
    "outcomes": outcome_table,
    "feedback": feedback_table,
    "weights": weight_table,
    "numbers": number_table,
    **policy_tables.TABLES,
    **hospital_tables.TABLES,
    **sequel_tables.TABLES,
}


def rewritten(text: str) -> str:
    """A page with every made table as it must be."""
    return MADE.sub(lambda found: f"{found[1]}\n{TABLES[found[2]]()}\n\n{found[3]}", text)


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_leads_somewhere(page: Path) -> None:
    assert list(broken_links(page)) == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_command_and_option_is_in_the_program(page: Path) -> None:
    assert [(words, wrong) for words in typed_commands(page) if (wrong := faults(words))] == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_call_of_a_trace_says_what_for(page: Path) -> None:
    assert list(traces_without_a_reason(page)) == []


def test_the_thresholds_shown_are_those_of_the_default_profile() -> None:
    page = (ROOT / "docs" / "how-to" / "trace_a_file_of_your_own.md").read_text(encoding="utf-8")
    profile = load_profile("default")
    for option, value in (("--min-weight", profile.min_weight), ("--min-gap", profile.min_gap)):
        assert f"| `{option}` | {value:g} |" in page


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_path_of_the_project_is_there(page: Path) -> None:
    paths = OURS.findall(page.read_text(encoding="utf-8"))
    assert [path for path in paths if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_tables_made_from_configuration_are_current(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert text == rewritten(text)


def test_the_hard_cases_are_cases_of_the_tracing_tests() -> None:
    page = (ROOT / "docs" / "explanation" / "tracing.md").read_text(encoding="utf-8")
    table = page.partition("## Hard cases")[2].partition("\n## ")[0]
    tested = {name: outcome for name, _, outcome, _ in CASES}
    assert [case for case in re.findall(r"\| ([^|]+) \| `(\w+)` \|", table) if tested.get(case[0]) != case[1]] == []


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [("trace a.csv --registry r", ["--registry"]), ("registers build", ["registers build"]), ("trace", [])],
)
def test_a_command_that_is_not_there_is_noticed(typed: str, wrong: list[str]) -> None:
    assert faults(typed.split()) == wrong


if __name__ == "__main__":
    for documented in PAGES:
        before = documented.read_text(encoding="utf-8")
        documented.write_text(rewritten(before), encoding="utf-8", newline="\n")
