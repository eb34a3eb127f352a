"""The people of the LTS001 oracle: each stands where planned, whatever the seed; none is real; the rows have variety."""

from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from linkage.cohort.derive.definitions import lts001_definition
from linkage.cohort.derive.long_term_support import NEEDED_COLUMNS
from linkage.cohort.derive.period import Period
from linkage.cohort.measures.salt_lts001 import run_lts001
from linkage.engine import Step, open_engine
from linkage.errors import RefusedError
from linkage.normalise import nhs_number
from linkage.spec import authorities
from linkage.synth.oracle import synth_lts001
from linkage.synth.oracle.build import Oracle, make_oracle
from linkage.synth.oracle.journeys import column_of
from linkage.synth.oracle.newsletter import AT_YEAR_END, people
from linkage.synth.oracle.settings import OracleSettings, oracle_settings
from linkage.synth.world import synthetic_postcode_areas

SETTINGS = oracle_settings()
FIRST, LAST = np.datetime64("2019-04-01"), np.datetime64("2020-03-31")


@cache
def oracle(seed: int = SETTINGS.seed, dirty: bool = False) -> Oracle:
    return make_oracle(SETTINGS.model_copy(update={"seed": seed}), dirty=dirty)


def counted(made: Oracle) -> dict[tuple[str, str], tuple[Any, ...]]:
    """Where each person stands by the real count: (table, local identifier) → band, reason, column."""
    rows = made.rows
    columns = {
        "person_pseudonym": rows["person_unique_identifier"],
        "person_id_type": np.full(len(rows["row"]), "nhs_number", dtype=object),
        "birth_month": np.datetime_as_string(rows["date_of_birth"].astype("datetime64[D]"), unit="M").astype(object),
        "reporting_period_start_date": np.full(len(rows["row"]), FIRST),
        "reporting_period_end_date": np.full(len(rows["row"]), LAST),
        "client_type": np.full(len(rows["row"]), None, dtype=object),
    }
    arrays = {}
    for name in NEEDED_COLUMNS:
        kind = pa.date32() if "date" in name else pa.string()
        arrays[name] = pa.array(columns.get(name, rows.get(name)), type=kind, from_pandas=True)
    with open_engine() as engine:
        engine.register("social_care", pa.table(arrays))
        run_lts001(engine, lts001_definition(), Period(SETTINGS.period_start, SETTINGS.period_end), la_codes=[])
        sql = "select table_id, person_pseudonym, age_band, primary_support_reason, column_id from lts001_people"
        return {tuple(row[:2]): tuple(row[2:]) for row in engine.rows(Step("placed", sql))}


def planned(made: Oracle) -> dict[tuple[str, str], tuple[Any, ...]]:
    """Where each person was to stand."""
    cast, identifiers = made.cast, made.people["person_unique_identifier"].tolist()
    places = {}
    for table, columns in (
        ("LTS001a", cast.in_year),
        ("LTS001b", cast.at_end),
        ("LTS001c", np.where(cast.over_12_months, cast.at_end, "")),
    ):
        for identifier, band, reason, column in zip(identifiers, cast.age_band, cast.reason, columns, strict=True):
            if column:
                places[table, identifier] = (band, reason, column)
    return places


@pytest.mark.parametrize("seed", [SETTINGS.seed, 1, 2])
def test_everybody_is_counted_where_planned(seed: int) -> None:
    made = oracle(seed)
    assert counted(made) == planned(made)


@pytest.mark.parametrize(
    ("letters", "column"),
    [
        ("N", "nursing"), ("RN", "nursing"), ("RDM", "residential"), ("D", "community_direct_payment"),
        ("DM", "community_part_direct_payment"), ("DC", "community_part_direct_payment"), ("MC", "community_managed"),
        ("C", "community_commissioned"), ("PD", "community_direct_payment"), ("P", ""),
    ],
)  # fmt: skip
def test_the_column_of_supports_is_the_first_of_the_hierarchy(letters: str, column: str) -> None:
    assert column_of(SETTINGS, letters) == column


@pytest.mark.parametrize("journey", SETTINGS.journeys)
def test_a_journey_keeps_to_the_hierarchy(journey: str) -> None:
    at_end = column_of(SETTINGS, journey.split(">")[-1])
    assert at_end in AT_YEAR_END[column_of(SETTINGS, journey.replace(">", ""))]


def test_an_unknown_journey_is_refused() -> None:
    document = {**SETTINGS.model_dump(by_alias=True), "journeys": {"N>X": 1}}
    with pytest.raises(ValueError, match="known supports: N>X"):
        OracleSettings.model_validate(document)


