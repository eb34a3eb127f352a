"""Marked identifiers put into every input column appear in no byte of a release under any of the shipped profiles."""

import csv
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pseudo.errors import PseudoError
from pseudo.keys import RootKey
from pseudo.policy import LoadedPolicy, load_policy
from pseudo.policy_model import TablePolicy
from pseudo.release import Release, make_release
from pseudo.request import ReleaseRequest
from pseudo.signing import SigningKey
from pseudo.treatments import Keep, Lookups, needs_list, read_postcode_directory

PROFILES = sorted((Path(__file__).parents[2] / "configs" / "release").glob("*.yaml"))
CANARIES = ("9990000018", "999 000 0018", "Zzcanary", "ZZCANARY-1", "ZX9 9ZZ", "canary@example.invalid")
BIRTH = "1951-11-30"
ALIKE = 12  # rows of each kind, so that a policy's k people look alike and nothing is dropped for being rare
REQUEST = ReleaseRequest(controller="c", recipient="r", project="p", opt_out="none", key_version="1", release_id="R1")

KEYS: dict[str, Any] = {"root_key": RootKey(bytes(32), "root"), "signing_key": SigningKey(bytes(32), "sender")}


@dataclass(frozen=True)
class Marked:
    """A release of tables full of marked values, under one profile."""

    policy: LoadedPolicy
    made: Release

    @property
    def tables(self) -> dict[str, TablePolicy]:
        return self.policy.policy.tables


def listed(policy: LoadedPolicy) -> dict[str, dict[str, list[str]]]:
    return {
        name: {column: ["Listed value"] for column, treatment in table.columns.items() if needs_list(treatment)}
        for name, table in policy.policy.tables.items()
    }


def marked_table(table: TablePolicy) -> pa.Table:
    """Rows in which one column at a time holds a marked value, and rows in which all do; of each ``ALIKE`` people."""
    columns = list(table.columns)
    rows = [
        {column: canary if column in marked else None for column in columns}
        for canary in (*CANARIES, BIRTH)
        for marked in [*([c] for c in columns), columns]
        for _ in range(ALIKE)
    ]
    for number, row in enumerate(rows):
        if table.person.record_id:
            row[table.person.record_id] = f"Zzcanary/{number}"
    return pa.Table.from_pylist(rows, schema=pa.schema([(column, pa.string()) for column in columns]))


@pytest.fixture(scope="module", params=PROFILES, ids=lambda path: path.stem)
def marked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Marked:
    folder, policy = tmp_path_factory.mktemp("canary"), load_policy(request.param)
    (folder / "onspd.csv").write_text("pcds,lad25cd,lsoa21cd,imd\nZX9 9ZZ,E06000001,E01000001,7\n", encoding="utf-8")
    made = make_release(
        {name: marked_table(table) for name, table in policy.policy.tables.items()},
        policy,
        **KEYS,
        request=REQUEST,
        out_dir=folder / "out",
        listed_values=listed(policy),
        lookups=Lookups(read_postcode_directory(folder / "onspd.csv"), date(2023, 3, 31)),
        with_csv=True,
        as_at=date(2023, 1, 1),
    )
    return Marked(policy, made)


def test_no_canary_leaves(marked: Marked) -> None:
    texts = [path.read_bytes() for path in marked.made.folder.iterdir()]
    texts += [pq.read_table(path).to_pandas().to_csv().encode() for path in marked.made.tables.values()]
    found = [canary for canary in CANARIES for text in texts if canary.encode().lower() in text.lower()]
    assert found == []


def test_a_date_of_birth_stands_in_no_column_but_those_of_event_dates(marked: Marked) -> None:
    for name, path in marked.made.tables.items():
        for column, values in pq.read_table(path).to_pydict().items():
            treatment = marked.tables[name].columns.get(column)
            is_event_date = isinstance(treatment, Keep) and treatment.type == "date"
            assert is_event_date or BIRTH not in map(str, values), (name, column)


def test_every_row_is_accounted_for(marked: Marked) -> None:
    held = marked.made.manifest["anonymity"]["tables"]
    for name, record in marked.made.manifest["tables"].items():
        dropped = held.get(name, {}).get("rows_dropped", 0)
        assert record["counts"]["rows_out"] + dropped == record["rows_in"]
        assert record["rows_in"] == (len(marked.tables[name].columns) + 1) * (len(CANARIES) + 1) * ALIKE


def test_the_search_had_something_to_search(marked: Marked) -> None:
    """Most rows are left: what the conditions on all rows drop is no reason for finding nothing."""
    for name, record in marked.made.manifest["tables"].items():
        assert record["counts"]["rows_out"] > record["rows_in"] / 2, name


def test_errors_show_no_canary(tmp_path: Path) -> None:
    policy = load_policy(PROFILES[-1])
    (tmp_path / "care.csv").write_text('nhs_number,x\n9990000018,"Zzcanary\n', encoding="utf-8")
    for table in (tmp_path / "care.csv", pa.table({"Zz": ["Zzcanary"]}), pa.table({"nhs_number": [9990000018]})):
        with pytest.raises(PseudoError) as caught:
            make_release({"long_term_conditions": table}, policy, **KEYS, request=REQUEST,
                         out_dir=tmp_path / "out")  # fmt: skip
        assert "Zzcanary" not in str(caught.value) and "9990000018" not in str(caught.value)
        assert caught.value.__cause__ is None


def test_the_dictionary_names_every_released_column_and_no_value_of_the_data(marked: Marked) -> None:
    with (marked.made.folder / "dictionary.csv").open(encoding="utf-8", newline="") as handle:
        columns = {(row["table"], row["column"]) for row in csv.DictReader(handle)}
    released = {(name, column) for name, path in marked.made.tables.items() for column in pq.read_schema(path).names}
    assert columns == released
