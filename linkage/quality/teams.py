"""Which team works with whom: a side file that gives a team, and if wanted a worker, by event reference or by person."""

import csv
import io
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from linkage.engine import Engine, Step
from linkage.errors import InputError, UsageError

EVENT, PERSON, TEAM, WORKER = "event_reference", "person_unique_identifier", "team", "worker"
_KNOWN = (EVENT, PERSON, TEAM, WORKER)
_SCHEMA = pa.schema([(name, pa.string()) for name in _KNOWN])


@dataclass(frozen=True)
class Teams:
    """The rows of the side file: text, null for blank; ``has_worker`` when it has that column."""

    table: pa.Table
    has_worker: bool


def read_teams(path: Path) -> Teams:
    """Read a side file: a CSV with the headings team and event_reference or person_unique_identifier, and maybe worker.

    Headings are read without regard to capitals and spaces. Raises UsageError when the file is not there, InputError
    when it is no such table.
    """
    if not path.is_file():
        raise UsageError(f"{path}: there is no such file. --teams needs a CSV file.")
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    try:
        rows = list(csv.reader(io.StringIO(text, newline="")))
    except csv.Error:
        raise InputError(f"{path}: this is not a readable CSV file. Save it again as CSV.") from None
    headings = [_heading(cell) for cell in rows[0]] if rows else []
    if TEAM not in headings or not {EVENT, PERSON} & {*headings} or len({*headings}) < len(headings):
        raise InputError(f"{path}: the headings should be team and {EVENT} or {PERSON}, each once, and maybe {WORKER}.")
    places = {name: headings.index(name) for name in _KNOWN if name in headings}
    records = [
        {name: (row[place].strip() or None) if place < len(row) else None for name, place in places.items()}
        for row in rows[1:]
    ]
    return Teams(pa.Table.from_pylist(records, schema=_SCHEMA), WORKER in headings)


def register_teams(engine: Engine, teams: Teams | None) -> None:
    """Make ``team_of_event`` and ``team_of_person``: one row per key, several teams or workers of a key joined with ``;``."""
    engine.register("teams", teams.table if teams else _SCHEMA.empty_table())
    engine.run(team_step("team_of_event", f"{EVENT} is not null", EVENT))
    engine.run(team_step("team_of_person", f"{EVENT} is null and {PERSON} is not null", PERSON))
    engine.drop("teams")


def team_step(name: str, where: str, key: str) -> Step:
    """One row per key: its teams and its workers."""
    joined = "string_agg(distinct {0}, '; ' order by {0}) as {0}"
    return Step(
        name,
        f"""select {key} as key, {joined.format(TEAM)}, {joined.format(WORKER)} from teams
where {where} and ({TEAM} is not null or {WORKER} is not null) group by {key}""",
    )


def _heading(cell: str) -> str:
    return "_".join(cell.strip().lower().replace("_", " ").split())
