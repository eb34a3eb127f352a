"""Treatments: what each lets out of a value, what it looks up, and what it reads beside its own column."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import TypeAdapter, ValidationError

from pseudo.domain import Domain
from pseudo.errors import SourceError, SourcePathError
from pseudo.keys import RootKey
from pseudo.treatments import (
    NO_LOOKUPS,
    Lookups,
    Treatment,
    When,
    allowed_values,
    beside,
    condition_rule,
    output_name,
    read_postcode_directory,
    released_type,
    shift_days,
    shifted,
    value_rule,
)


def treatment(**settings: Any) -> Treatment:
    read: Treatment = TypeAdapter(Treatment).validate_python(settings)
    return read


def rule(lookups: Lookups = NO_LOOKUPS, listed: tuple[str, ...] = (), **settings: Any) -> Any:
    return value_rule(treatment(**settings), listed, lookups)


def days(*values: str | None) -> Any:
    return np.array([value or "NaT" for value in values], dtype="datetime64[D]")


@pytest.mark.parametrize(
    ("value", "month"), [("2022-04-30", "2022-04"), (date(2022, 4, 1), "2022-04"), ("042022", None), ("Ann", None)]
)
def test_month(value: object, month: str | None) -> None:
    assert rule(treatment="month")(value) == month


@pytest.mark.parametrize(
    ("value", "left"), [("99", 99.0), ("100", 100.0), ("731.50", 100.0), ("-1", None), ("Ann", None), ("1e9", None),
                        (float("nan"), None), (float("inf"), None)],
)  # fmt: skip
def test_top_code(value: object, left: float | None) -> None:
    assert rule(treatment="top_code", limit=100)(value) == left


@pytest.mark.parametrize(
    ("value", "left"), [("12.4", 10), ("12.5", 15), ("2", 0), ("100", 100), ("101", None), ("-3", None)]
)
def test_round_halves_up(value: str, left: float | None) -> None:
    assert rule(treatment="round", base=5, minimum=0, maximum=100)(value) == left


def test_a_top_code_may_round_as_well() -> None:
    assert [rule(treatment="top_code", limit=100, base=5)(value) for value in ("12", "99", "1000")] == [10, 100, 100]


def test_group() -> None:
    group = {"treatment": "group", "groups": {"Shut in": ["Prison", "Hospital"]}, "values": ["Refuge", "Tenant"]}
    assert [rule(**group)(value) for value in (" PRISON ", "Tenant", "Ann")] == ["Shut in", "Tenant", None]
    assert allowed_values(treatment(**group)) == ["Shut in", "Refuge", "Tenant"]


def test_a_group_takes_the_rest_from_the_specification() -> None:
    group = {"treatment": "group", "groups": {"Shut in": ["Prison"]}, "values": "listed"}
    assert rule(listed=("Prison", "Tenant"), **group)("tenant") == "Tenant"
    assert allowed_values(treatment(**group), ("Prison", "Tenant")) == ["Shut in", "Tenant"]


def test_a_value_stands_in_one_group() -> None:
    with pytest.raises(ValidationError, match="one group only"):
        treatment(treatment="group", groups={"a": ["X"], "b": ["x "]})


@pytest.mark.parametrize(
    ("level", "area"), [("postcode_area", "ZX"), ("postcode_district", "ZX1"), ("sector", "ZX1 1")]
)
def test_areas_that_the_postcode_itself_tells(level: str, area: str) -> None:
    assert [rule(treatment="area", level=level)(value) for value in (" zx11aa ", "ZX1")] == [area, None]


# --- ages


@pytest.mark.parametrize(
    ("born", "age"), [("2005-04-01", 17), ("2005-03-31", 18), ("1920-01-01", 90), ("2023-04-01", None)]
)
def test_age_up_to_a_limit(born: str, age: int | None) -> None:
    assert rule(treatment="age_at", on="2023-03-31", limit=90)(born) == age


def test_an_age_without_a_day_is_taken_on_the_reference_date_of_the_release() -> None:
    lookups = Lookups(reference_date=date(2023, 3, 31))
    assert rule(lookups, treatment="age_band", bands=[18, 65])("2005-03-31") == "18-64"


def test_an_age_is_taken_on_one_day() -> None:
    with pytest.raises(ValidationError, match="not both"):
        treatment(treatment="age_at", on="2023-03-31", at="event_start_date")


def test_an_age_on_the_date_of_another_column() -> None:
    column, function = beside(treatment(treatment="age_band", at="day", bands=[18, 65])) or ("", None)
    assert function is not None
    ages = function(
        days("1960-06-01", "1960-06-01", None, "1960-06-01"), days("1978-05-31", "2025-06-01", "2020-01-01", None)
    )
    assert (column, ages.to_pylist()) == ("day", ["under 18", "65+", None, None])


# --- dates


def test_days_since_another_date() -> None:
    column, function = beside(treatment(treatment="days_since", index="start", output="length_days")) or ("", None)
    assert function is not None
    assert column == "start"
    assert function(days("2022-04-30", "2022-04-01", None), days("2022-04-01", "2022-04-02", "2022-04-01")).to_pylist() == [
        29, -1, None
    ]  # fmt: skip


VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "pseudonym_vectors.json").read_text(encoding="utf-8"))
SHIFTS = next(group["tests"] for group in VECTORS["groups"] if group["id"] == "cldlink-date-shift")


@pytest.mark.parametrize("case", SHIFTS, ids=lambda case: case["id"])
def test_shifts_of_the_reference(case: dict[str, Any]) -> None:
    with RootKey(bytes.fromhex(case["root_key_hex"]), "test").derive(Domain(**case["context"])) as key:
        code = key.mac(bytes.fromhex(case["message_hex"]))
    assert code[:8].hex() == case["mac_first_8_bytes_hex"]
    assert shift_days(code, case["max_days"]).tolist() == [case["shift_days"]]


def test_a_shift_keeps_the_days_between_dates_and_what_is_missing() -> None:
    moved = shifted(days("2022-01-01", "2022-01-31", None), np.array([-27, -27, 3]))
    assert moved[1] - moved[0] == np.timedelta64(30, "D")
    assert np.isnat(moved[2])


def test_shifts_stay_within_their_bounds_and_use_all_of_them() -> None:
    codes = np.random.default_rng(1).bytes(16 * 5_000)
    assert sorted(set(shift_days(codes, 7).tolist())) == list(range(-7, 8))


# --- conditions


@pytest.mark.parametrize(("value", "meets"), [("REFUGE ", True), ("Tenant", False), (None, False)])
def test_a_condition_by_value(value: object, meets: bool) -> None:
    assert condition_rule(When(column="c", values=["Refuge"]))(value) is meets


@pytest.mark.parametrize(
    ("value", "meets"), [("1941-03-31", True), ("1941-04-01", False), ("031941", True), ("x", False), (None, False)]
)
def test_a_condition_by_date(value: object, meets: bool) -> None:
    assert condition_rule(When(column="c", before=date(1941, 4, 1)))(value) is meets


# --- the postcode directory

ONS = """pcds,doterm,lad25cd,lsoa21cd,imd20ind
ZX1 1AA,,E06000001,E01000001,1
ZX1 1AB,,E06000001,E01000002,32844
ZX1 1AC,202001,W06000001,W01000001,5
QX9 9ZZ,,M99999999,,
"""


def directory(folder: Path, text: str = ONS, name: str = "onspd.csv") -> Lookups:
    (folder / name).write_text(text, encoding="utf-8")
    return Lookups(directory=read_postcode_directory(folder / name))


@pytest.mark.parametrize(
    ("postcode", "lsoa", "la", "decile"),
    [
        ("zx1 1aa", "E01000001", "E06000001", 1),
        ("ZX11AB", "E01000002", "E06000001", 10),
        ("ZX1 1AC", "W01000001", "W06000001", None),
        ("QX9 9ZZ", None, None, None),
        ("ZX1 1AD", None, None, None),
        ("Ann Smith", None, None, None),
        ("é", None, None, None),
    ],
)
def test_areas_of_the_ons_directory(
    tmp_path: Path, postcode: str, lsoa: str | None, la: str | None, decile: int | None
) -> None:
    lookups = directory(tmp_path)
    found = [rule(lookups, treatment="area", level=level)(postcode) for level in ("lsoa", "la", "imd_decile")]
    assert found == [lsoa, la, decile]


@pytest.mark.parametrize(
    "header",
    ["pcd,pcd2,pcds,oslaua,lsoa11,lsoa21,imd", "PCD7,PCD8,PCDS,LAD24CD,LSOA11CD,LSOA21CD,IMD19IND",
     "\ufeffpcd7,x,pcds,laua,lsoa11,lsoa21,imd"],
)  # fmt: skip
def test_the_names_of_every_edition_are_known_and_the_latest_areas_taken(tmp_path: Path, header: str) -> None:
    lookups = directory(tmp_path, f"{header}\nZX11AA,,ZX1 1AA,E06000001,E01000001,E01000009,16422\n")
    assert lookups.directory
    assert [lookups.directory.area(level, "ZX1 1AA") for level in ("la", "lsoa", "imd_decile")] == [
        "E06000001",
        "E01000009",
        5,
    ]


def test_the_directory_of_the_sample() -> None:
    sample = Path(__file__).parents[2] / "sample_data" / "reference" / "postcodes.csv"
    found = read_postcode_directory(sample)
    assert set(found.levels) == {"lsoa", "la", "imd_quintile"}
    assert found.area("imd_quintile", "ZX1 0AA") == 5


def test_a_directory_may_be_parquet(tmp_path: Path) -> None:
    pq.write_table(pa.table({"pcds": ["ZX1 1AA"], "lsoa21cd": ["E01000001"]}), tmp_path / "d.parquet")
    assert read_postcode_directory(tmp_path / "d.parquet").area("lsoa", "ZX1 1AA") == "E01000001"


def test_what_is_no_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="not a postcode directory"):
        directory(tmp_path, "name,age\nAnn,4\n")
    with pytest.raises(SourcePathError, match="no such postcode directory"):
        read_postcode_directory(tmp_path / "none.csv")
    (tmp_path / "d.parquet").write_bytes(b"x")
    with pytest.raises(SourceError, match="cannot be read"):
        read_postcode_directory(tmp_path / "d.parquet")


@pytest.mark.parametrize(
    ("settings", "kind", "name"),
    [
        ({"treatment": "birth_year"}, "integer", "birth_year"),
        ({"treatment": "age_at"}, "integer", "age_years"),
        ({"treatment": "shift"}, "date", "column"),
        ({"treatment": "top_code", "limit": 9}, "number", "column"),
        ({"treatment": "area", "level": "imd_decile"}, "integer", "imd_decile"),
        ({"treatment": "area", "level": "lsoa"}, "text", "lsoa"),
        ({"treatment": "month"}, "text", "column"),
    ],
)
def test_type_and_name_of_what_leaves(settings: dict[str, Any], kind: str, name: str) -> None:
    assert (released_type(treatment(**settings)), output_name("column", treatment(**settings))) == (kind, name)
