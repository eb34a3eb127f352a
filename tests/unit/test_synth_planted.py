"""What the synthetic world plants, plain statistics on truth-linked data find again."""

from dataclasses import dataclass

import numpy as np
import pytest
import statsmodels.api as sm

from linkage.synth import load_profile
from linkage.synth.block import Block, load_setting, make_blocks
from linkage.synth.clients import age_years
from linkage.synth.health import admission_rows, condition_rows, long_term_at_start, registration_rows

SEEDS = (1, 2, 3, 4)
AGE_BANDS = (18, 45, 65, 75, 85)


@dataclass(frozen=True)
class Estimate:
    log_ratio: float
    error: float


def persons(setting, block: Block) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # type: ignore[no-untyped-def]
    """Emergency admissions in the year, years at risk, and the design (users first) of those alive at its start."""
    start, end = (np.datetime64(day, "D") for day in (setting.profile.period_start, setting.profile.period_end))
    table = admission_rows(setting, block)
    emergency = np.char.startswith(table["ADMIMETH"].astype(str), "2") & (table["EPIORDER"] == "1")
    counted = emergency & (table["ADMIDATE"] >= start) & (table["ADMIDATE"] <= end)
    events = np.bincount(table["row"][counted], minlength=len(block.people))
    death = np.where(np.isnat(block.lives.death), end, block.lives.death)
    years = ((death - start).astype(int) + 1) / 365.25
    age = np.digitize(age_years(block.people, start), AGE_BANDS)
    groups = np.array([code in setting.world.group_codes[:3] for code in block.people.ethnic_group])
    design = np.column_stack(
        [long_term_at_start(setting, block), block.people.sex == 1, groups, *(age == k for k in range(2, 6))]
    )
    registered = np.isin(np.arange(len(block.people)), block.records.row[block.records.absent], invert=True)
    there = registered & (years > 0) & (age > 0)
    return events[there], years[there], design[there]


def estimate(seed: int) -> Estimate:
    setting = load_setting(load_profile("sample").model_copy(update={"seed": seed, "people": 8_000}))
    parts = [persons(setting, block) for block in make_blocks(setting)]
    events, years, design = (np.concatenate([part[k] for part in parts]) for k in range(3))
    model = sm.GLM(events, sm.add_constant(design.astype(float)), family=sm.families.Poisson(), offset=np.log(years))
    fit = model.fit()
    return Estimate(float(fit.params[1]), float(fit.bse[1]))


@pytest.fixture(scope="module")
def estimates() -> list[Estimate]:
    return [estimate(seed) for seed in SEEDS]


def test_the_emergency_rate_ratio_is_found_within_its_interval(estimates: list[Estimate]) -> None:
    planted = np.log(load_profile("sample").planted.emergency_rate_ratio)
    within = [abs(found.log_ratio - planted) < 1.96 * found.error for found in estimates]
    assert sum(within) >= len(SEEDS) - 1
    assert all(abs(found.log_ratio - planted) < 3 * found.error for found in estimates)


def test_the_seeds_together_come_closer(estimates: list[Estimate]) -> None:
    planted = load_profile("sample").planted.emergency_rate_ratio
    weights = np.array([1 / found.error**2 for found in estimates])
    pooled = float(np.sum(weights * [found.log_ratio for found in estimates]) / weights.sum())
    assert np.exp(pooled) == pytest.approx(planted, rel=2 * float(weights.sum()) ** -0.5)
    assert float(weights.sum()) ** -0.5 < 0.05


def test_users_have_as_many_conditions_as_others_twenty_years_older() -> None:
    setting = load_setting(load_profile("sample"))
    block = make_blocks(setting)[0]
    start = np.datetime64(setting.profile.period_start, "D")
    age = age_years(block.people, start)
    held = np.bincount(condition_rows(setting, block)["row"], minlength=len(age))
    user = np.isin(np.arange(len(age)), block.users.row)
    young_users, old_others = held[user & (age >= 55) & (age < 65)], held[~user & (age >= 75) & (age < 85)]
    assert young_users.mean() == pytest.approx(old_others.mean(), rel=0.3)


def test_almost_every_registration_carries_its_number() -> None:
    setting = load_setting(load_profile("sample"))
    rows = registration_rows(setting, make_blocks(setting)[0])
    assert 0.98 < np.mean(rows["nhs_number"] != "") < 1
