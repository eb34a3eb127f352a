"""The people of a submission as their case system holds them: local identifier, details with faults, and the truth.

Faults of one record go together: each record has a trait of carelessness that raises or lowers all of its odds at once.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from linkage.synth.clients import Carers, Clients
from linkage.synth.draws import Bools, Draws, Floats, Ints
from linkage.synth.faults import invalid_number, nickname, one_digit_wrong, swapped_day_and_month, typed_wrong
from linkage.synth.lives import NEVER, Lives
from linkage.synth.names import Names
from linkage.synth.places import postcode_texts
from linkage.synth.population import FEMALE, RESIDENT, Households
from linkage.synth.profile import FaultRates, SynthProfile
from linkage.synth.world import World

Texts = npt.NDArray[np.object_]
Days = npt.NDArray[np.datetime64]

_FIRST_LOCAL_ID = 100_000
_OLD_AGE_YEARS = 70
_GIVEN_NAME = {"nickname", "given_name_typo", "initial_only", "names_swapped"}
_BIRTH = {"day_month_swapped", "birth_digit", "birth_date_missing"}
_POSTCODE = {"stale_postcode", "care_home_postcode", "postcode_typo", "postcode_unspaced"}
# Faults that leave no trace of others.
_OVERRIDES = {
    "given_name_placeholder": _GIVEN_NAME - {"names_swapped"},
    "twin_placeholder": _GIVEN_NAME | {"given_name_placeholder"},
    "no_fixed_abode": _POSTCODE,
    "postcode_missing": _POSTCODE | {"no_fixed_abode"},
    "anothers_birth_date": _BIRTH,
    "bare_record": _BIRTH | _POSTCODE | {"no_fixed_abode", "postcode_missing"},
}


@dataclass(frozen=True)
class Records:
    """One row per local identifier. ``row`` is the position among the people, ``duplicate`` marks a second identifier.

    ``birth`` is NaT when blank. ``faults`` holds the names of the faults applied; ``given_number`` is ok, missing,
    invalid, anothers or superseded.
    """

    row: Ints
    record_id: Ints
    local_id: Texts
    authority: Ints
    duplicate: Bools
    absent: Bools
    invalidated: Bools
    nhs_number: Texts
    first_name: Texts
    last_name: Texts
    birth: Days
    postcode: Texts
    gender: Texts
    given_number: Texts
    faults: list[list[str]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.row)


@dataclass(frozen=True)
class _Making:
    """What the steps below share: the draws, the rates, the people, and each record's odds factor."""

    draws: Draws
    profile: SynthProfile
    people: Households
    lives: Lives
    row: Ints
    record_id: Ints
    factor: Floats
    faults: list[list[str]]

    @property
    def rates(self) -> FaultRates:
        return self.profile.faults

    def strikes(self, name: str, rate: float, among: Bools | None = None) -> Ints:
        """Positions of the records that a fault strikes; noted by name."""
        odds = rate / (1 - rate) * self.factor
        struck = self.draws.chance(f"fault/{name}", self.record_id, odds / (1 + odds))
        return np.flatnonzero(struck if among is None else struck & among)

    def note(self, positions: Ints, name: str) -> None:
        for position in positions:
            self.faults[position].append(name)


