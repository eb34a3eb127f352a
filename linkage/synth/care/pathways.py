"""Who becomes a service user, and by which pathway: conditions first, then hospital stays, then chance.

The odds of use by number of conditions are planted. Established support does not depend on hospital stays, so that
their rate ratio stays exact; reablement after hospital is for people with a stay that happens to anybody. How many of
these are readmitted within 30 days is planted by who is chosen, not by adding stays.
"""

from dataclasses import dataclass

import numpy as np

from linkage.spec import load_specification
from linkage.synth.care.hospital import FOLLOWED_DAYS, Stays, candidate_stays, emergency_rates, happens_to_anybody
from linkage.synth.draws import NEVER, Bools, Days, Draws, Floats, Ints, Texts, by_age
from linkage.synth.people.lives import Lives
from linkage.synth.people.population import Households
from linkage.synth.profile import SynthProfile
from linkage.synth.world import World

ESTABLISHED, REABLEMENT = "established", "reablement"
_YEAR = 365.25
# The last discharge that reablement of this period may follow lies so many days before its end.
_LAST_DISCHARGE_DAYS = 7


@dataclass(frozen=True)
class Pathways:
    """One row per service user. ``row`` is the position among the people, ascending.

    ``discharged`` is the day of discharge from the stay that led to reablement and ``reablement_from`` the day that this
    reablement starts (both NaT for everybody else).
    """

    row: Ints
    pathway: Texts
    discharged: Days
    reablement_from: Days


@dataclass(frozen=True)
class Candidates:
    """The people who could become service users, one row each, ascending.

    ``since`` is the first day of the time in which contacts may fall, ``conditions`` the number of long-term conditions,
    ``settled`` whether a care-home resident had moved in before ``since``.
    """

    row: Ints
    person_id: Ints
    group: Texts
    age: Floats
    home: Bools
    settled: Bools
    since: Days
    conditions: Ints


@dataclass(frozen=True)
class _Chances:
    """Chances of each candidate in a private household.

    Of established support; else of reablement given a stay that it may follow (before readmissions are looked at); else
    of another contact. ``readmitted`` is the chance of an emergency within 30 days of a discharge.
    """

    established: Floats
    hospital: Floats
    other: Floats
    readmitted: Floats


def first_day(profile: SynthProfile) -> Days:
    """The first day of the contacts of each authority: of the period, or of the first file of a rolling twelve months."""
    start = np.datetime64(profile.period_start, "D")
    earlier = (start.astype("datetime64[M]") - 9).astype("datetime64[D]")
    rolling = [load_specification(authority.spec).period == "rolling_12_months" for authority in profile.authorities]
    return np.where(rolling, earlier, start).astype("datetime64[D]")


def years_since(profile: SynthProfile, since: Days) -> Floats:
    """Length of the time from ``since`` to the end of the period: exactly 1 for a year to date."""
    start, end = np.datetime64(profile.period_start, "D"), np.datetime64(profile.period_end, "D")
    return np.asarray((end - since).astype(np.int64) / (end - start).astype(np.int64))


def use_chance(profile: SynthProfile, age: Floats, conditions: Ints) -> Floats:
    """Chance that an adult in a private household is a service user.

    The odds of a person without conditions, by age, times the planted ratio for one, two, and three or more.
    """
    base = by_age(profile.coverage.by_age, age)
    ratios = np.array(profile.planted.use_odds_ratio_by_conditions)
    raised = base * ratios[np.minimum(conditions, len(ratios) - 1)]
    return np.asarray(raised / (1 - base + raised))


