"""Who is known to social care: service users and carers of each authority, and the pathway each takes in the year."""

from dataclasses import dataclass

import numpy as np

from linkage.synth.care.morbidity import condition_counts
from linkage.synth.care.pathways import ESTABLISHED, Candidates, first_day, pathways, years_since
from linkage.synth.counts import running_within
from linkage.synth.draws import NEVER, Bools, Days, Draws, Floats, Ints, Texts
from linkage.synth.people.lives import Lives
from linkage.synth.people.population import RESIDENT, Households
from linkage.synth.profile import SynthProfile
from linkage.synth.world import World

USER, CARER, ASSOCIATED = "Service User", "Carer", "Carer known by association"
_YEAR = 365.25
_ADULT_AGE = 18
# Linked people of a carer beside the first.
_ALSO = 2
# How often a relative elsewhere is drawn for.
_TURNS = 3
# A move into a care home or the end of a service keeps this many days from the ends of the year.
_MARGIN_DAYS = 10


@dataclass(frozen=True)
class Clients:
    """One row per service user of a block. ``row`` is the position among the people.

    ``pathway`` is established, new_long_term, reablement, contact_only or short_term; ``group`` younger (18 to 64) or
    older; ``setting`` nursing, residential or community; ``long_term_from`` the start of established support (else NaT);
    ``admitted`` the admission to a care home of those who live in one now, ``moves_into_home`` the day on which an
    established community user moves into one (else NaT). ``since`` is the first day of the time in which contacts,
    reviews and changes fall; ``conditions`` the number of long-term conditions. ``discharged`` and ``reablement_from``
    are the hospital discharge that led to reablement and the day this begins (NaT for all others).
    """

    row: Ints
    person_id: Ints
    authority: Ints
    group: Texts
    pathway: Texts
    reason: Texts
    setting: Texts
    since: Days
    long_term_from: Days
    admitted: Days
    moves_into_home: Days
    discharged: Days
    reablement_from: Days
    conditions: Ints
    death: Days


@dataclass(frozen=True)
class Carers:
    """One row per carer and cared-for service user. ``row`` and ``cares_for`` are positions among the people.

    ``also_cares_for`` has two columns, -1 for none: up to two further users of the household, or a relative who is a user
    elsewhere in the authority.
    """

    row: Ints
    cares_for: Ints
    also_cares_for: Ints
    person_id: Ints
    authority: Ints
    client_type: Texts
    also_user: Bools
    death: Days


def clients(profile: SynthProfile, world: World, people: Households, lives: Lives) -> Clients:
    """The service users of one block: adults on the first day of the period who were alive when contacts begin."""
    draws = Draws(profile.seed)
    among = _candidates(profile, world, people, lives)
    found = pathways(profile, world, people, lives, among)
    row, pathway = found.row, found.pathway
    at = np.searchsorted(among.row, row)
    ids, group, since = among.person_id[at], among.group[at], among.since[at]
    home = among.home[at]
    nursing = draws.chance("nursing", ids, world.care.nursing_among_care_home)
    long_term_from = _long_term_from(draws, world, people, lives, row, pathway, since)
    settled_at_home = np.where(home | (group != "older"), NEVER, long_term_from)
    return Clients(
        row=row,
        person_id=ids,
        authority=people.authority[row],
        group=group,
        pathway=pathway,
        reason=_reasons(draws, world, ids, group, pathway),
        setting=np.where(home, np.where(nursing, "nursing", "residential"), "community").astype(object),
        since=since,
        long_term_from=long_term_from,
        admitted=lives.admitted[row],
        moves_into_home=_moves_into_home(draws, profile, world, ids, since, settled_at_home, lives.death[row]),
        discharged=found.discharged,
        reablement_from=found.reablement_from,
        conditions=among.conditions[at],
        death=lives.death[row],
    )


def carers(profile: SynthProfile, world: World, people: Households, lives: Lives, users: Clients) -> Carers:
    """Relatives in the household of a service user, in authorities whose submissions hold carers."""
    draws = Draws(profile.seed)
    records = np.array([authority.carers for authority in profile.authorities])
    cared_for = _users_at_home(people, users.row[(people.role[users.row] != RESIDENT) & records[users.authority]])
    alive = ~(lives.death < first_day(profile)[people.authority])
    adult = age_years(people, np.datetime64(profile.period_start, "D")) >= _ADULT_AGE
    is_user = np.isin(np.arange(len(people)), users.row)
    cares = (cared_for[:, 0] >= 0) & alive & adult
    cares &= draws.chance("cares", people.person_id, profile.coverage.carer_in_household)
    cares &= ~is_user | draws.chance("both", people.person_id, profile.coverage.carer_is_also_user)
    row = np.flatnonzero(cares)
    also = cared_for[row, 1:]
    also[:, 0] = np.where(
        also[:, 0] < 0, _user_elsewhere(draws, world, people, users, row, cared_for[row, 0]), also[:, 0]
    )
    associated = draws.chance("associated", people.person_id[row], profile.coverage.known_by_association)
    return Carers(
        row=row,
        cares_for=cared_for[row, 0],
        also_cares_for=also,
        person_id=people.person_id[row],
        authority=people.authority[row],
        client_type=np.where(associated & ~is_user[row], ASSOCIATED, CARER).astype(object),
        also_user=is_user[row],
        death=lives.death[row],
    )


def age_years(people: Households, day: np.datetime64) -> Floats:
    """Age in years and parts of a year on a day."""
    return np.asarray((day - people.birth).astype(np.int64) / _YEAR)


