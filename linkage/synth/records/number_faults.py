"""The NHS number of each record: right, missing, invalid, replaced by a newer one, or somebody else's."""

import numpy as np

from linkage.synth.draws import Bools, Ints, Texts
from linkage.synth.people.nhs_numbers import text as number_text
from linkage.synth.records.fault_draws import FaultDraws
from linkage.synth.records.faults import invalid_numbers
from linkage.synth.records.odds import factors

OK, MISSING, INVALID, ANOTHERS, SUPERSEDED = "ok", "missing", "invalid", "anothers", "superseded"


def given_numbers(made: FaultDraws, absent: Bools, invalidated: Bools, without: Bools) -> tuple[Texts, Texts, Ints]:
    """Numbers as text, what each is, and the person whose number it is (-1: nobody's, or one's own).

    ``without`` marks records that hold no number. A record of somebody invalidated keeps the right number.
    """
    rates = made.profile.faults.number
    others = _other_people(made, absent | invalidated)
    kinds = _kinds(made, absent, invalidated, others >= 0)
    kinds[without] = MISSING
    own = made.lives.numbers[made.row]
    texts = number_text(own[:, 0])
    old = np.flatnonzero(kinds == SUPERSEDED)
    texts[old] = number_text(np.where(own[old, 2] >= 0, own[old, 2], own[old, 1]))
    copied = np.flatnonzero(kinds == ANOTHERS)
    texts[copied] = number_text(made.lives.numbers[others[copied], 0])
    wrong = np.flatnonzero(kinds == INVALID)
    texts[wrong] = invalid_numbers(made.draws, made.record_id[wrong], texts[wrong].tolist(), rates.invalid_kinds)
    texts[kinds == MISSING] = ""
    for kind in (MISSING, INVALID, ANOTHERS, SUPERSEDED):
        made.note(f"number_{kind}", np.asarray(kinds == kind))
    made.note("number_not_on_register", absent & np.asarray(kinds == OK))
    spaced = made.strikes("number_spaced", rates.spaced, np.isin(kinds, [OK, ANOTHERS, SUPERSEDED]))
    texts[spaced] = [f"{number[:3]} {number[3:6]} {number[6:]}" for number in texts[made.note("number_spaced", spaced)]]
    return texts, kinds, np.where(kinds == ANOTHERS, others, -1)


def _kinds(made: FaultDraws, absent: Bools, invalidated: Bools, has_other: Bools) -> Texts:
    rates = made.profile.faults.number
    draws, record = made.draws, made.record_id
    wanting = factors(rates.missing_factor, made.profile, made.people, made.lives, made.row, made.roofless)
    there = ~absent & ~invalidated
    old = (made.lives.numbers[made.row, 1] >= 0) & draws.chance("gives_old", record, rates.superseded_given)
    unknown = absent & draws.chance("absent_without", record, rates.missing_when_absent)
    kinds = np.full(len(made), OK, dtype=object)
    kinds[old & there] = SUPERSEDED
    struck = made.one_of(
        "number",
        {
            "number_anothers": (rates.anothers, there & has_other, None),
            "number_invalid": (rates.invalid, ~invalidated & ~unknown, None),
            "number_missing": (rates.missing, ~invalidated & ~unknown, wanting),
        },
    )
    for kind in (ANOTHERS, INVALID, MISSING):
        kinds[struck[f"number_{kind}"]] = kind
    kinds[unknown] = MISSING
    return kinds


def _other_people(made: FaultDraws, away: Bools) -> Ints:
    """Whose number a record may carry by mistake: the spouse's, else that of somebody of the household, else that of the
    record before; never of a person who has no valid record in the register (-1: nobody's).
    """
    people, row = made.people, made.row
    before, after = np.maximum(row - 1, 0), np.minimum(row + 1, len(people) - 1)
    at_home = (before != row) & (people.household[before] == people.household[row])
    beside = np.where(at_home, before, after)
    housemate = np.where(people.household[beside] == people.household[row], beside, -1)
    is_spouses = made.draws.chance("spouses_number", made.record_id, made.profile.faults.number.anothers_is_spouses)
    spouse = np.where(is_spouses, people.spouse[row], -1)
    listed = np.roll(row, 1)
    other = np.where(spouse >= 0, spouse, np.where(housemate >= 0, housemate, listed))
    return np.where(np.isin(other, row[away]) | (other == row), -1, other)
