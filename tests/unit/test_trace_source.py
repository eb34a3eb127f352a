"""Reading people to trace: any encoding, separator and heading that real files have; no row passed over."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from linkage.engine import Engine, Step, open_engine
from linkage.errors import InputError, UsageError
from linkage.trace.queries import Queries, load_queries
from linkage.trace.source import ColumnMap, Source, load_source, parse_column_map, require_file

FIELDS = ("given_name", "family_name", "date_of_birth")
Row = tuple[object, ...]


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with open_engine(folders=[tmp_path]) as opened:
        yield opened


def load(engine: Engine, path: Path, **columns: str) -> list[Row]:
    """The rows of a file: row number and the fields in order."""
    scratch = path.parent / "scratch"
    scratch.mkdir(exist_ok=True)
    load_source(engine, "people", Source(path, ColumnMap(columns), scratch), FIELDS)
    return engine.rows(Step("rows", "select * from people order by row_number"))


def file(tmp_path: Path, content: str, encoding: str = "utf-8", name: str = "people.csv") -> Path:
    (tmp_path / name).write_bytes(content.encode(encoding))
    return tmp_path / name


ZOE = "given_name,family_name,date_of_birth\nZoë,O’Brien,1967-10-23\n"
ZOE_ROWS = [(1, "Zoë", "O’Brien", "1967-10-23")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings(engine: Engine, tmp_path: Path, encoding: str) -> None:
    assert load(engine, file(tmp_path, ZOE, encoding)) == ZOE_ROWS


def test_windows_1252_far_into_a_file(engine: Engine, tmp_path: Path) -> None:
    plain = "given_name\n" + "Ada\n" * 20_000
    rows = load(engine, file(tmp_path, plain + "Zoë\n", "cp1252"))
    assert (len(rows), rows[-1][1]) == (20_001, "Zoë")


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separators(engine: Engine, tmp_path: Path, separator: str) -> None:
    assert load(engine, file(tmp_path, ZOE.replace(",", separator))) == ZOE_ROWS


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_line_ends(engine: Engine, tmp_path: Path, ending: str) -> None:
    assert load(engine, file(tmp_path, ZOE.replace("\n", ending))) == ZOE_ROWS


def test_the_last_line_needs_no_end(engine: Engine, tmp_path: Path) -> None:
    assert load(engine, file(tmp_path, ZOE.rstrip("\n"))) == ZOE_ROWS


@pytest.mark.parametrize("heading", ["given_name", " given_name ", "Given_Name", '"given_name"', "\ufeffgiven_name"])
def test_headings_with_blanks_case_and_quotes(engine: Engine, tmp_path: Path, heading: str) -> None:
    assert load(engine, file(tmp_path, f"{heading},x\nAda,1\n")) == [(1, "Ada", None, None)]


@pytest.mark.parametrize("heading", ["Fore name (£)", " Fore name (£)", "FORE NAME (£)", "O'Name", 'na"me'])
def test_headings_of_ones_own(engine: Engine, tmp_path: Path, heading: str) -> None:
    quoted = '"' + heading.replace('"', '""') + '"'
    assert load(engine, file(tmp_path, f"{quoted},x\nAda,1\n"), given_name=heading.strip())[0][1] == "Ada"


def test_quoted_separators_line_ends_and_quotes(engine: Engine, tmp_path: Path) -> None:
    text = 'given_name,family_name\n"Ada, Mary","Ex\nample"\n"say ""Ada""",B\n'
    assert load(engine, file(tmp_path, text)) == [(1, "Ada, Mary", "Ex\nample", None), (2, 'say "Ada"', "B", None)]


def test_blanks_are_missing_and_values_trimmed(engine: Engine, tmp_path: Path) -> None:
    text = 'given_name,family_name\n  Ada  ,\n"",   \n'
    assert load(engine, file(tmp_path, text)) == [(1, "Ada", None, None), (2, None, None, None)]


def test_values_stay_text(engine: Engine, tmp_path: Path) -> None:
    text = "given_name,family_name,date_of_birth\n007,NULL,19671023\ntrue,#N/A,1e5\n"
    assert load(engine, file(tmp_path, text)) == [(1, "007", "NULL", "19671023"), (2, "true", "#N/A", "1e5")]


