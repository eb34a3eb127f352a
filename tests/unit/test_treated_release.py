"""Treatments in a whole release: shifts of the reference, dates beside dates, areas, derived and withheld columns."""

import csv
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from pseudo.errors import PolicyError
from pseudo.keys import RootKey
from pseudo.policy import load_policy
from pseudo.release import Release, make_release
from pseudo.request import ReleaseRequest
from pseudo.signing import SigningKey
from pseudo.treatments import NO_LOOKUPS, Lookups, read_postcode_directory
from pseudo.withholding import withhold

ANN, BOB, CAT = "9990000018", "9990000026", "9990000034"  # moved by -27, -5 and 15 days in the reference
COLUMNS: dict[str, Any] = {
    "nhs_number": {"treatment": "pseudonymise", "field": "nhs_number"},
    "la_code": {"treatment": "keep", "pattern": "[0-9]{3}"},
    "born": {"treatment": "birth_year"},
    "start": {"treatment": "shift", "max_days": 30},
    "end": "drop",
    "postcode": {
        "treatment": "area",
        "level": "lsoa",
        "withheld_when": [
            {"column": "la_code", "values": ["510", "714", "906"]},
            {"column": "born", "before": "1941-04-01"},
        ],
    },
    "cost": {"treatment": "top_code", "limit": 100, "base": 5},
}
DERIVED: dict[str, Any] = {
    "age": {"source": "born", "treatment": "age_at", "at": "start", "limit": 90},
    "length_days": {"source": "end", "treatment": "days_since", "index": "start", "output": "length_days"},
    "la": {"source": "postcode", "treatment": "area", "level": "la"},
}
ROWS = [
    (ANN, "991", "1950-06-02", "2022-06-01", "2022-06-11", "ZX1 1AA", "12"),
    (BOB, "991", "1930-01-01", "2022-06-01", None, "ZX1 1AA", "1000"),
    (CAT, "906", "1960-01-01", "not known", "2022-06-01", "zx11aa", "x"),
    (None, "991", None, None, None, "ZX9 9ZZ", None),
]
REQUEST = ReleaseRequest(controller="example-dscro", recipient="example-university", project="EXAMPLE-0001",
                         opt_out="ndo-applied", key_version="1", release_id="R1")  # fmt: skip


def made(folder: Path, lookups: Lookups, **policy: Any) -> Release:
    table = {"description": "d", "person": {"nhs_number": "nhs_number"}, "columns": COLUMNS, "derived": DERIVED}
    document = {
        "name": "p",
        "version": "1",
        "description": "d",
        "tables": {"t": table},
        "environment": "open",
        **policy,
    }
    (folder / "policy.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    source = pa.Table.from_pylist([dict(zip(COLUMNS, row, strict=True)) for row in ROWS])
    return make_release({"t": source}, load_policy(folder / "policy.yaml"), root_key=RootKey(bytes(range(32)), "k"),
                        signing_key=SigningKey(bytes(32), "s"), request=REQUEST, out_dir=folder / "out", lookups=lookups,
                        as_at=date(2023, 1, 1))  # fmt: skip


@pytest.fixture(scope="module")
def lookups(tmp_path_factory: pytest.TempPathFactory) -> Lookups:
    path = tmp_path_factory.mktemp("directory") / "onspd.csv"
    path.write_text("pcds,lad25cd,lsoa21cd\nZX1 1AA,E06000001,E01000001\n", encoding="utf-8")
    return Lookups(read_postcode_directory(path))


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory, lookups: Lookups) -> Release:
    return made(tmp_path_factory.mktemp("release"), lookups)


@pytest.fixture(scope="module")
def rows(release: Release) -> dict[int | None, dict[str, Any]]:
    """Released rows by year of birth."""
    return {row["birth_year"]: row for row in release.table("t").to_pylist()}


def test_dates_move_by_the_days_of_the_reference(rows: dict[int | None, dict[str, Any]]) -> None:
    assert (rows[1950]["start"], rows[1930]["start"]) == (date(2022, 5, 5), date(2022, 5, 27))
    assert (rows[1960]["start"], rows[None]["start"]) == (None, None)


