"""Dated lives: names and marriage, addresses and moves, care-home admission, death, NHS numbers and their succession."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from linkage.synth.draws import Bools, Draws, Ints, by_age
from linkage.synth.names import Names
from linkage.synth.nhs_numbers import nhs_numbers
from linkage.synth.places import postcode_numbers
from linkage.synth.population import FEMALE, HOUSEHOLDS_PER_BLOCK, NUMBERS_PER_BLOCK, Households
from linkage.synth.profile import SynthProfile
from linkage.synth.world import World

Texts = npt.NDArray[np.object_]
Days = npt.NDArray[np.datetime64]

NEVER = np.datetime64("NaT", "D")
# Superseded numbers are taken from the end of a block's share; those superseded twice from this far before it.
_SECOND_OLD_NUMBERS = 300
_YEAR = 365.25


@dataclass(frozen=True)
class Lives:
    """One row per person, in the order of ``Households``.

    ``family`` and ``second_family`` are positions in the name pool (-1: none) of the current name, ``earlier_family`` and
    ``earlier_second`` of the name before ``renamed``. ``postcode`` holds three columns: now, before ``moved`` [0], and
    before ``moved`` [1] (dates run backwards; -1 and NaT: no such move). ``numbers`` holds the current NHS number and up
    to two superseded ones, newest first (-1: none); ``renumbered`` the day each stopped being current.
    """

    given: Ints
    other_given: Ints
    family: Ints
    second_family: Ints
    earlier_family: Ints
    earlier_second: Ints
    renamed: Days
    postcode: Ints
    moved: Days
    admitted: Days
    practice: Ints
    death: Days
    numbers: Ints
    renumbered: Days
    confidentiality: Texts


def lives(profile: SynthProfile, world: World, names: Names, people: Households) -> Lives:
    """The lives of one block of people."""
    draws = Draws(profile.seed)
    death = _deaths(draws, profile, world, people)
    given = _given_names(draws, world, names, people)
    own, second, kin_family = _birth_names(draws, world, names, people)
    family, earlier, renamed = _married_names(draws, profile, world, people, (own, second, kin_family), death)
    postcode, moved, admitted = _addresses(draws, profile, world, people, death)
    numbers, renumbered = _numbers(draws, profile, people)
    years = people.birth.astype("datetime64[Y]").astype(np.int64) + 1970
    other = names.draw_given(draws, "second_given", people.person_id, people.pattern, people.sex, years)
    has_other = draws.chance("has_second", people.person_id, _by_pattern(world.naming.second_given_name, people))
    return Lives(
        given=given,
        other_given=np.where(has_other & (other != given), other, -1),
        family=family[0],
        second_family=family[1],
        earlier_family=earlier[0],
        earlier_second=earlier[1],
        renamed=renamed,
        postcode=postcode,
        moved=moved,
        admitted=admitted,
        practice=_practices(draws, world, people, postcode),
        death=death,
        numbers=numbers,
        renumbered=renumbered,
        confidentiality=draws.choose("confidential", people.person_id, _confidentiality(profile)),
    )


def _confidentiality(profile: SynthProfile) -> dict[str, float]:
    marked = dict(profile.register_rates.sensitive)
    return {"": 1.0 - sum(marked.values()), **marked}


def _deaths(draws: Draws, profile: SynthProfile, world: World, people: Households) -> Days:
    start = np.datetime64(profile.period_start, "D") - np.timedelta64(
        int(world.lives.deaths_before_start_years * _YEAR), "D"
    )
    age = (start - people.birth).astype(np.int64) / _YEAR
    rate = by_age(world.lives.deaths_a_year, age) * np.where(
        people.in_care_home, world.lives.care_home_death_factor, 1.0
    )
    day = start + np.floor(draws.waiting("death", people.person_id) / rate * _YEAR).clip(0, 99_999).astype(np.int64)
    return np.where((day <= np.datetime64(profile.period_end, "D")) & (age >= 18), day, NEVER)


def _given_names(draws: Draws, world: World, names: Names, people: Households) -> Ints:
    years = people.birth.astype("datetime64[Y]").astype(np.int64) + 1970
    given = names.draw_given(draws, "given", people.person_id, people.pattern, people.sex, years)
    parent = people.child_of
    after = (parent >= 0) & (people.sex == people.sex[parent])
    after &= draws.chance("named_after", people.person_id, world.households.named_after_parent)
    given = np.where(after, given[parent], given)
    alike = (people.twin_of >= 0) & draws.chance("same_initial", people.person_id, world.households.twins_same_initial)
    for row in np.flatnonzero(alike):
        choices = names.same_initial(given[people.twin_of[row]], people.pattern[row], int(people.sex[row]))
        if len(choices):
            given[row] = choices[draws.between("twin_name", people.person_id[[row]], 0, len(choices) - 1)[0]]
    again = names.draw_given(draws, "given_again", people.person_id, people.pattern, people.sex, years)
    clash = (people.twin_of >= 0) & (given == given[people.twin_of])
    return np.where(clash, again, given)


def _birth_names(draws: Draws, world: World, names: Names, people: Households) -> tuple[Ints, Ints, Ints]:
    """Family name at birth, its second part, and the family name of the kin."""
    kin_family = names.draw_family(draws, "family", people.kin, people.pattern)
    in_law = (people.spouse >= 0) & (people.sex == FEMALE)
    own = np.where(in_law, names.draw_family(draws, "own_family", people.person_id, people.pattern), kin_family)
    by_sex = names.draw_family(draws, "family_by_sex", people.person_id, people.pattern, people.sex)
    uses = draws.chance("uses_by_sex", people.kin, _by_pattern(world.naming.own_family_name, people)) & (by_sex >= 0)
    own = np.where(uses, by_sex, own)
    double = draws.chance("double", people.kin, _by_pattern(world.naming.double_family_name, people))
    second = names.draw_family(draws, "second_family", people.kin, people.pattern)
    return own, np.where(double & ~uses & (second != own), second, -1), kin_family


def _married_names(
    draws: Draws,
    profile: SynthProfile,
    world: World,
    people: Households,
    at_birth: tuple[Ints, Ints, Ints],
    death: Days,
) -> tuple[tuple[Ints, Ints], tuple[Ints, Ints], Days]:
    """Current names, the names before, and the day of the change (NaT where the register holds none)."""
    own, second, kin_family = at_birth
    ages = world.lives.marriage_age_years
    age = ages.low + draws.uniform("marriage", people.kin) * (ages.high + 1 - ages.low)
    younger = np.where(people.spouse >= 0, np.maximum(people.birth, people.birth[people.spouse]), people.birth)
    wedding = younger + np.floor(age * _YEAR).astype(np.int64)
    takes = (people.spouse >= 0) & (people.sex == FEMALE) & (people.sex[people.spouse] != FEMALE)
    takes &= draws.chance("takes_name", people.person_id, _by_pattern(world.lives.takes_partner_name, people))
    takes &= (wedding < np.datetime64(profile.period_end, "D") - 30) & ~(death < wedding) & (own != kin_family)
    hyphen = takes & draws.chance("hyphenates", people.person_id, world.lives.hyphenates)
    current = np.where(takes & ~hyphen, kin_family, own)
    current_second = np.where(hyphen, kin_family, np.where(takes, -1, second))
    dated = takes & (wedding >= np.datetime64(f"{world.lives.names_dated_from_year}-01-01"))
    earlier = np.where(takes, own, -1), np.where(takes, second, -1)
    return (current, current_second), earlier, np.where(dated, wedding, NEVER)


def _addresses(
    draws: Draws, profile: SynthProfile, world: World, people: Households, death: Days
) -> tuple[Ints, Days, Days]:
    """Postcodes now and before up to two moves, the days of the moves, and the day of admission to a care home."""
    end = np.datetime64(profile.period_end, "D")
    rates = world.lives
    age = (end - people.birth).astype(np.int64) / _YEAR
    mean = by_age(rates.moves_a_year, age) * rates.moves_known_for_years
    moves = np.minimum(draws.count("moves", people.kin, np.where(people.spouse >= 0, mean[people.spouse], mean)), 2)
    years = np.where(people.in_care_home, rates.care_home_stay_years, rates.moves_known_for_years)
    ids = np.where(people.in_care_home, people.person_id, people.kin)
    days = np.sort(
        np.stack([np.floor(draws.uniform(f"move/{turn}", ids) * years * _YEAR) for turn in range(2)]), axis=0
    ).astype(np.int64)
    moves = np.where(people.in_care_home, 1, moves)
    last = np.where(people.in_care_home & ~np.isnat(death), death, end) - 3
    moves = np.where(last - days[0] > death, 0, moves)
    moved = np.stack([np.where(moves > turn, last - days[turn], NEVER) for turn in range(2)], axis=1)
    now = _neighbourhood(profile, world, people, people.household)
    was = [np.where(moves > turn, _earlier_home(draws, profile, world, people, ids, turn), -1) for turn in range(2)]
    admitted = np.where(people.in_care_home, moved[:, 0], NEVER)
    return np.stack([now, *was], axis=1), moved, admitted


def _earlier_home(draws: Draws, profile: SynthProfile, world: World, people: Households, ids: Ints, turn: int) -> Ints:
    """An address elsewhere in the block: somebody else's home today."""
    first = people.household // HOUSEHOLDS_PER_BLOCK * HOUSEHOLDS_PER_BLOCK
    home = draws.between(f"earlier_home/{turn}", ids, first, first + HOUSEHOLDS_PER_BLOCK - 1)
    return _neighbourhood(profile, world, people, home)


