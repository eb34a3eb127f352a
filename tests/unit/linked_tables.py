"""Small linked folders for tests: rows as dictionaries in, a folder as ``link`` writes it out."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from linkage.cohort.derive.long_term_support import NEEDED_COLUMNS
from linkage.cohort.study.population import NEEDED_ADMISSION_COLUMNS, NEEDED_GP_COLUMNS
from linkage.engine import Engine, Step, ident, open_engine
from linkage.runs import Manifest
from linkage.store.found import link_quality_step, person_step

Row = dict[str, Any]
COLUMNS = {
    "social_care": NEEDED_COLUMNS,
    "admissions": NEEDED_ADMISSION_COLUMNS,
    "gp_registrations": NEEDED_GP_COLUMNS,
    "long_term_conditions": ("person_pseudonym", "person_id_type"),
}
_SERVICE = {
    "la_code": "991",
    "person_id_type": "nhs_number",
    "birth_month": "1940-06",
    "client_type": "Service User",
    "primary_support_reason": "Mental Health Support",
    "event_type": "Service",
    "service_type": "Long Term Support: Nursing Care",
    "event_start_date": date(2021, 1, 1),
    "reporting_period_start_date": date(2022, 4, 1),
    "reporting_period_end_date": date(2023, 3, 31),
}
_REGISTRATION = {
    "person_id_type": "nhs_number",
    "registration_start_date": date(2010, 1, 1),
    "birth_month": "1940-06",
    "gender": "2",
    "ethnic_category": "A",
}
_EPISODE = {"person_id_type": "nhs_number", "admimeth": "21", "admidate": date(2022, 6, 1), "epiorder": "1"}


def service(person: str, **changes: Any) -> Row:
    """A nursing home stay, open since January 2021, of somebody born in June 1940."""
    return {"person_pseudonym": person, **_SERVICE, **changes}


def registration(person: str, **changes: Any) -> Row:
    """A GP registration, open since 2010, of a white woman born in June 1940."""
    return {"person_pseudonym": person, **_REGISTRATION, **changes}


def episode(person: str, **changes: Any) -> Row:
    """The first episode of an emergency admission on 1 June 2022."""
    return {"person_pseudonym": person, **_EPISODE, **changes}


def linked_engine(*, leave_out: Sequence[str] = (), **tables: list[Row]) -> Engine:
    """An open database with the linked tables; those not given are empty. ``leave_out``: columns dropped by the policy."""
    engine = open_engine()
    for name, columns in COLUMNS.items():
        types = [
            (column, pa.date32() if "date" in column else pa.string()) for column in columns if column not in leave_out
        ]
        engine.register(name, pa.Table.from_pylist(tables.get(name, []), schema=pa.schema(types)))
    engine.run_all([person_step(), link_quality_step()])
    return engine


def linked_folder(folder: Path, *, leave_out: Sequence[str] = (), **tables: list[Row]) -> Path:
    """A linked folder with its manifest."""
    folder.mkdir(parents=True)
    with linked_engine(leave_out=leave_out, **tables) as engine, open_engine(folders=[folder]) as writer:
        for name in (*COLUMNS, "person", "link_quality"):
            writer.register(name, engine.table(name))
            writer.write_parquet(Step("write", f"select * from {ident(name)} order by all"), folder / f"{name}.parquet")
    Manifest(command="link", inputs=[], counts={}).write(folder)
    return folder
