"""What the data do not have: days that no submission covers, people of a population, carers before they were collected."""

from datetime import date
from pathlib import Path

import pytest

from linkage.cohort.derive.period import Period
from linkage.cohort.derive.run import Derivation
from linkage.cohort.official import OfficialTables, tables_official
from linkage.cohort.variables import write_variables
from linkage.errors import InputError, UsageError
from linkage.explaining import explain
from tests.unit.derived_events import YEAR, assessment, service
from tests.unit.own_folders import own_folder

NEXT = Period(date(2023, 4, 1), date(2024, 3, 31))
HEADING = "la_code,gender,age_from,age_to,people\n"
OF_992 = "992,Female,18,,5000\n992,Male,18,,5000\n"
CARER = {"client_type": "Carer", "service_type": "Unpaid carer support: Direct to unpaid carer"}


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """991 of the whole year; 992 in the specification without client types, of three quarters and the last."""
    thirds = {"la_code": "992", "client_type": None, "reporting_period_end_date": date(2022, 12, 31)}
    last = {"la_code": "992", "client_type": None, "reporting_period_start_date": date(2023, 1, 1)}
    rows = [service(f"p{number}", birth_month="1940-06") for number in range(12)]
    rows += [service(f"c{number}", **CARER) for number in range(9)]
    rows += [service(f"q{number}", **thirds) for number in range(6)] + [assessment("q9", **last)]
    return own_folder(tmp_path_factory.mktemp("notes") / "current", rows)


def made(own: Path, out: Path, *measures: str, population: str = "", **options: object) -> OfficialTables:
    given = out / "population.csv"
    if population:
        out.mkdir(exist_ok=True)
        given.write_text(HEADING + population)
    return tables_official(
        own, out / "out", measures=measures, population=given if population else None, policy="none", **options
    )  # type: ignore[arg-type]


def test_a_period_that_no_submission_covers_is_refused(own: Path, tmp_path: Path) -> None:
    with pytest.raises(
        UsageError, match=r"No submission of authority 991 covers .*\(covered: 991: 2022-04-01 to 2023-03-31\)"
    ):
        made(own, tmp_path, "reviewed", la=["991"], period=NEXT)
    with pytest.raises(UsageError, match="No submission of authority 991, 992 covers"):
        explain("reviewed", own, tmp_path / "explained", period=NEXT)
    with pytest.raises(UsageError, match="No submission of authority 991, 992 covers"):
        write_variables(own, tmp_path / "variables", derivation=Derivation(period=NEXT))


def test_quarters_cover_a_year_together_and_three_of_them_do_not(own: Path, tmp_path: Path) -> None:
    assert made(own, tmp_path, "ascof_3d_clients", period=YEAR).period == YEAR
    rows = [service("ann", reporting_period_end_date=date(2022, 12, 31))]
    with pytest.raises(UsageError, match="covered: 991: 2022-04-01 to 2022-12-31"):
        made(own_folder(tmp_path / "q3", rows), tmp_path, "reviewed", period=YEAR)


def test_days_looked_at_that_no_submission_covers_are_said(own: Path, tmp_path: Path) -> None:
    done = made(own, tmp_path, "reviewed", "ascof_2c", "ascof_3d_clients", la=["991"])
    assert done.said == [
        "reviewed, ascof_2c: Events are looked at from 2021-04-01 until 2023-03-31; no submission covers 2021-04-01 to "
        "2022-03-31 (authority 991)."
    ]
    assert "no submission covers 2021-04-01" in (done.folder / "official.html").read_text()
    assert explain("reviewed", own, tmp_path / "explained", la=["991"]).said == [done.said[0].replace(", ascof_2c", "")]


def test_carers_that_are_not_collected_are_empty_and_not_zero(own: Path, tmp_path: Path) -> None:
    done = made(own, tmp_path, "salt_lts003", "ascof_3d_carers", period=YEAR)
    carers = {
        row["la_code"]: row["carers"]
        for row in done.tables["salt_lts003"].values.to_pylist()
        if row["age_band"] == "All"
    }
    assert carers == {"991": 9, "992": None}
    rates = {row["la_code"]: row["part_1b_percent"] for row in done.tables["ascof_3d_carers"].values.to_pylist()}
    assert rates["992"] is None
    assert [text for text in done.said if "992: carers are not collected in v4.2" in text]


def test_measures_of_links_are_not_made_of_ones_own_folder(own: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"linkage_bias needs .* a release with links"):
        made(own, tmp_path, "linkage_bias", period=YEAR)
    with pytest.raises(UsageError, match=r"linkage_bias needs .* a release with links"):
        explain("linkage_bias", own, tmp_path / "explained", la=["991"])


def test_a_group_with_an_age_or_gender_that_is_not_there_has_no_rate(own: Path, tmp_path: Path) -> None:
    given = "991,Female,18,64,9000\n991,Male,18,59,9000\n"
    done = made(own, tmp_path, "ascof_2b", la=["991"], population=given)
    by_gender = done.tables["ascof_2b_by_gender"].values.to_pylist()
    assert {row["gender"]: row["population"] for row in by_gender} == {
        "Female": 9000, "Male": None, "Not known": None, "All": None,
    }  # fmt: skip
    assert done.said[-1].endswith(
        "authority 991 lacks Male aged 60 to 64, so that groups and totals with them have no rate."
    )


def test_an_authority_that_is_not_in_the_population_has_no_rate(own: Path, tmp_path: Path) -> None:
    done = made(own, tmp_path, "ascof_2b", period=YEAR, population=OF_992.replace(",18,,", ",18,64,"))
    assert {row["la_code"]: row["population"] for row in done.tables["ascof_2b"].values.to_pylist()} == {
        "991": None, "992": 10000,
    }  # fmt: skip
    assert "ascof_2b: Population: authority 991 is not in the file, so that it has no rate per population." in done.said


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        (
            "991,Female,60,69,10\n991,Female,70,,10\n",
            "people aged 60 to 69 stand in one row .*ascof_2c counts those from 65",
        ),
        ("991,Female,65,,10\n991,Female,70,,10\n", "twice: aged 65 and over and aged 70 and over. Give each age once"),
    ],
)
def test_bands_that_cannot_be_added_up_are_refused(own: Path, tmp_path: Path, rows: str, what: str) -> None:
    with pytest.raises(InputError, match=what):
        made(own, tmp_path, "ascof_2c", la=["991"], population=rows)
