"""The postcode and the gender of each record, with their faults."""

import numpy as np

from linkage.spec import authorities
from linkage.synth.draws import Bools, Draws, Ints, Texts
from linkage.synth.people.places import postcode_texts
from linkage.synth.people.population import FEMALE, RESIDENT
from linkage.synth.records.fault_draws import FaultDraws
from linkage.synth.records.odds import age_at_end

_OLD_AGE_YEARS = 70
_INWARD_LETTERS = "ABDEFGHJLNPQRSTUWXYZ"


def given_postcodes(made: FaultDraws, bare: Bools) -> Texts:
    """Postcodes as written; an empty text for none."""
    rates = made.profile.faults.postcode
    writes = made.draws.chance("roofless_written", made.record_id, rates.no_fixed_abode_written)
    roofless = made.note("no_fixed_abode", made.roofless & writes & ~bare)
    left = ~bare & ~roofless
    struck = made.one_of(
        "postcode",
        {
            "postcode_placeholder": (rates.placeholder, left, None),
            "postcode_partial": (rates.partial, left, None),
            "postcode_missing": (rates.missing, left, None),
            "postcode_typo": (rates.typo, left, None),
        },
    )
    vague, partial, missing, wrong = (made.note(name, where) for name, where in struck.items())
    texts = postcode_texts(_addresses(made, left & ~vague & ~missing))
    texts[partial] = [text.partition(" ")[0] for text in texts[partial]]
    texts[wrong] = wrong_postcodes(made.draws, made.record_id[wrong], texts[wrong].tolist(), rates.typo_kinds)
    whole = left & ~vague & ~missing & ~partial
    unspaced = made.note("postcode_unspaced", made.strikes("postcode_unspaced", rates.unspaced, whole))
    texts[unspaced] = [text.replace(" ", "") for text in texts[unspaced]]
    texts[vague] = _placeholders(made)[vague]
    texts[roofless] = rates.no_fixed_abode_as
    texts[bare | missing] = ""
    return texts


def given_genders(made: FaultDraws) -> Texts:
    """Gender in the words of the specification."""
    rates = made.profile.faults.gender
    unknown = made.note("gender_unknown", made.strikes("gender_unknown", rates.unknown))
    wrong = made.note("gender_wrong", made.strikes("gender_wrong", rates.wrong, ~unknown))
    female = (made.people.sex[made.row] == FEMALE) ^ wrong
    return np.where(unknown, "Not known", np.where(female, "Female", "Male")).astype(object)


def _addresses(made: FaultDraws, left: Bools) -> Ints:
    """The postcode held: of an earlier home for some who moved, of a care home for some who may soon live there."""
    rates, people, row = made.profile.faults.postcode, made.people, made.row
    lived_at = made.lives.postcode[row]
    moves = made.draws.pick("which_earlier_home", made.record_id, rates.stale_by_moves) + 1
    now, before = lived_at[:, 0], lived_at[np.arange(len(row)), np.minimum(moves, (lived_at >= 0).sum(axis=1) - 1)]
    stale = made.note("stale_postcode", made.strikes("stale_postcode", rates.stale, left & (before != now)))
    homes = np.unique(made.lives.postcode[people.role == RESIDENT, 0])
    old = (age_at_end(made.profile, people, row) >= _OLD_AGE_YEARS) & np.isnat(made.lives.admitted[row])
    among = left & old & ~stale & (len(homes) > 0)
    early = made.note("care_home_postcode", made.strikes("care_home_postcode", rates.care_home_early, among))
    numbers = np.where(stale, before, now)
    if early.any():
        numbers[early] = homes[made.draws.between("which_home", made.record_id[early], 0, len(homes) - 1)]
    return numbers


def _placeholders(made: FaultDraws) -> Texts:
    """Pseudo-postcodes, and the name of the town where the postcode belongs."""
    towns = {entry.code: entry.name.partition(" (")[0] for entry in authorities()}
    town = np.array([towns.get(a.la_code, "") for a in made.profile.authorities], dtype=object)[
        made.people.authority[made.row]
    ]
    drawn = made.draws.choose("postcode_placeholder", made.record_id, made.profile.faults.postcode.placeholders)
    return np.array(
        [text.format(town=name) for text, name in zip(drawn.tolist(), town.tolist(), strict=True)], dtype=object
    )


def wrong_postcodes(draws: Draws, ids: Ints, postcodes: list[str], kinds: dict[str, float]) -> list[str]:
    """Postcodes with one character wrong, the area always kept (it is one that does not exist).

    Kinds: ``letter`` and ``digit`` (another one in its place), ``letter_for_digit`` (O for 0, I for 1, S for 5, B for 8, else
    a wrong digit), ``exchanged`` (the last two letters; a wrong letter where they are alike).
    """
    drawn = draws.choose("postcode_typo/kind", ids, kinds).tolist()
    step = draws.between("postcode_typo/step", ids, 1, 8).tolist()
    return [_wrong(text, kind, by) for text, kind, by in zip(postcodes, drawn, step, strict=True)]


def _wrong(text: str, kind: str, step: int) -> str:
    sector, first, last = text[-3], text[-2], text[-1]
    if kind == "exchanged" and first != last:
        return f"{text[:-2]}{last}{first}"
    if kind in ("letter", "exchanged"):
        place = (_INWARD_LETTERS.index(last) + step) % len(_INWARD_LETTERS)
        return f"{text[:-1]}{_INWARD_LETTERS[place]}"
    read = {"0": "O", "1": "I", "5": "S", "8": "B"}.get(sector) if kind == "letter_for_digit" else None
    return f"{text[:-3]}{read or (int(sector) + step) % 10}{first}{last}"
