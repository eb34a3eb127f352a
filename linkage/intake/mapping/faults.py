"""What is wrong with a project before any row is read: names, fields, lists, files, headings. All faults at once."""

import difflib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from linkage.errors import InputError, LinkageError, UsageError
from linkage.intake.mapping.costs import COST_FIELDS
from linkage.intake.mapping.project import COST_PARTS, CostTable, EventTable, LocalTable, PeopleTable, Project
from linkage.intake.mapping.sheets import MappingSheet, read_sheet, values_outside
from linkage.intake.mapping.tables import heading_positions, read_headings
from linkage.intake.values import Closeness
from linkage.spec import Field, Specification, authorities

_MADE = ("person_unique_identifier", "event_type")
_PEOPLE_SECTIONS = ("person", "person_comorbidity", "carer")
_LOOKED_UP = ("gp_practice_name", "gp_practice_code")
PERSON_SPECIFIC = "full_cost_client"


def people_fields(specification: Specification) -> dict[str, Field]:
    """The fields that a table of people may fill: its details, those of carers, and who pays the full cost."""
    found = specification.section(*_PEOPLE_SECTIONS)
    extra = (specification.field(PERSON_SPECIFIC),) if specification.has(PERSON_SPECIFIC) else ()
    return {field.id: field for field in (*found, *extra) if field.id not in _MADE}


def event_fields(specification: Specification, event_type: str | None) -> dict[str, Field]:
    """The fields that a table of events of one type may fill; without a type, those of people only."""
    if event_type is None:
        return people_fields(specification)
    return {
        field.id: field
        for field in specification.fields
        if field.section != "submission"
        and field.id not in _MADE
        and (not field.event_types or event_type in field.event_types)
    }


def cost_fields(specification: Specification) -> dict[str, Field]:
    """The parts of a finance row as fields: two of them have the list of Cost Frequency, one is a date."""
    text = replace(specification.field("cost_frequency"), value_list=None, data_type="text")
    fields = {part: replace(text, id=part) for part in COST_PARTS}
    for part in ("frequency", "unit"):
        fields[part] = replace(specification.field("cost_frequency"), id=part)
    fields["starts"] = replace(text, id="starts", data_type="date")
    return fields


def fields_of(specification: Specification, table: LocalTable) -> dict[str, Field]:
    """The fields that a table may fill, by id."""
    if isinstance(table, PeopleTable):
        return people_fields(specification)
    if isinstance(table, EventTable):
        return event_fields(specification, table.event_type)
    return cost_fields(specification)


def refuse_faulty_project(project: Project, specification: Specification, *, synthetic: bool) -> None:
    """Raise UsageError that lists everything in the project that cannot be meant."""
    faults = [*_general(project, synthetic), *_references(project, specification)]
    for table in project.tables:
        found = _table_faults(project, table, fields_of(specification, table))
        faults += [f"{table.name}: {fault}" for fault in found]
    _raise(UsageError, (f"{project.path}: {fault}" for fault in faults))


def refuse_missing_headings(project: Project) -> None:
    """Raise InputError that lists every file that is missing or lacks a heading."""
    faults = []
    for table in project.tables:
        path = project.locate(table)
        try:
            heading_positions(path, read_headings(path, table.worksheet), table.headings)
        except (InputError, UsageError) as error:
            faults.append(str(error))
    _raise(InputError, dict.fromkeys(faults))


def read_sheets(project: Project, specification: Specification, closeness: Closeness) -> tuple[MappingSheet, ...]:
    """Every mapping sheet of the project. Raises InputError that lists every line that cannot be used."""
    sheets, faults = [], []
    for name, entry in project.file.sheets.items():
        path = project.locate(entry)
        try:
            sheet = read_sheet(name, path, entry.worksheet)
        except (InputError, UsageError) as error:
            faults.append(str(error))
            continue
        sheets.append(sheet)
        lists = {
            field.value_list.name: field.value_list
            for table in project.tables
            for field_id, used in table.sheets.items()
            if used == name and (field := fields_of(specification, table)[field_id]).value_list
        }
        faults += [f"{path}, {fault}" for known in lists.values() for fault in values_outside(sheet, known, closeness)]
    _raise(InputError, faults)
    return tuple(sheets)