def window_day(
    draws: Draws, profile: SynthProfile, name: str, users_ids: Ints, since: Days, margins: tuple[int, int]
) -> Days:
    """A day from ``since`` to the end of the period, even, so many days away from either end."""
    days = (np.datetime64(profile.period_end, "D") - since).astype(np.int64)
    return np.asarray(since + draws.between(name, users_ids, margins[0], days - margins[1]))


def over_years(a_year: float, years: Floats) -> Floats:
    """Chance of something within so many years, given the chance in one."""
    return np.asarray(1 - (1 - a_year) ** years)


def change_day(draws: Draws, profile: SynthProfile, ids: Ints, since: Days) -> Days:
    """The day on which a user's long-term support would change, if it does."""
    return window_day(draws, profile, "change_day", ids, since, (_MARGIN_DAYS, _MARGIN_DAYS))


def _candidates(profile: SynthProfile, world: World, people: Households, lives: Lives) -> Candidates:
    age = age_years(people, np.datetime64(profile.period_start, "D"))
    since = first_day(profile)[people.authority]
    row = np.flatnonzero((age >= _ADULT_AGE) & ~(lives.death < since))
    older = age_years(people, np.datetime64(profile.period_end, "D"))[row] >= 65
    return Candidates(
        row=row,
        person_id=people.person_id[row],
        group=np.where(older, "older", "younger").astype(object),
        age=age[row],
        home=people.role[row] == RESIDENT,
        settled=lives.admitted[row] < since[row],
        since=since[row],
        conditions=condition_counts(profile, world, people, lives)[row],
    )


def _users_at_home(people: Households, users: Ints) -> Ints:
    """Service users related to and living with each person, other than the person, at most three; -1 for none."""
    cared_for = np.full((len(people), 2 + _ALSO), -1)
    if not len(users):
        return cared_for[:, :-1]
    users = users[np.lexsort((users, people.kin[users]))]
    kin = people.kin[users]
    place = running_within(kin)
    table = np.full((len(users), 2 + _ALSO), -1)
    first = np.searchsorted(kin, kin)
    few = place < 2 + _ALSO
    table[first[few], place[few]] = users[few]
    at = np.searchsorted(kin, people.kin).clip(0, len(kin) - 1)
    cared_for = np.where((kin[at] == people.kin)[:, None], table[at], -1)
    cared_for = np.where(cared_for == np.arange(len(people))[:, None], -1, cared_for)
    order = np.argsort(cared_for < 0, axis=1, kind="stable")
    return np.asarray(np.take_along_axis(cared_for, order, axis=1)[:, :-1])


def _user_elsewhere(
    draws: Draws, world: World, people: Households, users: Clients, carer: Ints, cares_for: Ints
) -> Ints:
    """A second person cared for by some carers: an established user of the authority who is no kin of the household.

    -1 for none. Whoever is drawn in place of such a person is drawn again, so often and no more.
    """
    ids, rates = people.person_id[carer], world.carers
    has = draws.chance("cares_for_two", ids, rates.cares_for_two)
    has &= draws.chance("second_person_known", ids, rates.second_person_known)
    known = users.row[users.pathway == ESTABLISHED]
    known = known[np.argsort(people.authority[known], kind="stable")]
    place = people.authority[known]
    first = np.searchsorted(place, people.authority[carer])
    count = np.searchsorted(place, people.authority[carer], side="right") - first
    found = np.full(len(carer), -1)
    for turn in range(_TURNS if len(known) else 0):
        at = first + draws.between(f"cares_for_elsewhere/{turn}", ids, 0, np.maximum(count - 1, 0))
        drawn = known[at.clip(0, len(known) - 1)]
        fits = (
            has & (count > 0) & (people.kin[drawn] != people.kin[carer]) & (people.kin[drawn] != people.kin[cares_for])
        )
        found = np.where((found < 0) & fits, drawn, found)
    return found


def _moves_into_home(
    draws: Draws, profile: SynthProfile, world: World, ids: Ints, since: Days, settled_at_home: Days, death: Days
) -> Days:
    """The day of the move of a few established users; NaT for those without a day in ``settled_at_home``."""
    day = change_day(draws, profile, ids, since)
    chance = over_years(world.care.moves_into_care_home_during_year, years_since(profile, since))
    moves = (settled_at_home < day) & ~(death <= day) & draws.chance("into_home", ids, chance)
    return np.where(moves, day, NEVER)


def _reasons(draws: Draws, world: World, ids: Ints, group: Texts, pathway: Texts) -> Texts:
    reason = np.full(len(ids), "", dtype=object)
    for kind, weights in world.care.primary_support_reasons.items():
        rows = group == kind
        reason[rows] = draws.choose("reason", ids[rows], weights)
    unknown = draws.chance("reason_unknown", ids, world.care.reason_not_known_after_contact)
    return np.where((pathway == "contact_only") & unknown, "PSR Not Known", reason)


def _long_term_from(
    draws: Draws, world: World, people: Households, lives: Lives, row: Ints, pathway: Texts, since: Days
) -> Days:
    ids = people.person_id[row]
    before = (
        since - 1 - np.floor(draws.waiting("established", ids) * world.care.established_years * _YEAR).astype(np.int64)
    )
    adult = people.birth[row] + int(_ADULT_AGE * _YEAR) + 1
    before = np.where(
        lives.admitted[row] < since, lives.admitted[row], np.minimum(np.maximum(before, adult), since - 1)
    )
    return np.where(pathway == ESTABLISHED, before, NEVER)
