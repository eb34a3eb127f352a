"""A link found wrong: it is not made again, and every pack and dataset that it went into is listed.

What was made from a trace, and from what was made of it, is known from the audit log by the hashes of manifests.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from linkage.audited import Asked, asked_for, record, recorded
from linkage.engine import EngineOptions
from linkage.errors import InputError, UsageError
from linkage.feedback.decisions import Decision, links_of, store_decisions
from linkage.feedback.pack import COMMAND as PACK
from linkage.feedback.traced import Told, Trace, open_trace, told_of
from pseudo.audit import AuditLog
from pseudo.audit_entry import Entry

COMMAND = "feedback wrong"


@dataclass(frozen=True)
class WentInto:
    """Something that was made from a trace with the link: the audit entry, what it is, for whom, when, its manifest.

    ``certain``: the link is in it. Of a pack of changes that is known when both its traces are given.
    """

    entry: int
    made: str
    authority: str | None
    reference: str
    time: str
    by: str
    manifest: str
    certain: bool = True


def wrong_link(
    traces: Sequence[Path],
    query_id: str,
    *,
    reason: str,
    decisions: Path,
    asked: Asked,
    beside: Path,
    options: EngineOptions | None = None,
) -> list[WentInto]:
    """Reject the link of one query in every trace given that made it; return what was made from those traces.

    A pack of another authority holds nobody of this one and is not listed; nor is a pack of changes, where both its traces are
    given and tell the same of this person. Raises InputError when no trace given has the link, UsageError without a reason.
    """
    if not reason.strip():
        raise UsageError("Say why the link is wrong: --reason TEXT.")
    opened = [open_trace(path) for path in traces]
    with_link: dict[str, Trace] = {}
    found: dict[str, Decision] = {}
    log = asked.log(beside)
    action = asked_for(asked, log, opened[0].made_from).action(COMMAND)
    for trace in opened:
        link = links_of(trace, options).get(query_id)
        if link:
            number, evidence = link
            today = date.today().isoformat()
            found[number] = Decision(query_id, number, "reject", action.actor, today, reason.strip(), evidence)
            with_link[trace.made_from] = trace
    if not found:
        raise InputError("None of these traces has an accepted link for this person.")
    places = went_into(log, list(with_link), query_id.partition("/")[0] if "/" in query_id else None)
    told = {trace.made_from: told_of(trace, query_id, options) for trace in opened}
    places = [place for place in (_among_changes(place, log, told) for place in places) if place]
    counts = {"links": len(found), "places": len(places)}
    record(log, replace(action, counts=counts, made_from=list(with_link)))
    store_decisions(decisions, "wrong link", list(found.values()), {})
    return places


def went_into(log: AuditLog, made_from: Sequence[str], authority: str | None) -> list[WentInto]:
    """Everything that the log knows to be made from these manifests, directly or through something else, in order."""
    sources = {*made_from}
    places: list[WentInto] = []
    for entry in recorded(log):
        manifest = entry.action.manifest
        if manifest is None or not sources & {*entry.action.made_from}:
            continue
        if authority is not None and entry.action.authority not in (None, authority):
            continue
        sources.add(manifest)
        places.append(_place(entry, manifest))
    return places


def _among_changes(place: WentInto, log: AuditLog, told: Mapping[str, Told | None]) -> WentInto | None:
    """A place, unless it is a pack of changes and nothing changed for the person; not certain if a trace is not given."""
    made_from = recorded(log)[place.entry - 1].action.made_from
    if place.made != PACK or len(made_from) < 2:
        return place
    if not {*made_from} <= told.keys():
        return replace(place, certain=False)
    now, before = made_from
    return place if told[now] != told[before] else None


def _place(entry: Entry, manifest: str) -> WentInto:
    action = entry.action
    return WentInto(entry.seq, action.command, action.authority, action.reference, entry.time, action.actor, manifest)
