"""Everything that must not count: requests, assessments, reviews, short-term support, and people who have nothing else."""

import numpy as np

from linkage.synth.draws import Days, Draws, Ints, Texts
from linkage.synth.oracle.cast import Cast
from linkage.synth.oracle.journeys import Journeys, Plan, drawn_day
from linkage.synth.oracle.rows import Rows, chosen, rows_of, texts
from linkage.synth.oracle.settings import MOST_STAGES, OracleSettings

_STAY = ("Short Term Support: Other Short Term", "Short Term Residential Care")
_REABLEMENT = ("Short Term Support: ST-Max", "Reablement")
_PLANNING, _PLANNED = "Progress to Support Planning / Services", "Service ended as planned"
_PARTICIPANTS = {"alone": "No", "with_carer": "Yes", "": "Don't know"}
_REVIEW_ROOM_DAYS, _REVIEW_DAYS = 25, 14
_STAY_ROOM_DAYS, _STAY_DAYS = 40, 20


def other_events(settings: OracleSettings, cast: Cast, plan: Plan, journeys: Journeys) -> list[Rows]:
    """Events beside long-term support, of those who have it and of those who do not."""
    first_day, last_day = np.datetime64(settings.period_start, "D"), np.datetime64(settings.period_end, "D")
    stop = journeys.ends[np.arange(len(cast)), np.maximum(plan.count - 1, 0)]
    until = np.where(np.isnat(stop), last_day, stop)
    opens = np.maximum(journeys.starts[:, 0], first_day)
    parts = [*_ways_in(settings, cast, plan, journeys), _reviews(settings, cast, plan, opens, until)]
    parts += [_short_stays(settings, cast, plan, opens, until), *_bridges(settings, cast, journeys)]
    return [*parts, *_others(settings, cast)]


def _ways_in(settings: OracleSettings, cast: Cast, plan: Plan, journeys: Journeys) -> list[Rows]:
    """Request, assessment and reablement before support that began within the year. Reablement ends the day before."""
    draws, ids = Draws(settings.seed), cast.number
    first_day = np.datetime64(settings.period_start, "D")
    start = journeys.starts[:, 0]
    before = settings.request_to_assessment_days
    assessed_by = start - draws.between("support_wait", ids, 1, 10)
    days = draws.between("assessment_days", ids, settings.assessment_days.low, settings.assessment_days.high)
    assessed = assessed_by - days
    asked = assessed - draws.between("assessment_wait", ids, before.low, before.high)
    there = np.flatnonzero(plan.begins & (asked >= first_day))
    request = _requests(
        settings, cast, there, asked[there], texts(["Progress to Assessment / Unplanned Review"] * len(there))
    )
    assessment = _assessments(settings, cast, there, assessed[there], assessed_by[there], eligible=True)
    enabled = plan.begins & (start > first_day) & draws.chance("reablement", ids, settings.reablement_first)
    rows = np.flatnonzero(enabled & (plan.stages[:, 0] != "C"))
    reablement = settings.world.care.reablement_days
    length = draws.between("reablement_days", ids[rows], reablement.low, reablement.high)
    support = _short_term(cast, rows, start[rows] - length, start[rows] - 1, _REABLEMENT, "Progress to Re-assessment")
    return [request, assessment, support]


def _reviews(settings: OracleSettings, cast: Cast, plan: Plan, opens: Days, until: Days) -> Rows:
    """A review of some of the people whose support is old enough, completed before the support ends."""
    draws, care = Draws(settings.seed), settings.world.care
    old = plan.has_history & cast.counted & ((until - opens).astype(np.int64) > _REVIEW_ROOM_DAYS)
    rows = np.flatnonzero(old & draws.chance("reviewed", cast.number, care.review_in_year))
    ids = cast.number[rows]
    start = drawn_day(draws, "review", ids, opens[rows] + 1, until[rows] - _REVIEW_DAYS - 1)
    unplanned = draws.chance("unplanned", ids, care.unplanned_review)
    reasons = np.where(unplanned, draws.choose("review_reason", ids, care.unplanned_reasons), "Planned").astype(object)
    return rows_of(
        cast, rows, "Review", start, start + draws.between("review_days", ids, 0, _REVIEW_DAYS),
        event_outcome=draws.choose("review_outcome", ids, care.review_outcomes),
        review_reason=reasons,
        review_outcomes_achieved=draws.choose("achieved", ids, care.review_outcomes_achieved),
    )  # fmt: skip


