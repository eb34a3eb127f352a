"""What a wording of one version is in another: v4.2 → v6 → Release 1 → Release 2, and a version of one's own at its end."""

from collections.abc import Iterable, Mapping

from linkage.spec.load import load_specification, versions


def mapping(from_version: str, to_version: str) -> Mapping[str, Mapping[str, str]]:
    """For each field that was reworded (by its id in the later version): old wording → new wording, unchanged ones left
    out. Wordings that the older version only understands (the guidance's) are among the old ones; values without a known
    successor are not. Raises UsageError when ``to_version`` is not based on ``from_version``.
    """
    words = load_specification(to_version).rewordings(load_specification(from_version))
    changed = {field: {old: new for old, new in found.items() if old != new} for field, found in words.items()}
    return {field: found for field, found in changed.items() if found}


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


def _of_later(version: str, field_id: str, wanted: set[str]) -> set[str]:
    """The values of a version that a later packaged version words as one of ``wanted``."""
    found: set[str] = set()
    known = versions()
    for later in known[known.index(version) + 1 :] if version in known else ():
        words = load_specification(later).rewordings(load_specification(version)).get(field_id, {})
        found |= {old for old, new in words.items() if new in wanted}
    return found