def unfilled_fields(project: Project, specification: Specification) -> tuple[Field, ...]:
    """Mandatory fields that no table fills, though it could: they will be blank in every row."""
    filled = {field for table in project.tables for field in table.fields} | {*_MADE}
    filled |= {*COST_FIELDS} if project.file.costs else set()
    reachable = {field for table in project.file.events for field in event_fields(specification, table.event_type)}
    return tuple(
        field
        for field in specification.fields
        if field.id in reachable and field.requirement == "mandatory" and field.id not in filled
    )


def _general(project: Project, synthetic: bool) -> Iterator[str]:
    file = project.file
    names = [table.name for table in project.tables]
    if len({*names}) < len(names):
        yield "two tables have the same name."
    if file.period_end < file.period_start:
        yield "period_end is before period_start."
    found = [authority for authority in authorities() if authority.code == file.authority]
    if not found:
        yield "the authority is none of the known LA codes."
    elif found[0].synthetic and not synthetic:
        yield "the authority is an invented one. Give --synthetic to say that the data are synthetic."


def _references(project: Project, specification: Specification) -> Iterator[str]:
    file = project.file
    people = {table.name for table in file.people}
    services = {table.name for table in file.events if table.event_type == "Service" and table.key}
    for table in file.events:
        if table.people not in people:
            yield f"{table.name}: 'people' names no table of people."
        if table.event_type is not None and table.event_type not in specification.values("event_type"):
            yield f"{table.name}: event_type is none of {', '.join(specification.values('event_type'))}."
        if table.event_type is not None and "event_start_date" not in table.columns:
            yield f"{table.name}: event_start_date has no column."
        priced = any(costs.services == table.name for costs in file.costs)
        if priced and {*COST_FIELDS} & {*table.fields}:
            yield f"{table.name}: its costs come from a table of costs; it may not fill them itself."
    for costs in file.costs:
        if costs.services not in services:
            yield f"{costs.name}: 'services' names no table of Service events with a 'key'."
        if "amount" not in costs.fields or "frequency" not in costs.fields:
            yield f"{costs.name}: amount and frequency are both needed."


def _table_faults(project: Project, table: LocalTable, known: dict[str, Field]) -> Iterator[str]:
    unknown = [field for field in table.fields if field not in known]
    for field in unknown:
        near = difflib.get_close_matches(field, known, n=1)
        yield f"'{field}' is no field that this table can fill.{f' Perhaps {near[0]}.' if near else ''}"
    for field in {*table.columns} & {*table.constants}:
        yield f"'{field}' has a column and a constant."
    for kind, given in (("sheets", table.sheets), ("defaults", table.defaults)):
        for field in given:
            if field not in table.columns:
                yield f"{kind}: '{field}' has no column in this table."
    for field, sheet in table.sheets.items():
        if sheet not in project.file.sheets:
            yield f"sheets: there is no mapping sheet named for '{field}'."
        if field in known and not _may_be_looked_up(known[field]):
            yield f"sheets: '{field}' identifies people or is a date; it cannot be looked up."
    yield from _unlisted(table, known)
    if isinstance(table, CostTable) and table.old_ids:
        yield "old_ids: finance rows have no person identifier here."


def _unlisted(table: LocalTable, known: dict[str, Field]) -> Iterator[str]:
    """Constants and defaults that the target version does not list, and those where nothing can be taken for granted."""
    for kind, given in (("constants", table.constants), ("defaults", table.defaults)):
        for field, value in given.items():
            if field not in known:
                continue
            values = known[field].value_list
            if values and not values.open and value not in values.names:
                yield f"{kind}: the value of '{field}' is not in its list. See 'cldlink spec show --json'."
            if known[field].data_type in ("date", "identifier"):
                yield f"{kind}: '{field}' cannot be the same on every row."


def _may_be_looked_up(field: Field) -> bool:
    return field.value_list is not None or field.section == "service" or field.id in _LOOKED_UP


def _raise(kind: Callable[[str], LinkageError], faults: Iterable[str]) -> None:
    text = "\n".join(faults)
    if text:
        raise kind(text)
