"""Hand-made people with hospital stays beside social care: rows in, where each of them stands out."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import pyarrow as pa

from linkage.cohort.hospital.stays import patient_number_sql
from linkage.cohort.measures.measure import Asked
from linkage.cohort.measures.registry import MEASURES
from linkage.cohort.official import derive_for, make_people
from linkage.engine import Engine, Step
from tests.unit.derived_events import YEAR, Row, care_engine
from tests.unit.placed_people import keep_figures

DISCHARGED = date(2022, 6, 10)
_DATES = ("admidate", "disdate", "epistart", "registration_start_date")


def episode(person: str, **changes: Any) -> Row:
    """The only episode of an emergency stay from 1 to 10 June 2022 that ended at home, of somebody born in June 1940."""
    stay = {
        "person_id_type": "nhs_number",
        "admimeth": "21",
        "admidate": date(2022, 6, 1),
        "disdate": DISCHARGED,
        "dismeth": "1",
        "disdest": "19",
        "tretspef": "300",
        "epiorder": "1",
    }
    return {"person_pseudonym": person, **stay, **changes}


def registration(person: str, **changes: Any) -> Row:
    """A GP registration of a woman born in June 1940."""
    known = {"registration_start_date": date(2010, 1, 1), "birth_month": "1940-06", "gender": "2"}
    return {"person_pseudonym": person, "person_id_type": "nhs_number", **known, **changes}


def with_hospital(
    measure_ids: Sequence[str],
    rows: Sequence[Row],
    episodes: Sequence[Row],
    registrations: Sequence[Row] = (),
    leave_out: Sequence[str] = (),
) -> Engine:
    """The engine with the people and figures of measures; ``leave_out``: columns that the release of admissions lacks."""
    engine = care_engine(rows, leave_out=("submission",))
    engine.register("admissions", hospital_table([*episodes], leave_out))
    engine.register("gp_registrations", hospital_table([*registrations] or [registration("nobody")]))
    measures = [MEASURES[name] for name in measure_ids]
    asked = Asked(YEAR, tables=frozenset({"admissions"}))
    if measures:
        derive_for(engine, measures, asked)
    for measure in measures:
        make_people(engine, measure, asked)
        keep_figures(engine, measure, asked)
    return engine


def patients(engine: Engine, measure_id: str, *labels: str) -> dict[str, list[Any]]:
    """Person → where the person stands, sorted, also of those whom social care does not know."""
    names = "".join(f"{label}, " for label in labels)
    sql = f"""
with known as (select person_key, person_pseudonym from person),
patient as (select {patient_number_sql("person_pseudonym")} as person_key, person_pseudonym from admissions)
select distinct person_pseudonym, {names}coalesce(column_id, reason) as place from {measure_id}_people
join (from known union from patient) using (person_key) order by all"""
    found: dict[str, list[Any]] = {}
    for person, *place in engine.rows(Step("patients", sql)):
        found.setdefault(person, []).append(tuple(place) if labels else place[0])
    return found


def hospital_table(rows: Sequence[Row], leave_out: Sequence[str] = ()) -> pa.Table:
    """Rows of a hospital or GP table with the columns that they name."""
    names = [name for name in dict.fromkeys(name for row in rows for name in row) if name not in leave_out]
    kinds = [(name, pa.date32() if name in _DATES else pa.string()) for name in names]
    return pa.Table.from_pylist(rows, schema=pa.schema(kinds))