def _neighbourhood(profile: SynthProfile, world: World, people: Households, home: Ints) -> Ints:
    order = home // world.households.addresses_per_postcode
    choices = [postcode_numbers(authority.postcode_areas, order) for authority in profile.authorities]
    return np.asarray(np.choose(people.authority, choices))


def _practices(draws: Draws, world: World, people: Households, postcode: Ints) -> Ints:
    """Number of the practice within the authority, now and before each move: mostly that of the neighbourhood."""
    count = world.practices.per_authority
    keeps = ~draws.chance("changes_practice", people.kin, world.lives.changes_practice_on_move)
    local = np.where(postcode >= 0, postcode // 97 % count, -1)
    elsewhere = draws.chance("practice_elsewhere", people.kin, world.lives.practice_elsewhere)[:, None]
    local = np.where((local >= 0) & elsewhere, (local + 1) % count, local)
    return np.where(keeps[:, None] & (local >= 0), local[:, :1], local)


def _numbers(draws: Draws, profile: SynthProfile, people: Households) -> tuple[Ints, Days]:
    """The current NHS number and the superseded ones, which use the end of the block's share of numbers."""
    rates = profile.register_rates
    once = draws.chance("superseded", people.person_id, rates.superseded)
    twice = once & draws.chance("superseded_twice", people.person_id, rates.superseded_twice)
    current = nhs_numbers(profile.seed, people.number_index)
    top = (people.number_index // NUMBERS_PER_BLOCK + 1) * NUMBERS_PER_BLOCK - 1
    numbers = [current]
    for mask, offset in ((once, 0), (twice, _SECOND_OLD_NUMBERS)):
        rank = np.cumsum(mask) - 1 + offset
        numbers.append(np.where(mask, nhs_numbers(profile.seed, np.where(mask, top - rank, 0)), -1))
    latest = np.datetime64(profile.period_start, "D") - draws.between("renumbered", people.person_id, -200, 1500)
    before = latest - draws.between("renumbered_before", people.person_id, 200, 2500)
    return np.stack(numbers, axis=1), np.stack([np.where(once, latest, NEVER), np.where(twice, before, NEVER)], axis=1)


def _by_pattern(table: dict[str, float], people: Households) -> npt.NDArray[np.float64]:
    return np.array([table.get(pattern, 0.0) for pattern in people.pattern.tolist()], dtype=np.float64)


def alive_at(lives_of: Lives, day: np.datetime64) -> Bools:
    """Whether each person is alive at the start of a day."""
    return ~(lives_of.death < day)
