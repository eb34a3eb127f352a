"""The hard cases of tracing, each by number and name: what the tracer must do with it, and by which step.

The numbers are those of the project's list of hard cases. One register, all queries in one run. Cases that are about other
parts of the program stand in ``ELSEWHERE`` with the test that holds them.
"""

import csv
from pathlib import Path
from typing import Any

import pytest

from linkage import trace
from linkage.normalise.nhs_number import check_digit
from linkage.trace.register import build_register
from tests.benchmarks.febrl4 import made_up_number

FIELDS = ("nhs_number", "given_name", "other_given_name", "family_name", "date_of_birth", "gender", "postcode")
HISTORY = ("valid_from", "valid_to", "date_of_death", "confidentiality", "superseded_by")

NAMES = (
    "HARRY", "HENRY", "IVY", "VIOLET", "FATHER", "SON", "WIFE", "HUSBAND", "SHE", "HE", "ELEANOR", "MARRIED", "MARGARET",
    "WILLIAM", "ROSE", "HYPHEN", "BRIAIN", "MOHAMMED", "SINGLE", "HOMELESS", "CARE_A", "CARE_B", "CARE_C", "MOVED", "FIRST",
    "SECOND", "THIRD", "BRANCH", "SENSITIVE", "INVALID", "OLD_SELF", "NEW_SELF", "DEAD", "TWICE_A", "TWICE_B",
    "SMITH_A", "SMITH_B",
    "JANUARY", "ABSENT", "PREFIX", "MERGED", "JANE", "JUNE", "DANIEL", "DANIELLE", "JON", "DAN", "CHILD",
)  # fmt: skip
N = {name: made_up_number(2_000 + position) for position, name in enumerate(NAMES)}


def person(name: str, given: str, family: str, born: str, gender: str, postcode: str, **more: str) -> dict[str, str]:
    """A version of a register record; ``more``: other given name, dates of validity and death, confidentiality, successor."""
    fixed = (N[name], given, family, born, gender, postcode)
    fields = ("nhs_number", "given_name", "family_name", "date_of_birth", "gender", "postcode")
    return dict(zip(fields, fixed, strict=True)) | more


