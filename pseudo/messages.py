"""Messages: what of an identifier is hashed. One function per kind of identifier, a column at a time.

A value that has no message (blank, invalid) has no pseudonym: blanks never share one. Columns come back as positions
into the distinct messages, so that each is hashed once.
"""

import unicodedata
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pseudo.distinct import Numbers, distinct_numbers, encode, encoded_at, positions_of
from pseudo.errors import IdentifierError

SEPARATOR = "\x1f"

_NHS_DIGITS = 10
_BLOCK = 1 << 16
_PLAIN_ID = r"^[!-~]+$"
_LA_CODE = r"^[0-9]{3}$"
_HALF = 100_000  # a number of ten digits is two of five


def nhs_number_messages(values: pa.ChunkedArray) -> pa.DictionaryArray:
    """Messages of NHS numbers given as text: ten ASCII digits that pass Modulus 11, spaces and hyphens taken out.

    Null where the value is null or anything else. Ten equal digits and forms such as 1000000001 pass the check and are
    used as fillers or result codes: they are refused too, so that no two strangers share a pseudonym.
    """
    numbers, places = distinct_numbers(nhs_numbers(values))
    return encoded_at(places, nhs_number_texts(numbers))


def nhs_numbers(values: pa.ChunkedArray) -> Numbers:
    """The numbers of ``nhs_number_messages`` row by row, -1 where there is no message."""
    column = _text(values)
    numbers = np.empty(len(column), dtype=np.int64)
    start = 0
    for chunk in column.chunks:
        numbers[start : start + len(chunk)] = _valid_numbers(chunk)
        start += len(chunk)
    return numbers


def nhs_number_texts(numbers: Numbers) -> pa.Array:
    """The messages of distinct NHS numbers."""
    return _fixed_width(_ten_digits(numbers), pa.binary())


def la_person_id_messages(la_codes: pa.ChunkedArray, ids: pa.ChunkedArray) -> pa.DictionaryArray:
    """Messages of a local authority's own person ids, as ``la_messages`` makes them.

    Raises IdentifierError when two ids of one authority differ only in case, white space or Unicode form: they may be
    one person or two, and a pseudonym must not decide it.
    """
    positions, messages = _la_messages(la_codes, ids)
    present = pc.drop_null(messages)
    clashes = len(present) - pc.count_distinct(present).as_py()
    if clashes:
        raise IdentifierError(
            f"{clashes} person ids are written in two ways within one authority (differing only in case, spaces or "
            "Unicode form). Ask the authority which is right and correct the submission."
        )
    return _without_nulls(positions, messages)


def la_messages(la_codes: pa.ChunkedArray, references: pa.ChunkedArray) -> pa.DictionaryArray:
    """Messages of references that mean something within one authority only: LA code, 0x1F, normalised reference.

    Normalised: Unicode NFKC, outer white space removed, inner white space collapsed to one space, upper case. Leading
    zeros are kept. Null where the reference is null or blank, or the LA code is not three ASCII digits. Raises
    IdentifierError when a reference holds the character 0x1F.
    """
    positions, messages = _la_messages(la_codes, references)
    again = messages.dictionary_encode()
    merged = np.append(positions_of(again), -1)
    return encoded_at(merged[positions], again.dictionary)


def one_time_messages(release_id: str, table: str, record_ids: pa.ChunkedArray) -> pa.DictionaryArray:
    """Messages for rows of nobody known: release id, 0x1F, table and record id. Null where the record id is null.

    The same on every run of one release, and unlinkable to any other release.
    """
    encoded = encode(_text(record_ids))
    prefix = pa.scalar(f"{release_id}{SEPARATOR}{table}/")
    messages = pc.binary_join_element_wise(prefix, encoded.dictionary, "").cast(pa.binary())
    return _without_nulls(positions_of(encoded), messages)


# ------------------------------------------------------------------------------------------------------- local ids


