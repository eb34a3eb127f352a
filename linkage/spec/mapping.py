"""What a wording of one version is in another: v4.2 → v6 → Release 1 → Release 2, and a version of one's own at its end."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from linkage.spec.load import load_specification, versions
from linkage.spec.specification import Specification

Words = Mapping[str, Mapping[str, tuple[str, ...]]]


@dataclass(frozen=True)
class Meaning:
    """What a wording of another version is in this one: ``values`` are all that it may be here.

    ``certain``: it is one value, and no other value of that version is the same one. ``earlier``: an older version has it.
    """

    values: tuple[str, ...]
    certain: bool
    earlier: bool

    @property
    def value(self) -> str | None:
        """The one value here, None when it may be several."""
        return self.values[0] if len(self.values) == 1 else None


def mapping(from_version: str, to_version: str) -> Mapping[str, Mapping[str, str]]:
    """For each field that was reworded (by its id in the later version): old wording → new wording, unchanged ones left
    out. Wordings that the older version only understands (the guidance's) are among the old ones; values without a known
    successor are not. Raises UsageError when ``to_version`` is not based on ``from_version``.
    """
    words = load_specification(to_version).rewordings(load_specification(from_version))
    changed = {field: {old: new for old, new in found.items() if old != new} for field, found in words.items()}
    return {field: found for field, found in changed.items() if found}


def words_in(specification: Specification, other: Specification) -> Words:
    """Every wording of ``other`` with what it is in ``specification``, by field id here; nothing where neither version is
    based on the other. One value may be several here: later versions merged values.
    """
    if specification.follows(other):
        return {
            field: {old: (new,) for old, new in words.items()}
            for field, words in specification.rewordings(other).items()
        }
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    if other.follows(specification):
        for field, words in other.rewordings(specification).items():
            values = specification.values(field) if specification.has(field) else ()
            for old in values:
                if old in words:
                    known = found.setdefault(field, {})
                    known[words[old]] = (*known.get(words[old], ()), old)
    return found


def wordings_of(specification: Specification, other: Specification) -> Mapping[str, Mapping[str, str]]:
    """For each list field here, the wordings of ``other`` that are one other wording here: ``other``'s → this version's."""
    one = {
        field: {old: new[0] for old, new in words.items() if len(new) == 1 and new[0] != old}
        for field, words in words_in(specification, other).items()
    }
    return {field: words for field, words in one.items() if words}


def other_wordings(specification: Specification) -> Mapping[str, Mapping[str, Meaning]]:
    """For each list field, every wording of another packaged version that this one does not have, with its meaning here."""
    found: dict[str, dict[str, Meaning]] = {}
    for version in versions():
        other = load_specification(version)
        earlier = specification.follows(other)
        for field, words in words_in(specification, other).items():
            value_list = specification.field(field).value_list
            own = value_list.understood if value_list else frozenset()
            theirs = set(other.values(field)) if other.has(field) else set(words)
            meant = [values for wording, values in words.items() if wording in theirs]
            for wording in theirs & words.keys() - own:
                values = words[wording]
                certain = len(values) == 1 and meant.count(values) == 1
                found.setdefault(field, {})[wording] = Meaning(values, certain, earlier)
    return found


def wordings_in(version: str, field_id: str, wordings: Iterable[str]) -> tuple[str, ...]:
    """The wordings of a version for values given in the wording of any packaged version; a value that the version does
    not have is left out, one that later versions merged gives every wording it stands for. In the order of the list.
    """
    specification = load_specification(version)
    if not specification.has(field_id):
        return ()
    wanted, values = set(wordings), specification.values(field_id)
    older = specification.successor_wordings.get(field_id, {})
    meant = {older.get(wording, wording) for wording in wanted} | _of_later(version, field_id, wanted)
    return tuple(value for value in values if value in meant)


def in_every_version(field_id: str, wordings: Iterable[str]) -> tuple[str, ...]:
    """The wordings given, and those of every packaged version for the same values, each once."""
    given = tuple(wordings)
    found = [wording for version in versions() for wording in wordings_in(version, field_id, given)]
    return tuple(dict.fromkeys((*given, *found)))


def _of_later(version: str, field_id: str, wanted: set[str]) -> set[str]:
    """The values of a version that a later packaged version words as one of ``wanted``."""
    found: set[str] = set()
    known = versions()
    for later in known[known.index(version) + 1 :] if version in known else ():
        words = _rewordings(later, version).get(field_id, {})
        found |= {old for old, new in words.items() if new in wanted}
    return found


@cache
def _rewordings(version: str, older: str) -> Mapping[str, Mapping[str, str]]:
    """The rewordings between two packaged versions, worked out once."""
    return load_specification(version).rewordings(load_specification(older))
