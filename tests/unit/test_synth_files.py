"""A written world, read as a stranger would: files only. What ``planted.yaml`` says is found again from them."""

import csv
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import statsmodels.api as sm
import yaml

from linkage.synth import load_profile, synth

_CARERS = {"Carer", "Carer known by association"}
_YEAR = 365.25


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files") / "world"
    synth(load_profile("sample"), folder, people=15_000, synthetic=True)
    return folder


def rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as handle:
        yield from csv.DictReader(handle)


def service_users(world: Path) -> set[str]:
    """NHS numbers of the people on the register who are a service user in any submission."""
    seen = {
        (row["LA Code"].strip(), row["Person Unique Identifier"].strip())
        for path in (world / "submissions").iterdir()
        for row in rows(path)
        if row.get("Client Type", "") not in _CARERS
    }
    truth = rows(world / "truth" / "submitted_people.csv")
    return {r["true_nhs_number"] for r in truth if (r["la_code"], r["person_unique_identifier"]) in seen} - {""}


def test_the_odds_of_use_by_number_of_conditions_are_found_from_the_files(world: Path) -> None:
    facts = yaml.safe_load((world / "truth" / "planted.yaml").read_text(encoding="utf-8"))
    start, planted = date.fromisoformat(facts["period"]["start"]), facts["use_of_care"]
    ratios = list(planted["odds_ratio_by_conditions"].values())
    held = Counter(row["nhs_number"] for row in rows(world / "health" / "long_term_conditions.csv"))
    residents = {row["true_nhs_number"] for row in rows(world / "truth" / "care_home_residents.csv")}
    users = service_users(world)
    used, conditions, ages = [], [], []
    for row in rows(world / "register.csv"):
        number, died = row["nhs_number"], row["date_of_death"]
        current = not (row["valid_to"] or row["superseded_by"]) and row["confidentiality"] != "I"
        age = (start - date.fromisoformat(row["date_of_birth"])).days / _YEAR
        if current and age >= 18 and number not in residents and not (died and died < start.isoformat()):
            used.append(number in users)
            conditions.append(min(held[number], len(ratios) - 1))
            ages.append(age)
    bands = np.digitize(ages, [int(age) for age in planted["chance_without_conditions_from_age"]][1:])
    columns = [np.equal(conditions, count) for count in range(1, len(ratios))]
    columns += [bands == band for band in range(1, bands.max() + 1)]
    design = sm.add_constant(np.column_stack(columns).astype(float))
    fit = sm.GLM(np.array(used, dtype=float), design, family=sm.families.Binomial()).fit()
    assert sum(used) > 400
    for count, ratio in enumerate(ratios[1:], start=1):
        assert abs(fit.params[count] - np.log(ratio)) < 3.5 * fit.bse[count], (count, np.exp(fit.params[count]))
    assert max(fit.bse[1 : len(ratios)]) < 0.25


def test_care_home_residents_are_service_users_or_not(world: Path) -> None:
    residents = list(rows(world / "truth" / "care_home_residents.csv"))
    users = service_users(world)
    known = [row["true_nhs_number"] for row in residents if row["true_nhs_number"]]
    assert len({row["person_id"] for row in residents}) == len(residents)
    assert 0.5 < np.mean([number in users for number in known]) < 0.95
    assert max(row["admitted_date"] for row in residents) <= "2023-03-31"
    assert np.mean([row["admitted_date"] <= "2022-04-01" for row in residents]) > 0.5
