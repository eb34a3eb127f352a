"""LTS001 as written: layout, rounding of each cell and total on its own, choice of period and authorities."""

import csv
import json
import zipfile
from datetime import date
from pathlib import Path

import pytest

from linkage.cohort.derive.period import Period, months_later
from linkage.cohort.tables import tables_salt
from linkage.errors import InputError, UsageError
from linkage.store import open_linked
from tests.unit.linked_tables import Row, linked_folder, service

RESIDENTIAL = {"service_type": "Long Term Support: Residential Care", "event_start_date": date(2022, 5, 1)}


@pytest.fixture
def linked(tmp_path: Path) -> Path:
    care = [service(f"n{place}") for place in range(4)]
    care += [service(f"r{place}", **RESIDENTIAL) for place in range(7)]
    care += [service("marentshaws", la_code="992", delivery_mechanism="Direct Payment")]
    return linked_folder(tmp_path / "linked", social_care=care)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def cell(rows: list[dict[str, str]], la_code: str, band: str, reason: str) -> dict[str, str]:
    found = [r for r in rows if (r["la_code"], r["age_band"], r["primary_support_reason"]) == (la_code, band, reason)]
    assert len(found) == 1
    return found[0]


def test_each_cell_and_total_is_rounded_on_its_own(linked: Path, tmp_path: Path) -> None:
    tables_salt(linked, tmp_path / "out")
    row = cell(rows_of(tmp_path / "out" / "lts001a.csv"), "991", "65+", "Mental Health Support")
    assert (row["nursing"], row["residential"], row["prison"], row["total"]) == ("5", "5", "-", "10")


def test_exact_counts_with_the_policy_none(linked: Path, tmp_path: Path) -> None:
    tables_salt(linked, tmp_path / "out", policy="none")
    for table, expected in (("lts001a", "11"), ("lts001b", "11"), ("lts001c", "4")):
        row = cell(rows_of(tmp_path / "out" / f"{table}.csv"), "991", "All adults", "Total")
        assert row["total"] == expected


def test_layout_is_that_of_the_published_tables(linked: Path, tmp_path: Path) -> None:
    tables_salt(linked, tmp_path / "out")
    rows = [row for row in rows_of(tmp_path / "out" / "lts001b.csv") if row["la_code"] == "992"]
    assert len(rows) == 2 * 13 + 1
    assert [row["age_band"] for row in rows[::13]] == ["18 to 64", "65+", "All adults"]
    assert list(rows[0])[:5] == ["table", "period", "la_code", "age_band", "primary_support_reason"]
    assert list(rows[0])[5:8] + list(rows[0])[-2:] == [
        "nursing",
        "residential",
        "community_direct_payment",
        "prison",
        "total",
    ]
    assert rows[0]["period"] == "2023-03-31"


def test_a_stricter_policy_hides_small_cells(linked: Path, tmp_path: Path) -> None:
    tables_salt(linked, tmp_path / "out", policy="hes_subnational")
    row = cell(rows_of(tmp_path / "out" / "lts001a.csv"), "991", "All adults", "Total")
    assert (row["nursing"], row["residential"], row["total"]) == ("*", "*", "10")


def test_one_authority_alone(linked: Path, tmp_path: Path) -> None:
    tables_salt(linked, tmp_path / "out", la=["992"], policy="none")
    rows = rows_of(tmp_path / "out" / "lts001a.csv")
    assert {row["la_code"] for row in rows} == {"992"}
    assert rows[-1]["total"] == "1"


def test_an_unknown_authority_is_named(linked: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"No rows of authority 993.*991, 992"):
        tables_salt(linked, tmp_path / "out", la=["993"])
    assert not (tmp_path / "out").exists()


def test_an_unknown_policy_is_refused(linked: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cld_round5"):
        tables_salt(linked, tmp_path / "out", policy="nothing")


def test_authorities_with_different_periods_need_a_choice(tmp_path: Path) -> None:
    care = [service("p"), service("q", la_code="992", reporting_period_end_date=date(2022, 12, 31))]
    linked = linked_folder(tmp_path / "linked", social_care=care)
    with pytest.raises(UsageError, match="2022-12-31"):
        tables_salt(linked, tmp_path / "out")
    chosen = Period(date(2022, 4, 1), date(2022, 12, 31))
    assert tables_salt(linked, tmp_path / "out", period=chosen).period == chosen


def test_a_period_runs_forward() -> None:
    with pytest.raises(UsageError, match="before it starts"):
        Period(date(2023, 3, 31), date(2022, 4, 1))


def test_a_year_before_a_leap_day_is_the_28th() -> None:
    assert months_later(date(2024, 2, 29), -12) == date(2023, 2, 28)


def test_flow_accounts_for_every_row(linked: Path, tmp_path: Path) -> None:
    tables_salt(linked, tmp_path / "out", policy="none")
    rows = rows_of(tmp_path / "out" / "lts001_flow.csv")
    with open_linked(linked) as engine:
        assert sum(int(row["count"]) for row in rows if row["unit"] == "social care rows") == engine.count(
            "social_care"
        )


def test_what_the_gate_did_is_recorded(linked: Path, tmp_path: Path) -> None:
    tables_salt(linked, tmp_path / "out")
    listed = {row["file"]: row for row in rows_of(tmp_path / "out" / "outputs_manifest.csv")}
    assert listed["lts001a.csv"]["policy"] == "cld_round5"
    settings = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))["settings"]
    assert settings["disclosure"]["lts001a.csv"]["cells"] == 2 * 27 * 9
    assert settings["period"] == "2022-04-01 to 2023-03-31"


def test_no_pseudonym_is_written(linked: Path, tmp_path: Path) -> None:
    tables_salt(linked, tmp_path / "out")
    files = list((tmp_path / "out").iterdir())
    texts = [path.read_text(encoding="utf-8") for path in files if path.suffix != ".xlsx"]
    with zipfile.ZipFile(tmp_path / "out" / "lts001.xlsx") as book:
        texts += [book.read(name).decode("utf-8") for name in book.namelist()]
    assert not any("marentshaws" in text for text in texts)


def test_a_release_of_v42_alone_has_no_client_type(tmp_path: Path) -> None:
    without: Row = service("p")
    del without["client_type"]
    linked = linked_folder(tmp_path / "linked", social_care=[without], leave_out=["client_type"])
    tables_salt(linked, tmp_path / "out", policy="none")
    assert rows_of(tmp_path / "out" / "lts001a.csv")[-1]["total"] == "1"


def test_a_column_that_the_policy_dropped_is_named(tmp_path: Path) -> None:
    linked = linked_folder(tmp_path / "linked", social_care=[service("p")], leave_out=["birth_month"])
    with pytest.raises(InputError, match="lacks birth_month"):
        tables_salt(linked, tmp_path / "out")
