"""The truth behind the submissions: who each record is, what is wrong with it, and what tracing should find."""

import numpy as np
import numpy.typing as npt

from linkage.synth.block import Block, Setting
from linkage.synth.care import Columns, chosen
from linkage.synth.draws import Bools
from linkage.synth.nhs_numbers import text as number_text
from linkage.synth.register import on_register
from linkage.synth.submissions import submitted

Texts = npt.NDArray[np.object_]

COLUMNS = (
    "la_code", "person_unique_identifier", "person_id", "true_nhs_number", "in_register", "given_number", "faults",
    "difficulty", "expected_outcome",
)  # fmt: skip
# With no number and no date of birth either, a record with one of these says too little of anybody.
_TOO_LITTLE = {"given_name_placeholder", "twin_placeholder", "postcode_missing"}
# Faults that leave the record itself in doubt, as against those that a tracer is expected to see through.
_BARE, _NO_BIRTH, _NO_NAMES = "bare_record", "birth_date_missing", {"given_name_placeholder", "twin_placeholder"}
_HARMLESS = {"number_missing", "number_superseded", "number_spaced", "postcode_unspaced", "number_not_on_register"}
_HARD_FROM = 2


def truth_rows(setting: Setting, block: Block) -> Columns:
    """One row per record of a block that stands in at least one submission."""
    records = block.records
    there = on_register(block)[records.row]
    outcomes = expected_outcomes(block)
    codes = np.array([a.la_code for a in setting.profile.authorities], dtype=object)
    table: Columns = {
        "la_code": codes[records.authority],
        "person_unique_identifier": records.local_id,
        "person_id": np.array([f"P{person}" for person in block.people.person_id[records.row]], dtype=object),
        "true_nhs_number": np.where(there, number_text(block.lives.numbers[records.row, 0]), "").astype(object),
        "in_register": np.where(there, "Y", "N").astype(object),
        "given_number": records.given_number,
        "faults": np.array(["|".join(faults) for faults in records.faults], dtype=object),
        "difficulty": _difficulties(block, outcomes),
        "expected_outcome": outcomes,
    }
    return chosen(table, submitted(setting, block))


def expected_outcomes(block: Block) -> Texts:
    """What a good tracer says of each record: see the trace contract for the words."""
    records = block.records
    twin = _has_twin(block).tolist()
    outcomes = [
        _expected(absent, invalidated, kind, faults, alike)
        for absent, invalidated, kind, faults, alike in zip(
            records.absent.tolist(),
            records.invalidated.tolist(),
            records.given_number,
            records.faults,
            twin,
            strict=True,
        )
    ]
    return np.array(outcomes, dtype=object)


def _expected(absent: bool, invalidated: bool, kind: str, faults: list[str], twin: bool) -> str:
    unborn = _NO_BIRTH in faults
    if _BARE in faults or (unborn and kind in {"missing", "invalid"} and _TOO_LITTLE & set(faults)):
        return "not_enough_data"
    if absent:
        return "not_found"
    if invalidated:
        return "invalidated"
    if kind == "ok":
        return "confirmed"
    if kind == "superseded":
        return "superseded"
    if kind == "anothers":
        return "conflict" if unborn or "anothers_birth_date" in faults else "corrected"
    return "multiple" if twin and _NO_NAMES & set(faults) else "found"


def _difficulties(block: Block, outcomes: Texts) -> Texts:
    records = block.records
    serious = np.array([len(set(faults) - _HARMLESS) for faults in records.faults])
    look_alike = _has_twin(block) & (records.given_number != "ok")
    unborn = np.array([_NO_BIRTH in faults for faults in records.faults], dtype=bool) & (records.given_number != "ok")
    hard = (serious >= _HARD_FROM) | look_alike | unborn
    impossible = np.isin(outcomes, ["not_enough_data", "multiple", "conflict"])
    return np.select(
        [records.absent, impossible, hard, serious > 0], ["absent", "impossible", "hard", "easy"], "exact"
    ).astype(object)


def _has_twin(block: Block) -> Bools:
    """Whether each record's person has a twin of the same sex on the register."""
    people = block.people
    twin = people.twin_of.copy()
    younger = np.flatnonzero(twin >= 0)
    twin[twin[younger]] = younger
    alike = (twin >= 0) & (people.sex == people.sex[twin]) & on_register(block)[twin]
    return np.asarray(alike[block.records.row])