def test_ages_and_lengths_are_of_the_dates_as_given(rows: dict[int | None, dict[str, Any]]) -> None:
    assert [rows[year]["age"] for year in (1950, 1930, 1960, None)] == [71, 90, None, None]
    assert [rows[year]["length_days"] for year in (1950, 1930, 1960, None)] == [10, None, None, None]


def test_a_finer_area_is_withheld_from_some_and_the_coarser_one_is_not(rows: dict[int | None, dict[str, Any]]) -> None:
    assert [rows[year]["lsoa"] for year in (1950, 1930, 1960, None)] == ["E01000001", None, None, None]
    assert [rows[year]["la"] for year in (1950, 1930, 1960, None)] == ["E06000001", "E06000001", "E06000001", None]


def test_numbers_above_the_limit_leave_as_the_limit(rows: dict[int | None, dict[str, Any]]) -> None:
    assert [rows[year]["cost"] for year in (1950, 1930, 1960, None)] == [10, 100, None, None]


def test_the_manifest_says_what_was_withheld_and_looked_up(release: Release, lookups: Lookups) -> None:
    assert release.manifest["tables"]["t"]["withheld_values"] == {
        "start": 1, "lsoa": 3, "cost": 1, "age": 1, "length_days": 1, "la": 1
    }  # fmt: skip
    assert lookups.directory
    assert release.manifest["lookups"] == {
        "postcode_directory_sha256": lookups.directory.sha256, "reference_date": None
    }  # fmt: skip


def test_the_dictionary_says_what_each_column_holds_and_how_far_it_is_true(release: Release) -> None:
    with (release.folder / "dictionary.csv").open(encoding="utf-8", newline="") as handle:
        said = {row["column"]: row for row in csv.DictReader(handle)}
    assert {name: said[name]["type"] for name in ("start", "cost", "age", "lsoa", "birth_year")} == {
        "start": "date", "cost": "number", "age": "integer", "lsoa": "text", "birth_year": "integer"
    }  # fmt: skip
    assert "Moved by up to 30 days" in said["start"]["description"]
    assert said["lsoa"]["description"] == "Withheld from some rows, by la_code, born."


def test_without_a_directory_there_is_no_release(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"t\.lsoa: needs a postcode directory, and it was not given") as caught:
        made(tmp_path, NO_LOOKUPS)
    assert "t.la: needs a postcode directory" in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_people_who_could_be_known_are_taken_out_and_counted(tmp_path: Path, lookups: Lookups) -> None:
    condition = {"k": 2, "action": "drop", "tables": {"t": {"quasi_identifiers": ["la_code"]}}}
    found = made(tmp_path, lookups, anonymity=condition)
    assert found.table("t").column("la_code").to_pylist() == ["991"] * 3
    assert found.manifest["anonymity"]["tables"]["t"]["rows_dropped"] == 1
    assert found.manifest["tables"]["t"]["counts"]["rows_out"] == 3


def test_people_who_could_be_known_stop_the_release(tmp_path: Path, lookups: Lookups) -> None:
    condition = {"k": 2, "tables": {"t": {"quasi_identifiers": ["la_code"]}}}
    with pytest.raises(PolicyError, match="1 of 4 people share la_code with fewer than 1 others"):
        made(tmp_path, lookups, anonymity=condition)
    assert not (tmp_path / "out").exists()


def test_withholding_keeps_the_order_that_the_release_has(tmp_path: Path, release: Release) -> None:
    """One person a row, so that nothing but the order of the people could change."""
    path = tmp_path / "t.parquet"
    path.write_bytes(release.tables["t"].read_bytes())
    withhold(path, {"cost": np.ones(4, dtype=np.bool_)}, np.zeros(4, dtype=np.bool_))
    kept = [name for name in release.table("t").column_names if name != "cost"]
    assert pq.read_table(path).select(kept).equals(release.table("t").select(kept))
    assert pq.read_table(path).column("cost").null_count == 4
