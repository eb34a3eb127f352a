"""Where people lived at the end of a quarter: a file knows no address, practice or care home that begins after it."""

import numpy as np

from linkage.synth.block import Block, Setting
from linkage.synth.columns import Columns, chosen
from linkage.synth.draws import Ints, Texts
from linkage.synth.people.places import postcode_texts, practice_code

# Column of the rows for what they have at home, as against a care home they live in or will.
OWN_HOME = "own_home"


def homes_then(setting: Setting, block: Block, table: Columns, day: np.datetime64) -> Columns:
    """Postcode, GP practice and accommodation of the rows as they stood on a day; blanks stay blank.

    A postcode that is not one of the person's later addresses (an earlier one, or one written wrongly) stays too.
    ``day`` counts: who moves, changes practice or is admitted on it has done so.
    """
    lives = block.lives
    record = table["record"].astype(np.int64)
    person = block.records.row[record]
    later = (lives.moved[person, 0] > day) | (lives.changed_practice[person] > day) | (lives.admitted[person] > day)
    rows = np.flatnonzero(later)
    then = _then(setting, block, chosen(table, rows), day)
    changed = {name: table[name].copy() for name in then}
    for name, values in then.items():
        changed[name][rows] = values
    return changed


def _then(setting: Setting, block: Block, table: Columns, day: np.datetime64) -> Columns:
    lives, record = block.lives, table["record"].astype(np.int64)
    person = block.records.row[record]
    address = (lives.moved[person] > day).sum(axis=1)
    before_change = (address == 0) & (lives.changed_practice[person] > day)
    practice = np.where(before_change, lives.earlier_practice[person], lives.practice[person, address])
    codes = [authority.la_code for authority in setting.profile.authorities]
    places = zip(block.records.authority[record].tolist(), practice.tolist(), strict=True)
    code = np.array([practice_code(codes[place], number) for place, number in places], dtype=object)
    names = np.array(setting.world.practices.names, dtype=object)
    not_yet = (lives.admitted[person] > day) & (table["accommodation_status"] != "")
    return {
        "postcode": _postcodes(block, table["postcode"], person, address),
        "gp_practice_code": np.where(table["gp_practice_code"] == "", "", code).astype(object),
        "gp_practice_name": np.where(table["gp_practice_name"] == "", "", names[practice % len(names)]).astype(object),
        "accommodation_status": np.where(not_yet, table[OWN_HOME], table["accommodation_status"]).astype(object),
    }


def _postcodes(block: Block, shown: Texts, person: Ints, address: Ints) -> Texts:
    """The postcodes shown, those of later addresses replaced by that of the address then; with a space or without."""
    lived_at = block.lives.postcode[person]
    compact = np.array([text.replace(" ", "") for text in shown.tolist()], dtype=object)
    to_come = np.zeros(len(shown), dtype=bool)
    for place in range(lived_at.shape[1] - 1):
        later = np.array([text.replace(" ", "") for text in postcode_texts(lived_at[:, place]).tolist()], dtype=object)
        to_come |= (place < address) & (compact == later) & (later != "")
    then = postcode_texts(lived_at[np.arange(len(shown)), address])
    unspaced = (compact == shown).astype(bool)
    then = np.where(unspaced, np.array([text.replace(" ", "") for text in then.tolist()], dtype=object), then)
    return np.where(to_come, then, shown).astype(object)
