"""The Poisson model: hand-worked rates, robust errors as person-level data give them, planted ratios found again."""

import sys

import numpy as np
import pandas as pd
import pytest

from linkage.cohort.study.poisson import DAYS_PER_YEAR, exact_poisson_interval, fit_poisson
from linkage.errors import InputError, UsageError


def cells(*rows: tuple[bool, str, int, int, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["exposed", "sex", "days", "events", "people"])


def simulated(ratio: float, seed: int, people: int = 20_000) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    band = random.choice(["18 to 64", "65+"], people, p=[0.7, 0.3])
    exposed = random.random(people) < np.where(band == "65+", 0.25, 0.03)
    days = random.integers(1, 366, people)
    rate = 0.1 * np.where(band == "65+", 3.0, 1.0) * np.where(exposed, ratio, 1.0)
    events = random.poisson(rate * random.gamma(0.2, 5.0, people) * days / DAYS_PER_YEAR)
    frame = pd.DataFrame({"exposed": exposed, "age_band": band, "days": days, "events": events})
    return frame.value_counts(sort=False).rename("people").reset_index()


def test_without_covariates_the_ratio_is_the_ratio_of_two_rates() -> None:
    # 6 events in 2 x 365 days against 2 events in 4 x 365 days: 6/2 over 2/4.
    fit = fit_poisson(cells((True, "F", 365, 3, 2), (False, "F", 365, 0, 2), (False, "F", 365, 1, 2)), [])
    assert fit.exposure.rate_ratio == pytest.approx(6.0)
    assert (fit.people, fit.events) == (6, 8)
    assert fit.person_years == pytest.approx(6 * 365 / DAYS_PER_YEAR)


def test_model_interval_of_two_rates_is_the_textbook_one() -> None:
    fit = fit_poisson(cells((True, "F", 365, 3, 2), (False, "F", 365, 0, 2), (False, "F", 365, 1, 2)), [])
    error = np.sqrt(1 / 6 + 1 / 2)
    assert fit.exposure.model_low == pytest.approx(6 * np.exp(-1.959964 * error), rel=1e-6)
    assert fit.exposure.model_high == pytest.approx(6 * np.exp(1.959964 * error), rel=1e-6)


def test_an_adjusted_ratio_is_the_common_ratio_of_the_strata() -> None:
    # In both sexes the exposed have twice the rate; the crude ratio differs, because women are exposed more often.
    fit = fit_poisson(
        cells((True, "F", 365, 4, 30), (False, "F", 365, 2, 10), (True, "M", 365, 2, 5), (False, "M", 365, 1, 40)),
        ["sex"],
    )
    assert fit.exposure.rate_ratio == pytest.approx(2.0)


def test_robust_errors_from_cells_equal_those_of_person_level_data() -> None:
    statsmodels = pytest.importorskip("statsmodels.api")
    counted = simulated(2.5, seed=1, people=3000)
    people = counted.loc[counted.index.repeat(counted["people"])]
    design = np.column_stack([np.ones(len(people)), people["exposed"], people["age_band"] == "65+"]).astype(float)
    model = statsmodels.GLM(
        people["events"], design, family=statsmodels.families.Poisson(), offset=np.log(people["days"] / DAYS_PER_YEAR)
    ).fit(cov_type="HC0")
    low, high = np.exp(np.asarray(model.conf_int())[1])
    fit = fit_poisson(counted, ["age_band"])
    assert (fit.exposure.low, fit.exposure.high) == pytest.approx((low, high), rel=1e-6)
    assert fit.dispersion == pytest.approx(model.pearson_chi2 / model.df_resid, rel=1e-6)


def test_a_planted_ratio_is_found_again_in_about_95_of_100_worlds() -> None:
    fits = [fit_poisson(simulated(2.5, seed, people=4000), ["age_band"]) for seed in range(60)]
    assert 53 <= sum(fit.exposure.low < 2.5 < fit.exposure.high for fit in fits) <= 60
    assert all(fit.dispersion > 1.05 for fit in fits)


def test_a_level_without_events_changes_no_other_ratio_and_is_named() -> None:
    with_events = cells(
        (True, "F", 365, 4, 30), (False, "F", 365, 2, 10), (True, "M", 300, 2, 5), (False, "M", 365, 1, 9)
    )
    fit = fit_poisson(pd.concat([with_events, cells((False, "Not known", 365, 0, 3))]), ["sex"])
    assert fit.left_out == (("sex", "Not known"),)
    assert fit.terms == fit_poisson(with_events, ["sex"]).terms


def test_a_group_without_events_gives_no_ratio() -> None:
    with pytest.raises(InputError, match="no event"):
        fit_poisson(cells((True, "F", 365, 0, 30), (False, "F", 365, 2, 10)), [])


def test_groups_told_apart_by_a_covariate_give_no_ratio() -> None:
    with pytest.raises(InputError, match="share no combination"):
        fit_poisson(cells((True, "F", 365, 1, 30), (False, "M", 365, 2, 10)), ["sex"])


@pytest.mark.parametrize(("events", "low", "high"), [(0, 0.0, 3.6889), (1, 0.0253, 5.5716), (10, 4.7954, 18.3904)])
def test_exact_poisson_interval_at_published_values(events: int, low: float, high: float) -> None:
    assert exact_poisson_interval(events, 1.0) == pytest.approx((low, high), abs=1e-4)


def test_without_statsmodels_the_message_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "statsmodels.api", None)
    with pytest.raises(UsageError, match=r"cldlink\[analysis\]"):
        exact_poisson_interval(1, 1.0)
