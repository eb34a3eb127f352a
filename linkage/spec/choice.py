"""Which version a file is checked against, and why: the one named, else as the headings and the reporting period tell."""

from dataclasses import dataclass
from datetime import date, timedelta

from linkage.spec.load import load_specification, version_of_period, versions
from linkage.spec.specification import Specification


@dataclass(frozen=True)
class Choice:
    """``why`` in words without any value of the file. ``upcoming``: the version was named, and the file's period ends before
    files follow it.
    """

    specification: Specification
    why: str
    upcoming: bool


def choose(named: str | None, told: str, period_end: date | None) -> Choice:
    """The specification for a file whose headings tell ``told`` and whose period ends on ``period_end`` (None: not stated).

    ``named`` is a version or a file of one's own, and decides where it is given. Raises as ``load_specification``.
    """
    specification = load_specification(named or version_of_period(told, period_end))
    if named:
        first = _first_period_end(specification)
        upcoming = bool(first and period_end and period_end < first)
        later = f", though it is for periods that end from {first:%d/%m/%Y}" if upcoming else ""
        return Choice(specification, f"named with --spec{later}", upcoming)
    alike = [version for version in versions() if _same_headings(version, specification)]
    if not alike:
        return Choice(specification, "told by the headings", False)
    others = f"{', '.join(alike)} has the same headings"
    if period_end is None:
        why = f"told by the headings; {others}, and no reporting period tells which it is"
    else:
        newest = max([specification, *map(load_specification, alike)], key=lambda one: versions().index(one.version))
        why = f"told by the headings and the reporting period; {others}, and {newest.version} is for periods that end from "
        why += f"{_first_period_end(newest):%d/%m/%Y}"
    return Choice(specification, why, False)


def _first_period_end(specification: Specification) -> date | None:
    """The last day of the first period whose files follow a version; None where its first day is not known."""
    since = specification.submitted_from or specification.effective_from
    return date.fromisoformat(since) - timedelta(days=1) if since else None


def _same_headings(version: str, specification: Specification) -> bool:
    return version != specification.version and load_specification(version).headings == specification.headings
