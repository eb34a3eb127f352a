"""Which column is which field, and which version a file follows.

Headings are compared by their ASCII letters and digits alone, so that case, spacing, punctuation and whatever became of
the pound sign of "Unit Cost (£)" do not matter; a heading that is not worded as the specification words it is still
reported as such.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from linkage.errors import InputError
from linkage.spec.load import load_specification, versions
from linkage.spec.specification import Specification

_LEAST_KNOWN = 0.5


@dataclass(frozen=True)
class Heading:
    """One heading of a file. ``position`` is 1 for the first column.

    ``kind`` is ``exact`` (worded as in the specification), ``tolerated`` (an alias, or other case, spacing or
    punctuation), ``repeated`` (a second column for a field that has one), ``blank``, ``left_over`` (of the version before,
    and may stay) or ``surplus`` (not in the specification). ``field_id`` is None for the last three.
    """

    position: int
    text: str
    kind: str
    field_id: str | None


@dataclass(frozen=True)
class HeadingMatch:
    """The headings of a file against one specification; ``missing`` are ids of fields without a column."""

    version: str
    headings: tuple[Heading, ...]
    missing: tuple[str, ...]

    @property
    def known(self) -> int:
        """How many fields of the specification have a column."""
        return sum(heading.kind in ("exact", "tolerated") for heading in self.headings)

    @property
    def surplus(self) -> int:
        """How many columns are not in the specification, blank headings left out."""
        return sum(heading.kind == "surplus" for heading in self.headings)


def heading_key(heading: str) -> str:
    """The ASCII letters and digits of a heading, in lower case.

    >>> heading_key('Unit Cost (Â£)') == heading_key('UNIT  COST')
    True
    """
    return re.sub("[^a-z0-9]", "", heading.lower())


def match_headings(specification: Specification, headings: Sequence[str]) -> HeadingMatch:
    """Match the headings of a file to the fields of a specification. The first column for a field wins."""
    by_key = {
        heading_key(wording): field.id
        for field in specification.fields
        for wording in (*field.heading_aliases, field.heading)
    }
    found: dict[str, Heading] = {}
    matched = []
    for position, text in enumerate(headings, start=1):
        heading = _heading(position, text, by_key.get(heading_key(text)), specification)
        if heading.field_id in found:
            heading = Heading(position, text, "repeated", heading.field_id)
        elif heading.field_id is not None:
            found[heading.field_id] = heading
        matched.append(heading)
    missing = tuple(field_id for field_id in specification.ids if field_id not in found)
    return HeadingMatch(specification.version, tuple(matched), missing)


def detect_version(headings: Sequence[str]) -> str:
    """The version whose fields the headings fit best: most known, then fewest missing and surplus; the older
    version on a tie, as between Release 1 and Release 2, which have the same columns (see ``version_of_period``).

    Raises InputError when fewer than half of any version's fields are there. The message never repeats a heading:
    a file without a heading line has people in its first line.
    """
    matches = [match_headings(load_specification(version), headings) for version in versions()]
    scores = {match.version: match.known - len(match.missing) - match.surplus for match in matches}
    best = max(matches, key=lambda match: scores[match.version])
    if best.known < _LEAST_KNOWN * (best.known + len(best.missing)):
        raise InputError(
            f"the first line is not the heading line of a submission: it has {best.known} of the "
            f"{best.known + len(best.missing)} headings of specification {best.version}. "
            "Check that the file has a heading line and is comma-separated, or name the specification with --spec."
        )
    return best.version


def _heading(position: int, text: str, field_id: str | None, specification: Specification) -> Heading:
    if not text.strip():
        return Heading(position, text, "blank", None)
    if field_id is None:
        left_over = heading_key(text) in {heading_key(wording) for wording in specification.may_stay}
        return Heading(position, text, "left_over" if left_over else "surplus", None)
    exact = specification.field(field_id).heading == text
    return Heading(position, text, "exact" if exact else "tolerated", field_id)