def pathways(profile: SynthProfile, world: World, people: Households, lives: Lives, among: Candidates) -> Pathways:
    """The service users among the candidates."""
    draws = Draws(profile.seed)
    size = len(among.row)
    pathway = np.full(size, "", dtype=object)
    discharged, reablement = np.full(size, NEVER), np.full(size, NEVER)
    private = np.flatnonzero(~among.home)
    known = draws.uniform("known_to_social_care", among.person_id)
    chances = _chances(profile, world, among, emergency_rates(profile, world, people)[among.row])
    established = ~among.home & (known < chances.established)
    pathway[established] = ESTABLISHED
    open_to = private[~established[private]]
    at, left_hospital, begins = _after_hospital(profile, world, people, lives, among, open_to, chances)
    pathway[at], discharged[at], reablement[at] = REABLEMENT, left_hospital, begins
    left = np.setdiff1d(open_to, at, assume_unique=True)
    new = left[draws.uniform("new_contact", among.person_id[left]) < chances.other[left]]
    pathway[new] = _new_pathways(draws, world, among, new)
    residents = np.flatnonzero(among.home & (known < profile.coverage.care_home))
    pathway[residents] = _resident_pathways(draws, profile, world, among, residents)
    users = np.flatnonzero(pathway != "")
    return Pathways(among.row[users], pathway[users], discharged[users], reablement[users])


def _established_share(weights: dict[str, float], years: Floats) -> Floats:
    """Share of established support among those known over so many years, when contacts arise evenly in time."""
    total = sum(weights.values())
    established = weights[ESTABLISHED] / total
    return np.asarray(established / (established + (1 - established) * years))


def _chances(profile: SynthProfile, world: World, among: Candidates, rate: Floats) -> _Chances:
    """Chances that give use of care and each pathway their shares, given everybody's rate of emergency admissions."""
    use = use_chance(profile, among.age, among.conditions)
    years = years_since(profile, among.since)
    established, hospital = np.zeros(len(use)), np.zeros(len(use))
    for group, weights in _private(world).items():
        rows = among.group == group
        share = _established_share(weights, years[rows])
        reablement = weights[REABLEMENT] / (sum(weights.values()) - weights[ESTABLISHED])
        established[rows] = use[rows] * share
        hospital[rows] = use[rows] * (1 - share) * reablement * world.care.reablement_from_hospital
    free = 1 - established
    days = np.datetime64(profile.period_end, "D") - _LAST_DISCHARGE_DAYS - among.since
    expected = rate * days.astype(np.int64) / _YEAR
    stay = -np.expm1(-expected)
    again = 1 - (1 - world.health.readmission_30_days) * _none_follows(expected, FOLLOWED_DAYS / days.astype(np.int64))
    planted = profile.planted.readmission_30_days_after_reablement
    # With a greater chance, more than all of those readmitted (or not) would have to be chosen.
    most = np.minimum(np.minimum(again / planted, (1 - again) / (1 - planted)), 1.0)
    given_stay = np.minimum(hospital / (free * stay), most)
    after_hospital = given_stay * stay * free
    other = (use - established - after_hospital) / (free - after_hospital)
    return _Chances(established, given_stay, other, again)


def _none_follows(expected: Floats, part: Floats) -> Floats:
    """Chance that none of a person's other first emergencies falls within a part of the time after one taken at random.

    ``expected`` is their Poisson mean in that time. A person with at least one has fewer others than the mean, because
    each person's stay counts once, however many there are.
    """
    one_or_more = -np.expm1(-expected)
    return np.asarray((np.exp(-expected * part) - np.exp(-expected)) / ((1 - part) * one_or_more))


def _after_hospital(
    profile: SynthProfile,
    world: World,
    people: Households,
    lives: Lives,
    among: Candidates,
    open_to: Ints,
    chances: _Chances,
) -> tuple[Ints, Days, Days]:
    """Positions of the candidates who go from hospital to reablement, their days of discharge and of its start."""
    draws = Draws(profile.seed)
    planted = profile.planted.readmission_30_days_after_reablement
    if_readmitted = chances.hospital * planted / chances.readmitted
    if_not = chances.hospital * (1 - planted) / (1 - chances.readmitted)
    chance = draws.uniform("from_hospital", among.person_id)
    possible = open_to[chance[open_to] < np.maximum(if_readmitted, if_not)[open_to]]
    stays = candidate_stays(profile, world, people, lives, among.row[possible])
    stays = stays.only(~stays.emergency | happens_to_anybody(profile, stays))
    index, next_any, readmitted = _index_stays(draws, profile, lives, stays, among)
    at = np.searchsorted(among.row, stays.row[index])
    chosen = chance[at] < np.where(readmitted, if_readmitted[at], if_not[at])
    at, index, gap = at[chosen], index[chosen], next_any[chosen]
    longest = np.minimum(gap - 1, world.care.reablement_wait_days)
    wait = draws.between("reablement_after_discharge", among.person_id[at], 0, longest)
    return at, stays.discharged[index], stays.discharged[index] + wait