def _short_stays(settings: OracleSettings, cast: Cast, plan: Plan, opens: Days, until: Days) -> Rows:
    """A short stay in a care home beside the support of some who live at home."""
    draws = Draws(settings.seed)
    at_home = np.array([bool(letters) and letters[0] in "DMC" for letters in plan.stages[:, 0].tolist()], dtype=bool)
    room = (until - opens).astype(np.int64)
    some = at_home & (room > _STAY_ROOM_DAYS) & draws.chance("short_stay", cast.number, settings.short_stay)
    rows = np.flatnonzero(some)
    ids = cast.number[rows]
    start = drawn_day(draws, "stay", ids, opens[rows] + 1, until[rows] - _STAY_DAYS - 1)
    return _short_term(cast, rows, start, start + draws.between("stay_days", ids, 3, _STAY_DAYS), _STAY, _PLANNED)


def _bridges(settings: OracleSettings, cast: Cast, journeys: Journeys) -> list[Rows]:
    """Short stays that fill a break between two stages to the day: short-term support does not join a chain."""
    parts = []
    for stage in range(MOST_STAGES - 1):
        start, end = journeys.ends[:, stage] + 1, journeys.starts[:, stage + 1] - 1
        broken = ~np.isnat(start) & (start <= end)
        drawn = Draws(settings.seed).chance(f"bridged/{stage}", cast.number, settings.break_bridged_by_short_stay)
        rows = np.flatnonzero(broken & drawn)
        parts.append(_short_term(cast, rows, start[rows], end[rows], _STAY, "Progress to Re-assessment"))
    return parts


def _others(settings: OracleSettings, cast: Cast) -> list[Rows]:
    """The people of no table: a request each; advice, an assessment without eligible needs, or short-term support."""
    draws, care = Draws(settings.seed), settings.world.care
    rows = np.flatnonzero(~cast.counted)
    ids = cast.number[rows]
    first_day = np.datetime64(settings.period_start, "D")
    days = (settings.period_end - settings.period_start).days
    asked = first_day + draws.between("asked", ids, 0, days - 60)
    kind = draws.pick("other", ids, list(settings.others_have.values()))
    assessed, supported = kind == 1, kind == 2
    contact = draws.choose("contact_outcome", ids, care.contact_outcomes)
    outcome = np.select([assessed, supported], ["Progress to Assessment / Unplanned Review", _PLANNING], contact)
    starts = asked + draws.between("other_wait", ids, 1, 12)
    short = care.short_term_services
    which = draws.pick("short_term", ids, [service.weight for service in short])
    length = draws.between(
        "short_term_days",
        ids,
        np.array([s.low_days for s in short])[which],
        np.array([s.high_days for s in short])[which],
    )
    rows_short = chosen({"row": rows, "which": which, "length": length, "start": starts}, supported)
    wording = [(short[number].type, short[number].component) for number in rows_short["which"].tolist()]
    support = _short_term(
        cast, rows_short["row"], rows_short["start"], rows_short["start"] + rows_short["length"], wording, _PLANNED
    )
    request = _requests(settings, cast, rows, asked, outcome.astype(object))
    ended = starts[assessed] + draws.between("assessment_days", ids[assessed], 3, 30)
    return [request, _assessments(settings, cast, rows[assessed], starts[assessed], ended, eligible=False), support]


def _requests(settings: OracleSettings, cast: Cast, rows: Ints, asked: Days, outcome: Texts) -> Rows:
    """Requests that take a day or two."""
    draws, ids = Draws(settings.seed), cast.number[rows]
    route = np.full(len(rows), "", dtype=object)
    for band, group in settings.age_groups.items():
        of = cast.age_band[rows] == band
        route[of] = draws.choose("route", ids[of], settings.world.care.routes[group])
    ends = asked + draws.between("request_days", ids, 0, 1)
    return rows_of(cast, rows, "Request", asked, ends, event_outcome=outcome, route_of_access=route)


def _assessments(settings: OracleSettings, cast: Cast, rows: Ints, start: Days, end: Days, *, eligible: bool) -> Rows:
    draws, ids, care = Draws(settings.seed), cast.number[rows], settings.world.care
    who = draws.choose("participants", ids, care.assessment_participants)
    return rows_of(
        cast, rows, "Assessment", start, end,
        event_outcome=_PLANNING if eligible else "NFA - Information & Advice / Signposting only",
        assessment_type="Long Term Assessment",
        eligible_needs_identified="Eligible needs identified" if eligible else draws.choose("needs", ids, care.needs_of_advised),
        informal_carer_involved_in_assessment=texts(_PARTICIPANTS.get(name, "Yes") for name in who.tolist()),
    )  # fmt: skip


def _short_term(
    cast: Cast, rows: Ints, start: Days, end: Days, wording: tuple[str, str] | list[tuple[str, str]], outcome: str
) -> Rows:
    pairs = wording if isinstance(wording, list) else [wording] * len(rows)
    return rows_of(
        cast, rows, "Service", start, end,
        event_outcome=outcome,
        service_type=texts(pair[0] for pair in pairs),
        service_component=texts(pair[1] for pair in pairs),
    )  # fmt: skip
