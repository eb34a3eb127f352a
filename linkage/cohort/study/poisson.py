"""Poisson regression of events on person-time from counted cells, with robust intervals at the level of the person.

People who share exposure, covariates, days at risk and events are one cell with a weight. Coefficients need only sums of
events and person-time; the robust (sandwich) variance needs each person's residual, which the cells still hold: the
result is that of person-level data. statsmodels and scipy are loaded only here.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd

from linkage.errors import InputError, UsageError

DAYS_PER_YEAR = 365.25
EXPOSURE = "exposed"
_Z = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True)
class Term:
    """One rate ratio with its 95% interval. ``level`` is compared with ``reference``, all else in the model equal."""

    variable: str
    level: str
    reference: str
    rate_ratio: float
    low: float
    high: float
    model_low: float
    model_high: float


@dataclass(frozen=True)
class Fit:
    """A fitted model. ``dispersion``: Pearson chi-square of people over residual degrees of freedom (1: as Poisson).

    ``low`` and ``high`` of the terms are robust; ``model_low`` and ``model_high`` assume a Poisson variance.
    ``left_out``: levels without a single event, as variable and level. Their people say nothing about the other ratios
    and would send their own to zero.
    """

    terms: tuple[Term, ...]
    people: int
    events: int
    person_years: float
    dispersion: float
    left_out: tuple[tuple[str, str], ...]

    @property
    def exposure(self) -> Term:
        """The rate ratio of the exposed."""
        return next(term for term in self.terms if term.variable == EXPOSURE)


def exact_poisson_interval(events: int, person_years: float) -> tuple[float, float]:
    """Exact (Garwood) 95% interval of a rate per person-year; from 0 when there is no event."""
    chi2 = _analysis_libraries()[1].chi2
    low = float(chi2.ppf(0.025, 2 * events)) / 2 if events else 0.0
    return low / person_years, float(chi2.ppf(0.975, 2 * (events + 1))) / 2 / person_years


def fit_poisson(cells: pd.DataFrame, covariates: Sequence[str]) -> Fit:
    """Fit events with log person-time as offset on ``exposed`` and ``covariates`` (categories).

    ``cells``: exposed (bool), the covariates, days (at least 1), events, people. The reference of a covariate is its
    level with most person-time. Raises InputError when either group has no event or the groups cannot be told apart
    from the covariates.
    """
    used, left_out = _levels_with_events(cells, covariates)
    by_group = used.assign(n=used["events"] * used["people"]).groupby("exposed")["n"].sum()
    if not all(by_group.get(group, 0) > 0 for group in (True, False)):
        raise InputError("One of the two groups has no event, so no rate ratio can be estimated. Use a longer period.")
    names, references, design = _design(used, covariates)
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise InputError("The two groups share no combination of covariates, so no adjusted ratio can be estimated.")
    years = used["days"].to_numpy(float) / DAYS_PER_YEAR
    weights, events = used["people"].to_numpy(float), used["events"].to_numpy(float)
    coefficients = _coefficients(design, events, years, weights)
    expected = years * np.exp(design @ coefficients)
    bread = np.linalg.inv(design.T @ (design * (weights * expected)[:, None]))
    meat = design.T @ (design * (weights * (events - expected) ** 2)[:, None])
    robust = np.sqrt(np.diag(bread @ meat @ bread))
    people = int(weights.sum())
    terms = tuple(
        _term(name, references[name[0]], coefficients[place], robust[place], float(np.sqrt(bread[place, place])))
        for place, name in enumerate(names)
        if name[0] != "constant"
    )
    pearson = float((weights * (events - expected) ** 2 / expected).sum()) / (people - design.shape[1])
    return Fit(terms, people, int((weights * events).sum()), float((weights * years).sum()), pearson, left_out)


def _levels_with_events(
    cells: pd.DataFrame, covariates: Sequence[str]
) -> tuple[pd.DataFrame, tuple[tuple[str, str], ...]]:
    """The cells without the levels that have no event, and those levels; repeated until every level has one."""
    left_out: list[tuple[str, str]] = []
    while True:
        empty = [
            (name, str(level))
            for name in covariates
            for level, part in cells.groupby(name, sort=True)
            if not part["events"].any()
        ]
        if not empty:
            return cells.reset_index(drop=True), tuple(left_out)
        left_out += empty
        for name, level in empty:
            cells = cells[cells[name] != level]


def _design(
    cells: pd.DataFrame, covariates: Sequence[str]
) -> tuple[list[tuple[str, str]], dict[str, str], "np.ndarray[Any, np.dtype[np.float64]]"]:
    """Names of the columns as (variable, level), the reference of each variable, and the 0/1 matrix."""
    names: list[tuple[str, str]] = [("constant", ""), (EXPOSURE, "yes")]
    columns = [np.ones(len(cells)), cells["exposed"].to_numpy(float)]
    references = {EXPOSURE: "no"}
    for variable in covariates:
        time = (cells["days"] * cells["people"]).groupby(cells[variable], sort=True).sum()
        references[variable] = str(time.idxmax())
        for level in time.index:
            if level != references[variable]:
                names.append((variable, str(level)))
                columns.append((cells[variable] == level).to_numpy(float))
    return names, references, np.column_stack(columns)


def _coefficients(design: Any, events: Any, years: Any, weights: Any) -> Any:
    """Maximum likelihood coefficients by statsmodels."""
    statsmodels, _ = _analysis_libraries()
    model = statsmodels.GLM(
        events, design, family=statsmodels.families.Poisson(), offset=np.log(years), freq_weights=weights
    )
    with warnings.catch_warnings():  # a perfect fit of few cells is no fault; convergence is checked below
        warnings.simplefilter("ignore")
        fitted = model.fit(tol=1e-10, maxiter=200)
    if not fitted.converged:
        raise InputError("The Poisson model did not converge: some group is too small. Use fewer or wider categories.")
    return np.asarray(fitted.params)


def _term(name: tuple[str, str], reference: str, coefficient: float, robust: float, model_based: float) -> Term:
    def ratio(shift: float) -> float:
        return float(np.exp(coefficient + shift))

    intervals = [ratio(sign * _Z * error) for error in (robust, model_based) for sign in (-1, 1)]
    return Term(name[0], name[1], reference, ratio(0.0), *intervals)


def _analysis_libraries() -> tuple[Any, Any]:
    """statsmodels' API and scipy.stats. Raises UsageError when the extra is not installed."""
    try:
        import scipy.stats as statistics
        import statsmodels.api as statsmodels
    except ImportError:
        raise UsageError(
            "Studies need statsmodels, which is not installed. Install it with: pip install 'cldlink[analysis]'"
        ) from None
    return statsmodels, statistics
