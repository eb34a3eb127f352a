"""Tracing, told by cases: a small register, one query each, the expected outcome and number."""

import csv
from pathlib import Path
from typing import Any

import pytest

from linkage import trace
from linkage.trace.register import build_register
from tests.benchmarks.febrl4 import made_up_number

FIELDS = ("nhs_number", "given_name", "family_name", "date_of_birth", "gender", "postcode")
HISTORY = ("valid_from", "valid_to", "confidentiality", "superseded_by")

HADLEY, MARY, TWIN_A, TWIN_B, FATHER, SON, WIFE, HUSBAND = (made_up_number(n) for n in range(1, 9))
MOVED, OLD, NEW, SENSITIVE, INVALID, ZOE, JONES, NOBODY = (made_up_number(n) for n in range(9, 17))

PEOPLE: list[tuple[str, ...]] = [
    (HADLEY, "Hadley", "Fox", "1945-06-12", "1", "ZX1 4AP", "", "", "", ""),
    (MARY, "Margaret", "Bishop", "1938-02-03", "2", "ZX2 1AA", "2001-05-01", "", "", ""),
    (MARY, "Margaret", "Oakes", "1938-02-03", "2", "QX7 3BB", "1990-01-01", "2001-05-01", "", ""),
    (TWIN_A, "Ivy", "Larch", "1950-09-09", "2", "ZX3 1AA", "", "", "", ""),
    (TWIN_B, "Violet", "Larch", "1950-09-09", "2", "ZX3 1AA", "", "", "", ""),
    (FATHER, "Peter", "Marsh", "1932-04-18", "1", "ZX4 2AB", "", "", "", ""),
    (SON, "Peter", "Marsh", "1961-11-30", "1", "ZX4 2AB", "", "", "", ""),
    (WIFE, "Ruth", "Pascoe", "1941-08-21", "2", "ZX5 5CD", "", "", "", ""),
    (HUSBAND, "Gordon", "Pascoe", "1939-12-05", "1", "ZX5 5CD", "", "", "", ""),
    (MOVED, "Leonard", "Whitlock", "1929-03-14", "1", "ZX9 9ZZ", "2020-01-01", "", "", ""),
    (MOVED, "Leonard", "Whitlock", "1929-03-14", "1", "ZX6 1AB", "1980-01-01", "2020-01-01", "", ""),
    (OLD, "Edith", "Tranter", "1944-07-07", "2", "ZX7 1AA", "2000-01-01", "2010-01-01", "", NEW),
    (NEW, "Edith", "Tranter", "1944-07-07", "2", "ZX7 1AA", "2010-01-01", "", "", ""),
    (SENSITIVE, "Clara", "Hidden", "1955-05-06", "2", "ZX8 1AA", "", "", "S", ""),
    (INVALID, "Norman", "Gone", "1940-01-02", "1", "ZX8 2AA", "", "", "I", ""),
    (ZOE, "Zöe", "Ó Briain", "1967-10-23", "2", "ZX1 9QQ", "", "", "", ""),
    (JONES, "Sarah", "Jones-Smith", "1972-01-30", "2", "ZX1 8QQ", "", "", "", ""),
]


def background() -> list[tuple[str, ...]]:
    """Six hundred other people, so that rarity means something."""
    given = ["Alan", "Brenda", "Colin", "Doreen", "Eric", "Freda", "Graham", "Hilda", "Ian", "Joan"]
    family = [
        "Archer",
        "Baxter",
        "Carter",
        "Dawson",
        "Ellison",
        "Fuller",
        "Gibson",
        "Harding",
        "Irwin",
        "Jarvis",
        "Knight",
        "Lawson",
    ]
    return [
        (
            made_up_number(100 + n),
            given[n % 10],
            family[(n * 7) % 12] + ("" if n % 3 else "son"),
            f"{1925 + n % 70}-{1 + n % 12:02}-{1 + (n * 11) % 28:02}",
            str(1 + n % 2),
            f"QX{n % 9 + 1} {n % 7 + 1}{'ABDEF'[n % 5]}{'ABDEF'[n % 4]}",
            "",
            "",
            "",
            "",
        )
        for n in range(600)
    ]


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("register")
    with (folder / "people.csv").open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(FIELDS + HISTORY)
        writer.writerows(PEOPLE + background())
    build_register([folder / "people.csv"], folder / "prepared")
    return folder / "prepared"


