"""The truth behind the submissions: who each record is, what is wrong with it, and what tracing should find."""

import numpy as np

from linkage.synth.block import Block, Setting
from linkage.synth.columns import Columns, chosen
from linkage.synth.draws import Bools, Ints, Texts
from linkage.synth.people.nhs_numbers import text as number_text
from linkage.synth.records.name_faults import twins_of
from linkage.synth.register import on_register
from linkage.synth.submissions.renumbering import RENUMBERED, identifiers

COLUMNS = (
    "la_code", "person_unique_identifier", "person_id", "true_nhs_number", "in_register", "given_number", "faults",
    "difficulty", "expected_outcome",
)  # fmt: skip
DIFFICULTIES = ("exact", "easy", "hard", "impossible", "absent")
# Faults after which a part of the record says nothing of the person.
_NO_GIVEN_NAME, _NO_FAMILY_NAME = ("given_name_placeholder", "twin_placeholder"), ("family_name_placeholder",)
_NO_POSTCODE = ("postcode_missing", "no_fixed_abode", "postcode_placeholder", "postcode_partial")
_WRONG_BIRTH = ("anothers_birth_date", "birth_system_default")
_NO_FULL_BIRTH = ("birth_year_only", *_WRONG_BIRTH)
# Faults of form, or a number that says nothing: what the record says of the person is right.
HARMLESS = frozenset(
    {
        "number_missing", "number_superseded", "number_spaced", "number_not_on_register", "postcode_unspaced", "accents_lost",
        "punctuation_lost",
    }
)  # fmt: skip
_HARD_FROM = 2


def truth_rows(setting: Setting, block: Block) -> Columns:
    """One row per local identifier of a block that stands in at least one submission; ``record`` is its record's position.

    A record has a second row with the fault ``renumbered`` for the identifier that a new case system gave it.
    """
    records = block.records
    there = on_register(block)[records.row]
    outcomes = expected_outcomes(block)
    codes = np.array([a.la_code for a in setting.profile.authorities], dtype=object)
    table: Columns = {
        "record": np.arange(len(records)),
        "la_code": codes[records.authority],
        "person_unique_identifier": records.local_id,
        "person_id": np.array([f"P{person}" for person in block.people.person_id[records.row].tolist()], dtype=object),
        "true_nhs_number": np.where(there, number_text(block.lives.numbers[records.row, 0]), "").astype(object),
        "in_register": np.where(there, "Y", "N").astype(object),
        "given_number": records.given_number,
        "faults": np.array(["|".join(faults) for faults in records.faults], dtype=object),
        "difficulty": difficulties(block, outcomes),
        "expected_outcome": outcomes,
    }
    given = identifiers(setting, block)
    table = chosen(table, given.record) | {"person_unique_identifier": given.local_id}
    return table | {
        "faults": np.where(given.renumbered, _also(table["faults"], RENUMBERED), table["faults"]).astype(object)
    }


def _also(faults: Texts, name: str) -> Texts:
    return np.array([f"{noted}|{name}" if noted else name for noted in faults.tolist()], dtype=object)


def expected_outcomes(block: Block) -> Texts:
    """What a good tracer says of each record: see the trace contract for the words."""
    records = block.records
    given, anothers = records.given_number, np.asarray(records.given_number == "anothers")
    too_little = np.isin(given, ["missing", "invalid"]) & (
        _unborn(block) & _incomplete(block) | _without_name_and_place(block)
    )
    return np.select(
        [
            records.has("bare_record") | too_little,
            records.absent,
            records.invalidated,
            np.asarray(given == "ok"),
            np.asarray(given == "superseded"),
            anothers & (_unborn(block) | records.has(*_WRONG_BIRTH)),
            anothers,
            _nothing_tells_apart(block),
        ],
        ["not_enough_data", "not_found", "invalidated", "confirmed", "superseded", "conflict", "corrected", "multiple"],
        "found",
    ).astype(object)


def difficulties(block: Block, outcomes: Texts) -> Texts:
    """How hard it is to trace each record: absent from the register, impossible, hard, easy or exact.

    Impossible is what no tracer should claim; hard is a record with two or more faults, or without a usable number and
    with a twin or namesake, or without a usable date of birth; easy has one fault, exact none but faults of form.
    """
    records = block.records
    serious = np.sum(
        [np.zeros(len(records)), *(s for name, s in records.shows.items() if name not in HARMLESS)], axis=0
    )
    without = np.asarray(records.given_number != "ok")
    unborn = _unborn(block) | records.has(*_NO_FULL_BIRTH)
    hard = (serious >= _HARD_FROM) | (without & (_has_look_alike(block) | unborn))
    impossible = np.isin(outcomes, ["not_enough_data", "multiple", "conflict", "invalidated"])
    kinds = [records.absent, impossible, hard, serious > 0]
    return np.select(kinds, ["absent", "impossible", "hard", "easy"], "exact").astype(object)


def _unborn(block: Block) -> Bools:
    return block.records.has("birth_date_missing", "bare_record")


def _incomplete(block: Block) -> Bools:
    """Records that lack a given name, a family name or a postcode."""
    lacking = block.records.has(*_NO_GIVEN_NAME, *_NO_FAMILY_NAME, *_NO_POSTCODE)
    return lacking | block.lives.single[block.records.row]


def _without_name_and_place(block: Block) -> Bools:
    """Records with no name at all and no postcode."""
    has = block.records.has
    return has(*_NO_GIVEN_NAME) & has(*_NO_FAMILY_NAME) & has("bare_record", *_NO_POSTCODE)


def _nothing_tells_apart(block: Block) -> Bools:
    """Records that fit another person of the register as well: a twin where no given name tells them apart, a parent or
    child of the same name where no date of birth does.
    """
    records, lives, row = block.records, block.lives, block.records.row
    twin = _twins_on_register(block)[row]
    names = block.setting.names.given
    initials = np.array([name[:1] for name in names[lives.given[row]].tolist()], dtype=object)
    twins = np.array([name[:1] for name in names[lives.given[np.maximum(twin, 0)]].tolist()], dtype=object)
    by_initial = records.has("initial_only") & np.asarray(initials == twins)
    nameless = records.has(*_NO_GIVEN_NAME) | by_initial
    namesake = _namesakes_on_register(block)[row] >= 0
    return np.asarray(((twin >= 0) & nameless) | (namesake & _unborn(block)))


def _has_look_alike(block: Block) -> Bools:
    row = block.records.row
    return (_twins_on_register(block)[row] >= 0) | (_namesakes_on_register(block)[row] >= 0)


def _twins_on_register(block: Block) -> Ints:
    """The twin of the same sex of each person, where the register holds them (else -1)."""
    people = block.people
    twin = twins_of(people)
    return np.where((twin >= 0) & (people.sex == people.sex[twin]) & on_register(block)[twin], twin, -1)


def _namesakes_on_register(block: Block) -> Ints:
    """The parent or child of the same name and sex of each person, where the register holds them (else -1)."""
    people, lives = block.people, block.lives
    parent = people.child_of
    same = (parent >= 0) & (people.sex == people.sex[parent]) & (lives.given == lives.given[parent])
    same &= lives.family[:, 0] == lives.family[parent, 0]
    namesake = np.where(same, parent, -1)
    namesake[parent[same]] = np.flatnonzero(same)
    return np.where((namesake >= 0) & on_register(block)[namesake], namesake, -1)
