"""Who lives where: households with births, kinship, sex, ethnic group and naming pattern.

Made in blocks of households. A block depends on the seed and its own number only, so blocks may be made in any order.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from linkage.errors import InternalError
from linkage.synth.draws import Bools, Days, Draws, Floats, Ints, Texts, by_age
from linkage.synth.people.names import pattern_names
from linkage.synth.people.nhs_numbers import CAPACITY
from linkage.synth.profile import SynthProfile
from linkage.synth.world import AgeBand, World

HOUSEHOLDS_PER_BLOCK = 1024
# NHS numbers set aside for a block: those of its people from the start, former ones of some of them from the end.
NUMBERS_PER_BLOCK = 3500
# A block holds more people than this on average, so that the numbers suffice for so many.
LARGEST_WORLD = CAPACITY // NUMBERS_PER_BLOCK * 2300
_PLACES = 64
MALE, FEMALE = 1, 2
FIRST, PARTNER, CHILD, MINOR, GRANDPARENT, OTHER, RESIDENT = range(7)
CARE_HOME = "care_home"
_ADULT, _OLDEST = 18, 104
_YOUNGEST_PARENT, _OLDEST_PARENT = 17, 45
_YEAR = 365.25
_WHITE = "A"


@dataclass(frozen=True)
class Households:
    """One row per person, ordered by household and place in it.

    ``kin`` is shared by relatives in a household and otherwise the person's own id; ``twin_of``, ``spouse`` and
    ``child_of`` (the parent a child may be named after) are rows of this table, -1 for none. ``kin_pattern_code`` is the
    naming pattern that the family name of the kin follows.
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
    pattern_code: Ints
    kin_pattern_code: Ints
    spouse: Ints
    twin_of: Ints
    child_of: Ints

    def __len__(self) -> int:
        return len(self.person_id)

    @property
    def in_care_home(self) -> Bools:
        """Whether the person lives in a care home now."""
        return np.asarray(self.role == RESIDENT)

    @property
    def pattern(self) -> Texts:
        """Naming pattern of each person, by name."""
        return np.array(pattern_names(), dtype=object)[self.pattern_code]


def households(profile: SynthProfile, world: World, block: int) -> Households:
    """The people of one block of households."""
    draws = Draws(profile.seed)
    homes = np.arange(HOUSEHOLDS_PER_BLOCK, dtype=np.int64) + block * HOUSEHOLDS_PER_BLOCK
    kinds = draws.choose("household", homes, {kind: entry.weight for kind, entry in world.households.kinds.items()})
    kinds = np.where(draws.chance("care_home", homes, profile.care_homes_per_household), CARE_HOME, kinds)
    home, place, role = _members(draws, world, homes, kinds)
    person, kind = homes[home] * _PLACES + place, kinds[home]
    known = world.households.kinds
    related = np.array([name in known and known[name].related for name in kinds.tolist()])
    spouse, twin_of, child_of = _kinship(draws, world, person, home, role, related[home])
    birth = _births(draws, profile, world, person, home, role, kind, (twin_of, child_of, spouse))
    kin = np.where(related[home], homes[home] * _PLACES, person)
    sex = _sexes(draws, world, person, spouse, twin_of, role, _age(birth, profile))
    child_of = _namesake(sex, child_of, spouse)
    group, pattern = _ethnicity(draws, world, person, kin, role, spouse, child_of)
    head = np.searchsorted(home, home)
    return Households(
        person_id=person,
        household=homes[home],
        kind=kind,
        role=role,
        authority=draws.pick("authority", homes, [a.share for a in profile.authorities])[home],
        number_index=np.arange(len(person), dtype=np.int64) + block * NUMBERS_PER_BLOCK,
        birth=birth,
        sex=sex,
        kin=kin,
        ethnic_group=group,
        pattern_code=pattern,
        kin_pattern_code=np.where(kin == person, pattern, pattern[head]),
        spouse=spouse,
        twin_of=twin_of,
        child_of=child_of,
    )


def cut(table: Households, rows: int) -> Households:
    """The first rows of the table; the last household may lose members, and those who stay their ties to them."""
    kept = Households(**{field.name: getattr(table, field.name)[:rows] for field in fields(table)})
    ties = {name: getattr(kept, name) for name in ("spouse", "twin_of", "child_of")}
    return replace(kept, **{name: np.where(tie < rows, tie, -1) for name, tie in ties.items()})


