"""Who lives where: households of adults with births, kinship, sex, ethnic group and naming pattern.

Made in blocks of households. A block depends on the seed and its own number only, so blocks may be made in any order.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from linkage.errors import InternalError
from linkage.synth.draws import Bools, Draws, Floats, Ints, by_age
from linkage.synth.profile import SynthProfile
from linkage.synth.world import AgeBand, World

Texts = npt.NDArray[np.object_]
Days = npt.NDArray[np.datetime64]

HOUSEHOLDS_PER_BLOCK = 1024
# Numbers set aside for a block: its people, and the superseded numbers of some.
NUMBERS_PER_BLOCK, PEOPLE_PER_BLOCK = 3800, 3400
_PLACES = 64
MALE, FEMALE = 1, 2
FIRST, PARTNER, CHILD, OTHER, RESIDENT = range(5)
_KINDS = (
    "single",
    "couple",
    "couple_with_adult_child",
    "lone_parent_with_adult_child",
    "lodgers",
    "siblings",
    "care_home",
)
_PARENT_AGE, _OLDEST = 40, 104
_YEAR = 365.25


@dataclass(frozen=True)
class Households:
    """One row per person, ordered by household and place in it.

    ``kin`` is shared by relatives in a household and otherwise the person's own id; ``twin_of`` and ``spouse`` are rows
    of this table, -1 for none; ``child_of`` the row of the parent a child may be named after.
    """

    person_id: Ints
    household: Ints
    kind: Texts
    role: Ints
    authority: Ints
    number_index: Ints
    birth: Days
    sex: Ints
    kin: Ints
    ethnic_group: Texts
    pattern: Texts
    spouse: Ints
    twin_of: Ints
    child_of: Ints

    def __len__(self) -> int:
        return len(self.person_id)

    @property
    def in_care_home(self) -> Bools:
        """Whether the person lives in a care home now."""
        return np.asarray(self.role == RESIDENT)


def households(profile: SynthProfile, world: World, block: int) -> Households:
    """The people of one block of households."""
    draws = Draws(profile.seed)
    homes = np.arange(HOUSEHOLDS_PER_BLOCK, dtype=np.int64) + block * HOUSEHOLDS_PER_BLOCK
    kinds = _kinds(draws, profile, world, homes)
    first_birth = _births(draws, "first", homes * _PLACES, world.households.age_bands, profile)
    kinds = _without_young_parents(kinds, _age(first_birth, profile))
    home, place, role = _members(draws, world, homes, kinds)
    person = homes[home] * _PLACES + place
    if len(person) > PEOPLE_PER_BLOCK:
        raise InternalError("A block of synthetic households holds more people than NHS numbers were set aside for.")
    kind = kinds[home]
    spouse, twin_of, child_of = _kinship(draws, world, person, home, role, kind)
    birth = _all_births(draws, profile, world, person, role, kind, first_birth[home], (twin_of, child_of))
    kin = np.where((kind == "lodgers") | (kind == "care_home"), person, homes[home] * _PLACES)
    group, pattern = _ethnicity(draws, world, kin)
    return Households(
        person_id=person,
        household=homes[home],
        kind=kind,
        role=role,
        authority=draws.pick("authority", homes, [a.share for a in profile.authorities])[home],
        number_index=np.arange(len(person), dtype=np.int64) + block * NUMBERS_PER_BLOCK,
        birth=birth,
        sex=_sexes(draws, world, person, spouse, twin_of, _age(birth, profile)),
        kin=kin,
        ethnic_group=group,
        pattern=pattern,
        spouse=spouse,
        twin_of=twin_of,
        child_of=child_of,
    )


def first_people(table: Households, limit: int) -> int:
    """How many rows make up the whole households within the first ``limit`` people."""
    if len(table) <= limit:
        return len(table)
    return int(np.searchsorted(table.household, table.household[limit], side="left"))


def cut(table: Households, rows: int) -> Households:
    """The first rows of the table (whole households)."""
    return Households(**{field.name: getattr(table, field.name)[:rows] for field in fields(table)})


def _kinds(draws: Draws, profile: SynthProfile, world: World, homes: Ints) -> Texts:
    kinds = draws.choose("household", homes, world.households.weights)
    return np.where(draws.chance("care_home", homes, profile.care_homes_per_household), "care_home", kinds)


def _without_young_parents(kinds: Texts, age: Floats) -> Texts:
    young = age < _PARENT_AGE
    kinds = np.where(young & (kinds == "couple_with_adult_child"), "couple", kinds)
    return np.where(young & (kinds == "lone_parent_with_adult_child"), "single", kinds)


def _members(draws: Draws, world: World, homes: Ints, kinds: Texts) -> tuple[Ints, Ints, Ints]:
    """Household (position in the block), place within it and role of every member."""
    residents = world.households.care_home_residents
    size = np.ones(len(homes), dtype=np.int64)
    size += np.isin(kinds, ["couple", "couple_with_adult_child", "siblings", "lodgers", "lone_parent_with_adult_child"])
    size += kinds == "couple_with_adult_child"
    child_home = np.char.endswith(kinds.astype(str), "with_adult_child")
    size += child_home & draws.chance("second_child", homes, world.households.second_adult_child)
    size += (kinds == "lodgers") * draws.between("lodgers", homes, 0, 2)
    size = np.where(kinds == "care_home", draws.between("residents", homes, residents.low, residents.high), size)
    home = np.repeat(np.arange(len(homes)), size)
    place = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)
    kind = kinds[home]
    couple = np.isin(kind, ["couple", "couple_with_adult_child"])
    role = np.where(place == 0, FIRST, np.where(couple & (place == 1), PARTNER, OTHER))
    role = np.where((role == OTHER) & np.char.endswith(kind.astype(str), "with_adult_child"), CHILD, role)
    return home, place, np.where(kind == "care_home", RESIDENT, role)


def _kinship(draws: Draws, world: World, person: Ints, home: Ints, role: Ints, kind: Texts) -> tuple[Ints, Ints, Ints]:
    rows = np.arange(len(person))
    first = np.searchsorted(home, home)
    none = np.full(len(person), -1)
    partner = role == PARTNER
    spouse = np.where(partner, first, none)
    spouse[first[partner]] = rows[partner]
    second = (rows > 0) & np.concatenate([[False], (role[1:] == role[:-1]) & (home[1:] == home[:-1])])
    child_twin = second & (role == CHILD) & draws.chance("twins", person, world.households.twins_among_two_children)
    sibling = (kind == "siblings") & (role == OTHER)
    old_twin = sibling & draws.chance("twins", person, world.households.twins_among_siblings)
    twin_of = np.where(child_twin, rows - 1, np.where(old_twin, first, none))
    return spouse, twin_of, np.where(role == CHILD, first, none)


def _all_births(
    draws: Draws,
    profile: SynthProfile,
    world: World,
    person: Ints,
    role: Ints,
    kind: Texts,
    first: Days,
    kinship: tuple[Ints, ...],
) -> Days:
    twin_of, child_of = kinship
    rates = world.households
    birth = _births(draws, "other", person, rates.age_bands, profile)
    birth = np.where(role == RESIDENT, _births(draws, "resident", person, rates.care_home_age_bands, profile), birth)
    birth = np.where(role == FIRST, first, birth)
    partner = role == PARTNER
    birth[partner] = _near(draws, "partner", person[partner], first[partner], rates.partner_age_gap_years, profile)
    sibling = (kind == "siblings") & (role == OTHER)
    birth[sibling] = _near(draws, "sibling", person[sibling], first[sibling], rates.partner_age_gap_years, profile)
    same_day = partner & draws.chance("same_day", person, rates.couple_born_same_day)
    birth = np.where(same_day, first, birth)
    child = child_of >= 0
    oldest = np.minimum(_age(first[child], profile) - 19, 60)
    days = np.floor(draws.uniform("child", person[child]) * (oldest - 18) * _YEAR).astype(np.int64)
    birth[child] = _born(profile, 18) - days
    twin = twin_of >= 0
    birth[twin] = birth[twin_of[twin]]
    return birth


def _births(draws: Draws, name: str, ids: Ints, bands: Sequence[AgeBand], profile: SynthProfile) -> Days:
    """Dates of birth, even within each age band: drawn inside it, so that no day collects those outside."""
    band = draws.pick(f"{name}/band", ids, [entry.weight for entry in bands])
    low = np.array([entry.low for entry in bands])[band]
    width = np.array([entry.high + 1 - entry.low for entry in bands])[band] * _YEAR
    days = (
        np.floor(low * _YEAR).astype(np.int64)
        + 1
        + np.floor(draws.uniform(f"{name}/day", ids) * width).astype(np.int64)
    )
    return _end(profile) - days


def _near(draws: Draws, name: str, ids: Ints, to: Days, years: int, profile: SynthProfile) -> Days:
    """Dates of birth around others; drawn again where the person would be too young or too old, lastly a little older."""
    birth = to - draws.between(f"{name}/older", ids, 30, 900)
    done = np.zeros(len(ids), dtype=bool)
    for turn in range(4):
        shift = np.rint(draws.bell(f"{name}/{turn}", ids) * years * _YEAR / 2).astype(np.int64)
        adult = ~done & (to + shift <= _born(profile, 18)) & (to + shift > _born(profile, _OLDEST))
        birth = np.where(adult, to + shift, birth)
        done |= adult
    return birth


def _sexes(draws: Draws, world: World, person: Ints, spouse: Ints, twin_of: Ints, age: Floats) -> Ints:
    sex = np.where(draws.chance("sex", person, by_age(world.households.women, age)), FEMALE, MALE)
    partner = (spouse >= 0) & (spouse < np.arange(len(person)))
    same = draws.chance("same_sex", person, world.households.same_sex_couple)
    sex = np.where(partner, np.where(same, sex[spouse], 3 - sex[spouse]), sex)
    alike = (twin_of >= 0) & draws.chance("alike", person, world.households.twins_same_sex)
    return np.where(alike, sex[twin_of], sex)


def _ethnicity(draws: Draws, world: World, kin: Ints) -> tuple[Texts, Texts]:
    group = draws.choose("ethnic_group", kin, {code: entry.weight for code, entry in world.ethnic_groups.items()})
    pattern = np.full(len(kin), "", dtype=object)
    for code, entry in world.ethnic_groups.items():
        rows = group == code
        pattern[rows] = draws.choose("pattern", kin[rows], entry.patterns)
    return group, pattern


def _age(birth: Days, profile: SynthProfile) -> Floats:
    """Age in years and parts of a year on the last day of the period."""
    return np.asarray((_end(profile) - birth).astype(np.int64) / _YEAR)


def _end(profile: SynthProfile) -> np.datetime64:
    return np.datetime64(profile.period_end, "D")


def _born(profile: SynthProfile, age: int) -> np.datetime64:
    """The latest date of birth of people who are surely of this age at the end of the period."""
    return _end(profile) - np.timedelta64(int(age * _YEAR) + 1, "D")
