"""What a reviewer of the audit log looks at: a month in figures, and what stands out in it. No purpose, no reference."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pseudo.audit_entry import Entry
from pseudo.errors import AuditValueError

_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
REVIEW = "audit review"


@dataclass(frozen=True)
class Month:
    """One month (UTC) of a log. ``commands`` and ``actors`` count entries that ended something; ``keys`` those of each key.

    ``not_done`` are the numbers of entries of what failed or was refused, ``unfinished`` of what started and has no end,
    ``reviews`` of the month's reviews.
    """

    month: str
    entries: int
    commands: dict[str, dict[str, int]]
    actors: dict[str, int]
    keys: dict[str, int]
    not_done: list[int]
    unfinished: list[int]
    reviews: list[int]


def month_of(entries: Sequence[Entry], month: str) -> Month:
    """The figures of one month, such as ``2026-11``. Raises AuditValueError for anything that is no month."""
    if not _MONTH.fullmatch(month):
        raise AuditValueError("Give the month as YYYY-MM, such as 2026-11.")
    own = [entry for entry in entries if entry.time.startswith(f"{month}-")]
    ended = [entry for entry in own if entry.action.outcome != "started"]
    finished = {entry.action.of for entry in entries if entry.action.of is not None}
    commands: dict[str, dict[str, int]] = {}
    for entry in ended:
        outcomes = commands.setdefault(entry.action.command, {})
        outcomes[entry.action.outcome] = outcomes.get(entry.action.outcome, 0) + 1
    return Month(
        month,
        len(own),
        dict(sorted(commands.items())),
        _counted(entry.action.actor for entry in ended),
        _counted(f"{entry.action.key.key_id} {entry.action.key.kcv}" for entry in ended if entry.action.key),
        [entry.seq for entry in ended if entry.action.outcome in ("failed", "refused")],
        [entry.seq for entry in own if entry.action.outcome == "started" and entry.seq not in finished],
        [entry.seq for entry in ended if entry.action.command == REVIEW],
    )


def _counted(values: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(values).items()))
