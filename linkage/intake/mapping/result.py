"""What came of a project: every row accounted for, unmapped values with suggestions, defaults, merged persons."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from linkage.engine import Engine, Step, ident
from linkage.errors import InternalError
from linkage.intake.mapping.build import Build
from linkage.intake.mapping.costs import NOT_CONVERTED
from linkage.intake.mapping.events import NOT_NEEDED, REFUSED
from linkage.intake.mapping.faults import fields_of
from linkage.intake.mapping.project import CostTable, EventTable, LocalTable, PeopleTable
from linkage.intake.mapping.values import DEFAULT, UNMAPPED
from linkage.intake.values import Closeness, judge_value

REASONS = {**REFUSED, **NOT_NEEDED, **NOT_CONVERTED}
_MOST_COMPARED = 1_000
_KINDS: dict[type[LocalTable], str] = {PeopleTable: "people", EventTable: "events", CostTable: "costs"}


@dataclass(frozen=True)
class RowCount:
    """Rows of one table with one fate: ``left_out``, ``not_needed`` or ``refused``, and why in words."""

    status: str
    reason: str
    rows: int


@dataclass(frozen=True)
class TableCount:
    """The reckoning of one local table: rows_in = rows_out + blank + the rows of ``others``.

    ``kind``: people, events or costs. ``rows_out``: rows of the submission; people and prices that it uses.
    """

    name: str
    kind: str
    rows_in: int
    rows_out: int
    blank: int
    others: tuple[RowCount, ...]

    @property
    def refused(self) -> int:
        """Rows in the rejects file."""
        return sum(other.rows for other in self.others if other.status == "refused")


@dataclass(frozen=True)
class ValueCount:
    """A local value that is unmapped, or a default that was used (``value`` None), with the rows it stands on."""

    table: str
    field: str
    sheet: str | None
    value: str | None
    kind: str
    rows: int
    suggestion: str | None


@dataclass(frozen=True)
class MappingResult:
    """``rows`` and ``people`` of the submission; ``uncosted``: service rows without a cost, None without finance rows.

    ``unfilled``: headings of mandatory fields that no table fills. ``people_merged``: people who had more
    than one identifier before the crosswalk. ``unsigned_lines``: lines of mapping
    sheets without the name of who decided. ``inputs``: records of the files read.
    """

    project: str
    version: str
    rows: int
    people: int
    uncosted: int | None
    tables: tuple[TableCount, ...]
    unmapped: tuple[ValueCount, ...]
    defaults: tuple[ValueCount, ...]
    unfilled: tuple[str, ...]
    people_merged: int
    unsigned_lines: int
    inputs: tuple[dict[str, Any], ...]

    @property
    def counts(self) -> dict[str, int]:
        """Counts for manifests and scripts, by table and fate."""
        counts = {"rows": self.rows, "people": self.people}
        for table in self.tables:
            counts[f"{table.name}_rows_in"] = table.rows_in
            counts[f"{table.name}_rows_out"] = table.rows_out
            counts[f"{table.name}_blank"] = table.blank
            for status in ("left_out", "not_needed", "refused"):
                rows = sum(other.rows for other in table.others if other.status == status)
                counts[f"{table.name}_{status}"] = rows
        counts["unmapped_values"] = len(self.unmapped)
        counts["rows_with_unmapped_values"] = sum(value.rows for value in self.unmapped)
        counts["defaults_used"] = sum(value.rows for value in self.defaults)
        return counts


def table_counts(build: Build) -> tuple[TableCount, ...]:
    """The reckoning of every table. Raises InternalError when a row is not accounted for."""
    step = Step("count_rows", "select position, status, detail, count(*) from row_status group by all order by all")
    by_table: dict[int, list[tuple[str, str | None, int]]] = {}
    for position, status, detail, rows in build.engine.rows(step):
        by_table.setdefault(position, []).append((status, detail, rows))
    counted = []
    for placed in build.placed:
        found = by_table.get(placed.position, [])
        others = [RowCount(s, REASONS.get(str(d), str(d)), rows) for s, d, rows in found if s != "out"]
        unreadable: dict[str, int] = {}
        for _, reason, _ in placed.read.unreadable:
            unreadable[reason] = unreadable.get(reason, 0) + 1
        others += [RowCount("refused", reason, rows) for reason, rows in sorted(unreadable.items())]
        out = sum(rows for status, _, rows in found if status == "out")
        read = placed.read
        if read.rows_in != out + read.blank + sum(other.rows for other in others):
            raise InternalError("The rows of a local table do not add up. Please report it.")
        kind = _KINDS[type(placed.table)]
        counted.append(TableCount(placed.table.name, kind, read.rows_in, out, read.blank, tuple(others)))
    return tuple(counted)


def value_counts(build: Build, closeness: Closeness) -> tuple[tuple[ValueCount, ...], tuple[ValueCount, ...]]:
    """Unmapped values (the most frequent of a field first, with the nearest national wording) and defaults used."""
    step = Step(
        "read_value_counts",
        "select position, field, sheet, value, kind, rows from value_counts order by position, field, rows desc, value",
    )
    unmapped, defaults = [], []
    compared: dict[tuple[int, str], int] = {}
    for position, field_id, sheet, value, kind, rows in build.engine.rows(step):
        table = build.placed[position].table
        if kind == DEFAULT:
            defaults.append(ValueCount(table.name, field_id, sheet, None, kind, rows, table.defaults[field_id]))
            continue
        compared[position, field_id] = compared.get((position, field_id), 0) + 1
        suggestion = None
        value_list = fields_of(build.specification, table)[field_id].value_list
        if value_list and compared[position, field_id] <= _MOST_COMPARED:
            verdict = judge_value(value_list, value, closeness)
            suggestion = verdict.canonical or verdict.suggestion
        unmapped.append(ValueCount(table.name, field_id, sheet, value, UNMAPPED[kind], rows, suggestion))
    return tuple(unmapped), tuple(defaults)


def refused_rows(build: Build) -> list[dict[str, object]]:
    """Every refused row: table, row_number, reason, person (or key of a service), the record where it was unreadable."""
    names = {placed.position: placed.table.name for placed in build.placed}
    step = Step(
        "read_refused",
        "select position, row_number, detail, person from row_status where status = 'refused' order by 1, 2",
    )
    rows: list[dict[str, object]] = [
        _refused(names[position], row_number, REASONS[detail], person, None)
        for position, row_number, detail, person in build.engine.rows(step)
    ]
    rows += [
        _refused(placed.table.name, row_number, reason, None, record)
        for placed in build.placed
        for row_number, reason, record in placed.read.unreadable
    ]
    return rows


def people_and_uncosted(engine: Engine, services: Sequence[int]) -> tuple[int, int]:
    """People of the submission, and rows of the tables at these positions that have no unit cost."""
    positions = ", ".join(str(int(position)) for position in services) or "-1"
    step = Step(
        "count_people",
        f"""select count(distinct person_unique_identifier),
    count(*) filter (where position in ({positions}) and unit_cost is null) from mapped_submission""",
    )
    [(people, uncosted)] = engine.rows(step)
    return int(people), int(uncosted)


def merged_people(build: Build) -> list[dict[str, str]]:
    """One row per identifier of the local tables of people that shares its new one with another: new_id, old_id."""
    people = [placed.named("given") for placed in build.placed if isinstance(placed.table, PeopleTable)]
    pairs = " union ".join(f"select person as new_id, given_person as old_id from {ident(name)}" for name in people)
    step = Step(
        "merged_people",
        f"""select new_id, old_id from ({pairs}) where new_id is not null
qualify count(*) over (partition by new_id) > 1 order by new_id, old_id""",
    )
    return [{"new_id": new_id, "old_id": old_id} for new_id, old_id in build.engine.rows(step)]


def _refused(table: str, row_number: int, reason: str, person: str | None, record: str | None) -> dict[str, object]:
    return {"table": table, "row_number": row_number, "reason": reason, "person_or_key": person, "record": record}
