"""De-identified tables: the same bytes however the work is cut up, and what stands beside a pseudonym."""

import random
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import pseudo.columns
import pseudo.deidentify
import pseudo.distinct
import pseudo.domain_keys
import pseudo.partitions
import pseudo.people
from pseudo.columns import open_source
from pseudo.deidentify import DomainKeys, derive_keys
from pseudo.errors import IdentifierError, PolicyError, ReleaseWriteError
from pseudo.hashing import Hasher
from pseudo.keys import RootKey
from pseudo.policy import ReleasePolicy, TablePolicy
from pseudo.release_tables import write_table
from pseudo.request import ReleaseRequest

REQUEST = ReleaseRequest(controller="c", recipient="r", project="p", opt_out="none", key_version="1", release_id="R1")
PEOPLE = ["9990000018", "9990000026", "9990000034", "9990000042", "9990000050", "9990000069", "1111111111", None]
POLICY: dict[str, Any] = {
    "description": "One row per event.",
    "person": {
        "nhs_number": "number",
        "la_code": "la",
        "la_person_id": "local",
        "record_id": "record",
        "link_quality": "link",
        "accepted_links": ["found"],
    },
    "columns": {
        "number": {"treatment": "pseudonymise", "field": "nhs_number"},
        "la": {"treatment": "keep", "pattern": "[0-9]{3}"},
        "local": {"treatment": "pseudonymise", "field": "la_person_id"},
        "record": "drop",
        "link": {"treatment": "keep", "values": ["found", "none"]},
        "reference": {"treatment": "pseudonymise", "field": "event_reference", "output": "event"},
        "day": {"treatment": "keep", "type": "date"},
        "born": {"treatment": "shift", "max_days": 20, "output": "moved"},
        "cost": {"treatment": "keep", "type": "number", "minimum": 0, "maximum": 99},
        "code": {"treatment": "keep", "pattern": "[A-Z]"},
    },
}


def table_policy(**person: Any) -> TablePolicy:
    return TablePolicy(**{**POLICY, "person": {**POLICY["person"], **person}})


def events(rows: int = 60) -> pa.Table:
    """Events of eight people, a filler number and blanks among them; some rows are of nobody known."""
    pick = random.Random(1)
    number = [pick.choice(PEOPLE) for _ in range(rows)]
    return pa.table(
        {
            "number": pa.array(number, pa.string()),
            "la": ["001" if pick.random() < 0.5 else "002" for _ in range(rows)],
            "local": [None if one is None and pick.random() < 0.5 else f"p{one}" for one in number],
            "record": [f"r{row}" for row in range(rows)],
            "link": [pick.choice(["found", "found", "none", None]) for _ in range(rows)],
            "reference": [pick.choice([None, f"e{row // 2}"]) for row in range(rows)],
            "day": [pick.choice([None, date(2025, 1, 1) + timedelta(pick.randrange(40))]) for _ in range(rows)],
            "born": [date(1950, 1, 1)] * rows,
            "cost": pa.array([pick.choice([None, 1.5, 20.0, 1000.0]) for _ in range(rows)], pa.float64()),
            "code": [pick.choice(["A", "B", "CANARY", None]) for _ in range(rows)],
        }
    )


@pytest.fixture
def keys() -> Iterator[DomainKeys]:
    with closing(derive_keys(RootKey(bytes(range(32)), "root"), REQUEST)) as made:
        yield made


def written(folder: Path, keys: DomainKeys, table: Any = None, policy: TablePolicy | None = None) -> tuple[bytes, Any]:
    """The bytes of the table's file and its part of the manifest."""
    folder.mkdir()
    source = open_source("care", events() if table is None else table)
    record = write_table(folder, source, policy or table_policy(), keys=keys, listed={})
    assert [path.name for path in folder.iterdir()] == ["care.parquet"]
    return (folder / "care.parquet").read_bytes(), record


@pytest.mark.parametrize("part_rows", [1, 7, 59, 60, 1000])
@pytest.mark.parametrize("in_memory", [0, 1 << 20])
def test_the_size_of_parts_and_of_memory_changes_no_byte(
    tmp_path: Path, keys: DomainKeys, monkeypatch: pytest.MonkeyPatch, part_rows: int, in_memory: int
) -> None:
    expected = written(tmp_path / "whole", keys)
    monkeypatch.setattr(pseudo.deidentify, "PART_ROWS", part_rows)
    monkeypatch.setattr(pseudo.deidentify, "PARTITION_ROWS", part_rows)
    monkeypatch.setattr(pseudo.partitions.Partitions.__init__, "__defaults__", (in_memory,))
    assert written(tmp_path / "parts", keys) == expected


def test_source_order_row_groups_and_encoding_change_no_byte(
    tmp_path: Path, keys: DomainKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pseudo.columns, "_BATCH_ROWS", 5)
    monkeypatch.setattr(pseudo.deidentify, "PART_ROWS", 11)
    table = events()
    expected = written(tmp_path / "a", keys)
    order = np.random.default_rng(2).permutation(table.num_rows)
    assert written(tmp_path / "b", keys, table.take(pa.array(order))) == expected
    pq.write_table(table, tmp_path / "small.parquet", row_group_size=7)
    assert written(tmp_path / "c", keys, tmp_path / "small.parquet") == expected
    coded = pa.table({name: table[name].dictionary_encode() for name in table.column_names})
    assert written(tmp_path / "d", keys, coded) == expected


