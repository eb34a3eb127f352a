"""Whether a release stays inside its approved request: tables, columns, authorities, period, policy.

Looked at on the tables as they are given, before anything is pseudonymised or any date made coarser.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from pseudo.columns import Source, encode
from pseudo.deidentify import present_columns
from pseudo.errors import PolicyError
from pseudo.policy import LoadedPolicy, TablePolicy
from pseudo.request_file import Period, RequestDocument, RequestedTable
from pseudo.treatments import NO_LOOKUPS, Lookups

_CODE = re.compile(r"[0-9]{3}")
_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[ T].*)?", re.DOTALL)


def require_in_scope(
    request: RequestDocument, policy: LoadedPolicy, sources: Mapping[str, Source], lookups: Lookups = NO_LOOKUPS
) -> None:
    """Raise PolicyError that names, all at once, everything of a release that its request does not approve.

    A blank date is in no period and passes; a date that is not a date is a fault, for nobody can say where it lies. A blank
    authority is a fault.
    """
    faults = _policy_faults(request, policy)
    for name, source in sources.items():
        approved, table = request.tables.get(name), policy.policy.tables.get(name)
        if approved is None:
            faults.append(f"{name}: the request has no such table.")
        elif table is not None:
            faults += _column_faults(name, approved, [c for c, _, _ in present_columns(source, table, lookups)])
            faults += _authority_faults(name, request, table, source)
            faults += _period_faults(name, approved, request.period, source)
    if faults:
        raise PolicyError(
            f"The release is stopped: request {request.id}, version {request.version}, does not approve all of it. Leave out "
            "what is named here, or have it approved.\n" + "\n".join(faults)
        )


def _policy_faults(request: RequestDocument, policy: LoadedPolicy) -> list[str]:
    asked = request.policy
    faults = []
    if (policy.policy.name, policy.policy.version, policy.sha256) != (asked.name, asked.version, asked.sha256):
        faults.append(
            f"policy: approved is {asked.name}, version {asked.version}, with the hash {asked.sha256[:16]}…; "
            f"given is {policy.policy.name}, version {policy.policy.version}, with {policy.sha256[:16]}…."
        )
    meant_for = policy.policy.environment
    if meant_for is not None and meant_for != request.environment:
        faults.append(f"policy: made for an environment that is {meant_for}; the recipient's is {request.environment}.")
    return faults


def _column_faults(name: str, approved: RequestedTable, released: Sequence[str]) -> list[str]:
    return [f"{name}.{column}: not an approved column." for column in released if column not in approved.columns]


def _authority_faults(name: str, request: RequestDocument, table: TablePolicy, source: Source) -> list[str]:
    column = table.person.la_code
    if column is None or column not in _lower(source):
        return []
    allowed = {entry.code for entry in request.authorities}
    rows = _rows_by_text(source.column(column))
    faults = [
        f"{name}: {count:,} rows of authority {code}, which is not an approved one."
        for code, count in sorted(rows.items())
        if _CODE.fullmatch(code) and code not in allowed
    ]
    others = sum(count for code, count in rows.items() if not _CODE.fullmatch(code))
    return faults + ([f"{name}: {others:,} rows without the code of an authority."] if others else [])


def _period_faults(name: str, approved: RequestedTable, period: Period, source: Source) -> list[str]:
    faults = []
    for column in approved.dates:
        if column not in _lower(source):
            faults.append(f"{name}.{column}: the period cannot be checked, for the table has no such column.")
            continue
        outside = unreadable = 0
        for text, count in _rows_by_text(source.column(column)).items():
            day = _day(text)
            if day is None:
                unreadable += count if text.strip() else 0
            elif not period.starts <= day <= period.ends:
                outside += count
        between = f"{period.starts.isoformat()} to {period.ends.isoformat()}"
        if outside:
            faults.append(f"{name}.{column}: {outside:,} rows with days outside the approved period, {between}.")
        if unreadable:
            faults.append(f"{name}.{column}: {unreadable:,} rows whose day cannot be read (YYYY-MM-DD).")
    return faults


def _lower(source: Source) -> Sequence[str]:
    return [column.lower() for column in source.columns]


def _rows_by_text(column: pa.ChunkedArray) -> dict[str, int]:
    """Rows of every distinct value as text; blank is the empty text."""
    encoded = encode(column)
    counts = pc.value_counts(encoded.indices)
    values = encoded.dictionary.cast(pa.string()).to_pylist()
    found: dict[str, int] = {}
    for entry in counts.to_pylist():
        place = entry["values"]
        text = "" if place is None or values[place] is None else values[place]
        found[text] = found.get(text, 0) + entry["counts"]
    return found


def _day(text: str) -> date | None:
    matched = _DAY.fullmatch(text.strip())
    try:
        return date.fromisoformat(matched[1]) if matched else None
    except ValueError:
        return None
