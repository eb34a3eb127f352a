"""The numbers behind the charts of the documentation are those of a small world made here, within chance, and the design."""

from typing import Any

import numpy as np
import pytest

from linkage.synth import load_profile
from tests.charts.figures import FAULTS, SIZE_DESIGN
from tests.charts.synth import FOLDER, Figure, made_figures, read

PEOPLE, CROWDED, SEED = 20_000, 14_000, 1
Row = dict[str, Any]


@pytest.fixture(scope="module")
def made() -> dict[str, Figure]:
    return made_figures(PEOPLE, CROWDED, SEED)


def rows(figure: Figure) -> list[Row]:
    columns, values = figure
    return [dict(zip(columns, row, strict=True)) for row in values]


def of_fault(table: list[Row], **wanted: str) -> list[Row]:
    return [row for row in table if all(row[key] == value for key, value in wanted.items())]


def close(shares: list[float], expected: list[float], size: int, slack: float = 0.0) -> bool:
    """Whether shares of a sample are within four standard errors of what is expected, and the slack."""
    there, wanted = np.array(shares), np.array(expected)
    return bool((np.abs(there - wanted) <= 4.0 * np.sqrt(wanted * (1 - wanted) / size + 1 / size**2) + slack).all())


def test_every_figure_is_committed_with_its_numbers(made: dict[str, Figure]) -> None:
    assert {path.stem for path in FOLDER.glob("*.svg")} == {path.stem for path in FOLDER.glob("*.csv")} == set(made)
    for name, (columns, _) in made.items():
        assert tuple(read(name)[0]) == columns


def test_ages_are_those_of_the_chart_and_no_year_of_age_stands_out(made: dict[str, Figure]) -> None:
    small, chart = rows(made["ages"]), read("ages")
    assert close([row["share"] for row in small], [row["share"] for row in chart], PEOPLE, slack=0.001)
    by_age = np.array([row["share"] for row in chart]).reshape(-1, 2).sum(axis=1)
    assert by_age.max() < 2.2 * by_age[:85].mean()
    assert (by_age[1:85] < 1.6 * by_age[:84]).all()


def test_ages_come_near_the_design_band_by_band() -> None:
    chart = read("ages")
    for low, high in ((0, 18), (18, 35), (35, 50), (50, 65), (65, 75), (75, 85), (85, 105)):
        band = [row for row in chart if low <= row["age"] < high]
        assert sum(row["share"] for row in band) == pytest.approx(sum(row["design"] for row in band), abs=0.03)


def test_household_sizes_are_those_of_the_chart_and_the_design(made: dict[str, Figure]) -> None:
    chart = [row["share"] for row in read("household_sizes")]
    assert close([row["share"] for row in rows(made["household_sizes"])], chart, PEOPLE // 3, slack=0.005)
    assert chart == pytest.approx(list(SIZE_DESIGN), abs=0.015)


def test_surnames_fall_off_as_in_the_chart_and_reach_single_bearers(made: dict[str, Figure]) -> None:
    chart, small = read("surnames"), rows(made["surnames"])
    shares = {row["rank"]: row["share"] for row in chart}
    assert all(row["share"] == pytest.approx(shares[row["rank"]], rel=0.25) for row in small[:10])
    assert all(row["kind"] == "listed" for row in chart if row["rank"] <= 100)
    assert chart[-1]["kind"] == "built"
    assert chart[-1]["people"] == 1
    assert next(row for row in chart if row["kind"] == "built")["held_once"] > 1_000


def test_no_date_of_birth_collects_people_beyond_chance() -> None:
    chart = read("birth_dates")
    assert chart[-1]["people"] <= 16
    dates, chance = (np.array([row[name] for row in chart]) for name in ("dates", "by_chance"))
    often = chance > 20
    assert (np.abs(dates - chance)[often] < 0.15 * chance[often] + 15).all()


def test_the_dates_that_records_share_are_the_planted_placeholders() -> None:
    planted = load_profile("realistic").faults.birth
    listed = [day for day in planted.missing_as if day] + list(planted.system_defaults)
    chart = read("placeholder_dates")
    crowded = [row["date"] for row in chart if row["records"] > 2 * row["people"] + 10]
    assert crowded
    assert set(crowded) <= set(listed)
    assert all(row["date"].endswith("-01-01") for row in chart if row["records"] > row["people"] + 4)


def test_moves_are_those_of_the_settings(made: dict[str, Figure]) -> None:
    for row in read("moves"):
        assert row["moves_a_year"] == pytest.approx(
            row["design"], rel=0.1, abs=5 * np.sqrt(row["design"] / 6 / row["people"])
        )
    for small, chart in zip(rows(made["moves"]), read("moves"), strict=True):
        error = 5 * np.sqrt(chart["moves_a_year"] / 6 / small["people"])
        assert small["moves_a_year"] == pytest.approx(chart["moves_a_year"], abs=error + 0.002)


def test_conditions_are_those_of_the_settings_and_users_have_more(made: dict[str, Figure]) -> None:
    everybody = of_fault(read("conditions"), who="everybody")
    assert all(row["conditions"] == pytest.approx(row["design"], rel=0.06, abs=0.02) for row in everybody)
    users, others = (of_fault(read("conditions"), who=who) for who in ("users of social care", "others"))
    assert all(user["conditions"] > 1.15 * other["conditions"] for user, other in zip(users, others, strict=True))
    small = of_fault(rows(made["conditions"]), who="everybody")
    pairs = zip(small, everybody, strict=True)
    assert all(row["conditions"] == pytest.approx(chart["conditions"], rel=0.2, abs=0.05) for row, chart in pairs)


@pytest.mark.parametrize("profile", ["clean", "realistic", "nasty"])
def test_fault_rates_are_those_of_the_chart(made: dict[str, Figure], profile: str) -> None:
    small, chart = (
        of_fault(table, profile=profile) for table in (rows(made["fault_profiles"]), read("fault_profiles"))
    )
    assert [row["fault"] for row in small] == list(FAULTS)
    size = small[0]["records"]
    assert close([row["shown"] for row in small], [row["shown"] for row in chart], size, slack=0.004)


def test_realistic_faults_strike_as_often_as_configured_in_every_group() -> None:
    chart = [row for row in read("fault_profiles") if row["profile"] == "realistic" and row["fault"] != "nickname"]
    assert all(row["shown"] == pytest.approx(row["configured"], rel=0.12, abs=0.001) for row in chart)
    groups = read("fault_groups")
    outside = [row for row in groups if not row["lower"] - 0.002 <= row["configured"] <= row["upper"] + 0.002]
    assert len(outside) <= 0.1 * len(groups)


def test_linkage_bias_is_there_to_be_found() -> None:
    missing = {row["group"]: row["shown"] for row in read("fault_groups") if row["fault"] == "number_missing"}
    assert missing["Asian"] > 1.15 * missing["White"]
    assert missing["age 18-29"] > 1.2 * missing["age 65-74"]
    assert missing["authority 992"] > 1.1 * missing["authority 991"]


def test_difficulty_is_that_of_the_chart_and_grows_with_the_profile(made: dict[str, Figure]) -> None:
    small, chart = rows(made["difficulty"]), read("difficulty")
    for profile in ("clean", "realistic", "nasty"):
        now, then = of_fault(small, profile=profile), of_fault(chart, profile=profile)
        assert close([row["share"] for row in now], [row["share"] for row in then], now[0]["records"], slack=0.02)
    exact = [row["share"] for row in chart if row["difficulty"] == "exact"]
    assert exact[0] == 1 > exact[1] > 0.45 > exact[2]