def records(
    profile: SynthProfile, world: World, names: Names, people: Households, lives: Lives, users: Clients, carers: Carers
) -> Records:
    """The records of one block's service users and carers, a few of them twice."""
    draws = Draws(profile.seed)
    known = np.unique(np.concatenate([users.row, carers.row]))
    twice = known[draws.chance("duplicate", people.person_id[known], profile.faults.duplicate_local_id)]
    row = np.concatenate([known, twice])
    duplicate = np.concatenate([np.zeros(len(known), dtype=bool), np.ones(len(twice), dtype=bool)])
    record_id = people.person_id[row] * 2 + duplicate
    absent = draws.chance("absent", people.person_id[row], profile.register_rates.absent)
    invalidated = ~absent & draws.chance("invalidated", people.person_id[row], profile.register_rates.invalidated)
    making = _Making(
        draws,
        profile,
        people,
        lives,
        row,
        record_id,
        _odds_factor(draws, profile, people, row, record_id),
        [[] for _ in row],
    )
    birth = _births(making)
    unnamed = _unnamed_twins(making, absent | invalidated)
    bare = making.strikes("bare_record", profile.faults.bare_record, ~invalidated)
    making.note(bare, "bare_record")
    birth[bare] = NEVER
    number, given = _numbers(making, absent, invalidated, birth, np.union1d(unnamed, bare))
    first, last = _names(making, world, names, unnamed)
    postcode, gender = _postcodes(making, world, bare), _genders(making)
    _forget_overridden(making.faults)
    return Records(
        row=row,
        record_id=record_id,
        local_id=_local_ids(profile, people, row, duplicate),
        authority=people.authority[row],
        duplicate=duplicate,
        absent=absent,
        invalidated=invalidated,
        nhs_number=number,
        first_name=first,
        last_name=last,
        birth=birth,
        postcode=postcode,
        gender=gender,
        given_number=given,
        faults=making.faults,
    )


def _forget_overridden(faults: list[list[str]]) -> None:
    """Drop the names of faults that a later fault of the same record wiped out."""
    for noted in faults:
        wiped = set().union(*(_OVERRIDES[name] for name in noted if name in _OVERRIDES))
        noted[:] = [name for name in noted if name not in wiped]


def _odds_factor(draws: Draws, profile: SynthProfile, people: Households, row: Ints, record_id: Ints) -> Floats:
    spread = profile.faults.carelessness
    factor = np.exp(spread * draws.bell("carelessness", record_id) - spread**2 / 2)
    by_pattern = np.array(
        [profile.faults.pattern_factor.get(p, 1.0) for p in people.pattern[row].tolist()], dtype=np.float64
    )
    return np.asarray(factor * by_pattern)


def _local_ids(profile: SynthProfile, people: Households, row: Ints, duplicate: Bools) -> Texts:
    numbers = _FIRST_LOCAL_ID + 2 * people.number_index[row] + duplicate
    forms = [authority.identifier for authority in profile.authorities]
    places = people.authority[row].tolist()
    return np.array([forms[a].format(n) for a, n in zip(places, numbers.tolist(), strict=True)], dtype=object)


def _births(making: _Making) -> Days:
    rates = making.rates
    birth = making.people.birth[making.row]
    swapped = swapped_day_and_month(birth)
    struck = making.strikes("day_month_swapped", rates.day_month_swapped, ~np.isnat(swapped))
    wrong = np.setdiff1d(making.strikes("birth_digit", rates.birth_digit), struck)
    blank = making.strikes("birth_placeholder", rates.birth_placeholder)
    digits = one_digit_wrong(making.draws, making.record_id, birth)
    birth = birth.copy()
    birth[struck], birth[wrong] = swapped[struck], digits[wrong]
    placeholder = making.draws.chance("writes_placeholder", making.record_id, rates.birth_placeholder_written)
    birth[blank] = np.where(placeholder[blank], np.datetime64(rates.birth_placeholder_date, "D"), NEVER)
    for name, positions in (("day_month_swapped", struck), ("birth_digit", wrong), ("birth_date_missing", blank)):
        making.note(np.setdiff1d(positions, blank) if name != "birth_date_missing" else positions, name)
    return birth


def _unnamed_twins(making: _Making, left_out: Bools) -> Ints:
    """Records of twins of the same sex that hold "Twin 1" or "Twin 2" for a given name, and no number."""
    twin = making.people.twin_of.copy()
    younger = np.flatnonzero(twin >= 0)
    twin[twin[younger]] = younger
    alike = (twin >= 0) & (making.people.sex == making.people.sex[twin])
    struck = making.strikes("twin_placeholder", making.rates.twin_placeholder, alike[making.row] & ~left_out)
    making.note(struck, "twin_placeholder")
    return struck


