"""Dated lives: names and marriage, addresses and moves, practices, death, NHS numbers and their succession."""

from dataclasses import dataclass, replace

import numpy as np

from linkage.synth.draws import NEVER, Bools, Days, Draws, Ints, Texts, by_age
from linkage.synth.people.making import YEAR, Making
from linkage.synth.people.name_histories import family_names, given_names, other_given_names
from linkage.synth.people.names import Names
from linkage.synth.people.nhs_numbers import nhs_numbers
from linkage.synth.people.places import postcode_numbers
from linkage.synth.people.population import (
    HOUSEHOLDS_PER_BLOCK,
    NUMBERS_PER_BLOCK,
    RESIDENT,
    Households,
    checked_numbers,
)
from linkage.synth.profile import SynthProfile
from linkage.synth.world import World

# Names a register may hold of one person, and addresses, newest first.
NAMES, ADDRESSES = 3, 4
_ADULT = 18


@dataclass(frozen=True)
class Lives:
    """One row per person, in the order of ``Households``. Positions are -1 for none, days NaT for never.

    ``family`` and ``second_family`` are positions in the name pool, one column per name the person has had, newest
    first; ``renamed`` the days on which the name of column 0, 1, … began (one column fewer). ``single`` marks people who
    have one name only. ``postcode`` and ``practice`` have one column per address, newest first, and ``moved`` the days of
    the moves. ``earlier_practice`` was that of the current address before ``changed_practice``. ``numbers`` holds the
    current NHS number and up to two superseded ones, newest first, and ``renumbered`` the day each was superseded.
    ``former_number`` is a number that nothing links to the current one (adoption, change of gender), used until
    ``reissued`` under ``former_given``, ``former_family`` and ``former_sex``.
    """

    given: Ints
    other_given: Ints
    single: Bools
    family: Ints
    second_family: Ints
    renamed: Days
    postcode: Ints
    moved: Days
    admitted: Days
    practice: Ints
    earlier_practice: Ints
    changed_practice: Days
    death: Days
    numbers: Ints
    renumbered: Days
    former_number: Ints
    reissued: Days
    former_given: Ints
    former_family: Ints
    former_sex: Ints
    confidentiality: Texts


def lives(profile: SynthProfile, world: World, names: Names, people: Households) -> Lives:
    """The lives of one block of people."""
    making = Making(Draws(profile.seed), profile, world, names, people)
    death = _deaths(making)
    given = given_names(making)
    families, renamed = family_names(making, death)
    postcode, moved, admitted = _addresses(making, death)
    practice, earlier, changed = _practices(making, postcode, death)
    reissued, former_given, former_family, former_sex = _former_identities(making, given, families[0][0])
    numbers, renumbered, former = _numbers(making, ~np.isnat(reissued))
    return Lives(
        given=given,
        other_given=other_given_names(making, given),
        single=making.chance("single_name", making.by_pattern(world.naming.single_name)),
        family=np.stack([family for family, _ in families], axis=1),
        second_family=np.stack([second for _, second in families], axis=1),
        renamed=renamed,
        postcode=postcode,
        moved=moved,
        admitted=admitted,
        practice=practice,
        earlier_practice=earlier,
        changed_practice=changed,
        death=death,
        numbers=numbers,
        renumbered=renumbered,
        former_number=former,
        reissued=reissued,
        former_given=former_given,
        former_family=former_family,
        former_sex=former_sex,
        confidentiality=making.draws.choose("confidential", people.person_id, _confidentiality(profile)),
    )