def _la_messages(la_codes: pa.ChunkedArray, ids: pa.ChunkedArray) -> tuple[npt.NDArray[np.int32], pa.Array]:
    """Positions of the distinct (LA code, id) pairs as written, and the message of each pair (null: it has none)."""
    codes, names = encode(_text(la_codes)), encode(_text(ids))
    if pc.any(pc.match_substring(names.dictionary, SEPARATOR)).as_py():
        raise IdentifierError("A local id holds the control character 0x1F. Correct the submission.")
    at_code, at_name = (positions_of(part).astype(np.int64) for part in (codes, names))
    count = max(len(names.dictionary), 1)
    pairs, positions = distinct_numbers(np.where((at_code < 0) | (at_name < 0), -1, at_code * count + at_name))
    code = codes.dictionary.take(pa.array(pairs // count))
    name = _normalise(names.dictionary).take(pa.array(pairs % count))
    present = pc.and_(pc.match_substring_regex(code, _LA_CODE), pc.greater(pc.binary_length(name), 0))
    joined = pc.binary_join_element_wise(code, name, SEPARATOR)
    return positions, pc.if_else(present, joined, None).cast(pa.binary())


def _normalise(ids: pa.Array) -> pa.Array:
    """The normalised form of distinct ids. Plain ASCII without spaces, nearly all of them, is done in one pass."""
    upper = pc.ascii_upper(ids)
    plain = pc.match_substring_regex(ids, _PLAIN_ID)
    if pc.all(plain).as_py():
        return upper
    others = pc.filter(ids, pc.invert(plain)).to_pylist()
    return pc.replace_with_mask(upper, pc.invert(plain), pa.array(map(_normalise_one, others), pa.string()))


def _normalise_one(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).split()).upper()


# ----------------------------------------------------------------------------------------------------- NHS numbers


def _valid_numbers(texts: pa.Array) -> Numbers:
    """Texts as NHS numbers, -1 for null and any other text. Done in blocks that stay in the processor's cache."""
    if pa.types.is_dictionary(texts.type):
        return np.append(_valid_numbers(texts.dictionary), -1).take(positions_of(texts))
    numbers = np.empty(len(texts), dtype=np.int64)
    for start in range(0, len(texts), _BLOCK):
        block = numbers[start : start + _BLOCK]
        block[:] = _numbers_of(texts.slice(start, _BLOCK))
        block[~_is_nhs_number(block)] = -1
    return numbers


def _numbers_of(texts: pa.Array) -> Numbers:
    """Texts of ten digits, spaces and hyphens taken out, as whole numbers; -1 for any other text and null."""
    ends = _ends(texts)
    width = np.diff(ends)
    is_ten = width == _NHS_DIGITS
    if texts.null_count:
        is_ten &= np.asarray(texts.is_valid())
    if is_ten.all():
        return _read_digits(_bytes_of(texts, ends))
    numbers = np.full(len(texts), -1, dtype=np.int64)
    if int(width.sum()) == _NHS_DIGITS * int(is_ten.sum()):  # the others are blank: the digits stand end to end
        numbers[is_ten] = _read_digits(_bytes_of(texts, ends))
        return numbers
    filled = texts.filter(pa.array(is_ten))
    numbers[is_ten] = _read_digits(_bytes_of(filled, _ends(filled)))
    rest = np.flatnonzero(~is_ten & np.asarray(texts.is_valid()))
    others = texts.take(pa.array(rest)).dictionary_encode()
    compact = pc.replace_substring_regex(others.dictionary, r"[ -]", "")
    cleaned = pc.if_else(pc.equal(pc.binary_length(compact), _NHS_DIGITS), compact, None)
    numbers[rest] = np.append(_all_ten(cleaned), -1)[positions_of(others)]
    return numbers


def _all_ten(texts: pa.Array) -> Numbers:
    """Numbers of texts of ten bytes; -1 for null."""
    numbers = np.full(len(texts), -1, dtype=np.int64)
    present = pc.drop_null(texts)
    if len(present):
        numbers[np.asarray(texts.is_valid())] = _numbers_of(present)
    return numbers


def _bytes_of(texts: pa.Array, ends: npt.NDArray[np.int32]) -> npt.NDArray[np.uint8]:
    """The bytes of the texts, end to end."""
    return np.frombuffer(texts.buffers()[2] or b"", dtype=np.uint8)[ends[0] : ends[-1]]


def _read_digits(data: npt.NDArray[np.uint8]) -> Numbers:
    """Texts of ten bytes, end to end, as whole numbers; -1 where a byte is no ASCII digit."""
    rows = data.reshape(-1, _NHS_DIGITS)
    is_number = None
    if not _is_digit(data).all():
        is_number = np.asarray(_is_digit(rows).all(axis=1))
        rows = rows[is_number]
    read = np.asarray(_fixed_width(rows, pa.string()).cast(pa.int64()))
    if is_number is None:
        return read
    numbers = np.full(len(is_number), -1, dtype=np.int64)
    numbers[is_number] = read
    return numbers


def _is_digit(data: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    return (data - np.uint8(ord("0"))) <= 9


def _ends(texts: pa.Array) -> npt.NDArray[np.int32]:
    """Where the first text begins and each ends among the bytes of the array."""
    ends = np.frombuffer(texts.buffers()[1] or bytes(4), dtype=np.int32)
    return ends[texts.offset : texts.offset + len(texts) + 1]


def _ten_digits(numbers: Numbers) -> npt.NDArray[np.uint8]:
    """Ten ASCII digits for each number, leading zeros included."""
    texts = np.empty((len(numbers), _NHS_DIGITS), dtype=np.uint8)
    for start in range(0, len(numbers), _BLOCK):
        upper, lower = _halves(numbers[start : start + _BLOCK])
        texts[start : start + _BLOCK, :5] = _five_digits().take(upper, axis=0)
        texts[start : start + _BLOCK, 5:] = _five_digits().take(lower, axis=0)
    return texts


def _halves(numbers: Numbers) -> tuple[Numbers, Numbers]:
    """The first and the last five digits of each number of ten digits."""
    upper = numbers // _HALF
    return upper, numbers - upper * _HALF


def _is_nhs_number(numbers: Numbers) -> npt.NDArray[np.bool_]:
    """Whether each number of ten digits has its check digit (weights 10 to 2, then the digit at weight 1) and is no filler.

    Fillers pass the check digit and stand for nobody: ten equal digits, or one digit at both ends of eight zeros. Numbers
    below 0 are none.
    """
    upper, lower = _halves(numbers)
    right = ((_weighted(10).take(upper) + _weighted(5).take(lower)) % 11 == 0) & (numbers >= 0)
    rare = np.flatnonzero((upper == lower) | (lower < 10))
    first, last = upper[rare], lower[rare]
    is_filler = ((first == last) & (first % 11_111 == 0)) | ((last < 10) & (first == last * 10_000))
    right[rare[is_filler]] = False
    return np.asarray(right)


@cache
def _five_digits() -> npt.NDArray[np.uint8]:
    """Every number of five digits, as ASCII."""
    return np.frombuffer(b"".join(b"%05d" % number for number in range(_HALF)), dtype=np.uint8).reshape(-1, 5)


@cache
def _weighted(weight: int) -> npt.NDArray[np.int16]:
    """For every number of five digits the sum of its digits times ``weight``, ``weight`` - 1 and so on."""
    digits = (_five_digits() - np.uint8(ord("0"))).astype(np.int16)
    return np.asarray((digits * np.arange(weight, weight - 5, -1, dtype=np.int16)).sum(axis=1), dtype=np.int16)


# -------------------------------------------------------------------------------------------------- Arrow plumbing


def _text(values: Any) -> pa.ChunkedArray:
    """Any column of texts as a chunked array of strings. Raises IdentifierError for numbers and dates."""
    column = values if isinstance(values, pa.ChunkedArray) else pa.chunked_array([values])
    is_encoded = pa.types.is_dictionary(column.type)
    kind = column.type.value_type if is_encoded else column.type
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_null(kind)):
        raise IdentifierError(f"An identifier column must be text and is {kind}. Numbers lose leading zeros.")
    if is_encoded and pa.types.is_string(kind):
        return column
    return column.cast(pa.string())


def _fixed_width(rows: npt.NDArray[np.uint8], kind: pa.DataType) -> pa.Array:
    ends = np.arange(len(rows) + 1, dtype=np.int32) * rows.shape[1]
    return pa.Array.from_buffers(kind, len(rows), [None, pa.py_buffer(ends), pa.py_buffer(np.ascontiguousarray(rows))])


def _without_nulls(positions: npt.NDArray[Any], messages: pa.Array) -> pa.DictionaryArray:
    """Positions into the messages that are not null; null where a value has no message. No two messages are equal."""
    if messages.null_count == 0:
        return encoded_at(positions, messages)
    valid = np.asarray(messages.is_valid())
    lookup = np.append(np.where(valid, np.cumsum(valid) - 1, -1), -1)
    return encoded_at(lookup[positions], messages.drop_null())