def _members(draws: Draws, world: World, homes: Ints, kinds: Texts) -> tuple[Ints, Ints, Ints]:
    """Household (position in the block), place within it and role of every member."""
    residents = world.households.care_home_residents
    sizes = np.zeros((len(homes), RESIDENT + 1), dtype=np.int64)
    sizes[:, RESIDENT] = (kinds == CARE_HOME) * draws.between("residents", homes, residents.low, residents.high)
    for name, kind in world.households.kinds.items():
        rows = np.flatnonzero(kinds == name)
        sizes[rows, FIRST] = 1
        sizes[rows, PARTNER] = kind.couple
        sizes[rows, CHILD] = draws.choose("adult_children", homes[rows], kind.adult_children).astype(np.int64)
        sizes[rows, MINOR] = draws.choose("children", homes[rows], kind.children).astype(np.int64)
        sizes[rows, GRANDPARENT] = kind.grandparent
        sizes[rows, OTHER] = draws.between("others", homes[rows], kind.others.low, kind.others.high)
    role = np.repeat(np.tile(np.arange(RESIDENT + 1), len(homes)), sizes.ravel())
    size = sizes.sum(axis=1)
    home = np.repeat(np.arange(len(homes)), size)
    return home, np.arange(len(home)) - np.repeat(np.cumsum(size) - size, size), role


def _kinship(
    draws: Draws, world: World, person: Ints, home: Ints, role: Ints, related: Bools
) -> tuple[Ints, Ints, Ints]:
    rows, none = np.arange(len(person)), np.full(len(person), -1)
    first = np.searchsorted(home, home)
    partner = role == PARTNER
    spouse = np.where(partner, first, none)
    spouse[first[partner]] = rows[partner]
    again = (rows > 0) & np.concatenate([[False], (role[1:] == role[:-1]) & (home[1:] == home[:-1])])
    rates = world.households
    likely = np.select(
        [role == CHILD, role == MINOR], [rates.twins_among_adult_children, rates.twins_among_children], 0.0
    )
    drawn = draws.uniform("twins", person)
    # Three at a birth do not occur.
    sibling = related & (role == OTHER) & np.concatenate([[False], role[:-1] == FIRST])
    twin = (again & (drawn < likely)) | (sibling & (drawn < rates.twins_among_siblings))
    twin &= ~np.concatenate([[False], twin[:-1]])
    child_of = np.where((role == CHILD) | (role == MINOR), first, none)
    return spouse, np.where(twin, rows - 1, none), child_of


def _births(
    draws: Draws,
    profile: SynthProfile,
    world: World,
    person: Ints,
    home: Ints,
    role: Ints,
    kind: Texts,
    kinship: tuple[Ints, Ints, Ints],
) -> Days:
    twin_of, child_of, spouse = kinship
    rates = world.households
    head = np.searchsorted(home, home)
    birth = _in_bands(draws, "birth", person, _age_tables(world, role, kind), rates.ages, profile)
    partner = np.flatnonzero(role == PARTNER)
    birth[partner] = _near(
        draws, "partner", person[partner], birth[head[partner]], rates.partner_age_gap_years, profile
    )
    same_day = partner[draws.chance("same_day", person[partner], rates.couple_born_same_day)]
    birth[same_day] = birth[head[same_day]]
    sibling = np.flatnonzero((role == OTHER) & (kind == "siblings"))
    birth[sibling] = _near(
        draws, "sibling", person[sibling], birth[head[sibling]], rates.partner_age_gap_years, profile
    )
    older = np.flatnonzero(role == GRANDPARENT)
    years = draws.between("generation", person[older], rates.generation_years.low, rates.generation_years.high)
    days = np.floor(draws.uniform("generation_day", person[older]) * _YEAR).astype(np.int64)
    birth[older] = birth[head[older]] - np.floor(years * _YEAR).astype(np.int64) - days
    child = np.flatnonzero(child_of >= 0)
    parent = child_of[child]
    younger = np.where(spouse[parent] >= 0, np.maximum(birth[parent], birth[spouse[parent]]), birth[parent])
    birth[child] = _children(draws, person[child], role[child] == MINOR, _age(younger, profile), profile)
    twin = np.flatnonzero(twin_of >= 0)
    birth[twin] = birth[twin_of[twin]]
    return np.asarray(birth)


def _age_tables(world: World, role: Ints, kind: Texts) -> Texts:
    tables = {name: entry.ages for name, entry in world.households.kinds.items()} | {CARE_HOME: CARE_HOME}
    own = np.array([tables[name] for name in kind.tolist()], dtype=object)
    return np.where(np.isin(role, [FIRST, OTHER, RESIDENT]), own, "adult").astype(object)


def _in_bands(
    draws: Draws, name: str, ids: Ints, tables: Texts, ages: Mapping[str, Sequence[AgeBand]], profile: SynthProfile
) -> Days:
    """Dates of birth, even within each age band: drawn inside it, so that no day collects those outside."""
    birth = np.full(len(ids), np.datetime64("NaT"), dtype="datetime64[D]")
    for table, bands in ages.items():
        rows = np.flatnonzero(tables == table)
        band = draws.pick(f"{name}/{table}", ids[rows], [entry.weight for entry in bands])
        low = np.array([entry.low for entry in bands])[band] * _YEAR
        width = np.array([entry.high + 1 - entry.low for entry in bands])[band] * _YEAR
        days = (
            np.floor(low).astype(np.int64)
            + 1
            + np.floor(draws.uniform(f"{name}/day", ids[rows]) * width).astype(np.int64)
        )
        birth[rows] = _end(profile) - days
    return birth


