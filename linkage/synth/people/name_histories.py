"""The names of people over their lives: given names, names at birth, by marriage, and after a divorce."""

import numpy as np

from linkage.synth.draws import NEVER, Bools, Days, Ints, by_age
from linkage.synth.people.making import YEAR, Making
from linkage.synth.people.population import FEMALE, FIRST, GRANDPARENT, RESIDENT

FamilyName = tuple[Ints, Ints]


def given_names(making: Making) -> Ints:
    """The given name of each person: some children bear a parent's, and twins do not share theirs."""
    people, rates, names = making.people, making.world.households, making.names
    of = (people.pattern_code, people.sex, making.birth_years)
    given = names.draw_given(making.draws, "given", people.person_id, *of)
    parent = people.child_of
    after = (parent >= 0) & (people.sex == people.sex[parent])
    after &= making.chance("named_after", rates.named_after_parent)
    given = np.where(after, given[parent], given)
    alike = (people.twin_of >= 0) & making.chance("same_initial", rates.twins_same_initial)
    for row in np.flatnonzero(alike):
        choices = names.same_initial(given[people.twin_of[row]], int(people.pattern_code[row]), int(people.sex[row]))
        if len(choices):
            given[row] = choices[making.draws.between("twin_name", people.person_id[[row]], 0, len(choices) - 1)[0]]
    clash = np.flatnonzero((people.twin_of >= 0) & (given == given[people.twin_of]))
    given[clash] = names.draw_given(
        making.draws, "given_again", people.person_id[clash], *(column[clash] for column in of)
    )
    return given


def other_given_names(making: Making, given: Ints) -> Ints:
    """The second given name of those who have one, unlike the first; -1 for the others."""
    people = making.people
    rows = np.flatnonzero(making.chance("has_second", making.by_pattern(making.world.naming.second_given_name)))
    of = people.pattern_code[rows], people.sex[rows], making.birth_years[rows]
    other = np.full(len(given), -1)
    other[rows] = making.names.draw_given(making.draws, "second_given", people.person_id[rows], *of)
    return np.where(other == given, -1, other)


def family_names(making: Making, death: Days) -> tuple[list[FamilyName], Days]:
    """The names of each person, newest first, and the days on which all but the oldest began.

    A woman who took a name by marriage bears that of the kin of the household she married into; one who took her own
    name back bears that again. Changes before the year from which a register dates names leave no earlier name in it.
    """
    world, never = making.world.lives, NEVER
    wedding, divorce = _marriages(making, death)
    own, second, kin = _birth_names(making, ~np.isnat(wedding))
    wedding = np.where(own == kin, never, wedding)
    took, back = ~np.isnat(wedding), ~np.isnat(wedding) & ~np.isnat(divorce)
    hyphen = took & making.chance("hyphenates", world.hyphenates)
    married = np.where(hyphen, own, kin), np.where(hyphen, kin, -1)
    dated = np.datetime64(f"{world.names_dated_from_year}-01-01")
    last = np.where(back, divorce, wedding)
    last = np.where(last < dated, never, last)
    first = np.where(back & ~(wedding < dated), wedding, never)
    now, before, at_birth = took & ~back, ~np.isnat(last), ~np.isnat(first)
    names = [
        (
            np.where(now, of_marriage, of_birth),
            np.where(before, np.where(back, of_marriage, of_birth), -1),
            np.where(at_birth, of_birth, -1),
        )
        for of_marriage, of_birth in zip(married, (own, second), strict=True)
    ]
    return list(zip(*names, strict=True)), np.stack([last, first], axis=1)


def _marriages(making: Making, death: Days) -> tuple[Days, Days]:
    """The wedding of each woman who took her husband's name, and the divorce after which she took her own back."""
    people, rates = making.people, making.world.lives
    wife = (people.spouse >= 0) & (people.sex == FEMALE) & (people.sex[people.spouse] != FEMALE)
    alone = (people.spouse < 0) & (people.sex == FEMALE) & (people.kind != "siblings")
    alone &= np.isin(people.role, [FIRST, GRANDPARENT, RESIDENT])
    alone &= making.chance("once_married", by_age(rates.once_married, making.ages(making.end)))
    age = rates.marriage_age_years.low + making.draws.uniform("marriage", people.kin) * (
        rates.marriage_age_years.high + 1 - rates.marriage_age_years.low
    )
    younger = np.where(wife, np.maximum(people.birth, people.birth[people.spouse]), people.birth)
    wedding = younger + np.floor(age * YEAR).astype(np.int64)
    takes = (wife | alone) & making.chance("takes_name", making.by_pattern(rates.takes_partner_name))
    takes &= (wedding < making.end - 30) & ~(death < wedding)
    years = making.draws.between("married_for", people.person_id, rates.marriage_years.low, rates.marriage_years.high)
    divorce = wedding + np.floor(years * YEAR).astype(np.int64)
    parts = alone & making.chance("divorced", rates.divorced_among_once_married * rates.reverts_after_divorce)
    parts &= (divorce < making.end - 30) & ~(death < divorce)
    return np.where(takes, wedding, NEVER), np.where(takes & parts, divorce, NEVER)


def _birth_names(making: Making, married_in: Bools) -> tuple[Ints, Ints, Ints]:
    """Family name at birth, its second part, and the family name of the kin."""
    people, names, draws, naming = making.people, making.names, making.draws, making.world.naming
    kin = names.draw_family(draws, "family", people.kin, people.kin_pattern_code)
    own = kin.copy()
    in_law = np.flatnonzero(married_in | ((people.spouse >= 0) & (people.sex == FEMALE)))
    own[in_law] = names.draw_family(draws, "own_family", people.person_id[in_law], people.pattern_code[in_law])
    uses = draws.chance("uses_by_sex", people.kin, making.by_pattern(naming.own_family_name))
    by_sex = names.draw_family(draws, "family_by_sex", people.person_id, people.pattern_code, people.sex)
    uses &= by_sex >= 0
    own = np.where(uses, by_sex, own)
    double = draws.chance("double", people.kin, making.by_pattern(naming.double_family_name)) & ~uses
    second = np.full(len(own), -1)
    rows = np.flatnonzero(double)
    second[rows] = names.draw_family(draws, "second_family", people.kin[rows], people.pattern_code[rows])
    return own, np.where(second == own, -1, second), kin
