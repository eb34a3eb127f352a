"""The person register: one row per NHS number and version of the record, with dated names, addresses and succession."""

import numpy as np
import numpy.typing as npt

from linkage.synth.block import Block, Setting
from linkage.synth.care import Columns, chosen, joined
from linkage.synth.draws import Bools, Ints
from linkage.synth.lives import NEVER
from linkage.synth.nhs_numbers import text as number_text
from linkage.synth.places import postcode_texts, practice_code
from linkage.synth.records import full_family_names

Days = npt.NDArray[np.datetime64]

COLUMNS = (
    "nhs_number", "given_name", "other_given_name", "family_name", "date_of_birth", "gender", "postcode",
    "gp_practice_code", "valid_from", "valid_to", "date_of_death", "confidentiality", "superseded_by",
)  # fmt: skip


def on_register(block: Block) -> Bools:
    """Whether each person of the block is on the register: all but the submitted people drawn as absent."""
    there = np.ones(len(block.people), dtype=bool)
    there[block.records.row[block.records.absent]] = False
    return there


def register_rows(setting: Setting, block: Block) -> Columns:
    """The register's rows for one block, in order of NHS number and start."""
    people = np.flatnonzero(on_register(block))
    changes = np.sort(np.column_stack([block.lives.moved, block.lives.renamed])[people], axis=1)
    parts = [_version(setting, block, people, changes, turn) for turn in range(4)]
    parts += [_superseded(setting, block, people, turn) for turn in (1, 2)]
    table = joined(parts)
    return chosen(table, np.lexsort((table["valid_from"].astype("datetime64[D]"), table["nhs_number"])))


def _version(setting: Setting, block: Block, people: Ints, changes: Days, turn: int) -> Columns:
    """Version number ``turn`` of each person that has so many; NaT sorts last, so changes run forward in time."""
    starts = block.people.birth[people] if turn == 0 else changes[:, turn - 1]
    ends = changes[:, turn] if turn < 3 else np.full(len(people), NEVER)
    there = ~np.isnat(starts)
    rows = people[there]
    numbers = number_text(block.lives.numbers[rows, 0])
    return _rows(setting, block, rows, starts[there], ends[there] - 1, (numbers, np.full(len(rows), "", dtype=object)))


def _superseded(setting: Setting, block: Block, people: Ints, turn: int) -> Columns:
    """Old numbers as they stood until they were superseded, and the number that came next."""
    rows = people[block.lives.numbers[people, turn] >= 0]
    numbers = number_text(block.lives.numbers[rows, turn]), number_text(block.lives.numbers[rows, turn - 1])
    return _rows(setting, block, rows, block.people.birth[rows], block.lives.renumbered[rows, turn - 1], numbers)


def _rows(
    setting: Setting, block: Block, rows: Ints, start: Days, end: Days, numbers: tuple[npt.NDArray[np.object_], ...]
) -> Columns:
    lives, people, names = block.lives, block.people, setting.names
    before_name = start < lives.renamed[rows]
    family = np.where(before_name, lives.earlier_family[rows], lives.family[rows])
    second = np.where(before_name, lives.earlier_second[rows], lives.second_family[rows])
    back = (start < lives.moved[rows, 0]).astype(np.int64) + (start < lives.moved[rows, 1])
    other = lives.other_given[rows]
    codes = [a.la_code for a in setting.profile.authorities]
    practice = lives.practice[rows, back].tolist()
    return {
        "nhs_number": numbers[0],
        "given_name": names.given[lives.given[rows]],
        "other_given_name": np.where(other >= 0, names.given[other], "").astype(object),
        "family_name": full_family_names(names, setting.world, family, second, people.pattern[rows]),
        "date_of_birth": people.birth[rows],
        "gender": people.sex[rows].astype(str).astype(object),
        "postcode": postcode_texts(lives.postcode[rows, back]),
        "gp_practice_code": np.array(
            [practice_code(codes[a], n) for a, n in zip(people.authority[rows].tolist(), practice, strict=True)],
            dtype=object,
        ),
        "valid_from": start,
        "valid_to": end,
        "date_of_death": lives.death[rows],
        "confidentiality": _confidentiality(block, rows),
        "superseded_by": numbers[1],
    }


def _confidentiality(block: Block, rows: Ints) -> npt.NDArray[np.object_]:
    invalidated = np.isin(rows, block.records.row[block.records.invalidated])
    return np.where(invalidated, "I", block.lives.confidentiality[rows]).astype(object)
