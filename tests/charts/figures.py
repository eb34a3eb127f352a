"""The numbers behind the charts of the synthetic world: each figure is a table of rows, what was made beside the design."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from linkage.synth import SynthProfile, load_profile
from linkage.synth.block import Block, load_setting, make_block
from linkage.synth.draws import by_age
from linkage.synth.health.conditions import true_counts
from linkage.synth.people.places import deprivation_quintile
from linkage.synth.people.population import CARE_HOME, FEMALE
from linkage.synth.records.odds import age_at_end
from linkage.synth.truth.groups import ethnic_groups
from linkage.synth.truth.submitted import DIFFICULTIES, truth_rows

Cell = str | int | float
Rows = list[tuple[Cell, ...]]
Array = np.ndarray

# What the settings of the world were chosen to give: shares of people by age (from, up to), and of households by size.
AGE_DESIGN = (
    (0, 18, 0.22),
    (18, 35, 0.22),
    (35, 50, 0.21),
    (50, 65, 0.18),
    (65, 75, 0.09),
    (75, 85, 0.055),
    (85, 105, 0.025),
)
SIZE_DESIGN = (0.30, 0.34, 0.16, 0.13, 0.05, 0.02)
AGE_BANDS = ((0, 18), (18, 30), (30, 45), (45, 65), (65, 75), (75, 85), (85, 105))
# Faults shown, in words; the others are in the same tables under their own names.
FAULTS = {
    "number_missing": "no NHS number", "number_invalid": "invalid NHS number", "number_anothers": "somebody else's NHS number",
    "given_name_typo": "given name misspelt", "family_name_typo": "family name misspelt", "nickname": "familiar form",
    "initial_only": "initial only", "names_swapped": "names swapped by mistake", "names_inverted": "family name first by custom",
    "previous_family_name": "former family name", "birth_date_missing": "no date of birth", "birth_digit": "digit of birth wrong",
    "day_month_swapped": "day and month swapped", "stale_postcode": "postcode of an earlier home",
    "postcode_typo": "postcode mistyped", "postcode_missing": "no postcode", "gender_wrong": "gender wrong",
}  # fmt: skip
GROUP_FAULTS = ("number_missing", "family_name_typo", "birth_digit", "names_inverted", "stale_postcode")
PROFILES = ("clean", "realistic", "nasty")
_CENSUS_GROUPS = ("White", "Mixed", "Asian", "Black", "Other")
_SPACING = 40


@dataclass(frozen=True)
class Made:
    """Blocks of one world."""

    blocks: tuple[Block, ...]

    @property
    def profile(self) -> SynthProfile:
        return self.blocks[0].setting.profile

    @property
    def ages(self) -> Array:
        """Completed years and parts of a year at the end of the period, of everybody."""
        return self.of(lambda b: age_at_end(self.profile, b.people, np.arange(len(b.people))))

    def of(self, column: Callable[[Block], Array]) -> Array:
        """A column of all blocks."""
        return np.concatenate([column(block) for block in self.blocks])


def world(name: str, people: int, seed: int = 0) -> Made:
    """A world in memory of about so many people (whole blocks); ``seed`` is added to that of the profile."""
    profile = load_profile(name)
    setting = load_setting(profile.model_copy(update={"seed": profile.seed + seed}))
    blocks: list[Block] = []
    while sum(len(block.people) for block in blocks) < people:
        block = make_block(setting, len(blocks), 10**9)
        blocks += [block] if block else []
    return Made(tuple(blocks))


def crowded(made_of: str, people: int, seed: int = 0) -> Made:
    """The same with two adults in five among the service users, so that rare faults can be counted."""
    profile = load_profile(made_of)
    coverage = profile.coverage.model_copy(update={"by_age": {"18": 0.4}})
    setting = load_setting(profile.model_copy(update={"seed": profile.seed + seed, "coverage": coverage}))
    count = max(1, round(people / 2400))
    return Made(tuple(block for number in range(count) if (block := make_block(setting, number, 10**9)) is not None))


def ages(made: Made) -> tuple[tuple[str, ...], Rows]:
    """People outside care homes by sex and age in completed years, and the share that the design gives the age."""
    there = made.of(lambda b: b.people.kind) != CARE_HOME
    age = np.floor(made.ages[there]).astype(int)
    female = made.of(lambda b: b.people.sex)[there] == FEMALE
    rows: Rows = []
    for low, high, share in AGE_DESIGN:
        for year in range(low, high):
            for sex, of_sex in (("women", female), ("men", ~female)):
                count = int(((age == year) & of_sex).sum())
                rows.append((year, sex, count, round(count / len(age), 6), round(share / (high - low) / 2, 6)))
    return ("age", "sex", "people", "share", "design"), rows


def household_sizes(made: Made) -> tuple[tuple[str, ...], Rows]:
    """Private households by number of people."""
    sizes = made.of(lambda b: np.unique(b.people.household[b.people.kind != CARE_HOME], return_counts=True)[1])
    shares = np.bincount(sizes, minlength=len(SIZE_DESIGN) + 1) / len(sizes)
    return ("size", "share", "design"), [
        (size + 1, round(float(shares[size + 1]), 5), design) for size, design in enumerate(SIZE_DESIGN)
    ]


def surnames(made: Made) -> tuple[tuple[str, ...], Rows]:
    """Family names by rank, some of the ranks; ``names`` and ``held_once`` are of all names of the kind."""
    names = made.blocks[0].setting.names
    positions, counts = np.unique(made.of(lambda b: b.lives.family[:, 0]), return_counts=True)
    order = np.argsort(-counts, kind="stable")
    listed = listed_names()
    kinds = np.array(["listed" if name in listed else "built" for name in names.family[positions[order]].tolist()])
    counts, total = counts[order], int(counts.sum())
    ranks = np.unique(np.round(np.logspace(0, np.log10(len(counts)), 3 * _SPACING)).astype(int))
    once = {kind: int((counts[kinds == kind] == 1).sum()) for kind in ("listed", "built")}
    held = {kind: int((kinds == kind).sum()) for kind in ("listed", "built")}
    rows: Rows = []
    for rank in ranks.tolist():
        kind, count = str(kinds[rank - 1]), int(counts[rank - 1])
        rows.append((rank, kind, count, round(count / total, 7), held[kind], once[kind]))
    return ("rank", "kind", "people", "share", "names", "held_once"), rows


def listed_names() -> set[str]:
    """The surnames of the packaged list."""
    from linkage.configs import packaged

    lines = packaged("synth/names/surnames.csv").read_text(encoding="utf-8").splitlines()[1:]
    return {line.split(",")[0] for line in lines}


def birth_dates(made: Made) -> tuple[tuple[str, ...], Rows]:
    """Dates of birth by how many people have them: those of the 20 most crowded years, and as chance alone would have it."""
    births = made.of(lambda b: b.people.birth)
    years = births.astype("datetime64[Y]").astype(int)
    crowded_years = np.argsort(-np.bincount(years - years.min()), kind="stable")[:20] + years.min()
    among = births[np.isin(years, crowded_years)]
    held = np.unique(among, return_counts=True)[1]
    days = int(sum(366 if (year + 1970) % 4 == 0 else 365 for year in crowded_years))
    mean = len(among) / days
    rows: Rows = []
    chance = np.exp(-mean)
    for people in range(int(held.max()) + 1):
        chance = chance * mean / people if people else chance
        dates = int((held == people).sum()) if people else days - len(held)
        rows.append((people, dates, round(float(chance * days), 2)))
    return ("people", "dates", "by_chance"), rows


def placeholder_dates(made: Made) -> tuple[tuple[str, ...], Rows]:
    """The dates of birth that most records hold, and how many people of the register were born on them."""
    written = made.of(lambda b: b.records.birth)
    dates, counts = np.unique(written[~np.isnat(written)], return_counts=True)
    top = np.argsort(-counts, kind="stable")[:10]
    births = made.of(lambda b: b.people.birth)
    return ("date", "records", "people"), [
        (str(dates[place]), int(counts[place]), int((births == dates[place]).sum())) for place in top.tolist()
    ]


def fault_profiles(worlds: Sequence[Made]) -> tuple[tuple[str, ...], Rows]:
    """Share of records that show each fault, by profile, and the share that the settings let it strike."""
    rows: Rows = []
    for made in worlds:
        for fault in FAULTS:
            shown, wanted = shown_and_wanted(made, fault)
            rows.append(
                (made.profile.name, fault, len(shown), round(float(shown.mean()), 6), round(float(wanted.mean()), 6))
            )
    return ("profile", "fault", "records", "shown", "configured"), rows


def fault_groups(made: Made) -> tuple[tuple[str, ...], Rows]:
    """The same for some faults, by authority, ethnic group and age, with the 95 % interval of the share."""
    rows: Rows = []
    for fault in GROUP_FAULTS:
        shown, wanted = shown_and_wanted(made, fault)
        for kind, group, among in _groups(made):
            count, share = int(among.sum()), float(shown[among].mean())
            low, high = _wilson(share, count)
            configured = float(wanted[among].mean())
            rows.append((fault, kind, group, count, round(share, 6), low, high, round(configured, 6)))
    return ("fault", "by", "group", "records", "shown", "lower", "upper", "configured"), rows


def shown_and_wanted(made: Made, fault: str) -> tuple[Array, Array]:
    """Whether each record shows a fault, and the share of records like it that should."""
    shown = made.of(lambda b: b.records.has(fault))
    wanted = made.of(lambda b: b.records.wanted.get(fault, np.zeros(len(b.records))))
    if fault == "number_missing":
        rate = made.profile.faults.number.missing_when_absent
        wanted = np.where(made.of(lambda b: b.records.absent), rate + (1 - rate) * wanted, wanted)
    return shown, wanted


def difficulty(worlds: Sequence[Made]) -> tuple[tuple[str, ...], Rows]:
    """Records of each profile by how hard they are to trace."""
    rows: Rows = []
    for made in worlds:
        classes = made.of(lambda b: truth_rows(b.setting, b)["difficulty"])
        rows += [
            (made.profile.name, name, len(classes), round(float((classes == name).mean()), 5)) for name in DIFFICULTIES
        ]
    return ("profile", "difficulty", "records", "share"), rows


def moves(made: Made) -> tuple[tuple[str, ...], Rows]:
    """Moves a year of people who live alone, by age, beside the setting (at most three moves of six years are known)."""
    alone = made.of(lambda b: b.people.kind) == "single"
    age, lives = made.ages[alone], made.blocks[0].setting.world.lives
    known = (~np.isnat(made.of(lambda b: b.lives.moved)[alone])).sum(axis=1) / lives.moves_known_for_years
    alive = np.isnat(made.of(lambda b: b.lives.death)[alone])
    rows: Rows = []
    for low, high in AGE_BANDS[1:]:
        among = (age >= low) & (age < high) & alive
        mean = by_age(lives.moves_a_year, age[among]).mean()
        rows.append(
            (f"{low}-{high - 1}", int(among.sum()), round(float(known[among].mean()), 5), round(float(mean), 5))
        )
    return ("age", "people", "moves_a_year", "design"), rows


def conditions(made: Made) -> tuple[tuple[str, ...], Rows]:
    """Mean number of long-term conditions of adults alive, by age, of users of social care and of others.

    ``design`` is the mean that the settings give everybody of these ages and places, users and others together.
    """
    setting = made.blocks[0].setting
    rates = setting.world.health.conditions
    start = np.datetime64(setting.profile.period_start, "D")
    age = made.of(lambda b: (start - b.people.birth).astype(int) / 365.25)
    factor = np.array([1.0, *(rates.deprivation_factor.get(str(quintile), 1.0) for quintile in range(1, 6))])
    design = by_age(rates.mean, age) * factor[made.of(lambda b: deprivation_quintile(b.lives.postcode[:, 0]))]
    counts = made.of(lambda b: true_counts(setting, b))
    user = made.of(lambda b: np.isin(np.arange(len(b.people)), b.users.row))
    alive = ~(made.of(lambda b: b.lives.death) < start)
    rows: Rows = []
    for low, high in AGE_BANDS[1:]:
        among = (age >= low) & (age < high) & alive
        for name, who in (("everybody", among), ("users of social care", among & user), ("others", among & ~user)):
            wanted = round(float(design[who].mean()), 4)
            rows.append((f"{low}-{high - 1}", name, int(who.sum()), round(float(counts[who].mean()), 4), wanted))
    return ("age", "who", "people", "conditions", "design"), rows


def _groups(made: Made) -> list[tuple[str, str, Array]]:
    authority, code = made.of(lambda b: b.records.authority), ethnic_groups()
    ethnic = made.of(lambda b: np.array([code[c] for c in b.people.ethnic_group[b.records.row].tolist()], dtype=object))
    age = made.of(lambda b: age_at_end(made.profile, b.people, b.records.row))
    found = [
        ("authority", f"authority {a.la_code}", authority == place) for place, a in enumerate(made.profile.authorities)
    ]
    found += [("ethnic group", group, ethnic == group) for group in _CENSUS_GROUPS]
    return found + [("age", f"age {low}-{high - 1}", (age >= low) & (age < high)) for low, high in AGE_BANDS[1:]]


def _wilson(share: float, count: int) -> tuple[float, float]:
    """The 95 % score interval of a share."""
    z = 1.959964
    centre = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z * np.sqrt(share * (1 - share) / count + z * z / (4 * count * count)) / (1 + z * z / count)
    return round(max(0.0, float(centre - half)), 6), round(float(centre + half), 6)