REGISTER = [
    person("HARRY", "Harry", "Larch", "1950-09-09", "1", "ZX3 1AA"),
    person("HENRY", "Henrietta", "Larch", "1950-09-09", "2", "ZX3 1AA"),
    person("IVY", "Ivy", "Rowan", "1948-03-17", "2", "ZX3 2BB"),
    person("VIOLET", "Violet", "Rowan", "1948-03-17", "2", "ZX3 2BB"),
    person("JANE", "Jane", "Alder", "1952-06-14", "2", "ZX3 2CC"),
    person("JUNE", "June", "Alder", "1952-06-14", "2", "ZX3 2CC"),
    person("DANIEL", "Daniel", "Alder", "1953-02-02", "1", "ZX3 2CC"),
    person("DANIELLE", "Danielle", "Alder", "1953-02-02", "2", "ZX3 2CC"),
    person("JON", "Jon", "Fennel", "1992-08-01", "1", "ZX2 5AA", other_given_name="Adams"),
    person("DAN", "John", "Fennel", "1992-08-01", "1", "ZX2 5AA", other_given_name="Dan"),
    person("CHILD", "Oscar", "Penhale", "2019-05-04", "1", "ZX9 1AA"),
    person("FATHER", "Peter", "Marsh", "1932-04-18", "1", "ZX4 2AB"),
    person("SON", "Peter", "Marsh", "1961-11-30", "1", "ZX4 2AB"),
    person("WIFE", "Ruth", "Pascoe", "1941-08-21", "2", "ZX5 5CD"),
    person("HUSBAND", "Gordon", "Pascoe", "1939-12-05", "1", "ZX5 5CD"),
    person("SHE", "Christine", "Orme", "1944-05-16", "2", "ZX5 6EF"),
    person("HE", "Christopher", "Orme", "1944-05-16", "1", "ZX5 6EF"),
    person("ELEANOR", "Eleanor", "Hatch", "1945-06-12", "2", "ZX1 4AP"),
    person("MARRIED", "Sheila", "Bishop", "1938-02-23", "2", "ZX2 1AA", valid_from="2001-05-01"),
    person("MARRIED", "Sheila", "Oakes", "1938-02-23", "2", "QX7 3BB", valid_from="1990-01-01", valid_to="2001-05-01"),
    person("MARGARET", "Margaret", "Tunnard", "1936-10-28", "2", "ZX2 2AA"),
    person("WILLIAM", "William", "Garside", "1940-07-19", "1", "ZX2 3AA"),
    person("ROSE", "Edna", "Fairweather", "1933-11-08", "2", "ZX2 4AA", other_given_name="Rose May"),
    person("HYPHEN", "Sarah", "Jones-Smith", "1972-01-30", "2", "ZX1 8QQ"),
    person("BRIAIN", "Zöe", "Ó Briain", "1967-10-23", "2", "ZX1 9QQ"),
    person("MOHAMMED", "Mohammed", "Al-Rashid", "1958-12-14", "1", "ZX1 7QQ"),
    person("SINGLE", "", "Suharto", "1949-02-27", "1", "ZX1 6QQ"),
    person("HOMELESS", "Derek", "Vane", "1966-08-13", "1", "ZZ99 3VZ"),
    person("CARE_A", "Doris", "Penhale", "1931-03-12", "2", "QX2 2CH"),
    person("CARE_B", "Agnes", "Trudgill", "1931-07-25", "2", "QX2 2CH"),
    person("CARE_C", "Winifred", "Yelland", "1931-09-14", "2", "QX2 2CH"),
    person("MOVED", "Leonard", "Whitlock", "1929-03-14", "1", "ZX9 9ZZ", valid_from="2020-01-01"),
    person(
        "MOVED", "Leonard", "Whitlock", "1929-03-14", "1", "ZX6 1AB", valid_from="1980-01-01", valid_to="2020-01-01"
    ),
    person("FIRST", "Edith", "Tranter", "1944-07-17", "2", "ZX7 1AA", superseded_by=N["SECOND"]),
    person("SECOND", "Edith", "Tranter", "1944-07-17", "2", "ZX7 1AA", superseded_by=N["THIRD"]),
    person("BRANCH", "Edith", "Tranter", "1944-07-17", "2", "ZX7 1AA", superseded_by=N["THIRD"]),
    person("THIRD", "Edith", "Tranter", "1944-07-17", "2", "ZX7 1AA"),
    person("SENSITIVE", "Clara", "Hidden", "1955-05-16", "2", "ZX8 1AA", confidentiality="S"),
    person("INVALID", "Norman", "Gone", "1940-01-22", "1", "ZX8 2AA", confidentiality="I"),
    person("OLD_SELF", "Robin", "Ashdown", "1990-06-20", "1", "ZX8 3AA", confidentiality="I"),
    person("NEW_SELF", "Robyn", "Vellacott", "1990-06-20", "2", "QX8 4AA"),
    person("DEAD", "Hubert", "Lacey", "1930-05-27", "1", "ZX8 5AA", date_of_death="2022-11-03"),
    person("TWICE_A", "Muriel", "Stopford", "1937-04-26", "2", "ZX8 6AA"),
    person("TWICE_B", "Muriel", "Stopford", "1937-04-26", "2", "ZX8 6AA"),
    person("SMITH_A", "John", "Smith", "1950-01-01", "1", "QX1 1AA"),
    person("SMITH_B", "John", "Smith", "1950-01-01", "1", "QX1 2BB"),
    person("JANUARY", "Bertram", "Quibell", "1946-09-23", "1", "ZX8 7AA"),
    person("PREFIX", "Jan", "van der Meulen", "1953-03-19", "1", "ZX8 8AA"),
    person("MERGED", "Mary Ann", "Dunkerley", "1942-12-09", "2", "ZX8 9AA"),
]


