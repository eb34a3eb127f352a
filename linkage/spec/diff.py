"""What changed between two versions, worked out from the two, not from what their files say of it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from linkage.spec.load import load_specification
from linkage.spec.specification import Field, Specification, ValueList

_ABOUT = {"data_type": "type", "requirement": "mandatory or voluntary", "event_types": "event types"}


@dataclass(frozen=True)
class ListChange:
    """How a list changed. ``reworded`` are pairs of old and new wording; several old ones may share a new one.

    ``without_successor`` are old values of which no wording in the new list is known; of an ``open`` list they may go on.
    """

    added: tuple[str, ...]
    reworded: tuple[tuple[str, str], ...]
    without_successor: tuple[str, ...]
    open: bool


@dataclass(frozen=True)
class FieldChange:
    """One field of the new version (of the old one where it was removed). ``before`` is the old field, None if new.

    ``about`` says in words what changed apart from the list: renamed, condition, type and so on.
    """

    id: str
    heading: str
    before: Field | None = None
    about: tuple[str, ...] = ()
    values: ListChange | None = None


@dataclass(frozen=True)
class SpecificationDiff:
    """The fields that are new, amended (renamed, other values, condition, type, requirement or event types), removed,
    only headed otherwise, and only limited to other client types; each in the order of its file.
    """

    older: str
    newer: str
    added: tuple[FieldChange, ...] = ()
    amended: tuple[FieldChange, ...] = ()
    removed: tuple[FieldChange, ...] = ()
    headed: tuple[FieldChange, ...] = ()
    client_types: tuple[FieldChange, ...] = ()


def compare_specifications(older_version: str, newer_version: str) -> SpecificationDiff:
    """Compare two versions of which the newer is based on the older; UsageError if it is not."""
    older, newer = load_specification(older_version), load_specification(newer_version)
    words, went_on, replaced = newer.rewordings(older), _origins(older, newer), _origins(older, newer, replaced=True)
    pairs = [(older.field(went_on[f.id]), f) for f in newer.fields if f.id in went_on]
    changes = [_change(before, now, words.get(now.id, {})) for before, now in pairs]
    amended = {change.id for change in changes if change.about or change.values}
    return SpecificationDiff(
        older.version,
        newer.version,
        added=tuple(_added(f, replaced.get(f.id), older) for f in newer.fields if f.id not in went_on),
        amended=tuple(change for change in changes if change.id in amended),
        removed=tuple(FieldChange(f.id, f.heading, f) for f in older.fields if f.id not in went_on.values()),
        headed=tuple(
            FieldChange(now.id, now.heading, before)
            for before, now in pairs
            if before.heading != now.heading and now.id not in amended
        ),
        client_types=tuple(
            FieldChange(now.id, now.heading, before)
            for before, now in pairs
            if len(before.client_types) != len(now.client_types)
        ),
    )


def diff_results(diff: SpecificationDiff) -> dict[str, Any]:
    """The comparison as plain values, for JSON."""
    return {
        "older": diff.older,
        "newer": diff.newer,
        "added": [_plain(change) for change in diff.added],
        "amended": [_plain(change) for change in diff.amended],
        "removed": [_plain(change) for change in diff.removed],
        "headed_otherwise": [_plain(change) for change in diff.headed],
        "client_types": [
            {"field": change.id, "client_types": list(load_specification(diff.newer).field(change.id).client_types)}
            for change in diff.client_types
        ],
    }


def diff_lines(diff: SpecificationDiff) -> list[str]:
    """The comparison for people: what is new, amended and gone, values below their field."""
    counts = f"{len(diff.added)} new, {len(diff.amended)} amended, {len(diff.removed)} no longer in the file"
    return [
        f"{diff.older} to {diff.newer}: {counts}",
        *_section("New", (f"{c.heading}{_was(c)}" for c in diff.added)),
        *_section("Amended", (line for c in diff.amended for line in _amended_lines(c))),
        *_section("No longer in the file", (c.heading for c in diff.removed)),
        *_section("Headed otherwise", (f"{c.heading}{_was(c)}" for c in diff.headed)),
        *_section("Now on rows of some client types only, or of others", (c.heading for c in diff.client_types)),
    ]


def _origins(older: Specification, newer: Specification, *, replaced: bool = False) -> dict[str, str]:
    """The field of ``older`` that each field of ``newer`` was, through all versions between; with ``replaced`` also those
    it took the place of.
    """
    if older.version == newer.version or newer.base is None:
        return {name: name for name in newer.ids}
    earlier = _origins(older, newer.base, replaced=replaced)
    steps = (*newer.origins, *newer.replaces) if replaced else newer.origins
    return {now: earlier[then] for now, then in steps if then in earlier}


def _change(before: Field, now: Field, words: Mapping[str, str]) -> FieldChange:
    about = [text for key, text in _ABOUT.items() if getattr(before, key) != getattr(now, key)]
    if before.id != now.id:
        about.insert(0, f"renamed, was {before.heading}")
    if before.condition != now.condition:
        about.append(f"condition: {now.condition or 'none'}")
    values = _list_change(before.value_list, now.value_list, words)
    return FieldChange(now.id, now.heading, before, tuple(about), values)


def _list_change(before: ValueList | None, now: ValueList | None, words: Mapping[str, str]) -> ListChange | None:
    """None when the values are the same; a list that only became open is the same, for its values are unknown."""
    if now is None or before is None or before.names == now.names:
        return None
    kept = [words[name] for name in before.names if name in words]
    return ListChange(
        added=tuple(name for name in now.names if name not in kept),
        reworded=tuple((name, words[name]) for name in before.names if words.get(name, name) != name),
        without_successor=tuple(name for name in before.names if name not in words),
        open=now.open,
    )


def _added(now: Field, origin: str | None, older: Specification) -> FieldChange:
    return FieldChange(now.id, now.heading, older.field(origin) if origin else None, (now.condition,))


def _was(change: FieldChange) -> str:
    before = change.before
    return f" (was {before.heading})" if before and before.heading != change.heading else ""


def _section(title: str, lines: Iterable[str]) -> list[str]:
    found = [f"  {line}" for line in lines]
    return ["", title, *found] if found else []


def _amended_lines(change: FieldChange) -> Iterator[str]:
    yield f"{change.heading}: {'; '.join(change.about)}" if change.about else change.heading
    values = change.values
    if values is None:
        return
    yield from (f"  {old} -> {new}" for old, new in values.reworded)
    yield from (f"  + {value}" for value in values.added)
    unknown = "successor not known" if values.open else "no successor"
    yield from (f"  - {value} ({unknown})" for value in values.without_successor)


def _plain(change: FieldChange) -> dict[str, Any]:
    plain: dict[str, Any] = {"field": change.id, "heading": change.heading}
    if change.before and change.before.id != change.id:
        plain["was"] = change.before.id
    if change.before and change.before.heading != change.heading:
        plain["heading_was"] = change.before.heading
    if change.about:
        plain["about"] = list(change.about)
    if change.values:
        plain["added"] = list(change.values.added)
        plain["reworded"] = [{"old": old, "new": new} for old, new in change.values.reworded]
        plain["without_successor"] = list(change.values.without_successor)
        plain["open"] = change.values.open
    return plain