def test_columns_in_parts_with_their_own_dictionaries_change_no_byte(
    tmp_path: Path, keys: DomainKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = written(tmp_path / "a", keys)
    table = events()
    pq.write_table(table, tmp_path / "small.parquet", row_group_size=7)
    monkeypatch.setattr(pseudo.distinct, "_SHORT", 1)
    monkeypatch.setattr(pseudo.people, "_PART_ROWS", 9)
    monkeypatch.setattr(pseudo.deidentify, "_COUNTED_ROWS", 13)
    monkeypatch.setattr(pseudo.columns, "_short_dictionaries", lambda _: set(table.column_names))
    assert written(tmp_path / "b", keys, tmp_path / "small.parquet") == expected
    parts = [table.slice(start, 20) for start in range(0, table.num_rows, 20)]
    coded = [pa.table({name: part[name].dictionary_encode() for name in part.column_names}) for part in parts]
    assert written(tmp_path / "c", keys, pa.concat_tables(coded)) == expected


def test_worker_processes_change_no_byte(tmp_path: Path, keys: DomainKeys) -> None:
    expected = written(tmp_path / "alone", keys)
    keys.hashers.update({field: Hasher(key, workers=2) for field, key in keys.by_field.items()})
    assert written(tmp_path / "helped", keys) == expected


def test_every_row_is_accounted_for(tmp_path: Path, keys: DomainKeys) -> None:
    _, record = written(tmp_path / "out", keys)
    counts, table = record["counts"], events()
    assert counts["rows_in"] == counts["rows_out"] == record["rows_in"] == table.num_rows
    assert sum(counts[f"rows_{kind}"] for kind in ("nhs_number", "la_person_id", "one_time")) == table.num_rows
    assert pq.read_metadata(tmp_path / "out" / "care.parquet").num_rows == table.num_rows
    given = table["code"].to_pylist()
    assert record["withheld_values"]["code"] == given.count("CANARY")
    assert record["withheld_values"]["cost"] == table["cost"].to_pylist().count(1000.0)
    assert sorted(record["withheld_values"]) == ["code", "cost"]


def test_rows_stand_in_the_order_of_their_columns(tmp_path: Path, keys: DomainKeys) -> None:
    written(tmp_path / "out", keys)
    rows = pq.read_table(tmp_path / "out" / "care.parquet").to_pylist()

    def nulls_first(row: dict[str, Any]) -> list[tuple[bool, str]]:
        return [(value is not None, f"{value}") for name, value in row.items() if name != "cost"]

    assert rows == sorted(rows, key=nulls_first)


def test_a_number_of_a_link_that_is_not_accepted_gives_no_number_pseudonym(tmp_path: Path, keys: DomainKeys) -> None:
    written(tmp_path / "out", keys)
    rows = pq.read_table(tmp_path / "out" / "care.parquet").to_pylist()
    assert {row["person_id_type"] for row in rows if row["link"] != "found"} == {"la_person_id", "one_time"}
    with_number = {row["person_pseudonym"] for row in rows if row["person_id_type"] == "nhs_number"}
    without = {row["person_pseudonym"] for row in rows if row["person_id_type"] != "nhs_number"}
    assert len(with_number) == 6 and not with_number & without


def test_people_of_nobody_known_are_all_different(tmp_path: Path, keys: DomainKeys) -> None:
    written(tmp_path / "out", keys)
    rows = pq.read_table(tmp_path / "out" / "care.parquet").to_pylist()
    once = [row["person_pseudonym"] for row in rows if row["person_id_type"] == "one_time"]
    assert len(once) == len(set(once)) > 1


def test_dates_of_one_person_move_by_the_same_days(tmp_path: Path, keys: DomainKeys) -> None:
    written(tmp_path / "out", keys)
    rows = pq.read_table(tmp_path / "out" / "care.parquet").to_pylist()
    moved: dict[str, set[date]] = {}
    for row in rows:
        moved.setdefault(row["person_pseudonym"], set()).add(row["moved"])
    assert all(len(days) == 1 for days in moved.values())
    assert len({*map(frozenset, moved.values())}) > 3
    assert all(abs((row["moved"] - date(1950, 1, 1)).days) <= 20 for row in rows)


def test_whole_numbers_stand_beside_pseudonyms_and_are_null_exactly_where_they_are(
    tmp_path: Path, keys: DomainKeys
) -> None:
    _, record = written(tmp_path / "out", keys, policy=table_policy(integers=True))
    table = pq.read_table(tmp_path / "out" / "care.parquet")
    assert table.column_names[:5] == [column["name"] for column in record["columns"]][:5] == [
        "person_pseudonym", "person_pseudonym_int63", "person_id_type", "la_person_pseudonym", "la_person_pseudonym_int63",
    ]  # fmt: skip
    for text in ("person_pseudonym", "la_person_pseudonym"):
        pairs = {(row[text], row[f"{text}_int63"]) for row in table.to_pylist()}
        assert len(pairs) == len({one for one, _ in pairs}) == len({other for _, other in pairs})
        assert [one for one, other in pairs if (one is None) != (other is None)] == []
    assert table["la_person_pseudonym_int63"].null_count > 0


def test_whole_numbers_that_anybody_known_shares_are_not_released(tmp_path: Path, keys: DomainKeys) -> None:
    keys.know(open_source("register", pa.table({"nhs_number": ["9990000077", "9990000018", None, "x"]})))
    _, record = written(tmp_path / "fine", keys, policy=table_policy(integers=True))
    assert record["counts"]["people_compared_for_int63"] == len({code.tobytes() for code in keys.known[0]})
    stranger = keys.known[0][:1].copy()
    stranger[0, 15] ^= 1
    keys.known.append(stranger)
    with pytest.raises(IdentifierError, match="would share one 63-bit number"):
        written(tmp_path / "out", keys, policy=table_policy(integers=True))


def test_hex_is_the_same_code_in_the_order_of_its_text(tmp_path: Path, keys: DomainKeys) -> None:
    written(tmp_path / "base32", keys)
    written(tmp_path / "hex", keys, policy=table_policy(text="hex"))
    made = {form: pq.read_table(tmp_path / form / "care.parquet") for form in ("base32", "hex")}
    texts = made["hex"]["person_pseudonym"].to_pylist()
    assert texts == sorted(texts) and {len(text) for text in texts} == {32}
    assert made["hex"].num_rows == made["base32"].num_rows
    assert len({*texts}) == len({*made["base32"]["person_pseudonym"].to_pylist()})


def test_the_tables_of_a_policy_have_one_form_of_pseudonym() -> None:
    tables = {"care": table_policy().model_dump(), "gp": table_policy(text="hex").model_dump()}
    with pytest.raises(ValueError, match="one form of pseudonym"):
        ReleasePolicy(name="p", version="1", description="d", tables=tables)


def test_a_full_disk_is_called_that(tmp_path: Path, keys: DomainKeys, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError("no space")

    monkeypatch.setattr(pseudo.partitions.Partitions.__init__, "__defaults__", (0,))
    monkeypatch.setattr(pseudo.partitions.tempfile, "TemporaryFile", full)
    with pytest.raises(ReleaseWriteError, match="disk full"):
        written(tmp_path / "out", keys)


def test_rows_on_disk_hold_no_identifier_and_are_nowhere_to_be_found(tmp_path: Path, keys: DomainKeys) -> None:
    seen = []

    class Looked(pseudo.partitions.Partitions):
        def take(self, place: int) -> dict[str, pseudo.partitions.Array]:
            assert self._file is not None
            self._file.seek(0)
            seen.append(self._file.read())
            return super().take(place)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(pseudo.partitions.Partitions.__init__, "__defaults__", (0,))
        patched.setattr(pseudo.deidentify, "Partitions", Looked)
        written(tmp_path / "out", keys)
    assert seen and not [number for number in PEOPLE if number and number.encode() in seen[0]]
    assert b"CANARY" not in seen[0] and b"1950" not in seen[0]


def test_numbers_among_codes_stop_the_table_whatever_part_they_are_in(
    tmp_path: Path, keys: DomainKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pseudo.deidentify, "PART_ROWS", 10)
    loose = TablePolicy(**{**POLICY, "columns": {**POLICY["columns"], "code": {"treatment": "keep", "pattern": ".*"}}})
    table = events()
    codes = table["code"].to_pylist()
    codes[35] = "999 000 0018"
    place = table.column_names.index("code")
    with pytest.raises(PolicyError, match=r"care\.code: 1 values are NHS numbers") as caught:
        written(tmp_path / "out", keys, table.set_column(place, "code", pa.array(codes)), loose)
    assert "0018" not in str(caught.value)


def test_a_table_of_superseded_numbers_maps_old_pseudonyms_to_current_ones(tmp_path: Path, keys: DomainKeys) -> None:
    """An earlier delivery has the pseudonym of the old number: the release may say whose it is now, in the same domain."""
    identifier = {"treatment": "pseudonymise", "field": "nhs_number"}
    policy = TablePolicy(
        description="One row per superseded number.",
        person={"nhs_number": "current"},
        columns={"current": identifier, "old": {**identifier, "output": "superseded_pseudonym"}},
    )
    pair = pa.table({"current": ["9990000018"], "old": ["9990000026"]})
    written(tmp_path / "out", keys, pair, policy)
    earlier = TablePolicy(description="d", person={"nhs_number": "current"}, columns={"current": identifier})
    written(tmp_path / "earlier", keys, pa.table({"current": ["9990000026"]}), earlier)
    row = pq.read_table(tmp_path / "out" / "care.parquet").to_pylist()[0]
    before = pq.read_table(tmp_path / "earlier" / "care.parquet").to_pylist()[0]
    assert row["superseded_pseudonym"] == before["person_pseudonym"] != row["person_pseudonym"]