def test_every_group_of_the_solution_is_there_person_by_person() -> None:
    cast = oracle().cast
    assert int(cast.counted.sum()) == sum(group.people for group in people())
    assert len(cast) == int(cast.counted.sum()) + SETTINGS.others


def test_every_event_of_the_clean_file_is_within_the_year_and_ends_after_it_starts() -> None:
    rows = oracle().rows
    start, end = rows["event_start_date"], rows["event_end_date"]
    assert (start <= LAST).all()
    assert (np.isnat(end) | ((end >= FIRST) & (end <= LAST) & (end >= start))).all()


def test_nobody_had_long_term_support_as_a_child() -> None:
    rows = oracle().rows
    long_term = np.char.startswith(rows["service_type"].astype(str), "Long Term")
    age_years = (rows["event_start_date"] - rows["date_of_birth"]).astype(np.int64)[long_term] / 365.25
    assert age_years.min() > 17.99


def test_ages_fill_their_bands_and_pile_up_nowhere() -> None:
    made = oracle()
    ages = (LAST - made.people["date_of_birth"]).astype(np.int64) // 365.2425
    for band, low, high in (("18 to 64", 18, 64), ("65+", 65, 103)):
        assert (ages[made.cast.age_band == band].min(), ages[made.cast.age_band == band].max()) == (low, high)
    assert np.unique(made.people["date_of_birth"], return_counts=True)[1].max() <= 8


@pytest.mark.parametrize("dirty", [False, True])
def test_nobody_is_real(dirty: bool) -> None:
    made = oracle(dirty=dirty)
    numbers = made.people["nhs_number"].tolist()
    assert len(set(numbers)) == len(numbers)
    assert all(number.startswith("9") and nhs_number.is_valid(number) for number in numbers)
    assert set(made.rows["nhs_number"]) <= {*numbers, ""}
    areas = {text.rstrip("0123456789").strip() for text in (code.split()[0] for code in made.rows["postcode"])}
    assert areas <= set(synthetic_postcode_areas())
    assert next(entry for entry in authorities() if entry.code == SETTINGS.la_code).synthetic


def test_the_services_of_the_clean_file_have_the_variety_that_the_count_must_cope_with() -> None:
    rows = oracle().rows
    long_term = np.char.startswith(rows["service_type"].astype(str), "Long Term")
    start, end = rows["event_start_date"][long_term], rows["event_end_date"][long_term]
    person = rows["number"][long_term]
    deciding = {
        "began on the day that makes it more than 12 months": (start == np.datetime64("2019-03-30")).sum(),
        "began a day too late for it": (start == np.datetime64("2019-03-31")).sum(),
        "ended on the first day of the year": (end == FIRST).sum(),
        "ended on the last day of the year": (end == LAST).sum(),
        "ended the day before it": (end == LAST - 1).sum(),
        "never closed after death": (np.isnat(end) & ~np.isnat(rows["date_of_death"][long_term])).sum(),
        "prison": np.char.startswith(rows["delivery_mechanism"].astype(str), "Prison").sum(),
    }
    assert {name: count for name, count in deciding.items() if count < 3} == {}
    order = np.lexsort((start, person))
    follows = person[order][1:] == person[order][:-1]
    days = (start[order][1:] - end[order][:-1]).astype("timedelta64[D]")[follows]
    joins = {days_between: int((days == np.timedelta64(days_between, "D")).sum()) for days_between in (0, 1, 2)}
    assert min(joins.values()) > 20
    assert np.bincount(person).max() >= 4


def test_the_same_seed_makes_the_same_rows_and_another_seed_others() -> None:
    again, other = make_oracle(SETTINGS), oracle(1)
    assert all((again.rows[name].astype(str) == oracle().rows[name].astype(str)).all() for name in again.rows)
    assert set(other.people["nhs_number"]) != set(again.people["nhs_number"])


def test_a_fault_of_the_dirty_file_is_in_the_truth_of_the_person_who_has_it() -> None:
    made = oracle(dirty=True)
    without = set(made.rows["number"][made.rows["nhs_number"] == ""].tolist())
    known = {
        number
        for number, faults in made.faults.by_person.items()
        if {"number missing", "second without number"} & {*faults}
    }
    assert without == known


def test_data_of_an_invented_authority_are_made_on_request_only(tmp_path: Any) -> None:
    with pytest.raises(RefusedError):
        synth_lts001(tmp_path / "oracle", synthetic=False)
    assert not (tmp_path / "oracle").exists()
