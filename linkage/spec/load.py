"""Specification files → frozen specifications. A version based on another is that one with its changes applied."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from linkage.configs import packaged, read_packaged
from linkage.errors import InternalError, UsageError
from linkage.spec.files import AddedEntry, AmendedEntry, ChangesEntry, FieldEntry, ListEntry, SpecificationFile
from linkage.spec.specification import Change, Field, ListValue, Specification, ValueList


@cache
def versions() -> tuple[str, ...]:
    """The versions in ``configs/specs/``, oldest first (by publication month)."""
    files = [_file(path.stem) for path in packaged("specs").glob("*.yaml")]
    return tuple(file.version for file in sorted(files, key=lambda file: (file.published, file.version)))


@cache
def load_specification(version: str) -> Specification:
    """The specification of a version such as ``v4.2``. Raises UsageError when there is no such version."""
    if version not in versions():
        raise UsageError(f"There is no specification '{version}'. Known versions: {', '.join(versions())}.")
    file = _file(version)
    entries = _resolved_fields(file)
    lists = _resolved_lists(file)
    return Specification(
        version=file.version,
        title=file.title,
        source=file.source,
        published=file.published,
        effective_from=file.effective_from,
        period=file.period,
        fields=tuple(_field(entry, lists, file.version) for entry in entries),
        changes=_changes(file.changes),
    )


@cache
def canonical_ids() -> tuple[str, ...]:
    """The canonical column ids of all versions together: the newest in its order, and each field that only an older
    version has after the field it stood behind there.
    """
    ids = list(load_specification(versions()[-1]).ids)
    for version in reversed(versions()[:-1]):
        before = ""
        for field_id in load_specification(version).ids:
            if field_id not in ids:
                ids.insert(ids.index(before) + 1 if before else 0, field_id)
            before = field_id
    return tuple(ids)


@cache
def _file(version: str) -> SpecificationFile:
    return read_packaged(f"specs/{version}.yaml", SpecificationFile)


def _resolved_lists(file: SpecificationFile) -> dict[str, ListEntry]:
    if file.based_on is None:
        return dict(file.lists)
    lists = _resolved_lists(_file(file.based_on))
    for name, entry in file.lists.items():
        before = lists[name].values if entry.adds_to_base else ()
        lists[name] = ListEntry(values=(*before, *entry.values), open=entry.open)
    return lists


def _resolved_fields(file: SpecificationFile) -> list[FieldEntry]:
    if file.based_on is None:
        return list(file.fields)
    fields = _resolved_fields(_file(file.based_on))
    for added in file.changes.added:
        fields.insert(_position(fields, added.after, file.version) + 1, added)
    for field_id, update in _updates(file.changes):
        position = _position(fields, field_id, file.version)
        fields[position] = fields[position].model_copy(update=dict(update))
    return [field for field in fields if field.id not in file.changes.removed]


def _updates(changes: ChangesEntry) -> list[tuple[str, Mapping[str, Any]]]:
    """Field id (of the version before) and the keys that take another value."""
    headings = [(e.field, {"heading": e.heading, "heading_aliases": e.heading_aliases}) for e in changes.headings]
    clients = [(field, {"client_types": e.client_types}) for e in changes.client_types for field in e.fields]
    return [*headings, *clients, *((entry.field, _amended_keys(entry)) for entry in changes.amended)]


def _amended_keys(entry: AmendedEntry) -> dict[str, Any]:
    return entry.model_dump(exclude={"field", "change"}, exclude_none=True)


def _position(fields: list[FieldEntry], field_id: str, version: str) -> int:
    for position, field in enumerate(fields):
        if field.id == field_id:
            return position
    raise InternalError(f"configs/specs/{version}.yaml: changes name a field '{field_id}' that the base lacks.")


def _field(entry: FieldEntry, lists: Mapping[str, ListEntry], version: str) -> Field:
    if entry.list is not None and entry.list not in lists:
        raise InternalError(f"configs/specs/{version}.yaml: field '{entry.id}' names a list that is not there.")
    return Field(
        id=entry.id,
        heading=entry.heading,
        heading_aliases=entry.heading_aliases,
        section=entry.section,
        requirement=entry.requirement,
        data_type=entry.type,
        value_list=_value_list(entry.list, lists[entry.list]) if entry.list else None,
        event_types=entry.event_types,
        client_types=entry.client_types,
        condition=entry.condition,
        note=entry.note,
        certainty=entry.certainty,
    )


def _value_list(name: str, entry: ListEntry) -> ValueList:
    values = tuple(ListValue(v.value, v.aliases, v.guidance_only, v.from_base) for v in entry.values)
    return ValueList(name, values, entry.open)


def _changes(changes: ChangesEntry) -> tuple[Change, ...]:
    return (
        *(Change("added", entry.id, _added_text(entry)) for entry in changes.added),
        *(Change("amended", entry.id or entry.field, entry.change) for entry in changes.amended),
        *(Change("heading", entry.field, f"headed {entry.heading}") for entry in changes.headings),
        *(Change("removed", field_id, "not in the file") for field_id in changes.removed),
    )


def _added_text(entry: AddedEntry) -> str:
    return entry.condition or "new"