def background() -> list[dict[str, str]]:
    """Nine hundred other people, so that rarity means something: common names and districts among them."""
    given = ("Alan", "Brenda", "Colin", "Doreen", "Eric", "Freda", "Graham", "Hilda", "Ian", "Joan", "John", "Mary")
    family = (
        "Archer",
        "Baxter",
        "Carter",
        "Dawson",
        "Ellison",
        "Fuller",
        "Gibson",
        "Harding",
        "Irwin",
        "Smith",
        "Smith",
        "Jones",
    )
    fields = ("nhs_number", "given_name", "family_name", "date_of_birth", "gender", "postcode")
    rows = (
        (
            made_up_number(3_000 + n),
            given[n % 12],
            family[(n * 7 + n // 12) % 12] + ("" if n % 3 else "son"),
            f"{1925 + n % 70}-{1 + n % 12:02}-{1 + (n * 11) % 28:02}",
            str(1 + n % 2),
            f"QX{n % 9 + 1} {n % 7 + 1}{'ABDEF'[n % 5]}{'ABDEF'[n % 4]}",
        )
        for n in range(900)
    )
    return [dict(zip(fields, row, strict=True)) for row in rows]


def asked(
    given: str = "",
    family: str = "",
    born: str = "",
    gender: str = "",
    postcode: str = "",
    number: str = "",
    other: str = "",
) -> dict[str, str]:
    """A query."""
    return dict(zip(FIELDS, (number, given, other, family, born, gender, postcode), strict=True))


# Number of the case, name, query, expected outcome, whose number is given, step.
Case = tuple[int, str, dict[str, str], str, str | None, str]
CROSS, MODEL, NONE = "cross_check", "probabilistic", "none"
WRONG_DIGIT = N["ELEANOR"][:9] + str((int(N["ELEANOR"][9]) + 1) % 10)
SCOTTISH = "010645123" + (check_digit("010645123") or "")
ELEANOR = ("Eleanor", "Hatch", "12/06/1945", "2", "ZX1 4AP")

CASES: list[Case] = [
    (1, "twin told by the given name", asked("Violet", "Rowan", "17/03/1948", "2", "ZX3 2BB"),
     "found", "VIOLET", MODEL),
    (1, "twin with an initial that fits one", asked("V", "Rowan", "17/03/1948", "2", "ZX3 2BB"),
     "found", "VIOLET", MODEL),
    (1, "twin without a given name", asked("", "Rowan", "17/03/1948", "2", "ZX3 2BB"), "multiple", None, MODEL),
    (1, "the twin's number", asked("Violet", "Rowan", "17/03/1948", "2", "ZX3 2BB", N["IVY"]), "conflict", None, MODEL),
    (1, "the number of a twin of nearly the same name", asked("June", "Alder", "14/06/1952", "2", "ZX3 2CC", N["JANE"]),
     "conflict", None, MODEL),
    (1, "a twin's own number and a slip in the name", asked("Janne", "Alder", "14/06/1952", "2", "ZX3 2CC", N["JANE"]),
     "confirmed", "JANE", MODEL),
    (1, "the number of a twin whose name is a form of theirs",
     asked("Danielle", "Alder", "02/02/1953", "", "ZX3 2CC", N["DANIEL"]),
     "conflict", None, MODEL),
    (5, "a spouse's number and date, and a short form that fits both",
     asked("Chris", "Orme", "16/05/1944", "2", "ZX5 6EF", N["HE"]),
     "conflict", None, MODEL),
    (2, "twin 1", asked("Twin 1", "Rowan", "17/03/1948", "2", "ZX3 2BB"), "multiple", None, MODEL),
    (2, "baby", asked("Baby Girl", "Rowan", "17/03/1948", "2", "ZX3 2BB"), "multiple", None, MODEL),
    (3, "father and son told by the date", asked("Peter", "Marsh", "30/11/1961", "1", "ZX4 2AB"),
     "found", "SON", MODEL),
    (3, "father and son without a date", asked("Peter", "Marsh", "", "1", "ZX4 2AB"), "multiple", None, MODEL),
    (3, "no date, and the one who fits is a child", asked("Oscar", "Penhale", "", "1", "ZX9 1AA"), "not_found", None, NONE),
    (3, "a child's number and date of birth", asked("Oscar", "Penhale", "04/05/2019", "1", "ZX9 1AA", N["CHILD"]),
     "confirmed", "CHILD", CROSS),
    (3, "a third of the name, another date", asked("Peter", "Marsh", "05/02/1990", "1", "ZX4 2AB"),
     "not_found", None, NONE),
    (3, "the number of a father of the same name, the son not registered",
     asked("Derek", "Vane", "02/04/1994", "1", "ZZ99 3VZ", N["HOMELESS"]), "conflict", None, MODEL),
    (8, "1 January of another year beside one's own number and name",
     asked("Eleanor", "Hatch", "01/01/1970", "2", "ZX1 4AP", N["ELEANOR"]), "conflict", None, MODEL),
    (4, "the spouse's number", asked("Ruth", "Pascoe", "21/08/1941", "2", "ZX5 5CD", N["HUSBAND"]),
     "corrected", "WIFE", MODEL),
    (5, "the spouse's number and date of birth", asked("Ruth", "Pascoe", "05/12/1939", "2", "ZX5 5CD", N["HUSBAND"]),
     "conflict", None, MODEL),
    (5, "number of a spouse born the same day", asked("Christine", "Orme", "16/05/1944", "2", "ZX5 6EF", N["HE"]),
     "conflict", None, MODEL),
    (5, "a sister's number and date of birth", asked("Pamela", "Hatch", "12/06/1945", "2", "ZX1 4AP", N["ELEANOR"]),
     "conflict", None, MODEL),
    (5, "names exchanged, spouse's number and date",
     asked("Pascoe", "Ruth", "05/12/1939", "2", "ZX5 5CD", N["HUSBAND"]),
     "conflict", None, MODEL),
    (6, "day and month exchanged", asked("Eleanor", "Hatch", "06/12/1945", "2", "ZX1 4AP"), "found", "ELEANOR", MODEL),
    (6, "day and month exchanged, with the number", asked("Eleanor", "Hatch", "06/12/1945", number=N["ELEANOR"]),
     "confirmed", "ELEANOR", MODEL),
    (7, "one digit of the date wrong", asked("Eleanor", "Hatch", "13/06/1945", "2", "ZX1 4AP"),
     "found", "ELEANOR", MODEL),
    (7, "digits of the year exchanged", asked("Eleanor", "Hatch", "12/06/1954", "2", "ZX1 4AP"),
     "found", "ELEANOR", MODEL),
    (7, "digits of the day exchanged", asked("Eleanor", "Hatch", "21/06/1945", "2", "ZX1 4AP"),
     "found", "ELEANOR", MODEL),
    (8, "1900 as date of birth", asked("Eleanor", "Hatch", "01/01/1900", number=N["ELEANOR"]),
     "confirmed", "ELEANOR", MODEL),
    (8, "9999 as date of birth", asked("Eleanor", "Hatch", "31/12/9999", number=N["ELEANOR"]),
     "confirmed", "ELEANOR", MODEL),
    (8, "1 January of the year of birth", asked("Bertram", "Quibell", "01/01/1946", "1", "ZX8 7AA"),
     "found", "JANUARY", MODEL),
    (8, "1 January of another year, little else", asked("Bertram", "Quibell", "01/01/1950", "1"),
     "not_found", None, NONE),
    (9, "maiden name and earlier postcode", asked("Sheila", "Oakes", "23/02/1938", "2", "QX7 3BB"),
     "found", "MARRIED", MODEL),
    (9, "a married name nobody knows", asked("Sheila", "Newcombe", "23/02/1938", "2", "ZX2 1AA"),
     "found", "MARRIED", MODEL),
    (10, "Bill for William", asked("Bill", "Garside", "19/07/1940", "1", "ZX2 3AA"), "found", "WILLIAM", MODEL),
    (10, "Peggy for Margaret", asked("Peggy", "Tunnard", "28/10/1936", "2", "ZX2 2AA"), "found", "MARGARET", MODEL),
    (11, "an initial", asked("W", "Garside", "19/07/1940", "1", "ZX2 3AA"), "found", "WILLIAM", MODEL),
    (11, "another initial", asked("K", "Garside", "19/07/1940", "1", "ZX2 3AA"), "not_found", None, NONE),
    (12, "middle name used first", asked("Rose", "Fairweather", "08/11/1933", "2", "ZX2 4AA"), "found", "ROSE", MODEL),
    (12, "given names merged in one field", asked("Edna Rose May", "Fairweather", "08/11/1933", "2"),
     "found", "ROSE", MODEL),
    (12, "given names written as one", asked("Maryann", "Dunkerley", "09/12/1942", "2", "ZX8 9AA"),
     "found", "MERGED", MODEL),
    (12, "one has the given name, another the middle name",
     asked("John", "Fennel", "01/08/1992", "1", "ZX2 5AA", other="Adams"),
     "multiple", None, MODEL),
    (13, "half of a double surname", asked("Sarah", "Smith", "30/01/1972", "2", "ZX1 8QQ"), "found", "HYPHEN", MODEL),
    (13, "double surname the other way round", asked("Sarah", "Smith Jones", "30/01/1972", "2", "ZX1 8QQ"),
     "found", "HYPHEN", MODEL),
    (13, "given and family name exchanged", asked("Hatch", "Eleanor", "12/06/1945", "2", "ZX1 4AP"),
     "found", "ELEANOR", MODEL),
    (13, "names exchanged, with a slip", asked("Garside", "Wlliam", "19/07/1940", "1", "ZX2 3AA"), "found", "WILLIAM", MODEL),
    (13, "names exchanged, with an initial", asked("Garside", "W", "19/07/1940", "1", "ZX2 3AA"), "found", "WILLIAM", MODEL),
    (13, "names exchanged, with another's initial", asked("Garside", "K", "19/07/1940", "1", "ZX2 3AA"),
     "not_found", None, NONE),
    (13, "names exchanged, with a familiar form", asked("Garside", "Bill", "19/07/1940", "1", "ZX2 3AA"),
     "found", "WILLIAM", MODEL),
    (13, "names exchanged, with an initial, and the number", asked("Hatch", "E", "12/06/1945", "2", "ZX1 4AP", N["ELEANOR"]),
     "confirmed", "ELEANOR", MODEL),
    (13, "names exchanged, with an initial, and the number without a place",
     asked("Hatch", "E", "12/06/1945", "2", number=N["ELEANOR"]), "conflict", None, MODEL),
    (13, "names exchanged, with an initial that fits both twins", asked("Alder", "J", "14/06/1952", "2", "ZX3 2CC"),
     "multiple", None, MODEL),
    (11, "an initial and a slip in the date of birth", asked("W", "Garside", "19/07/1941", "1", "ZX2 3AA"),
     "found", "WILLIAM", MODEL),
    (14, "accents and blank left out", asked("Zoe", "OBriain", "23/10/1967", "2", "ZX1 9QQ"), "found", "BRIAIN", MODEL),
    (14, "apostrophe for the accent", asked("Zoe", "O'Briain", "23/10/1967", "2", "ZX1 9QQ"), "found", "BRIAIN", MODEL),
    (14, "a transliterated variant", asked("Muhammad", "Al Rasheed", "14/12/1958", "1", "ZX1 7QQ"),
     "found", "MOHAMMED", MODEL),
    (15, "single name", asked("", "Suharto", "27/02/1949", "1", "ZX1 6QQ"), "found", "SINGLE", MODEL),
    (15, "single name in the other field", asked("Suharto", "", "27/02/1949", "1", "ZX1 6QQ"),
     "found", "SINGLE", MODEL),
    (15, "particles left out", asked("Jan", "Meulen", "19/03/1953", "1", "ZX8 8AA"), "found", "PREFIX", MODEL),
    (16, "no fixed abode", asked("Derek", "Vane", "13/08/1966", "1", "ZZ99 3VZ"), "found", "HOMELESS", MODEL),
    (16, "no fixed abode is no evidence", asked("Dennis", "Trent", "20/02/1980", "1", "ZZ99 3VZ"),
     "not_found", None, NONE),
    (17, "care home and year of birth", asked("", "", "01/01/1931", "2", "QX2 2CH"), "not_found", None, NONE),
    (17, "care home, another name", asked("Ethel", "Maynard", "12/03/1930", "2", "QX2 2CH"), "not_found", None, NONE),
    (18, "earlier postcode", asked("Leonard", "Whitlock", "14/03/1929", "1", "ZX6 1AB"), "found", "MOVED", MODEL),
    (18, "moved into care, postcode unknown", asked("Leonard", "Whitlock", "14/03/1929", "1", "QX1 1AA"),
     "found", "MOVED", MODEL),
    (19, "postcode without its blank", asked("Eleanor", "Hatch", "12/06/1945", "", "ZX14AP"),
     "found", "ELEANOR", MODEL),
    (19, "part of a postcode", asked("Eleanor", "Hatch", "12/06/1945", "2", "ZX1"), "found", "ELEANOR", MODEL),
    (20, "superseded number, a chain", asked("Edith", "Tranter", "17/07/1944", number=N["FIRST"]),
     "superseded", "THIRD", CROSS),
    (20, "superseded number, a branch", asked("Edith", "Tranter", "17/07/1944", number=N["BRANCH"]),
     "superseded", "THIRD", CROSS),
    (20, "details of a superseded record", asked("Edith", "Tranter", "17/07/1944", "2", "ZX7 1AA"),
     "found", "THIRD", MODEL),
    (21, "sensitive record", asked("Clara", "Hidden", "16/05/1955", "2", "ZX8 1AA"), "found", None, MODEL),
    (21, "sensitive record by number", asked("Clara", "Hidden", "16/05/1955", number=N["SENSITIVE"]),
     "confirmed", None, CROSS),
    (22, "invalidated record by number", asked("Norman", "Gone", "22/01/1940", number=N["INVALID"]),
     "invalidated", None, CROSS),
    (22, "invalidated record by details", asked("Norman", "Gone", "22/01/1940", "1", "ZX8 2AA"),
     "invalidated", None, MODEL),
    (23, "the old number is never led to the new one", asked("Robin", "Ashdown", "20/06/1990", number=N["OLD_SELF"]),
     "invalidated", None, CROSS),
    (23, "the new record by its own details", asked("Robyn", "Vellacott", "20/06/1990", "2", "QX8 4AA"),
     "found", "NEW_SELF", MODEL),
    (24, "ten times one digit", asked(*ELEANOR, number="9999999999"), "found", "ELEANOR", MODEL),
    (24, "a sentinel", asked(*ELEANOR, number="0000000000"), "found", "ELEANOR", MODEL),
    (24, "a pattern", asked(*ELEANOR, number="1000000001"), "found", "ELEANOR", MODEL),
    (25, "check digit wrong", asked(*ELEANOR, number=WRONG_DIGIT), "found", "ELEANOR", MODEL),
    (25, "nine digits", asked(*ELEANOR, number=N["ELEANOR"][:9]), "found", "ELEANOR", MODEL),
    (25, "a Scottish number", asked(*ELEANOR, number=SCOTTISH), "corrected", "ELEANOR", MODEL),
    (26, "a neighbour's number", asked(*ELEANOR, number=N["WILLIAM"]), "corrected", "ELEANOR", MODEL),
    (25, "a number that the register does not know, and not quite the name",
     asked("May", "Fairweather", "08/11/1933", "2", "ZX2 4AA", N["ABSENT"]), "conflict", None, MODEL),
    (26, "another's number, nobody else fits", asked("Ada", "Quill", "01/02/1930", "2", "QX3 9AB", N["HUSBAND"]),
     "conflict", None, NONE),
    (27, "one number on two people, its owner", asked("Bertram", "Quibell", "23/09/1946", "1", "ZX8 7AA", N["JANUARY"]),
     "confirmed", "JANUARY", CROSS),
    (27, "one number on two people, the other", asked("Hilda", "Quibell", "30/04/1950", "2", "ZX8 7AA", N["JANUARY"]),
     "conflict", None, MODEL),
    (28, "two local ids, one person: the first", asked("Jan", "van der Meulen", "19/03/1953", "1", "ZX8 8AA"),
     "found", "PREFIX", MODEL),
    (28, "two local ids, one person: the second", asked("Jan", "Vandermeulen", "19/03/1953", "1", "ZX8 8AA"),
     "found", "PREFIX", MODEL),
    (29, "absent from the register", asked("Ada", "Quill", "01/02/1930", "2", "QX3 9AB"), "not_found", None, NONE),
    (29, "absent, the number too", asked("Ada", "Quill", "01/02/1930", "2", "QX3 9AB", N["ABSENT"]),
     "not_found", None, NONE),
    (29, "absent, a namesake elsewhere", asked("Eleanor", "Hatch", "30/03/1971", "2", "QX3 9AB"),
     "not_found", None, NONE),
    (30, "no gender", asked("Eleanor", "Hatch", "12/06/1945", "", "ZX1 4AP"), "found", "ELEANOR", MODEL),
    (30, "no postcode", asked("Eleanor", "Hatch", "12/06/1945", "2"), "found", "ELEANOR", MODEL),
    (30, "number and date of birth only", asked(born="12/06/1945", number=N["ELEANOR"]), "confirmed", "ELEANOR", CROSS),
    (30, "names only", asked("Eleanor", "Hatch"), "not_enough_data", None, NONE),
    (30, "one name and a postcode", asked("Eleanor", "", "", "2", "ZX1 4AP"), "not_enough_data", None, NONE),
    (30, "no date of birth", asked("Eleanor", "Hatch", "", "2", "ZX1 4AP"), "found", "ELEANOR", MODEL),
    (30, "no date of birth, a slip in the name and an earlier postcode", asked("Shiela", "Bishop", "", "2", "QX7 3BB"),
     "found", "MARRIED", MODEL),
    (30, "no date of birth, and another form of the name", asked("Peggy", "Tunnard", "", "2", "ZX2 2AA"),
     "not_found", None, NONE),
    (30, "nothing", asked(), "not_enough_data", None, NONE),
    (31, "gender recorded wrongly beside the number", asked("Eleanor", "Hatch", "12/06/1945", "1", number=N["ELEANOR"]),
     "confirmed", "ELEANOR", CROSS),
    (31, "gender unknown", asked("Eleanor", "Hatch", "12/06/1945", "0", "ZX1 4AP"), "found", "ELEANOR", MODEL),
    (31, "gender recorded wrongly", asked("Eleanor", "Hatch", "12/06/1945", "1", "ZX1 4AP"), "found", "ELEANOR", MODEL),
    (32, "a person who died", asked("Hubert", "Lacey", "27/05/1930", "1", "ZX8 5AA"), "found", "DEAD", MODEL),
    (33, "a baby without a name", asked("Baby", "Smith", "20/01/2024", "2", "QX1 1AA"), "not_found", None, NONE),
    (34, "the same query again", asked(*ELEANOR), "found", "ELEANOR", MODEL),
    (34, "the same query once more", asked(*ELEANOR), "found", "ELEANOR", MODEL),
    (35, "two records of one person in the register", asked("Muriel", "Stopford", "26/04/1937", "2", "ZX8 6AA"),
     "multiple", None, MODEL),
    (36, "John Smith, 1 January, a city", asked("John", "Smith", "01/01/1950", "1"), "not_found", None, NONE),
    (36, "John Smith, told by the postcode", asked("John", "Smith", "01/01/1950", "1", "QX1 2BB"),
     "found", "SMITH_B", MODEL),
    (37, "title and known as", asked("Mr William known as Bill", "Garside (DECEASED)", "19/07/1940", "1", "ZX2 3AA"),
     "found", "WILLIAM", MODEL),
    (37, "notes in the name", asked("William", "Garside - see notes", "19/07/1940", "1", "ZX2 3AA"),
     "found", "WILLIAM", MODEL),
    (37, "A N Other", asked("A N", "Other", "20/02/1980", "1", "QX1 1AA"), "not_found", None, NONE),
    (37, "a test patient", asked("ZZZ", "TEST PATIENT", "20/02/1980", "1", "QX1 1AA"), "not_found", None, NONE),
    (37, "a test patient with a real person's details", asked("ZZZ", "TEST PATIENT", "12/06/1945", "2", "ZX1 4AP"),
     "not_found", None, NONE),
    (37, "a test patient with a real person's number",
     asked("", "TEST PATIENT", "12/06/1945", "2", "ZX1 4AP", N["ELEANOR"]), "confirmed", "ELEANOR", CROSS),
    (37, "postcode in the name's column", asked("ZX1 4AP", "Hatch", "12/06/1945", "2"), "not_found", None, NONE),
]  # fmt: skip

# Cases that are (also) about other parts, with the test that holds them.
ELSEWHERE = {
    20: ("test_cascade.py", "test_the_superseded_flag_goes_by_the_date_of_the_request"),
    28: ("test_feedback.py", "test_duplicates_are_counted_within_the_authority_only"),
    38: ("test_feedback.py", "test_a_repeated_trace_tells_only_what_changed"),
}

NOTED = {
    "check digit wrong": "number_bad_check_digit",
    "nine digits": "number_wrong_length",
    "a Scottish number": "number_scottish",
    "ten times one digit": "number_repeated_digits",
    "a pattern": "number_pattern",
    "one number on two people, its owner": "number_on_several_people",
    "one number on two people, the other": "number_on_several_people",
    "a twin's own number and a slip in the name": "name_in_part",
    "a test patient with a real person's number": "name_in_part",
    "gender recorded wrongly beside the number": "gender_differs",
    "a child's number and date of birth": "under_age",
    "a person who died": "deceased",
    "two records of one person in the register": "register_duplicate",
}


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("register")
    with (folder / "people.csv").open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, FIELDS + HISTORY, restval="")
        writer.writeheader()
        writer.writerows(REGISTER + background())
    build_register([folder / "people.csv"], folder / "prepared")
    return folder / "prepared"


@pytest.fixture(scope="module")
def traced(register: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("queries")
    with (folder / "queries.csv").open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, ("case", *FIELDS))
        writer.writeheader()
        writer.writerows({"case": name} | query for _, name, query, *_ in CASES)
    table = trace(folder / "queries.csv", register, id="case", synthetic=True)
    return {row["query_id"]: row for row in table.astype(object).where(table.notna(), None).to_dict("records")}


@pytest.mark.parametrize("case", CASES, ids=[f"{case[0]} {case[1]}" for case in CASES])
def test_hard_case(traced: dict[str, dict[str, Any]], case: Case) -> None:
    _, name, _, outcome, whose, step = case
    row = traced[name]
    assert (row["outcome"], row["nhs_number"], row["step"]) == (outcome, N[whose] if whose else None, step), row[
        "reason"
    ]


@pytest.mark.parametrize(("name", "note"), NOTED.items(), ids=list(NOTED))
def test_what_is_remarked(traced: dict[str, dict[str, Any]], name: str, note: str) -> None:
    assert note in (traced[name]["notes"] or "").split()


def test_every_case_of_the_list_is_here_or_elsewhere() -> None:
    assert {case[0] for case in CASES} | set(ELSEWHERE) == set(range(1, 39))
    for file, test in ELSEWHERE.values():
        assert f"def {test}(" in Path(__file__).with_name(file).read_text(encoding="utf-8")
