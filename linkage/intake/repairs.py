"""What programs between the case system and the file did to its cells: put right where that is certain, told either way.

A repair is certain when the text can have come from one value only. Everything else is left as given and is a finding.
Repairs are counted by field and kind; what was lost is told cell by cell.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from linkage.intake.columns import TextColumn
from linkage.normalise.text import WHITESPACE
from linkage.spec import Field, Specification

HARD_SPACES = "[\u00a0\u2007\u202f]"
NO_SPACES = "[\u200b\u2060\ufeff]"
NULL_WORDS = ("NULL", "null")
_NAMES = ("first_name", "last_name")
_NUMBERED = ("identifier", "integer", "alphanumeric")
_POINT_ZERO = r"^[0-9]+[.]0+$"
_SCIENTIFIC = r"^[1-9](?:[.]([0-9]+))?[Ee][+]([0-9]{2})$|^[1-9][.]([0-9]+)[Ee]([0-9]{1,2})$"
_PADDED_SHARE = 0.99
_FEWEST_PADDED = 2
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Repair:
    """One finding of a rule of ``configs/rules/repairs.yaml``: about a field (or None) of the file or, with a
    ``row_number``, of one row. ``cells``: how many cells it is about. ``value`` is what the finding shows.
    """

    rule: str
    part: str
    field: str | None
    cells: int
    value: str
    row_number: int | None = None


@dataclass(frozen=True)
class Repaired:
    """The text columns after repair, and what was done to them."""

    columns: dict[str, TextColumn]
    repairs: tuple[Repair, ...]


def counted(rule: str, part: str, field: str | None, cells: int, noun: str = "cell") -> Repair:
    """A repair told once for a field or a file, with the number of cells (or lines)."""
    return Repair(rule, part, field, cells, f"{cells:,} {noun}{'' if cells == 1 else 's'}")


def repair_columns(
    columns: dict[str, TextColumn], specification: Specification, row_numbers: npt.NDArray[np.int64]
) -> Repaired:
    """Repair the text of every field: spaces, the word NULL, blanks at the ends, numbers that a spreadsheet rewrote.

    List fields keep blanks at their ends (they are findings of the rule about wordings) unless the whole column is padded
    to one width. Empty cells are null afterwards.
    """
    nulls = {name for name, column in columns.items() if _is_null_word(column.values).any()}
    repaired, told = dict[str, TextColumn](), list[Repair]()
    for name, given in columns.items():
        field = specification.field(name)
        null_is_blank = name not in _NAMES or not nulls <= set(_NAMES)
        column = given
        for rule, part, step in _steps(field, null_is_blank):
            column, cells = _changed(column, step)
            if rule and cells:
                told.append(counted(rule, part, name, cells))
        if field.data_type in _NUMBERED:
            told += _lost(column, name, row_numbers)
        repaired[name] = column
    return Repaired(repaired, tuple(told))


Step = Callable[[TextColumn], pa.Array]


def _steps(field: Field, null_is_blank: bool) -> Iterator[tuple[str, str, Step]]:
    """What is done to a field: rule, part and step; without a rule it is no repair."""
    yield "R02", "hard_spaces", _plain_spaces
    if null_is_blank:
        yield "R02", "null_word", _without_null_word
    yield "R02", "padding", _without_padding if field.value_list else _trimmed
    yield "", "", _blank_is_null
    if field.data_type in _NUMBERED:
        yield "R04", "point_zero", _without_point_zero
        yield "R04", "scientific", _written_out


def _changed(column: TextColumn, step: Step) -> tuple[TextColumn, int]:
    """The column after a step, and in how many cells something other than a blank changed."""
    values = step(column)
    if values.equals(column.values):
        return column, 0
    differs = ~pc.equal(values, column.values).fill_null(False).to_numpy(zero_copy_only=False)
    return column.replaced(values), int(column.counts()[differs].sum())


def _plain_spaces(column: TextColumn) -> pa.Array:
    spaced = pc.replace_substring_regex(column.values, HARD_SPACES, " ")
    return pc.replace_substring_regex(spaced, NO_SPACES, "")


def _is_null_word(values: pa.Array) -> Flags:
    return _flags(pc.is_in(pc.utf8_trim(values, WHITESPACE), pa.array(NULL_WORDS)))


def _without_null_word(column: TextColumn) -> pa.Array:
    return pc.if_else(pa.array(_is_null_word(column.values)), "", column.values)


def _trimmed(column: TextColumn) -> pa.Array:
    trimmed = pc.utf8_trim(column.values, WHITESPACE)
    return pc.if_else(pc.equal(trimmed, ""), column.values, trimmed)


def _without_padding(column: TextColumn) -> pa.Array:
    """Without blanks behind the value where several values, and nearly every cell, were filled up to the same width."""
    trimmed = pc.utf8_rtrim(column.values, WHITESPACE)
    blank = pc.equal(trimmed, "")
    lengths = pc.utf8_length(column.values).to_numpy(zero_copy_only=False)
    filled, padded = ~_flags(blank), _flags(pc.not_equal(trimmed, column.values)) & ~_flags(blank)
    if padded.sum() < _FEWEST_PADDED:
        return column.values
    counts = column.counts()
    width = int(np.bincount(lengths[padded], weights=counts[padded]).argmax())
    if counts[filled & (lengths >= width)].sum() < _PADDED_SHARE * counts[filled].sum():
        return column.values
    return pc.if_else(pa.array(padded & (lengths == width)), trimmed, column.values)


def _blank_is_null(column: TextColumn) -> pa.Array:
    blank = pc.equal(pc.utf8_trim(column.values, WHITESPACE), "")
    return pc.if_else(blank, pa.scalar(None, pa.string()), column.values)


def _without_point_zero(column: TextColumn) -> pa.Array:
    pointed = pc.match_substring_regex(column.values, _POINT_ZERO)
    return pc.if_else(pointed, pc.replace_substring_regex(column.values, "[.]0+$", ""), column.values)


def _written_out(column: TextColumn) -> pa.Array:
    """Numbers in scientific notation that show every digit, written out."""
    values = column.values
    found = np.flatnonzero(_flags(pc.match_substring_regex(values, _SCIENTIFIC)))
    if not len(found):
        return values
    texts = np.array(values.to_pylist(), dtype=object)
    for place in found.tolist():
        texts[place] = _digits(texts[place]) or texts[place]
    return pa.array(texts, pa.string())


def _digits(text: str) -> str | None:
    """The whole number that a text in scientific notation stands for, or None where it shows too few digits or a fraction.

    >>> _digits("9.434765919E9"), _digits("9.43E+09")
    ('9434765919', None)
    """
    mantissa, _, exponent = text.upper().replace("+", "").partition("E")
    decimals = mantissa[2:]
    return mantissa[0] + decimals if len(decimals) == int(exponent) else None


def _lost(column: TextColumn, name: str, row_numbers: npt.NDArray[np.int64]) -> Iterable[Repair]:
    """A finding for every cell that is still in scientific notation: its last digits are gone."""
    lost = _flags(pc.match_substring_regex(column.values, _SCIENTIFIC))
    if not lost.any():
        return
    for row in column.rows(lost).tolist():
        value = column.values[int(column.codes[row])].as_py()
        yield Repair("R04", "digits_lost", name, 1, value, int(row_numbers[row]))


def _flags(given: pa.Array) -> Flags:
    flags: Flags = given.fill_null(False).to_numpy(zero_copy_only=False).astype(bool)
    return flags
