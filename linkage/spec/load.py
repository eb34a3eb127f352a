"""Specification files → frozen specifications. A version based on another is that one with its changes applied."""

from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from linkage.configs import packaged, read_packaged
from linkage.errors import UsageError
from linkage.spec.files import (
    AddedEntry,
    AmendedEntry,
    ChangesEntry,
    FieldEntry,
    ListEntry,
    SpecificationFile,
    ValueEntry,
)
from linkage.spec.specification import Change, Field, ListValue, Specification, ValueList
from pseudo.config_file import read_config

_FILE_ENDINGS = (".yaml", ".yml")
_CARRIED = "carried"


@cache
def versions() -> tuple[str, ...]:
    """The versions in ``configs/specs/``, oldest first (by publication month)."""
    files = [_file(path.stem) for path in packaged("specs").glob("*.yaml")]
    return tuple(file.version for file in sorted(files, key=lambda file: (file.published, file.version)))


def load_specification(version: str) -> Specification:
    """The specification of a version such as ``v4.2``, or of a specification file of one's own (``PATH.yaml``).

    Raises UsageError when there is no such version, ConfigError when the file is not a specification.
    """
    if version.lower().endswith(_FILE_ENDINGS):
        return _own_specification(Path(version))
    return _packaged_specification(version)


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


def version_of_period(version: str, period_end: date | None) -> str:
    """The newest version with the same columns as ``version`` that files of a period with this last day follow.

    Files follow a version from the day after a period ends: Release 2 is submitted from 1 October 2025, so the period to
    30 September 2025 is its first. Without a last day, the version itself.
    """
    columns = load_specification(version).headings
    if period_end is None:
        return version
    for later in reversed(versions()[versions().index(version) + 1 :]):
        candidate = load_specification(later)
        since = candidate.submitted_from or candidate.effective_from
        if candidate.headings == columns and since and period_end + timedelta(days=1) >= date.fromisoformat(since):
            return later
    return version


def specification_of(file: SpecificationFile) -> Specification:
    """The specification that a file states, with everything of the versions it is based on."""
    base = _base_file(file)
    entries, lists = _resolved_fields(file), _resolved_lists(file)
    return Specification(
        version=file.version,
        title=file.title,
        source=file.source,
        published=file.published,
        effective_from=file.effective_from,
        submitted_from=file.submitted_from,
        period=file.period,
        fields=_fields(file, entries, lists),
        changes=_changes(file.changes),
        base=_packaged_specification(base.version) if base else None,
        origins=_origins(file, entries),
        replaces=tuple((entry.id, was) for entry in file.changes.added for was in entry.replaces),
        may_stay=_may_stay(file, base),
    )


def _may_stay(file: SpecificationFile, base: SpecificationFile | None) -> tuple[str, ...]:
    """The headings, with their aliases, of the base's fields that may stay."""
    fields = [field for field in _resolved_fields(base) if field.id in file.changes.may_stay] if base else []
    return tuple(wording for field in fields for wording in (field.heading, *field.heading_aliases))


@cache
def _packaged_specification(version: str) -> Specification:
    return specification_of(_file(version))


def _own_specification(path: Path) -> Specification:
    file = read_config(path, SpecificationFile)
    if file.version in versions():
        raise UsageError(
            f"{path}: '{file.version}' is a version of cldlink itself. Give the file's version another name."
        )
    return specification_of(file)


@cache
def _file(version: str) -> SpecificationFile:
    if version not in {path.stem for path in packaged("specs").glob("*.yaml")}:
        raise UsageError(
            f"There is no specification '{version}'. Known versions: {', '.join(versions())}; or give a file (PATH.yaml)."
        )
    return read_packaged(f"specs/{version}.yaml", SpecificationFile)


def _base_file(file: SpecificationFile) -> SpecificationFile | None:
    return _file(file.based_on) if file.based_on is not None else None


def _resolved_lists(file: SpecificationFile) -> dict[str, ListEntry]:
    base = _base_file(file)
    if base is None:
        return dict(file.lists)
    lists = {name: _inherited(entry) for name, entry in _resolved_lists(base).items()}
    for name, entry in file.lists.items():
        if entry.adds_to_base and name not in lists:
            raise UsageError(
                f"Specification file {file.version}: list '{name}' adds to a list that {base.version} lacks."
            )
        lists[name] = _added_to(lists[name], entry) if entry.adds_to_base else entry
    return lists


def _inherited(entry: ListEntry) -> ListEntry:
    """A list as the next version takes it over: its values keep their wording, so nothing is reworded."""
    return entry.model_copy(update={"values": tuple(v.model_copy(update={"from_base": ()}) for v in entry.values)})


def _added_to(base: ListEntry, entry: ListEntry) -> ListEntry:
    """The values of ``base``, each in its place but for those that ``entry`` states again or rewords, then the new ones."""
    replaced = {wording: value for value in entry.values for wording in (value.value, *value.from_base)}
    values: list[ValueEntry] = []
    for value in base.values:
        now = replaced.get(value.value)
        if now is None:
            values.append(value.model_copy(update={"certainty": _CARRIED}) if entry.open else value)
        elif now not in values:
            values.append(now.model_copy(update={"aliases": now.aliases or value.aliases}))
    stated = {value.value for value in values}
    return ListEntry(values=(*values, *(v for v in entry.values if v.value not in stated)), open=entry.open)


def _resolved_fields(file: SpecificationFile) -> list[FieldEntry]:
    base = _base_file(file)
    if file.fields or base is None:
        return list(file.fields)
    words = _client_types(file)
    fields = [_with_client_types(field, words) for field in _resolved_fields(base)]
    for added in file.changes.added:
        fields.insert(_position(fields, added.after, file.version) + 1, added)
    for field_id, update in _updates(file.changes):
        position = _position(fields, field_id, file.version)
        fields[position] = fields[position].model_copy(update=dict(update))
    return [field for field in fields if field.id not in file.changes.removed]


def _client_types(file: SpecificationFile) -> dict[str, str]:
    """The reworded client types of a version, by their wording before."""
    entry = file.lists.get("client_type", ListEntry())
    return {before: value.value for value in entry.values for before in value.from_base}


def _with_client_types(field: FieldEntry, words: Mapping[str, str]) -> FieldEntry:
    return field.model_copy(update={"client_types": tuple(words.get(name, name) for name in field.client_types)})


def _origins(file: SpecificationFile, entries: list[FieldEntry]) -> tuple[tuple[str, str], ...]:
    """The id that each field had in the version before: its own, or the one it was renamed from."""
    base = _base_file(file)
    if base is None:
        return ()
    before = [entry.id for entry in _resolved_fields(base)]
    renamed = {entry.id: entry.field for entry in file.changes.amended if entry.id}
    origins = [(entry.id, renamed.get(entry.id, entry.id)) for entry in entries]
    return tuple((now, then) for now, then in origins if then in before)


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
    raise UsageError(f"Specification file {version}: its changes name a field '{field_id}' that the base lacks.")


def _fields(file: SpecificationFile, entries: list[FieldEntry], lists: Mapping[str, ListEntry]) -> tuple[Field, ...]:
    for entry in entries:
        if (entry.list is not None) != (entry.type == "list") or (entry.list and entry.list not in lists):
            raise UsageError(f"Specification file {file.version}: field '{entry.id}' names no list that is there.")
    return tuple(_field(entry, lists) for entry in entries)


def _field(entry: FieldEntry, lists: Mapping[str, ListEntry]) -> Field:
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
    values = tuple(ListValue(v.value, v.aliases, v.guidance_only, v.from_base, v.certainty) for v in entry.values)
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
