"""Care events in the order they happen: requests, assessments, services and reviews of service users.

Each function makes one kind of event for some of the clients, as columns with the canonical ids of a submission. Dates
may run past the end of the year; ``settled`` keeps what began within it and closes what death ended.
"""

from typing import Any

import numpy as np

from linkage.synth.care.clients import Clients, change_day, over_years, window_day
from linkage.synth.care.pathways import REABLEMENT, years_since
from linkage.synth.columns import Columns, chosen, joined
from linkage.synth.draws import NEVER, Bools, Days, Draws, Floats, Ints, Texts
from linkage.synth.profile import SynthProfile
from linkage.synth.world import World

EVENT_TEXTS = (
    "event_outcome", "route_of_access", "assessment_type", "eligible_needs_identified", "service_type",
    "service_component", "delivery_mechanism", "review_reason", "review_outcomes_achieved", "participants", "client_type",
)  # fmt: skip
LONG_TERM = {
    "nursing": ("Long Term Support: Nursing Care", "Long Term Nursing Care"),
    "residential": ("Long Term Support: Residential Care", "Long Term Residential Care"),
}
COMMUNITY = "Long Term Support: Community"
DIRECT_PAYMENT, MANAGED, COMMISSIONED = "Direct Payment", "CASSR Managed Personal Budget", "CASSR Commissioned Support"
PLANNING, ADVISED = "Progress to Support Planning / Services", "NFA - Information & Advice / Signposting only"
ELIGIBLE = "Eligible needs identified"
FROM_HOSPITAL, COMMUNITY_ROUTE = "Discharge from Hospital", "Community / Other route"
# Days from the request to the admission to a care home that follows it, about.
_BEFORE_ADMISSION = 30
_PRISON = "prison"
_DECEASED = "NFA - Deceased"


def events_of(rows: Ints, person_id: Ints, event_type: str, start: Days, end: Days, **texts: Texts | str) -> Columns:
    """Event columns for some people; texts not given are empty."""
    size = len(rows)
    columns: Columns = {"row": rows, "person_id": person_id, "event_type": _filled(event_type, size)}
    columns |= {"event_start_date": start.astype("datetime64[D]"), "event_end_date": end.astype("datetime64[D]")}
    return columns | {name: _filled(texts.get(name, ""), size) for name in EVENT_TEXTS}


def care_events(profile: SynthProfile, world: World, users: Clients) -> Columns:
    """Every event of the service users of one block, settled, in order of person and start."""
    draws = Draws(profile.seed)
    fronts, long_term_from = _ways_in(draws, profile, world, users)
    services, into_home = _long_term(draws, profile, world, users, long_term_from)
    reviews = _reviews(draws, profile, world, users)
    table = joined([*fronts, *services, *into_home, reviews])
    return settled(table, users.row, users.death, users.since, profile)


def settled(events: Columns, rows: Ints, death: Days, since: Days, profile: SynthProfile) -> Columns:
    """Events that began by the end of the year and before death, and ended not before ``since``; death closes them."""
    end_of_year = np.datetime64(profile.period_end, "D")
    at = np.searchsorted(rows, events["row"])
    died, first = death[at], since[at]
    start, end = events["event_start_date"], events["event_end_date"]
    service = events["event_type"] == "Service"
    closed_by_death = service & ~np.isnat(died) & (np.isnat(end) | (end > died))
    end = np.where(closed_by_death, died, end)
    outcome = np.where(closed_by_death, _DECEASED, events["event_outcome"])
    open_now = np.isnat(end) | (end > end_of_year)
    table = events | {
        "event_end_date": np.where(open_now, NEVER, end),
        "event_outcome": np.where(open_now, "", outcome),
    }
    keep = (start <= end_of_year) & ~(start > died) & ~(end < first)
    keep &= service | ~(end > died)
    order = np.lexsort((events["event_type"], start, events["row"]))
    return chosen(table, order[keep[order]])


