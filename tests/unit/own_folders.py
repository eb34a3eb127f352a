"""Small folders of an authority's own events, as consolidated: rows of ``tests.unit.derived_events`` in, with people in them."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from linkage.runs import Manifest
from tests.unit.derived_events import Row, care_engine

_NOT_OWN = ("person_id_type", "la_person_pseudonym", "birth_month", "person_pseudonym", "submission")


def own_folder(folder: Path, rows: Sequence[Row]) -> Path:
    """A consolidated folder. A row's person is its local identifier, and the number ``nhs_number`` if it has one.

    References and row numbers count from 1 in the order given; the file is q4.csv.
    """
    folder.mkdir(parents=True)
    given = [{name: value for name, value in row.items() if name != "nhs_number"} for row in rows]
    with care_engine(given) as engine:
        table = engine.table("social_care")
    people = table["person_pseudonym"].to_pylist()
    numbers = [row.get("nhs_number") for row in rows]
    born = [month and date.fromisoformat(f"{month}-15") for month in table["birth_month"].to_pylist()]
    own = {
        "submission": pa.array(["q4.csv"] * len(rows)),
        "row_number": pa.array(range(1, len(rows) + 1), pa.int64()),
        "person_unique_identifier": pa.array(people, pa.string()),
        "nhs_number": pa.array(numbers, pa.string()),
        "last_name": pa.array(["Marentshaws"] * len(rows)),
        "date_of_birth": pa.array(born, pa.date32()),
        "event_reference": pa.array([f"E{number}" for number in range(1, len(rows) + 1)]),
    }
    events = table.drop_columns(list(_NOT_OWN))
    for name, column in own.items():
        events = events.append_column(name, column)
    pq.write_table(events, folder / "events.parquet")
    Manifest("submission consolidate", [], {}).write(folder)
    return folder