CASES: list[tuple[str, tuple[str, ...], str, str | None]] = [
    ("number and date of birth agree", (HADLEY, "Hadley", "Fox", "12/06/1945", "1", "ZX1 4AP"), "confirmed", HADLEY),
    (
        "number with blanks and hyphens",
        (f"{HADLEY[:3]} {HADLEY[3:6]}-{HADLEY[6:]}", "Hadley", "Fox", "1945-06-12", "", ""),
        "confirmed",
        HADLEY,
    ),
    ("number and date of birth only", (HADLEY, "", "", "19450612", "", ""), "confirmed", HADLEY),
    (
        "right number, day and month exchanged",
        (HADLEY, "Hadley", "Fox", "06/12/1945", "1", "ZX1 4AP"),
        "confirmed",
        HADLEY,
    ),
    ("no number", ("", "Hadley", "Fox", "12/06/1945", "1", "ZX1 4AP"), "found", HADLEY),
    (
        "bad check digit",
        (HADLEY[:9] + str((int(HADLEY[9]) + 1) % 10), "Hadley", "Fox", "12/06/1945", "1", "ZX1 4AP"),
        "found",
        HADLEY,
    ),
    ("sentinel number", ("9999999999", "Hadley", "Fox", "12/06/1945", "1", "ZX1 4AP"), "found", HADLEY),
    ("one digit of the date wrong", ("", "Hadley", "Fox", "13/06/1945", "1", "ZX1 4AP"), "found", HADLEY),
    ("given and family name exchanged", ("", "Fox", "Hadley", "12/06/1945", "1", "ZX1 4AP"), "found", HADLEY),
    ("nickname", ("", "Peggy", "Bishop", "03/02/1938", "2", "ZX2 1AA"), "found", MARY),
    ("maiden name and earlier postcode", ("", "Margaret", "Oakes", "03/02/1938", "2", "QX7 3BB"), "found", MARY),
    (
        "care home postcode unknown to the register",
        ("", "Leonard", "Whitlock", "14/03/1929", "1", "QX1 1AA"),
        "found",
        MOVED,
    ),
    ("earlier postcode only", ("", "Leonard", "Whitlock", "14/03/1929", "", "ZX6 1AB"), "found", MOVED),
    ("accents left out", ("", "Zoe", "O'Briain", "23/10/1967", "2", "ZX1 9QQ"), "found", ZOE),
    ("half of a double surname", ("", "Sarah", "Smith", "30/01/1972", "2", "ZX1 8QQ"), "found", JONES),
    ("twin, told by the given name", ("", "Violet", "Larch", "09/09/1950", "2", "ZX3 1AA"), "found", TWIN_B),
    ("twin without a given name", ("", "", "Larch", "09/09/1950", "2", "ZX3 1AA"), "multiple", None),
    ("twin with a placeholder name", ("", "Baby", "Larch", "09/09/1950", "2", "ZX3 1AA"), "multiple", None),
    ("the twin's number", (TWIN_A, "Violet", "Larch", "09/09/1950", "2", "ZX3 1AA"), "conflict", None),
    ("father and son, told by the date", ("", "Peter", "Marsh", "30/11/1961", "1", "ZX4 2AB"), "found", SON),
    ("father and son, no date", ("", "Peter", "Marsh", "", "1", "ZX4 2AB"), "multiple", None),
    ("the spouse's number", (HUSBAND, "Ruth", "Pascoe", "21/08/1941", "2", "ZX5 5CD"), "corrected", WIFE),
    ("someone's number, nobody else fits", (HUSBAND, "Agnes", "Quill", "01/02/1930", "2", "QX3 9AB"), "conflict", None),
    ("superseded number", (OLD, "Edith", "Tranter", "07/07/1944", "2", "ZX7 1AA"), "superseded", NEW),
    ("details of a superseded record", ("", "Edith", "Tranter", "07/07/1944", "2", "ZX7 1AA"), "found", NEW),
    ("invalidated record by number", (INVALID, "Norman", "Gone", "02/01/1940", "1", "ZX8 2AA"), "invalidated", None),
    ("invalidated record by details", ("", "Norman", "Gone", "02/01/1940", "1", "ZX8 2AA"), "invalidated", None),
    ("placeholder date of birth", ("", "Hadley", "Fox", "01/01/1900", "1", "ZX1 4AP"), "found", HADLEY),
    ("a person who is not there", ("", "Agnes", "Quill", "01/02/1930", "2", "QX3 9AB"), "not_found", None),
    ("valid number nobody has", (NOBODY, "Agnes", "Quill", "01/02/1930", "2", "QX3 9AB"), "not_found", None),
    ("nothing but a name", ("", "Hadley", "Fox", "", "", ""), "not_enough_data", None),
    ("nothing at all", ("", "", "", "", "", ""), "not_enough_data", None),
    ("no fixed abode is no evidence", ("", "Hadley", "Fox", "12/06/1945", "1", "ZZ99 3VZ"), "found", HADLEY),
]


@pytest.fixture(scope="module")
def traced(register: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("queries")
    with (folder / "queries.csv").open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(("case", *FIELDS))
        writer.writerows((name, *values) for name, values, _, _ in CASES)
        writer.writerow(("sensitive record", "", "Clara", "Hidden", "06/05/1955", "2", "ZX8 1AA"))
    table = trace(folder / "queries.csv", register, id="case", synthetic=True)
    return {row["query_id"]: row for row in table.astype(object).where(table.notna(), None).to_dict("records")}


@pytest.mark.parametrize(("name", "values", "outcome", "number"), CASES, ids=[case[0] for case in CASES])
def test_outcome(
    traced: dict[str, dict[str, Any]], name: str, values: tuple[str, ...], outcome: str, number: str | None
) -> None:
    row = traced[name]
    assert (row["outcome"], row["nhs_number"]) == (outcome, number), row["reason"]


def test_every_query_has_one_row(traced: dict[str, dict[str, Any]]) -> None:
    assert len(traced) == len(CASES) + 1


def test_a_sensitive_record_is_found_and_withheld(traced: dict[str, dict[str, Any]]) -> None:
    row = traced["sensitive record"]
    assert (row["outcome"], row["sensitive"], row["nhs_number"], row["match_weight"]) == ("found", True, None, None)
    assert "restricted" in row["reason"]


def test_reasons_name_no_value(traced: dict[str, dict[str, Any]]) -> None:
    values = {value.upper() for person in PEOPLE for value in person[:6] if len(value) > 3}
    for row in traced.values():
        assert not [value for value in values if value in row["reason"].upper()]
