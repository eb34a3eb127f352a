"""Hard cases of tracing in which a relative of the person is in the register, and the date or the name is given only in part."""

import csv
from pathlib import Path
from typing import Any

import pytest

from linkage import trace
from linkage.trace.register import build_register
from tests.benchmarks.febrl4 import made_up_number
from tests.unit.test_trace_hard_cases import FIELDS, asked, background

NAMES = ("BERNARD", "WALTER", "WALTER_SON", "JON", "JOHN", "ANNA", "MARIA", "JUNE", "JANE", "CHRISTOPHER", "CHRISTINE",
         "TWICE_A", "TWICE_B", "TOR", "TORVALD", "NOBODY", "BROKEN")  # fmt: skip
N = {name: made_up_number(7_000 + position) for position, name in enumerate(NAMES)}


def person(
    name: str, given: str, family: str, born: str, gender: str, postcode: str, other: str = ""
) -> dict[str, str]:
    return asked(given, family, born, gender, postcode, N[name], other)


REGISTER = [
    person("BERNARD", "Bernard", "Oakenholt", "1940-08-17", "1", "QX4 1BB"),
    person("WALTER", "Walter", "Hexgrave", "1938-05-11", "1", "QX3 1BB"),
    person("WALTER_SON", "Walter", "Hexgrave", "1966-09-23", "1", "QX3 1BB"),
    person("JON", "Jon", "Harkshaw", "1962-03-05", "1", "ZX1 1AA", "Adams"),
    person("JOHN", "John", "Harkshaw", "1962-03-05", "1", "ZX1 1AA", "Dan"),
    person("TOR", "Tor", "Harkness", "1962-04-05", "1", "ZX1 2AB", "Adams"),
    person("TORVALD", "Torvald", "Harkness", "1962-04-05", "1", "ZX1 2AA", "Dan"),
    person("ANNA", "Anna", "Plimley", "1950-06-07", "2", "ZX1 3AA", "Maria"),
    person("MARIA", "Maria", "Plimley", "1950-06-07", "2", "ZX1 3AA", "Anna"),
    person("JUNE", "June", "Ottershaw", "1951-02-03", "2", "ZX1 4AA"),
    person("JANE", "Jane", "Ottershaw", "1951-02-03", "2", "ZX1 4AA"),
    person("CHRISTOPHER", "Christopher", "Orme", "1944-05-16", "1", "ZX5 6EF"),
    person("CHRISTINE", "Christine", "Orme", "1944-05-16", "2", "ZX5 6EF"),
    person("TWICE_A", "Wilhelmina", "Doublerec", "1937-04-26", "2", "ZX8 1AA"),
    person("TWICE_B", "Wilhelmina", "Doublerec", "1937-04-26", "2", "ZX8 1AB"),
    person("BROKEN", "Enid", "Lost", "1932-03-03", "2", "ZX8 2AA") | {"superseded_by": N["NOBODY"]},
]


def bernard(born: str, number: str = "", postcode: str = "QX4 1BB") -> dict[str, str]:
    """A query with Bernard Oakenholt's name; his son of the same name is not in the register."""
    return asked("Bernard", "Oakenholt", born, "1", postcode, N[number] if number else "")


def harkness(given: str, number: str = "", other: str = "") -> dict[str, str]:
    return asked(given, "Harkness", "1962-04-05", "1", "ZX1 2AA", N[number] if number else "", other)


def plimley(given: str, number: str) -> dict[str, str]:
    return asked(given, "Plimley", "1950-06-07", "2", "ZX1 3AA", N[number])


