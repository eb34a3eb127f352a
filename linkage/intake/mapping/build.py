"""The steps of a project in order, in one engine: local tables → ``mapped_submission``, ``row_status``, ``value_counts``."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from linkage.engine import Engine, Step, Value, ident
from linkage.intake.mapping.costs import (
    END,
    converted_step,
    frequencies_table,
    price_status_step,
    priced_step,
    prices_step,
)
from linkage.intake.mapping.crosswalk import Crosswalk
from linkage.intake.mapping.events import (
    event_status_step,
    people_status_step,
    row_status_step,
    rows_out_step,
    submission_rows_step,
    submission_step,
)
from linkage.intake.mapping.faults import cost_fields, fields_of
from linkage.intake.mapping.given import given_step
from linkage.intake.mapping.project import CostTable, EventTable, LocalTable, PeopleTable, Project
from linkage.intake.mapping.references import START, referenced_step
from linkage.intake.mapping.sheets import MappingSheet, lines_table
from linkage.intake.mapping.tables import LocalRows, read_local_table
from linkage.intake.mapping.values import TargetField, target_fields, value_counts_sql, valued_step
from linkage.spec import Specification, authorities

_REFERENCE = "event_reference"


@dataclass(frozen=True)
class Placed:
    """A table of the project and its place among them, which numbers its tables in the database."""

    position: int
    table: LocalTable
    read: LocalRows

    def named(self, what: str) -> str:
        """The name of one of its tables in the database."""
        return f"{what}_{self.position}"


class Build:
    """One project on its way through the database. ``placed`` are its tables with the rows read."""

    def __init__(self, engine: Engine, project: Project, specification: Specification) -> None:
        self.engine = engine
        self.project = project
        self.specification = specification
        self.placed: list[Placed] = []
        self._fields: dict[int, tuple[TargetField, ...]] = {}

    def run(self, sheets: Sequence[MappingSheet], crosswalk: Crosswalk) -> None:
        """Read every table and run every step."""
        self.engine.register("sheet_lines", lines_table(sheets))
        self.engine.register("crosswalk", crosswalk.table())
        self.engine.register("cost_frequencies", frequencies_table())
        for position, table in enumerate(self.project.tables):
            self._read(position, table)
        for people in self._of(PeopleTable):
            self._people(people)
        for events in self._of(EventTable):
            self._events(events)
        self._costs()
        for events in self._of(EventTable):
            self._submission_rows(events)
        parts = [(events.position, events.named("rows")) for events in self._of(EventTable)]
        self.engine.run(submission_step(parts, self.specification))
        self._status()
        self._value_counts()

    def _of(self, kind: type[LocalTable]) -> list[Placed]:
        return [placed for placed in self.placed if isinstance(placed.table, kind)]

    def _read(self, position: int, table: LocalTable) -> None:
        path: Path = self.project.locate(table)
        placed = Placed(position, table, read_local_table(path, table.headings, table.worksheet))
        self.placed.append(placed)
        self._fields[position] = target_fields(table, fields_of(self.specification, table))
        self.engine.register(placed.named("local"), placed.read.rows)
        dates = [field.id for field in self._fields[position] if field.is_date]
        step = given_step(
            placed.named("given"), placed.named("local"), table, dates, self.project.file.authority, _extra(table)
        )
        self.engine.run(step)
        self.engine.drop(placed.named("local"))

    def _valued(self, placed: Placed, source: str, kept: Sequence[str], day: str) -> None:
        as_given = self.project.file.unmapped == "as_given"
        fields = self._fields[placed.position]
        self.engine.run(valued_step(placed.named("valued"), source, kept, fields, day, as_given=as_given))

    def _people(self, people: Placed) -> None:
        self.engine.run(people_status_step(people.named("status"), people.named("given")))
        self.engine.run(rows_out_step(people.named("out"), people.named("status")))
        self._valued(people, people.named("out"), ["row_number", "person"], self._period_end)

    def _events(self, events: Placed) -> None:
        table = events.table
        assert isinstance(table, EventTable)
        file = self.project.file
        people = self._people_of(table).named("valued")
        self.engine.run(
            event_status_step(
                events.named("status"), events.named("given"), people, table, file.period_start, file.period_end
            )
        )
        self.engine.run(rows_out_step(events.named("out"), events.named("status")))
        kept = ["row_number", *(column for column in _extra(table) if not column.startswith("group_"))]
        dated = table.event_type is not None
        self._valued(
            events,
            events.named("out"),
            [*kept, *([START, END] if dated else [])],
            f"t.{START}" if dated else self._period_end,
        )
        if table.event_type is not None and _REFERENCE not in table.fields and self.specification.has(_REFERENCE):
            tie_break = [column for column in kept if column.startswith("tie_")]
            contents = [*(["key"] if table.key else []), *table.fields]
            self.engine.run(
                referenced_step(
                    events.named("valued"),
                    events.named("valued"),
                    table.name,
                    table.event_type,
                    tie_break,
                    contents,
                )
            )

    def _costs(self) -> None:
        """Prices of services, and what became of every finance row (``cost_status``)."""
        tables = self._of(CostTable)
        if not tables:
            return
        converted, places = [], {}
        for costs in tables:
            table = costs.table
            assert isinstance(table, CostTable)
            services = next(e for e in self._of(EventTable) if e.table.name == table.services)
            places[services.position] = services
            dates = ["starts_parsed"] if "starts" in table.fields else []
            day = f"coalesce(t.starts_parsed, {self._period_end})" if dates else self._period_end
            self._valued(costs, costs.named("given"), ["row_number", "left_out", "key", *dates], day)
            given = [field for field in cost_fields(self.specification) if field in table.fields]
            self.engine.run(converted_step(costs.named("prices"), costs.named("valued"), given))
            converted.append((costs.named("prices"), costs.position, services.named("valued"), services.named("given")))
        self.engine.run(prices_step(converted))
        for services in places.values():
            self.engine.run(
                priced_step(
                    services.named("priced"),
                    services.named("valued"),
                    services.named("valued"),
                    self.project.file.period_end,
                )
            )
        self.engine.run(
            price_status_step(
                [services.named("priced") for services in places.values()],
                [services.named("valued") for services in places.values()],
            )
        )
        left_out = [
            f"""select {costs.position} as position, row_number, key as person, 'left_out' as status, left_out as detail