def admitted_to_homes(lived: Lives, people: Households, rows: Ints, days: Days, seed: int) -> Lives:
    """The lives with some people moved into a care home of the block on the given days (the oldest address is forgotten).

    A block without a care home takes somebody else's address for one. Moves that were to come later are brought forward.
    """
    if not len(rows):
        return lived
    homes = np.unique(lived.postcode[people.role == RESIDENT, 0])
    homes = homes if len(homes) else np.unique(lived.postcode[:, 0])
    home = homes[Draws(seed).between("home_moved_to", people.person_id[rows], 0, len(homes) - 1)]
    postcode, moved, practice = lived.postcode.copy(), lived.moved.copy(), lived.practice.copy()
    postcode[rows] = np.column_stack([home, postcode[rows, :-1]])
    practice[rows] = np.column_stack([practice[rows, 0], practice[rows, :-1]])
    shift = np.maximum((moved[rows, 0] - days).astype("timedelta64[D]"), np.timedelta64(-1, "D")) + 1
    before = moved[rows, :-1] - np.where(np.isnat(shift), np.timedelta64(0, "D"), shift)[:, None]
    moved[rows] = np.column_stack([days, before])
    admitted = lived.admitted.copy()
    admitted[rows] = days
    return replace(lived, postcode=postcode, moved=moved, practice=practice, admitted=admitted)


def alive_at(lives_of: Lives, day: np.datetime64) -> Bools:
    """Whether each person is alive at the start of a day."""
    return ~(lives_of.death < day)


def _confidentiality(profile: SynthProfile) -> dict[str, float]:
    marked = dict(profile.register_rates.sensitive)
    return {"": 1.0 - sum(marked.values()), **marked}


def _deaths(making: Making) -> Days:
    people, rates = making.people, making.world.lives
    start = np.datetime64(making.profile.period_start, "D") - np.timedelta64(
        int(rates.deaths_before_start_years * YEAR), "D"
    )
    age = making.ages(start)
    rate = by_age(rates.deaths_a_year, age) * np.where(people.in_care_home, rates.care_home_death_factor, 1.0)
    wait = np.floor(making.draws.waiting("death", people.person_id) / rate * YEAR).clip(0, 99_999).astype(np.int64)
    day = start + wait
    return np.where((day <= making.end) & (age >= _ADULT), day, NEVER)


def _addresses(making: Making, death: Days) -> tuple[Ints, Days, Days]:
    """Postcodes now and before up to three moves, the days of the moves, and the day of admission to a care home."""
    people, rates, draws = making.people, making.world.lives, making.draws
    turns = ADDRESSES - 1
    mean = by_age(rates.moves_a_year, making.ages(making.end)) * rates.moves_known_for_years
    head = np.searchsorted(people.household, people.household)
    mean = np.where(people.kin == people.kin[head], mean[head], mean)
    ids = np.where(people.in_care_home, people.person_id, people.kin)
    moves = np.where(people.in_care_home, 1, np.minimum(draws.count("moves", people.kin, mean), turns))
    years = np.where(people.in_care_home, rates.care_home_stay_years, rates.moves_known_for_years)
    last = np.where(people.in_care_home & ~np.isnat(death), death, making.end) - 3
    ago = np.stack([np.floor(draws.uniform(f"move/{turn}", ids) * years * YEAR) for turn in range(turns)], axis=1)
    day = last[:, None] - ago.astype(np.int64)
    never = (np.arange(turns) >= moves[:, None]) | (day > death[:, None]) | (day <= people.birth[:, None])
    ago = np.sort(np.where(never, np.inf, ago), axis=1)
    known = np.isfinite(ago)
    moved = np.where(known, last[:, None] - np.where(known, ago, 0).astype(np.int64), NEVER)
    homes = [_neighbourhood(making, people.household)]
    for turn in range(turns):
        homes.append(_earlier_home(making, ids, turn, homes[-1]))
    postcode = np.stack([homes[0], *(np.where(known[:, turn], homes[turn + 1], -1) for turn in range(turns))], axis=1)
    return postcode, moved, np.where(people.in_care_home, moved[:, 0], NEVER)


def _earlier_home(making: Making, ids: Ints, turn: int, later: Ints) -> Ints:
    """An address elsewhere in the block than the later one: somebody else's home today."""
    first = making.people.household // HOUSEHOLDS_PER_BLOCK * HOUSEHOLDS_PER_BLOCK
    home = making.draws.between(f"earlier_home/{turn}", ids, first, first + HOUSEHOLDS_PER_BLOCK - 1)
    postcode = _neighbourhood(making, home)
    beside = _neighbourhood(making, home + making.world.households.addresses_per_postcode)
    return np.where(postcode == later, beside, postcode)