SONS = (
    "1972",
    "1972-03",
    "03/1972",
    "1972-00-00",
    "30/03/72",
    "30-Mar-1972",
    "31/02/1972",
    "1970",
    "1972-01-01",
    "2001-01-01",
)
OWN = ("1940", "1940-08", "17/08/40", "17-Aug-1940", "31/02/1940", "1940-01-01", "1941", "1941-01-01")
# Name, query, expected outcome, whose number is given.
CASES: list[tuple[str, dict[str, str], str, str | None]] = [
    *((f"the son's date {born}", bernard(born), "not_found", None) for born in SONS),
    *((f"the son's date {born} beside the father's number", bernard(born, "BERNARD"), "conflict", None) for born in SONS),
    ("the son's 1 January, elsewhere", bernard("1972-01-01", "BERNARD", "QX7 9ZZ"), "conflict", None),
    *((f"his own date {born} beside his number", bernard(born, "BERNARD"), "confirmed", "BERNARD") for born in OWN),
    ("his month by name", bernard("17-Aug-1940"), "found", "BERNARD"),
    ("his year", bernard("1940"), "found", "BERNARD"),
    ("his year and month", bernard("1940-08"), "found", "BERNARD"),
    ("his year and another month", bernard("1940-02"), "not_found", None),
    ("a date of no sense beside his number", bernard("seventeenth", "BERNARD"), "confirmed", "BERNARD"),
    ("the registered son's year beside the father's number",
     asked("Walter", "Hexgrave", "1966", "1", "QX3 1BB", N["WALTER"]), "conflict", None),
    ("the registered son's 1 January beside the father's number",
     asked("Walter", "Hexgrave", "1966-01-01", "1", "QX3 1BB", N["WALTER"]), "conflict", None),
    ("the registered son's year", asked("Walter", "Hexgrave", "1966", "1", "QX3 1BB"), "found", "WALTER_SON"),
    ("a rival has exactly the name, the owner a form of it",
     asked("John", "Harkshaw", "1962-03-05", "1", "ZX1 1AA", N["JON"]), "conflict", None),
    ("the same with the rival's other name",
     asked("John", "Harkshaw", "1962-03-05", "1", "ZX1 1AA", N["JON"], "Dan"), "conflict", None),
    ("the owner's own name", asked("Jon", "Harkshaw", "1962-03-05", "1", "ZX1 1AA", N["JON"]), "confirmed", "JON"),
    ("a given name that both twins have, beside the other's number", plimley("Anna", "MARIA"), "conflict", None),
    ("both given names of both twins, beside the other's number", plimley("Anna Maria", "MARIA"), "conflict", None),
    ("both given names of both twins, beside her own number", plimley("Anna Maria", "ANNA"), "confirmed", "ANNA"),
    ("no family name, and the twin's number", asked("Jane", "", "1951-02-03", "2", "ZX1 4AA", N["JUNE"]), "conflict", None),
    ("the other given name is a rival's", harkness("Torvald", other="Adams"), "multiple", None),
    ("the other given name is his own", harkness("Torvald", other="Dan"), "found", "TORVALD"),
    ("no other given name", harkness("Torvald"), "found", "TORVALD"),
    ("a short form of both, the number decides", asked("Chris", "Orme", "1944-05-16", "", "ZX5 6EF", N["CHRISTOPHER"]),
     "confirmed", "CHRISTOPHER"),
    ("a short form of both, no number", asked("Chris", "Orme", "1944-05-16", "", "ZX5 6EF"), "multiple", None),
    ("two records of one person, one character apart",
     asked("Wilhelmina", "Doublerec", "1937-04-26", "2", "ZX8 1AA"), "found", "TWICE_A"),
    ("a valid number that nobody has", asked("Ada", "Quill", "1930-02-01", "2", "QX3 9AB", N["NOBODY"]), "not_found", None),
    ("a number that was replaced by one that nobody has",
     asked("Enid", "Lost", "1932-03-03", "2", "ZX8 2AA", N["BROKEN"]), "invalidated", None),
]  # fmt: skip

NOTED = {
    "the son's date 1972": "date_in_part",
    "his own date 17/08/40 beside his number": "date_in_part",
    "a date of no sense beside his number": "date_not_read",
    "a short form of both, the number decides": "another_as_good",
    "two records of one person, one character apart": "register_duplicate",
    "a valid number that nobody has": "number_unknown",
}
SILENT = ("his month by name", "no other given name", "the other given name is his own")


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("rivals")
    queries = [{"case": name} | query for name, query, *_ in CASES]
    for file, headings, rows in (
        ("people", (*FIELDS, "superseded_by"), REGISTER + background()),
        ("queries", ("case", *FIELDS), queries),
    ):
        with (folder / f"{file}.csv").open("w", encoding="utf-8", newline="") as handle:
            writer = csv.DictWriter(handle, headings, restval="")
            writer.writeheader()
            writer.writerows(rows)
    build_register([folder / "people.csv"], folder / "prepared")
    table = trace(folder / "queries.csv", Path(folder / "prepared"), id="case", synthetic=True)
    return {row["query_id"]: row for row in table.astype(object).where(table.notna(), None).to_dict("records")}


@pytest.mark.parametrize(
    ("name", "outcome", "whose"), [(name, *rest) for name, _, *rest in CASES], ids=[c[0] for c in CASES]
)
def test_hard_case(traced: dict[str, dict[str, Any]], name: str, outcome: str, whose: str | None) -> None:
    row = traced[name]
    assert (row["outcome"], row["nhs_number"]) == (outcome, N[whose] if whose else None), row["reason"]


@pytest.mark.parametrize(("name", "note"), NOTED.items(), ids=list(NOTED))
def test_what_is_remarked(traced: dict[str, dict[str, Any]], name: str, note: str) -> None:
    assert note in (traced[name]["notes"] or "").split()


def test_a_replaced_number_is_not_unknown(traced: dict[str, dict[str, Any]]) -> None:
    assert traced["a number that was replaced by one that nobody has"]["notes"] == "succession_broken"


@pytest.mark.parametrize("name", SILENT)
def test_nothing_is_remarked_where_all_is_whole_and_alone(traced: dict[str, dict[str, Any]], name: str) -> None:
    assert traced[name]["notes"] is None