def _ways_in(draws: Draws, profile: SynthProfile, world: World, users: Clients) -> tuple[list[Columns], Days]:
    """Requests, assessments, reablement and short-term support; and when long-term support begins for everybody."""
    care, ids = world.care, users.person_id
    asked: Any = np.where(
        users.admitted > users.since + _BEFORE_ADMISSION, users.admitted - _BEFORE_ADMISSION,
        window_day(draws, profile, "asked", ids, users.since, (0, 5)),
    )  # fmt: skip
    handling = draws.between("request_days", ids, 0, 7)
    from_hospital = ~np.isnat(users.reablement_from)
    asked = np.where(from_hospital, users.reablement_from - handling - 1, asked)
    ends = asked + handling
    new, enabled = users.pathway == "new_long_term", users.pathway == REABLEMENT
    short, contact = users.pathway == "short_term", users.pathway == "contact_only"
    goes_on = enabled & draws.chance("after_reablement", ids, care.reablement_leads_to_long_term)
    outcome = np.select(
        [new, enabled, short],
        [
            "Progress to Assessment / Unplanned Review",
            "Progress to Reablement/ST-Max",
            PLANNING,
        ],
        draws.choose("contact_outcome", ids, care.contact_outcomes),
    ).astype(object)
    reablement: Any = np.where(from_hospital, users.reablement_from, ends + draws.between("reablement_wait", ids, 0, 2))
    reablement_ends = reablement + draws.between(
        "reablement_days", ids, care.reablement_days.low, care.reablement_days.high
    )
    assessed = np.where(goes_on, reablement_ends, ends) + draws.between("assessment_wait", ids, 0, 9)
    assessed_by = assessed + draws.between("assessment_days", ids, 1, 35)
    begins = np.where(new | goes_on, assessed_by + draws.between("support_wait", ids, 0, 14), users.long_term_from)
    request = events_of(
        users.row, ids, "Request", asked, ends, event_outcome=outcome, route_of_access=_routes(draws, world, users)
    )
    parts = [
        chosen(request, new | enabled | short | contact),
        chosen(_reablement(draws, world, users, reablement, reablement_ends, goes_on), enabled),
        chosen(
            _assessments(draws, world, users, assessed, assessed_by),
            new | goes_on | (contact & draws.chance("advised", ids, care.advised_after_contact)),
        ),
        chosen(_short_term(draws, world, users, ends), short),
    ]
    return parts, begins


def _routes(draws: Draws, world: World, users: Clients) -> Texts:
    route = np.full(len(users.row), "", dtype=object)
    for group, weights in world.care.routes.items():
        rows = users.group == group
        route[rows] = draws.choose("route", users.person_id[rows], weights)
    route = np.where(users.pathway == REABLEMENT, COMMUNITY_ROUTE, route)
    return np.where(np.isnat(users.discharged), route, FROM_HOSPITAL).astype(object)


def _reablement(draws: Draws, world: World, users: Clients, start: Days, end: Days, goes_on: Bools) -> Columns:
    planned = np.where(
        draws.chance("reablement_stops", users.person_id, world.care.reablement_stops_early),
        "NFA - Support ended: Other reason",
        "Service ended as planned",
    )
    return events_of(
        users.row, users.person_id, "Service", start, end,
        event_outcome=np.where(goes_on, "Progress to Re-assessment", planned).astype(object),
        service_type="Short Term Support: ST-Max", service_component="Reablement",
    )  # fmt: skip


def _assessments(draws: Draws, world: World, users: Clients, start: Days, end: Days) -> Columns:
    advised = users.pathway == "contact_only"
    needs = draws.choose("needs", users.person_id, world.care.needs_of_advised)
    return events_of(
        users.row, users.person_id, "Assessment", start, end,
        event_outcome=np.where(advised, ADVISED, PLANNING).astype(object),
        assessment_type="Long Term Assessment",
        eligible_needs_identified=np.where(advised, needs, ELIGIBLE).astype(object),
        participants=draws.choose("participants", users.person_id, world.care.assessment_participants),
    )  # fmt: skip