from {ident(costs.named("given"))} where left_out is not null"""
            for costs in tables
        ]
        self.engine.run(Step("cost_status", "\nunion all\n".join(["select * from price_status", *left_out])))

    def _submission_rows(self, events: Placed) -> None:
        table = events.table
        assert isinstance(table, EventTable)
        people = self._people_of(table)
        derived = [_REFERENCE] if table.event_type is not None and self.specification.has(_REFERENCE) else []
        tables = {"events": events.named("valued"), "people": people.named("valued")}
        columns: dict[str, Sequence[str]] = {
            "events": [*table.fields, *derived],
            "people": people.table.fields,
        }
        if any(isinstance(c.table, CostTable) and c.table.services == table.name for c in self.placed):
            tables["prices"], columns["prices"] = events.named("priced"), ()
        self.engine.run(
            submission_rows_step(
                events.named("rows"),
                specification=self.specification,
                table=table,
                tables=tables,
                columns=columns,
                constants=self._submission_constants(),
            )
        )

    def _status(self) -> None:
        people = [
            (
                placed.position,
                placed.named("status"),
                [
                    events.named("out")
                    for events in self._of(EventTable)
                    if isinstance(events.table, EventTable) and events.table.people == placed.table.name
                ],
            )
            for placed in self._of(PeopleTable)
        ]
        events = [(placed.position, placed.named("status")) for placed in self._of(EventTable)]
        self.engine.run(row_status_step(people, events, bool(self.project.file.costs)))

    def _value_counts(self) -> None:
        """Unmapped values and defaults of rows that are in the submission or used by it."""
        values: dict[str, Value] = {}
        selects = ["select 0 as position, '' as field, '' as sheet, '' as value, '' as kind, 0 as rows where false"]
        for placed in self.placed:
            name = placed.named("counted")
            used = f"row_number in (select row_number from row_status where position = {placed.position} and status = 'out')"
            if isinstance(placed.table, CostTable):
                used = "left_out is null"
            self.engine.run(Step(name, f"select * from {ident(placed.named('valued'))} where {used}"))
            selects += value_counts_sql(
                placed.position, placed.named("given"), name, self._fields[placed.position], values
            )
        self.engine.run(Step("value_counts", "\nunion all\n".join(selects), values))

    def _people_of(self, table: EventTable) -> Placed:
        return next(placed for placed in self._of(PeopleTable) if placed.table.name == table.people)

    @property
    def _period_end(self) -> str:
        return f"date '{self.project.file.period_end.isoformat()}'"

    def _submission_constants(self) -> dict[str, str]:
        file = self.project.file
        name = next(authority.name for authority in authorities() if authority.code == file.authority)
        first = file.period_end.year - (file.period_end.month < 4)
        known = {
            "la_code": file.authority,
            "la_name": name,
            "reporting_year": f"{first}/{(first + 1) % 100:02d}",
            "reporting_period_start_date": f"{file.period_start:%d/%m/%Y}",
            "reporting_period_end_date": f"{file.period_end:%d/%m/%Y}",
        }
        return {field_id: text for field_id, text in known.items() if self.specification.has(field_id)}


def _extra(table: LocalTable) -> dict[str, str]:
    """What else than fields is needed of a table's rows: names in the database → headings."""
    if isinstance(table, PeopleTable):
        return {"person": table.person, "given_person": table.person}
    if isinstance(table, CostTable):
        return {"key": table.key}
    assert isinstance(table, EventTable)
    extra = {"person": table.person} | ({"key": table.key} if table.key else {})
    grouped = table.one_row_for.by if table.one_row_for else ()
    extra |= {f"group_{number}": heading for number, heading in enumerate(grouped)}
    return extra | {f"tie_{number}": heading for number, heading in enumerate(table.reference_from)}