def _neighbourhood(making: Making, home: Ints) -> Ints:
    order = home // making.world.households.addresses_per_postcode
    choices = [postcode_numbers(authority.postcode_areas, order) for authority in making.profile.authorities]
    return np.asarray(np.choose(making.people.authority, choices))


def _practices(making: Making, postcode: Ints, death: Days) -> tuple[Ints, Ints, Days]:
    """Practice within the authority at each address, mostly that of the neighbourhood; and one changed without a move."""
    people, world, draws = making.people, making.world, making.draws
    count = world.practices.per_authority
    keeps = ~draws.chance("changes_practice", people.kin, world.lives.changes_practice_on_move)
    local = np.where(postcode >= 0, postcode // 97 % count, -1)
    elsewhere = draws.chance("practice_elsewhere", people.kin, world.lives.practice_elsewhere)[:, None]
    local = np.where((local >= 0) & elsewhere, (local + 1) % count, local)
    practice = np.where(keeps[:, None] & (local >= 0), local[:, :1], local)
    changes = making.chance("changes_practice_here", world.lives.changes_practice_in_period)
    days = (making.profile.period_end - making.profile.period_start).days
    day = np.datetime64(making.profile.period_start, "D") + draws.between("practice_day", people.person_id, 0, days)
    return practice, (practice[:, 0] + 2) % count, np.where(changes & ~(day > death), day, NEVER)


def _former_identities(making: Making, given: Ints, family: Ints) -> tuple[Days, Ints, Ints, Ints]:
    """Adoption and change of gender: the day of the new NHS number, and given name, family name and sex before it."""
    people, rates, draws = making.people, making.world.lives, making.draws
    adopted = making.chance("adopted", rates.adopted)
    changed = ~adopted & making.chance("changed_gender", rates.changed_gender)
    age = np.where(adopted, 1.0, 18.0) + draws.uniform("reissued", people.person_id) * np.where(adopted, 9.0, 20.0)
    day = people.birth + np.floor(age * YEAR).astype(np.int64)
    known = (adopted | changed) & (day < making.end) & (making.ages(making.end) < making.world.lives.register_years)
    rows = np.flatnonzero(known)
    before, sex = family.copy(), people.sex.copy()
    name = given.copy()
    ids, codes = people.person_id[rows], people.pattern_code[rows]
    other_family = making.names.draw_family(draws, "former_family", ids, codes)
    before[rows] = np.where(adopted[rows], other_family, family[rows])
    sex[rows] = np.where(changed[rows], 3 - people.sex[rows], people.sex[rows])
    other_given = making.names.draw_given(draws, "former_given", ids, codes, sex[rows], making.birth_years[rows])
    name[rows] = np.where(changed[rows], other_given, given[rows])
    return np.where(known, day, NEVER), name, before, sex


def _numbers(making: Making, reissued: Bools) -> tuple[Ints, Days, Ints]:
    """The current NHS number, the superseded ones, and one without a link; old ones use the end of the block's share."""
    rates, people, draws = making.profile.register_rates, making.people, making.draws
    once = making.chance("superseded", rates.superseded)
    twice = once & making.chance("superseded_twice", rates.superseded_twice)
    latest = np.datetime64(making.profile.period_start, "D") - draws.between("renumbered", people.person_id, -200, 1500)
    before = latest - draws.between("renumbered_before", people.person_id, 200, 2500)
    once, twice = once & (latest > people.birth), twice & (before > people.birth)
    old = np.stack([once, twice, reissued], axis=1)
    checked_numbers(len(people), int(old.sum()))
    top = (people.number_index // NUMBERS_PER_BLOCK + 1) * NUMBERS_PER_BLOCK - 1
    rank = np.cumsum(old.ravel()).reshape(old.shape) - 1
    current = nhs_numbers(making.profile.seed, people.number_index)
    earlier = np.full(old.shape, -1)
    earlier[old] = nhs_numbers(making.profile.seed, (top[:, None] - rank)[old])
    days = np.stack([np.where(once, latest, NEVER), np.where(twice, before, NEVER)], axis=1)
    return np.column_stack([current, earlier[:, :2]]), days, earlier[:, 2]