def _short_term(draws: Draws, world: World, users: Clients, ready: Days) -> Columns:
    kinds = world.care.short_term_services
    kind = draws.pick("short_term", users.person_id, [entry.weight for entry in kinds])
    low, high = np.array([k.low_days for k in kinds])[kind], np.array([k.high_days for k in kinds])[kind]
    start = ready + draws.between("short_term_wait", users.person_id, 0, 12)
    return events_of(
        users.row, users.person_id, "Service", start, start + draws.between("short_term_days", users.person_id, low, high),
        event_outcome="Service ended as planned",
        service_type=np.array([k.type for k in kinds], dtype=object)[kind],
        service_component=np.array([k.component for k in kinds], dtype=object)[kind],
    )  # fmt: skip


def _long_term(
    draws: Draws, profile: SynthProfile, world: World, users: Clients, begins: Days
) -> tuple[list[Columns], list[Columns]]:
    """Long-term services, and the care-home services of those who move into one during the year."""
    care, ids = world.care, users.person_id
    some_day = change_day(draws, profile, ids, users.since)
    has = ~np.isnat(begins)
    community = has & (users.setting == "community")
    into_home = ~np.isnat(users.moves_into_home)
    stops = _stops(draws, profile, world, users, begins)
    end = np.where(into_home, some_day - 1, np.where(stops, some_day, NEVER))
    outcome = np.where(
        into_home, "Progress to Re-assessment", np.where(stops, draws.choose("stops_as", ids, care.ended_outcomes), "")
    ).astype(object)
    parts = [chosen(_home_services(users, users.setting, begins, end, outcome), has & ~community)]
    parts += _community_services(draws, profile, world, users, begins, end, outcome, community)
    setting = np.where(draws.chance("nursing", ids, care.nursing_among_care_home), "nursing", "residential").astype(
        object
    )
    later = _home_services(users, setting, some_day, np.full(len(ids), NEVER), np.full(len(ids), "", dtype=object))
    return parts, [chosen(later, into_home)]


def _stops(draws: Draws, profile: SynthProfile, world: World, users: Clients, begins: Days) -> Bools:
    """Whose long-term support, begun on the given day, ends for good on their day of change (but for death)."""
    ended = over_years(world.care.ended_in_year, years_since(profile, users.since))
    before = begins < change_day(draws, profile, users.person_id, users.since)
    return np.asarray(np.isnat(users.moves_into_home) & before & draws.chance("stops", users.person_id, ended))


def _home_services(users: Clients, setting: Texts, start: Days, end: Days, outcome: Texts) -> Columns:
    nursing = setting == "nursing"
    names = [
        np.where(nursing, a, b).astype(object)
        for a, b in zip(LONG_TERM["nursing"], LONG_TERM["residential"], strict=True)
    ]
    return events_of(
        users.row, users.person_id, "Service", start, end,
        event_outcome=outcome, service_type=names[0], service_component=names[1],
    )  # fmt: skip


