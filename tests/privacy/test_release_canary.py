"""A marked identifier put into every input column appears in no byte of a release under the shipped policy."""

import csv
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pseudo.errors import PseudoError
from pseudo.keys import RootKey
from pseudo.policy import load_policy
from pseudo.release import Release, make_release
from pseudo.request import ReleaseRequest
from pseudo.signing import SigningKey
from pseudo.treatments import Keep, needs_list

POLICY = load_policy(Path(__file__).parents[2] / "configs" / "release" / "secure.yaml")
TABLES = POLICY.policy.tables
CANARIES = ("9990000018", "999 000 0018", "Zzcanary", "ZZCANARY-1", "ZX9 9ZZ", "canary@example.invalid")
BIRTH = "1951-11-30"
REQUEST = ReleaseRequest(controller="c", recipient="r", project="p", opt_out="none", key_version="1", release_id="R1")

KEYS = {"root_key": RootKey(bytes(32), "root"), "signing_key": SigningKey(bytes(32), "sender")}


def listed() -> dict[str, dict[str, list[str]]]:
    return {
        name: {column: ["Listed value"] for column, treatment in table.columns.items() if needs_list(treatment)}
        for name, table in TABLES.items()
    }


def canary_table(name: str, canary: str) -> pa.Table:
    """Rows in which one column at a time holds the canary, and a last row in which all do."""
    columns = list(TABLES[name].columns)
    rows = [
        {column: canary if column in marked else None for column in columns}
        for marked in [*([c] for c in columns), columns]
    ]
    keys = TABLES[name].person
    for number, row in enumerate(rows):
        if keys.record_id:
            row[keys.record_id] = f"{canary}/{number}"
    return pa.Table.from_pylist(rows, schema=pa.schema([(column, pa.string()) for column in columns]))


def released(tmp_path: Path, canary: str) -> Release:
    tables = {name: canary_table(name, canary) for name in TABLES}
    return make_release(tables, POLICY, **KEYS, request=REQUEST,
                        out_dir=tmp_path / "out", listed_values=listed(), as_at=date(2023, 1, 1))  # fmt: skip


@pytest.mark.parametrize("canary", CANARIES)
def test_no_canary_leaves(tmp_path: Path, canary: str) -> None:
    made = released(tmp_path, canary)
    texts = [path.read_bytes() for path in made.folder.iterdir()]
    texts += [pq.read_table(path).to_pandas().to_csv().encode() for path in made.tables.values()]
    assert not [text for text in texts if canary.encode().lower() in text.lower()]


def test_a_date_of_birth_stands_in_no_column_but_those_of_event_dates(tmp_path: Path) -> None:
    made = released(tmp_path, BIRTH)
    for name, path in made.tables.items():
        for column, values in pq.read_table(path).to_pydict().items():
            treatment = TABLES[name].columns.get(column)
            is_event_date = isinstance(treatment, Keep) and treatment.type == "date"
            assert is_event_date or BIRTH not in map(str, values), (name, column)


def test_no_row_is_lost_over_it(tmp_path: Path) -> None:
    for name, record in released(tmp_path, "Zzcanary").manifest["tables"].items():
        assert record["counts"]["rows_out"] == record["rows_in"] == len(TABLES[name].columns) + 1


def test_errors_show_no_canary(tmp_path: Path) -> None:
    (tmp_path / "care.csv").write_text('nhs_number,x\n9990000018,"Zzcanary\n', encoding="utf-8")
    for table in (tmp_path / "care.csv", pa.table({"Zz": ["Zzcanary"]}), pa.table({"nhs_number": [9990000018]})):
        with pytest.raises(PseudoError) as caught:
            make_release({"long_term_conditions": table}, POLICY, **KEYS, request=REQUEST,
                         out_dir=tmp_path / "out")  # fmt: skip
        assert "Zzcanary" not in str(caught.value) and "9990000018" not in str(caught.value)
        assert caught.value.__cause__ is None


def test_the_dictionary_names_no_value_of_the_data(tmp_path: Path) -> None:
    made = released(tmp_path, "Zzcanary")
    with (made.folder / "dictionary.csv").open(encoding="utf-8", newline="") as handle:
        columns = {(row["table"], row["column"]) for row in csv.DictReader(handle)}
    assert columns == {(name, column) for name, path in made.tables.items() for column in pq.read_schema(path).names}