@pytest.mark.parametrize("row", ["# a note,x", "//,x", "given_name,family_name", "-- ,x"])
def test_no_row_is_taken_for_something_else(engine: Engine, tmp_path: Path, row: str) -> None:
    rows = load(engine, file(tmp_path, f"given_name,family_name\n{row}\nAda,B\n"))
    assert [(rows[0][1]), rows[1][1]] == [row.split(",")[0].strip(), "Ada"]


def test_columns_that_are_not_wanted_may_be_blank_or_repeated(engine: Engine, tmp_path: Path) -> None:
    assert load(engine, file(tmp_path, "x,given_name,x,,\n1,Ada,2,3,4\n")) == [(1, "Ada", None, None)]


def test_a_column_of_our_own_name_does_no_harm(engine: Engine, tmp_path: Path) -> None:
    assert load(engine, file(tmp_path, "_row,given_name,row_number\n9,Ada,9\n")) == [(1, "Ada", None, None)]


def test_parquet_of_any_types(engine: Engine, tmp_path: Path) -> None:
    table = pa.table({"Given": ["Ada ", None], "family_name": [7, 8], "date_of_birth": [date(1950, 1, 2), None]})
    pq.write_table(table, tmp_path / "people.parquet")
    assert load(engine, tmp_path / "people.parquet", given_name="Given") == [
        (1, "Ada", "7", "1950-01-02"),
        (2, None, "8", None),
    ]


def test_whole_numbers_of_a_column_with_blanks_have_no_decimal_point(engine: Engine, tmp_path: Path) -> None:
    """As pandas writes NHS numbers when some people have none."""
    numbers = pa.table(
        {"given_name": [9990000018.0, None, float("nan"), 1.5], "family_name": [Decimal("7.00"), None, None, None]}
    )
    pq.write_table(numbers, tmp_path / "people.parquet")
    assert [row[1:3] for row in load(engine, tmp_path / "people.parquet")] == [
        ("9990000018", "7"),
        (None, None),
        (None, None),
        ("1.5", None),
    ]
    frame = Queries(table=pa.table({"nhs_number": [9990000018.0, None]}))
    load_queries(engine, frame, tmp_path)
    assert engine.rows(Step("numbers", "select nhs_number from query_source order by query_row")) == [
        ("9990000018",),
        (None,),
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("given_name,family_name\nAda,B\nIda,C,surplus\n", "row 2 has 3 columns, the heading has 2"),
        ("given_name,family_name\nAda\nIda,C\n", "row 1 has 1 columns, the heading has 2"),
        ("given_name,family_name\nAda,B,x\nIda,C,x\n", "row 1 has 3 columns, the heading has 2"),
        ('given_name,family_name\nAda,B\n"Ida,C\n', "missing quote"),
        ("given_name,given_name\nAda,B\n", "two columns have the heading"),
        ("\ngiven_name\nAda\n", "the first line is blank"),
        ("9990000018,Zzcanary\n9990000026,Other\n", "the first line holds values"),
        ("Zzcanary,02/01/1950\n", "the first line holds values"),
        ("Zzcanary,ZX1 1AA\n", "the first line holds values"),
    ],
)
def test_what_cannot_be_read_is_said_without_values(engine: Engine, tmp_path: Path, content: str, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        load(engine, file(tmp_path, content))
    assert "people.csv" in str(caught.value)
    assert not [value for value in ("Zzcanary", "Ida", "9990000018", "1950", "1AA") if value in str(caught.value)]


def test_a_mapped_heading_must_be_there(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no column 'Forename' for the field 'given_name'.*are: given_name, x"):
        load(engine, file(tmp_path, "given_name,x\nAda,1\n"), given_name="Forename")


# --- column maps and paths


def test_a_column_map() -> None:
    given = " given_name = Fore name , family_name=Sur=name,"
    assert parse_column_map(given, FIELDS).headings == {"given_name": "Fore name", "family_name": "Sur=name"}
    assert parse_column_map(None, FIELDS).headings == {}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("surname=a", "there is no field 'surname'"),
        ("given_name", "lacks its '='"),
        ("given_name=", "lacks its '='"),
        ("given_name=a,given_name=b", "given twice"),
        ("given_name=a,family_name=a", "one heading to two fields"),
    ],
)
def test_a_wrong_column_map(text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        parse_column_map(text, FIELDS)


def test_a_required_file(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    for name, kind in ((".", UsageError), ("nowhere", UsageError), ("empty", InputError)):
        with pytest.raises(kind):
            require_file(tmp_path / name, "the file of people")