def _community_services(
    draws: Draws,
    profile: SynthProfile,
    world: World,
    users: Clients,
    start: Days,
    end: Days,
    outcome: Texts,
    rows: Bools,
) -> list[Columns]:
    ids = users.person_id
    arrangement, component = _by_group(draws, world, users)
    prefixed = np.array([a.spec == "v4.2" for a in profile.authorities])[users.authority]
    # v6 as far as it is known has no way to say that support is in prison.
    without_prison = np.array([a.spec == "v6" for a in profile.authorities])[users.authority]
    arrangement = np.where((arrangement == _PRISON) & without_prison, "managed", arrangement)
    mechanism = np.select(
        [arrangement == "commissioned", arrangement == _PRISON], [COMMISSIONED, f"Prison: {MANAGED}"], MANAGED
    )
    mechanism = np.where(
        prefixed & (arrangement != _PRISON), np.char.add("Community: ", mechanism.astype(str)), mechanism
    ).astype(object)
    payment = np.where(prefixed, f"Community: {DIRECT_PAYMENT}", DIRECT_PAYMENT).astype(object)

    def service(begin: Days, part: Texts | str, way: Texts) -> Columns:
        return events_of(
            users.row, ids, "Service", begin, end,
            event_outcome=outcome, service_type=COMMUNITY, service_component=part, delivery_mechanism=way,
        )  # fmt: skip

    later = np.minimum(
        start + draws.between("second_service", ids, 10, 200), np.where(np.isnat(end), np.datetime64("2200-01-01"), end)
    )
    second = rows & (arrangement == "managed") & draws.chance("has_second_service", ids, world.care.second_service)
    other = np.where(component == "Home Support", "Day Support", "Home Support").astype(object)
    return [
        chosen(service(start, DIRECT_PAYMENT, payment), rows & np.isin(arrangement, ["direct_payment", "part"])),
        chosen(service(start, component, mechanism), rows & (arrangement != "direct_payment")),
        chosen(service(later, other, mechanism), second),
    ]


def _by_group(draws: Draws, world: World, users: Clients) -> tuple[Texts, Texts]:
    arrangement = np.full(len(users.row), "", dtype=object)
    component = arrangement.copy()
    for group in ("younger", "older"):
        rows = users.group == group
        arrangement[rows] = draws.choose("arrangement", users.person_id[rows], world.care.arrangements[group])
        component[rows] = draws.choose("component", users.person_id[rows], world.care.community_components[group])
    return arrangement, component


def _reviews(draws: Draws, profile: SynthProfile, world: World, users: Clients) -> Columns:
    """Of long-term support while it lasts: at most one review in the period, and one in the time before it in which
    contacts may fall. A review that would begin after the end of the support does not happen.
    """
    start, end = np.datetime64(profile.period_start, "D"), np.datetime64(profile.period_end, "D")
    in_period = _one_review(draws, world, users, ("", np.broadcast_to(start, users.since.shape), end), 1.0)
    earlier = years_since(profile, users.since) - 1
    before = _one_review(draws, world, users, ("/before", users.since, start - 1), earlier)
    table = joined([in_period, before])
    stops = _stops(draws, profile, world, users, users.long_term_from)
    until = np.where(stops, change_day(draws, profile, users.person_id, users.since), NEVER)
    at = np.searchsorted(users.row, table["row"])
    return chosen(table, ~(table["event_start_date"] > until[at]))


def _one_review(
    draws: Draws, world: World, users: Clients, time: tuple[str, Days, np.datetime64], years: Floats | float
) -> Columns:
    """A review within a time (its name for the draws, first days, last day), for so much of those with a review a year."""
    care, ids, (part, first, last) = world.care, users.person_id, time
    days = (last - first).astype(np.int64)
    start = first + draws.between(f"review_day{part}", ids, 0, np.maximum(days - 3, 0))
    unplanned = draws.chance(f"unplanned{part}", ids, care.unplanned_review)
    reason = draws.choose(f"review_reason{part}", ids, care.unplanned_reasons)
    table = events_of(
        users.row, ids, "Review", start, start + draws.between(f"review_days{part}", ids, 0, 14),
        event_outcome=draws.choose(f"review_outcome{part}", ids, care.review_outcomes),
        review_reason=np.where(unplanned, reason, "Planned").astype(object),
        review_outcomes_achieved=draws.choose(f"achieved{part}", ids, care.review_outcomes_achieved),
        participants=draws.choose(f"review_participants{part}", ids, care.review_participants),
    )  # fmt: skip
    reviewed = (users.long_term_from < start) & draws.chance(f"reviewed{part}", ids, care.review_in_year * years)
    return chosen(table, reviewed)


def _filled(value: Texts | str, size: int) -> Texts:
    return np.full(size, value, dtype=object) if isinstance(value, str) else np.asarray(value, dtype=object)
