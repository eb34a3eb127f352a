"""A study from linked tables to written results: a planted ratio found again, small numbers hidden, everyone counted."""

import csv
import json
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from linkage.cohort.study.definition import study_definition
from linkage.cohort.study.results import OTHERS, USERS
from linkage.cohort.study.run import StudyResult, study_run
from linkage.errors import InputError, UsageError
from pseudo.errors import ConfigError
from tests.unit.linked_tables import Row, episode, linked_folder, registration, service

PLANTED = 2.5
BANDS = {"1990-06": 0.15, "1960-06": 0.25, "1950-06": 0.4, "1940-06": 0.7, "1930-06": 1.2}


def world(seed: int, people: int = 6000) -> dict[str, list[Row]]:
    """Registered people; the older the likelier long-term support and admission; users' rate times the planted ratio."""
    random = np.random.default_rng(seed)
    tables: dict[str, list[Row]] = {"social_care": [], "gp_registrations": [], "admissions": []}
    for place in range(people):
        person, born = f"p{place}", list(BANDS)[random.integers(len(BANDS))]
        code = str(random.choice(["A", "A", "A", "A", "H", "M", "Z"]))
        tables["gp_registrations"].append(
            registration(person, birth_month=born, gender=str(random.integers(1, 3)), ethnic_category=code)
        )
        exposed = random.random() < BANDS[born] / 4
        if exposed:
            tables["social_care"].append(service(person, birth_month=born))
        rate = BANDS[born] * (PLANTED if exposed else 1.0)
        for day in random.choice(365, size=min(random.poisson(rate), 20), replace=False):
            tables["admissions"].append(episode(person, admidate=date(2022, 4, 1) + timedelta(days=int(day))))
    tables["social_care"] += [service(f"local{place}", person_id_type="la_person_id") for place in range(12)]
    tables["social_care"] += [service(f"away{place}") for place in range(9)]
    return tables


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> StudyResult:
    folder = tmp_path_factory.mktemp("study")
    return study_run(linked_folder(folder / "linked", **world(1)), "emergency_admission", folder / "out")


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_the_planted_ratio_is_inside_the_adjusted_interval(result: StudyResult) -> None:
    ratio = result.adjusted.exposure
    assert ratio.low < PLANTED < ratio.high
    assert result.crude.exposure.low > PLANTED


def test_the_ratio_is_written_with_two_decimals(result: StudyResult) -> None:
    rows = rows_of(result.folder / "rate_ratios.csv")
    adjusted = next(row for row in rows if row["model"].startswith("adjusted") and row["variable"] == "exposed")
    assert (adjusted["level"], adjusted["reference"]) == (USERS, OTHERS)
    assert adjusted["rate_ratio"] == f"{result.adjusted.exposure.rate_ratio:.2f}"


def test_people_who_could_not_be_linked_are_left_out_and_counted(result: StudyResult) -> None:
    flow = {(row["people_of"], row["reason"]): row["people"] for row in rows_of(result.folder / "flow.csv")}
    assert flow["long-term users on the first day", "no NHS-number pseudonym (not linked)"] == "10"
    assert flow["long-term users on the first day", "not in the GP table"] == "10"


def test_rates_are_made_from_the_numbers_as_shown(result: StudyResult) -> None:
    for row in rows_of(result.folder / "rates.csv"):
        assert row["emergency_admissions"] == "*" or int(row["emergency_admissions"]) % 5 == 0
        if row["rate_per_100_person_years"] not in ("", "*"):
            rate = 100 * int(row["emergency_admissions"]) / int(row["person_years"])
            assert float(row["rate_per_100_person_years"]) == pytest.approx(rate, abs=0.051)
            assert float(row["rate_low"]) <= rate <= float(row["rate_high"])


def test_a_band_with_nobody_has_no_rate(result: StudyResult) -> None:
    row = next(r for r in rows_of(result.folder / "rates.csv") if r["group"] == USERS and r["age_band"] == "18 to 24")
    assert (row["people"], row["rate_per_100_person_years"], row["rate_low"]) == ("0", "", "")


def test_the_definition_and_the_gate_stand_in_the_manifest(result: StudyResult) -> None:
    settings = json.loads((result.folder / "manifest.json").read_text(encoding="utf-8"))["settings"]
    assert settings["follow_up"] == {"start": "2022-04-01", "stop": "2023-04-01"}
    assert settings["study"]["admission_methods"][:2] == ["21", "22"]
    assert settings["disclosure"]["rates.csv"]["policy"] == "hes_subnational"


def test_the_same_input_gives_the_same_bytes(result: StudyResult, tmp_path: Path) -> None:
    again = study_run(linked_folder(tmp_path / "linked", **world(1)), "emergency_admission", tmp_path / "out")
    names = [f"{name}.csv" for name in result.tables]
    assert [(again.folder / name).read_bytes() for name in names] == [
        (result.folder / name).read_bytes() for name in names
    ]


def test_small_numbers_are_hidden(tmp_path: Path) -> None:
    gp = [registration(f"p{place}") for place in range(20)]
    tables = {
        "gp_registrations": gp,
        "social_care": [service(f"p{place}") for place in range(5)],
        "admissions": [episode("p0"), episode("p10")],
    }
    out = study_run(linked_folder(tmp_path / "linked", **tables), "emergency_admission", tmp_path / "out").folder
    users = rows_of(out / "rates.csv")[0]
    assert (users["people"], users["emergency_admissions"], users["rate_per_100_person_years"]) == ("*", "*", "*")
    assert users["rate_low"] == ""
    assert rows_of(out / "rate_ratios.csv")[0]["rate_ratio"] == "*"


def test_nobody_in_the_study_is_an_error(tmp_path: Path) -> None:
    linked = linked_folder(tmp_path / "linked", social_care=[service("p")])
    with pytest.raises(InputError, match="Nobody"):
        study_run(linked, "emergency_admission", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_unknown_study_lists_those_there_are() -> None:
    with pytest.raises(UsageError, match="emergency_admission"):
        study_definition("nothing")


def test_a_study_file_with_a_wrong_key_is_refused(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("name: own\nmonth: 6\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="month"):
        study_definition(own)