def _children(draws: Draws, ids: Ints, minor: Bools, parent_age: Floats, profile: SynthProfile) -> Days:
    """Births of children, even over the years in which their younger parent was of an age to have them."""
    oldest = np.maximum(parent_age - _YOUNGEST_PARENT - 1.0, np.where(minor, 0.5, _ADULT + 0.5))
    youngest = np.clip(parent_age - _OLDEST_PARENT, 0.0, _ADULT - 1.0)
    low = np.where(minor, youngest, float(_ADULT))
    high = np.where(minor, np.minimum(oldest, float(_ADULT)), np.minimum(oldest, 60.0))
    days = np.floor((low + draws.uniform("child", ids) * (high - low)) * _YEAR).astype(np.int64)
    return np.asarray(_end(profile) - days - np.where(minor, 0, 1))


def _near(draws: Draws, name: str, ids: Ints, to: Days, years: int, profile: SynthProfile) -> Days:
    """Dates of birth around others; drawn again where the person would be too young or too old, lastly a little older."""
    birth = to - draws.between(f"{name}/older", ids, 30, 900)
    done = np.zeros(len(ids), dtype=bool)
    for turn in range(4):
        shift = np.rint(draws.bell(f"{name}/{turn}", ids) * years * _YEAR / 2).astype(np.int64)
        adult = ~done & (to + shift <= _born(profile, _ADULT)) & (to + shift > _born(profile, _OLDEST))
        birth = np.where(adult, to + shift, birth)
        done |= adult
    return birth


def _sexes(draws: Draws, world: World, person: Ints, spouse: Ints, twin_of: Ints, role: Ints, age: Floats) -> Ints:
    sex = np.where(draws.chance("sex", person, by_age(world.households.women, age)), FEMALE, MALE)
    partner = role == PARTNER
    same = draws.chance("same_sex", person, world.households.same_sex_couple)
    sex = np.where(partner, np.where(same, sex[spouse], 3 - sex[spouse]), sex)
    alike = (twin_of >= 0) & draws.chance("alike", person, world.households.twins_same_sex)
    return np.where(alike, sex[twin_of], sex)


def _namesake(sex: Ints, child_of: Ints, spouse: Ints) -> Ints:
    """The parent of the child's own sex where there is one."""
    other = np.where(child_of >= 0, spouse[child_of], -1)
    return np.where((other >= 0) & (sex != sex[child_of]) & (sex == sex[other]), other, child_of)


def _ethnicity(
    draws: Draws, world: World, person: Ints, kin: Ints, role: Ints, spouse: Ints, child_of: Ints
) -> tuple[Texts, Ints]:
    """Ethnic group and naming pattern: those of the kin, save for partners from elsewhere and their children."""
    weights = {code: entry.weight for code, entry in world.ethnic_groups.items()}
    mixed = (role == PARTNER) & draws.chance("mixed_couple", person, world.mixed_families.share)
    of = np.where(mixed, person, kin)
    group = draws.choose("ethnic_group", of, weights)
    child = np.flatnonzero(child_of >= 0)
    other = spouse[child_of[child]]
    both = child[other >= 0]
    first, second = group[child_of[both]], group[spouse[child_of[both]]]
    unlike = first != second
    group[both[unlike]] = [_mixed(world, a, b) for a, b in zip(first[unlike], second[unlike], strict=True)]
    code = {name: place for place, name in enumerate(pattern_names())}
    pattern = np.zeros(len(kin), dtype=np.int64)
    for name, entry in world.ethnic_groups.items():
        rows = np.flatnonzero(group == name)
        codes = np.array([code[p] for p in entry.patterns], dtype=np.int64)
        pattern[rows] = codes[draws.pick("pattern", of[rows], list(entry.patterns.values()))]
    return group, pattern


def _mixed(world: World, first: str, second: str) -> str:
    families = world.mixed_families
    if _WHITE not in (first, second):
        return families.children_otherwise
    return families.children.get(second if first == _WHITE else first, families.children_otherwise)


def _age(birth: Days, profile: SynthProfile) -> Floats:
    """Age in years and parts of a year on the last day of the period."""
    return np.asarray((_end(profile) - birth).astype(np.int64) / _YEAR)


def _end(profile: SynthProfile) -> np.datetime64:
    return np.datetime64(profile.period_end, "D")


def _born(profile: SynthProfile, age: int) -> np.datetime64:
    """The latest date of birth of people who are surely of this age at the end of the period."""
    return _end(profile) - np.timedelta64(int(age * _YEAR) + 1, "D")


def checked_numbers(people: int, former: int) -> None:
    """Raise InternalError when a block needs more NHS numbers than were set aside for it."""
    if people + former > NUMBERS_PER_BLOCK:
        raise InternalError("A block of synthetic households needs more NHS numbers than were set aside for it.")
