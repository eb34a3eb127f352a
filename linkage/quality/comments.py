"""Text for the comments box of a submission, drafted from its gaps: mandatory fields that are wholly or mostly blank."""

from collections.abc import Sequence
from dataclasses import dataclass

from linkage.intake.rules.applicability import to_be_filled
from linkage.intake.rules.context import Context
from linkage.quality.completeness import Completeness, completeness_settings
from linkage.spec import Specification

WHOLLY, MOSTLY = "wholly blank", "mostly blank"
_REASON = "Reason: [not recorded in our system / being introduced from DATE / not exported / OTHER]."


@dataclass(frozen=True)
class Gap:
    """A mandatory field to be explained: rows that want it, how many are blank, and a draft that the authority completes."""

    field: str
    heading: str
    kind: str
    rows: int
    blank: int
    text: str


def gaps(completeness: Sequence[Completeness], specification: Specification) -> tuple[Gap, ...]:
    """The gaps in the order of the specification; fields of which a blank has a meaning (no death, still open) are left out."""
    return tuple(
        _gap(one, specification) for one in completeness if one.event_type is None and _to_explain(one, specification)
    )


def share(part: int, whole: int) -> str:
    """A part of a whole in percent, never rounded to 0% or 100% when it is neither.

    >>> share(1, 3), share(0, 5), share(999, 1000), share(1, 1000), share(0, 0)
    ('33%', '0%', '>99%', '<1%', '')
    """
    if not whole:
        return ""
    percent = round(100 * part / whole)
    if percent == 0 and part:
        return "<1%"
    return ">99%" if percent == 100 and part < whole else f"{percent}%"


def _to_explain(one: Completeness, specification: Specification) -> bool:
    mandatory = to_be_filled(specification.field(one.field), Context(specification, synthetic=False))
    return mandatory and one.rows > 0 and one.blank >= completeness_settings().mostly_blank_share * one.rows


def _gap(one: Completeness, specification: Specification) -> Gap:
    heading = specification.field(one.field).heading
    kind = WHOLLY if one.blank == one.rows else MOSTLY
    of_rows = f"all {one.rows:,} rows" if kind == WHOLLY else f"{share(one.blank, one.rows)} of the {one.rows:,} rows"
    return Gap(one.field, heading, kind, one.rows, one.blank, f"{heading}: blank on {of_rows} that want it. {_REASON}")