def _numbers(making: _Making, absent: Bools, invalidated: Bools, birth: Days, without: Ints) -> tuple[Texts, Texts]:
    """The given NHS number as text and what it is; changes ``birth`` where somebody else's date came with the number."""
    rates, draws, row = making.rates, making.draws, making.row
    kinds = np.full(len(row), "ok", dtype=object)
    kinds[making.strikes("number_missing", rates.number.missing, ~invalidated)] = "missing"
    kinds[making.strikes("number_invalid", rates.number.invalid, ~invalidated)] = "invalid"
    unknown = absent & draws.chance("absent_without", making.record_id, rates.number_missing_when_absent)
    kinds[unknown] = "missing"
    others = _other_person(making, absent)
    kinds[making.strikes("number_anothers", rates.number.anothers, (others >= 0) & ~absent & ~invalidated)] = "anothers"
    old = making.lives.numbers[row, 1] >= 0
    kinds[
        old
        & (kinds == "ok")
        & draws.chance("gives_old", making.record_id, rates.number_superseded_given)
        & ~absent
        & ~invalidated
    ] = "superseded"
    kinds[without] = "missing"
    numbers = np.full(len(row), "", dtype=object)
    for position, kind in enumerate(kinds.tolist()):
        own = making.lives.numbers[row[position]]
        if kind == "invalid":
            numbers[position] = invalid_number(draws, int(making.record_id[position]), int(own[0]))
        elif kind != "missing":
            source = making.lives.numbers[others[position], 0] if kind == "anothers" else own[0]
            numbers[position] = f"{(own[own >= 0][-1] if kind == 'superseded' else source):010d}"
        if kind != "ok":
            making.faults[position].append(f"number_{kind}")
    making.note(np.flatnonzero(absent & (kinds == "ok")), "number_not_on_register")
    copied = (kinds == "anothers") & draws.chance(
        "copies_birth", making.record_id, rates.anothers_with_their_birth_date
    )
    birth[copied] = making.people.birth[others[copied]]
    making.note(np.flatnonzero(copied), "anothers_birth_date")
    spaced = making.strikes("number_spaced", rates.number_spaced, np.isin(kinds, ["ok", "anothers", "superseded"]))
    numbers[spaced] = [f"{number[:3]} {number[3:6]} {number[6:]}" for number in numbers[spaced]]
    making.note(spaced, "number_spaced")
    return numbers, kinds


def _other_person(making: _Making, absent: Bools) -> Ints:
    """Whose number a record may carry by mistake: the spouse's, else that of a neighbour; never an absent person's."""
    people, row = making.people, making.row
    away = np.unique(row[absent])
    near = np.minimum(row + 1, len(people) - 1)
    other = np.where(people.spouse[row] >= 0, people.spouse[row], near)
    return np.where(np.isin(other, away) | (other == row), -1, other)


def _names(making: _Making, world: World, names: Names, unnamed: Ints) -> tuple[Texts, Texts]:
    rates, lives, row, draws = making.rates, making.lives, making.row, making.draws
    codes = making.people.pattern_code[row]
    first = names.given[lives.given[row]]
    last = names.family_texts(lives.family[row, 0], lives.second_family[row, 0], codes)
    was = making.strikes("previous_family_name", rates.previous_family_name, ~np.isnat(lives.renamed[row, 0]))
    earlier = names.family_texts(lives.family[row, 1], lives.second_family[row, 1], codes)
    last[was] = earlier[was]
    making.note(was, "previous_family_name")
    for position in making.strikes("nickname", rates.nickname):
        familiar = nickname(draws, int(making.record_id[position]), first[position])
        if familiar:
            first[position] = familiar
            making.faults[position].append("nickname")
    for name, values, rate in (
        ("given_name_typo", first, rates.given_name_typo),
        ("family_name_typo", last, rates.family_name_typo),
    ):
        struck = making.strikes(name, rate)
        for position in struck:
            values[position] = typed_wrong(draws, name, int(making.record_id[position]), values[position])
        making.note(struck, name)
    _lose_given_names(making, first)
    older = making.people.twin_of[making.row[unnamed]] < 0
    first[unnamed] = np.where(older, "Twin 1", "Twin 2")
    swapped = np.setdiff1d(making.strikes("names_swapped", rates.names_swapped), unnamed)
    first[swapped], last[swapped] = last[swapped], first[swapped]
    making.note(swapped, "names_swapped")
    upper = _upper_case(making)
    first[upper] = [name.upper() for name in first[upper]]
    last[upper] = [name.upper() for name in last[upper]]
    return first, last