def _index_stays(
    draws: Draws, profile: SynthProfile, lives: Lives, stays: Stays, among: Candidates
) -> tuple[Ints, Ints, Bools]:
    """One stay for each person who has any that reablement may follow; days to the next stay; whether readmitted.

    Such a stay is a first emergency; it ends alive within the time of contacts, and not with the next admission.
    """
    since = among.since[np.searchsorted(among.row, stays.row)]
    last = np.datetime64(profile.period_end, "D") - _LAST_DISCHARGE_DAYS
    gap = _days_to_next(stays, np.ones(len(stays), dtype=bool))
    dies = lives.death[stays.row] <= stays.discharged + _LAST_DISCHARGE_DAYS
    fits = stays.emergency & stays.first & (stays.discharged >= since) & (stays.discharged <= last) & (gap > 0) & ~dies
    index = np.flatnonzero(fits)
    index = index[np.lexsort((draws.uniform("index_stay", stays.stay[index]), stays.row[index]))]
    index = index[np.concatenate([[True], stays.row[index][1:] != stays.row[index][:-1]])] if len(index) else index
    readmitted = _days_to_next(stays, stays.emergency) <= FOLLOWED_DAYS
    return index, gap[index], readmitted[index]


def _days_to_next(stays: Stays, counted: Bools) -> Ints:
    """Days from each discharge to the same person's next counted admission; many when there is none."""
    many = 10_000
    position = np.where(counted, np.arange(len(stays)), len(stays))
    following = np.append(np.minimum.accumulate(position[::-1])[::-1], len(stays))[1:]
    there = following < len(stays)
    at = np.where(there, following, 0)
    days = (stays.admitted[at] - stays.discharged).astype(np.int64)
    return np.asarray(np.where(there & (stays.row[at] == stays.row), days, many))


def _private(world: World) -> dict[str, dict[str, float]]:
    return {group: world.care.pathways[group] for group in ("younger", "older")}


def _new_pathways(draws: Draws, world: World, among: Candidates, rows: Ints) -> Texts:
    """Pathways of new contacts that do not follow a hospital stay; reablement keeps the share that comes so."""
    pathway = np.full(len(rows), "", dtype=object)
    for group, weights in _private(world).items():
        mine = among.group[rows] == group
        rest = {name: weight for name, weight in weights.items() if name != ESTABLISHED}
        rest[REABLEMENT] *= 1 - world.care.reablement_from_hospital
        pathway[mine] = draws.choose("pathway", among.person_id[rows][mine], rest)
    return pathway


def _resident_pathways(draws: Draws, profile: SynthProfile, world: World, among: Candidates, rows: Ints) -> Texts:
    """Pathways of care-home residents: established or new as the day of their admission says."""
    weights = world.care.pathways["care_home"]
    ids = among.person_id[rows]
    others = {name: weight for name, weight in weights.items() if name != ESTABLISHED}
    share = _established_share(weights, years_since(profile, among.since[rows]))
    established = draws.chance("established_resident", ids, share)
    pathway = np.where(established, ESTABLISHED, draws.choose("pathway", ids, others))
    before = among.settled[rows]
    pathway = np.where(before & (pathway == "new_long_term"), ESTABLISHED, pathway)
    return np.where(~before & (pathway == ESTABLISHED), "new_long_term", pathway).astype(object)
