"""What a study says: flow, crude rates and rate ratios, each as a table made for the disclosure gate and passed through it."""

from collections.abc import Sequence

import pandas as pd
import pyarrow as pa

from linkage.cohort.study.definition import StudyDefinition
from linkage.cohort.study.poisson import DAYS_PER_YEAR, EXPOSURE, Fit, exact_poisson_interval
from pseudo.disclosure import Cells, DisclosurePolicy, GatedTable, Percentage, Totals, apply

USERS, OTHERS = "Long-term service users", "Other registered adults"
ALL_AGES = "All ages"
ADMISSIONS = "emergency_admissions"
RATE = "rate_per_100_person_years"
RATE_COLUMNS = ("group", "age_band", "people", ADMISSIONS, "person_years", RATE, "rate_low", "rate_high")
"""The columns of the rates in the order in which they are read."""

COVARIATES = ("age_band", "sex", "ethnic_group")


def flow_table(flow: pa.Table, policy: DisclosurePolicy) -> GatedTable:
    """People in the study and left out, by reason."""
    return apply(policy, flow, Cells(counts={"people": "people"}))


def rates_table(cells: pd.DataFrame, definition: StudyDefinition, policy: DisclosurePolicy) -> GatedTable:
    """Crude rates by group and age band, with exact Poisson intervals: all from the numbers as shown.

    Person-years are whole; the rate of a hidden number is hidden, and so is its interval.
    """
    rows = [
        _rate_row(cells[cells["exposed"] == exposed], group, band)
        for group, exposed in ((USERS, True), (OTHERS, False))
        for band in [ALL_AGES, *(band.label for band in definition.age_bands)]
    ]
    table = pa.Table.from_pylist(rows)
    counts = {"people": "people", ADMISSIONS: "people_admitted", "person_years": "people"}
    totals = Totals(rows={"age_band": ALL_AGES})
    rate = Percentage(RATE, ADMISSIONS, "person_years", per=100, decimals=1, part=False)
    shown = apply(policy, table, Cells(counts=counts, percentages=[rate], totals=totals)).values.to_pylist()
    intervals = [_shown_interval(row[ADMISSIONS], row["person_years"]) for row in shown]
    for place, name in enumerate(("rate_low", "rate_high")):
        table = table.append_column(name, pa.array([interval[place] for interval in intervals], pa.float64()))
    with_intervals = Cells(
        counts=counts, percentages=[rate], totals=totals, model_results=["rate_low", "rate_high"], decimals=1
    )
    return apply(policy, table, with_intervals)


def ratios_table(fits: Sequence[tuple[str, Fit]], cells: pd.DataFrame, policy: DisclosurePolicy) -> GatedTable:
    """Rate ratios with robust 95% intervals, and those that assume a Poisson variance.

    A ratio stands for the people of its level who were admitted; it is hidden where they are too few.
    """
    rows = [
        {
            "model": model,
            "variable": term.variable,
            "level": USERS if term.variable == EXPOSURE else term.level,
            "reference": OTHERS if term.variable == EXPOSURE else term.reference,
            "rate_ratio": term.rate_ratio,
            "low": term.low,
            "high": term.high,
            "poisson_low": term.model_low,
            "poisson_high": term.model_high,
            "people_admitted": _people_admitted(_at_level(cells, term.variable, term.level)),
        }
        for model, fit in fits
        for term in fit.terms
    ]
    ratios = dict.fromkeys(("rate_ratio", "low", "high", "poisson_low", "poisson_high"), "people_admitted")
    return apply(policy, pa.Table.from_pylist(rows), Cells(counts={}, properties=ratios, decimals=2))


def models_table(fits: Sequence[tuple[str, Fit]], policy: DisclosurePolicy) -> GatedTable:
    """What each model was fitted on, and its dispersion (1: as Poisson)."""
    rows = [
        {
            "model": model,
            "people": fit.people,
            ADMISSIONS: fit.events,
            "person_years": round(fit.person_years),
            "dispersion": fit.dispersion,
            "levels_without_events": "; ".join(f"{name}: {level}" for name, level in fit.left_out),
        }
        for model, fit in fits
    ]
    counts = dict.fromkeys(("people", ADMISSIONS, "person_years"), "people")
    return apply(
        policy, pa.Table.from_pylist(rows), Cells(counts=counts, properties={"dispersion": "people"}, decimals=2)
    )


def _rate_row(group: pd.DataFrame, label: str, band: str) -> dict[str, str | int]:
    part = group if band == ALL_AGES else group[group["age_band"] == band]
    return {
        "group": label,
        "age_band": band,
        "people": int(part["people"].sum()),
        "people_admitted": _people_admitted(part),
        ADMISSIONS: int((part["events"] * part["people"]).sum()),
        "person_years": round(float((part["days"] * part["people"]).sum()) / DAYS_PER_YEAR),
    }


def _people_admitted(cells: pd.DataFrame) -> int:
    return int(cells.loc[cells["events"] > 0, "people"].sum())


def _at_level(cells: pd.DataFrame, variable: str, level: str) -> pd.DataFrame:
    return cells[cells["exposed"]] if variable == EXPOSURE else cells[cells[variable] == level]


def _shown_interval(events: int | None, person_years: int | None) -> tuple[float | None, float | None]:
    if events is None or not person_years:
        return None, None
    low, high = exact_poisson_interval(events, person_years)
    return round(100 * low, 1), round(100 * high, 1)
