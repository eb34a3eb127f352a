"""The person register: one row per NHS number and version of the record, with dated names, addresses and succession."""

import numpy as np

from linkage.synth.block import Block, Setting
from linkage.synth.columns import Columns, chosen, joined
from linkage.synth.draws import NEVER, Bools, Days, Ints, Texts
from linkage.synth.people.nhs_numbers import text as number_text
from linkage.synth.people.places import postcode_texts, practice_code
from linkage.synth.source import Source

COLUMNS = (
    "nhs_number", "given_name", "other_given_name", "family_name", "date_of_birth", "gender", "postcode",
    "gp_practice_code", "valid_from", "valid_to", "date_of_death", "confidentiality", "superseded_by",
)  # fmt: skip
_INVALIDATED = "I"


def on_register(block: Block) -> Bools:
    """Whether each person of the block is on the register: all but the submitted people drawn as absent."""
    there = np.ones(len(block.people), dtype=bool)
    there[block.records.row[block.records.absent]] = False
    return there


def register_rows(setting: Setting, block: Block) -> Columns:
    """The register's rows for one block, in order of NHS number and start.

    A person has a version from birth and one from each change of name, address or practice; then the superseded numbers,
    as they stood when they were superseded, and the invalidated records of people who were given a new identity.
    """
    lives = block.lives
    people = np.flatnonzero(on_register(block))
    # A practice is changed at the present address; a change before the last move shows nowhere.
    practice = np.where(lives.changed_practice <= lives.moved[:, 0], NEVER, lives.changed_practice)
    changes = np.column_stack([lives.moved, lives.renamed, practice])[people]
    changes = np.where(changes > block.people.birth[people, None], changes, NEVER)
    changes = np.sort(np.column_stack([block.people.birth[people], changes]), axis=1)
    ends = np.column_stack([changes[:, 1:], np.full(len(people), NEVER)])
    there = ~np.isnat(changes) & (changes != ends)
    owner = np.repeat(people, there.sum(axis=1))
    numbers = lives.numbers[owner, 0], np.full(len(owner), -1)
    parts = [_rows(setting, block, owner, changes[there], ends[there] - 1, numbers)]
    parts += [_superseded(setting, block, people, turn) for turn in (1, 2)]
    parts.append(_former(setting, block, people))
    table = joined(parts)
    table = chosen(table, np.lexsort((table["valid_from"], table["nhs_number"])))
    return table | {name: number_text(table[name]) for name in ("nhs_number", "superseded_by")}


def _superseded(setting: Setting, block: Block, people: Ints, turn: int) -> Columns:
    rows = people[block.lives.numbers[people, turn] >= 0]
    until = block.lives.renumbered[rows, turn - 1]
    numbers = block.lives.numbers[rows, turn], block.lives.numbers[rows, turn - 1]
    return _rows(setting, block, rows, block.people.birth[rows], until, numbers)


def _former(setting: Setting, block: Block, people: Ints) -> Columns:
    """Records of an earlier identity: another number, invalidated, with nothing that leads to the present one."""
    lives = block.lives
    rows = people[lives.former_number[people] >= 0]
    numbers = lives.former_number[rows], np.full(len(rows), -1)
    table = _rows(setting, block, rows, block.people.birth[rows], lives.reissued[rows], numbers)
    family = setting.names.family[lives.former_family[rows]]
    return table | {
        "given_name": setting.names.given[lives.former_given[rows]],
        "other_given_name": np.full(len(rows), "", dtype=object),
        "family_name": family,
        "gender": lives.former_sex[rows].astype(str).astype(object),
        "date_of_death": np.full(len(rows), NEVER),
        "confidentiality": np.full(len(rows), _INVALIDATED, dtype=object),
    }


def _rows(setting: Setting, block: Block, rows: Ints, start: Days, end: Days, numbers: tuple[Ints, Ints]) -> Columns:
    """The record of each person as it stood from ``start``; numbers as whole numbers, -1 for none."""
    lives, people, names = block.lives, block.people, setting.names
    name = (start[:, None] < lives.renamed[rows]).sum(axis=1)
    address = (start[:, None] < lives.moved[rows]).sum(axis=1)
    family = names.family_texts(lives.family[rows, name], lives.second_family[rows, name], people.pattern_code[rows])
    given, single = names.given[lives.given[rows]], lives.single[rows]
    other = lives.other_given[rows]
    before = (address == 0) & (start < lives.changed_practice[rows])
    return {
        "nhs_number": numbers[0],
        "given_name": np.where(single, "", given),
        "other_given_name": np.where((other >= 0) & ~single, names.given[other], ""),
        "family_name": np.where(single, given, family),
        "date_of_birth": people.birth[rows],
        "gender": people.sex[rows].astype("U1").astype(object),
        "postcode": postcode_texts(lives.postcode[rows, address]),
        "gp_practice_code": _practices(
            setting,
            people.authority[rows],
            np.where(before, lives.earlier_practice[rows], lives.practice[rows, address]),
        ),
        "valid_from": start,
        "valid_to": end,
        "date_of_death": lives.death[rows],
        "confidentiality": _confidentiality(block, rows),
        "superseded_by": numbers[1],
    }


def _practices(setting: Setting, authority: Ints, practice: Ints) -> Texts:
    count = setting.world.practices.per_authority
    codes = [practice_code(a.la_code, number) for a in setting.profile.authorities for number in range(count)]
    return np.asarray(np.array(codes, dtype=object)[authority * count + practice])


def _confidentiality(block: Block, rows: Ints) -> Texts:
    marked = block.lives.confidentiality.copy()
    marked[block.records.row[block.records.invalidated]] = _INVALIDATED
    return np.asarray(marked[rows])


SOURCE = Source("register", COLUMNS, register_rows)