def _lose_given_names(making: _Making, first: Texts) -> None:
    initial = making.strikes("initial_only", making.rates.initial_only)
    first[initial] = [name[0] for name in first[initial]]
    making.note(initial, "initial_only")
    placeholder = making.strikes("given_name_placeholder", making.rates.given_name_placeholder)
    first[placeholder] = "Unknown"
    making.note(placeholder, "given_name_placeholder")


def _upper_case(making: _Making) -> Bools:
    share = np.array([authority.upper_case_names for authority in making.profile.authorities])
    return making.draws.chance("upper_case", making.record_id, share[making.people.authority[making.row]])


def _postcodes(making: _Making, world: World, bare: Ints) -> Texts:
    rates, lives, row, people = making.rates, making.lives, making.row, making.people
    numbers = lives.postcode[row, 0].copy()
    stale = making.strikes("stale_postcode", rates.stale_postcode, lives.postcode[row, 1] >= 0)
    numbers[stale] = lives.postcode[row, 1][stale]
    making.note(stale, "stale_postcode")
    homes = np.unique(lives.postcode[people.role == RESIDENT, 0])
    age = (np.datetime64(making.profile.period_end, "D") - people.birth[row]).astype(np.int64) / 365.25
    among = (age >= _OLD_AGE_YEARS) & (people.role[row] != RESIDENT) & (len(homes) > 0)
    early = making.strikes("care_home_postcode", rates.care_home_postcode_early, among)
    numbers[early] = (
        homes[making.draws.between("which_home", making.record_id[early], 0, max(len(homes) - 1, 0))]
        if len(homes)
        else 0
    )
    making.note(early, "care_home_postcode")
    texts = postcode_texts(numbers)
    roofless = making.strikes("no_fixed_abode", world.lives.no_fixed_abode, age < _OLD_AGE_YEARS)
    texts[roofless] = rates.no_fixed_abode_postcode
    making.note(roofless, "no_fixed_abode")
    texts = _mistyped_postcodes(making, texts, roofless)
    texts[bare] = ""
    return texts


def _mistyped_postcodes(making: _Making, texts: Texts, untouched: Ints) -> Texts:
    rates = making.rates
    wrong = np.setdiff1d(making.strikes("postcode_typo", rates.postcode_typo), untouched)
    texts[wrong] = [f"{text[:-1]}{'A' if text[-1] != 'A' else 'B'}" for text in texts[wrong]]
    making.note(wrong, "postcode_typo")
    unspaced = making.strikes("postcode_unspaced", rates.postcode_unspaced)
    texts[unspaced] = [text.replace(" ", "") for text in texts[unspaced]]
    making.note(unspaced, "postcode_unspaced")
    missing = making.strikes("postcode_missing", rates.postcode_missing)
    texts[missing] = ""
    making.note(missing, "postcode_missing")
    return texts


def _genders(making: _Making) -> Texts:
    female = making.people.sex[making.row] == FEMALE
    wrong = making.strikes("gender_wrong", making.rates.gender_wrong)
    female[wrong] = ~female[wrong]
    making.note(wrong, "gender_wrong")
    gender = np.where(female, "Female", "Male").astype(object)
    unknown = making.strikes("gender_unknown", making.rates.gender_unknown)
    gender[unknown] = "Not known"
    making.note(unknown, "gender_unknown")
    return gender
