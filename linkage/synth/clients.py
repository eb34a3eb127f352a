"""Who is known to social care: service users and carers of each authority, and the pathway each takes in the year."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from linkage.synth.draws import Bools, Draws, Floats, Ints, by_age
from linkage.synth.lives import NEVER, Lives
from linkage.synth.population import RESIDENT, Households
from linkage.synth.profile import SynthProfile
from linkage.synth.world import World

Texts = npt.NDArray[np.object_]
Days = npt.NDArray[np.datetime64]

USER, CARER, ASSOCIATED = "Service User", "Carer", "Carer known by association"
_YEAR = 365.25
_ADULT_AGE = 18


@dataclass(frozen=True)
class Clients:
    """One row per service user of a block. ``row`` is the position among the people.

    ``pathway`` is established, new_long_term, reablement, contact_only or short_term; ``group`` younger (18 to 64) or
    older; ``setting`` nursing, residential or community; ``long_term_from`` the start of established support (else NaT);
    ``admitted`` the admission to a care home (else NaT).
    """

    row: Ints
    person_id: Ints
    authority: Ints
    group: Texts
    pathway: Texts
    reason: Texts
    setting: Texts
    long_term_from: Days
    admitted: Days
    death: Days


@dataclass(frozen=True)
class Carers:
    """One row per carer and cared-for service user. ``row`` and ``cares_for`` are positions among the people."""

    row: Ints
    cares_for: Ints
    person_id: Ints
    authority: Ints
    client_type: Texts
    also_user: Bools
    death: Days


def clients(profile: SynthProfile, world: World, people: Households, lives: Lives) -> Clients:
    """The service users of one block."""
    draws = Draws(profile.seed)
    start = np.datetime64(profile.period_start, "D")
    age = age_years(people, start)
    share = np.where(people.role == RESIDENT, profile.coverage.care_home, by_age(profile.coverage.by_age, age))
    known = draws.chance("known_to_social_care", people.person_id, share) & ~(lives.death < start)
    row = np.flatnonzero(known & (age >= _ADULT_AGE))
    ids = people.person_id[row]
    group = np.where(age_years(people, np.datetime64(profile.period_end, "D"))[row] < 65, "younger", "older").astype(
        object
    )
    home = people.role[row] == RESIDENT
    pathway = _pathways(draws, world, ids, group, home, lives.admitted[row] < start)
    nursing = draws.chance("nursing", ids, world.care.nursing_among_care_home)
    return Clients(
        row=row,
        person_id=ids,
        authority=people.authority[row],
        group=group,
        pathway=pathway,
        reason=_reasons(draws, world, ids, group, pathway),
        setting=np.where(home, np.where(nursing, "nursing", "residential"), "community").astype(object),
        long_term_from=_long_term_from(draws, world, people, lives, row, pathway, start),
        admitted=lives.admitted[row],
        death=lives.death[row],
    )


def carers(profile: SynthProfile, people: Households, lives: Lives, users: Clients) -> Carers:
    """Relatives in the household of a service user, in authorities whose submissions hold carers."""
    draws = Draws(profile.seed)
    records = np.array([authority.carers for authority in profile.authorities])
    home = users.row[(people.role[users.row] != RESIDENT) & records[users.authority]]
    user_of_kin = {int(people.kin[row]): int(row) for row in home[::-1]}
    cared_for = np.array([user_of_kin.get(kin, -1) for kin in people.kin.tolist()], dtype=np.int64)
    alive = ~(lives.death < np.datetime64(profile.period_start, "D"))
    adult = age_years(people, np.datetime64(profile.period_start, "D")) >= _ADULT_AGE
    is_user = np.isin(np.arange(len(people)), users.row)
    cares = (cared_for >= 0) & (cared_for != np.arange(len(people))) & alive & adult
    cares &= draws.chance("cares", people.person_id, profile.coverage.carer_in_household)
    cares &= ~is_user | draws.chance("both", people.person_id, profile.coverage.carer_is_also_user)
    row = np.flatnonzero(cares)
    associated = draws.chance("associated", people.person_id[row], profile.coverage.known_by_association)
    return Carers(
        row=row,
        cares_for=cared_for[row],
        person_id=people.person_id[row],
        authority=people.authority[row],
        client_type=np.where(associated & ~is_user[row], ASSOCIATED, CARER).astype(object),
        also_user=is_user[row],
        death=lives.death[row],
    )


def age_years(people: Households, day: np.datetime64) -> Floats:
    """Age in years and parts of a year on a day."""
    return np.asarray((day - people.birth).astype(np.int64) / _YEAR)


def _pathways(draws: Draws, world: World, ids: Ints, group: Texts, home: Bools, admitted_before: Bools) -> Texts:
    kinds = np.where(home, "care_home", group)
    pathway = np.full(len(ids), "", dtype=object)
    for kind, weights in world.care.pathways.items():
        rows = kinds == kind
        pathway[rows] = draws.choose("pathway", ids[rows], weights)
    pathway = np.where(home & admitted_before & (pathway == "new_long_term"), "established", pathway)
    return np.where(home & ~admitted_before & (pathway == "established"), "new_long_term", pathway)


def _reasons(draws: Draws, world: World, ids: Ints, group: Texts, pathway: Texts) -> Texts:
    reason = np.full(len(ids), "", dtype=object)
    for kind, weights in world.care.primary_support_reasons.items():
        rows = group == kind
        reason[rows] = draws.choose("reason", ids[rows], weights)
    unknown = draws.chance("reason_unknown", ids, world.care.reason_not_known_after_contact)
    return np.where((pathway == "contact_only") & unknown, "PSR Not Known", reason)


def _long_term_from(
    draws: Draws, world: World, people: Households, lives: Lives, row: Ints, pathway: Texts, start: np.datetime64
) -> Days:
    ids = people.person_id[row]
    before = (
        start - 1 - np.floor(draws.waiting("established", ids) * world.care.established_years * _YEAR).astype(np.int64)
    )
    adult = people.birth[row] + int(_ADULT_AGE * _YEAR) + 1
    before = np.where(
        lives.admitted[row] < start, lives.admitted[row], np.minimum(np.maximum(before, adult), start - 1)
    )
    return np.where(pathway == "established", before, NEVER)
