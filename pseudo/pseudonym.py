"""A person key that is not an identifier: value + domain → pseudonym, a column at a time.

A pseudonym is the first 16 bytes of HMAC-SHA-256 of a *message* under the key of one domain. This module turns columns
of identifiers into messages (one function per kind), hashes every distinct message once, and renders the result. A
value that has no message (blank, invalid) has no pseudonym: blanks never share one.
"""

import struct
import unicodedata
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pseudo.domain import LABEL, SUITE, Domain
from pseudo.errors import IdentifierError
from pseudo.keys import MAC_BYTES, DomainKey

__all__ = [
    "LABEL",
    "SUITE",
    "Domain",
    "base32_text",
    "hex_text",
    "int63",
    "la_messages",
    "la_person_id_messages",
    "nhs_number_messages",
    "one_time_messages",
    "pseudonyms",
]

SEPARATOR = "\x1f"
BASE32_CHARACTERS = 26

_NHS_DIGITS = 10
_BLOCK = 1 << 15
_ALPHABET = np.frombuffer(b"abcdefghijklmnopqrstuvwxyz234567", dtype=np.uint8)
_PLAIN_ID = r"^[!-~]+$"
_LA_CODE = r"^[0-9]{3}$"


# ---------------------------------------------------------------------------------------------------------- messages


def nhs_number_messages(values: pa.ChunkedArray) -> pa.DictionaryArray:
    """Messages of NHS numbers given as text: ten ASCII digits that pass Modulus 11, spaces and hyphens taken out.

    Null where the value is null or anything else. Ten equal digits and forms such as 1000000001 pass the check and are
    used as fillers or result codes: they are refused too, so that no two strangers share a pseudonym.
    """
    encoded = _encode(values)
    compact = pc.replace_substring_regex(encoded.dictionary, r"[ -]", "")
    ten_digits = pc.match_substring_regex(compact, r"^[0-9]{10}$")
    right = np.zeros(len(compact), dtype=np.bool_)
    right[np.asarray(ten_digits)] = _passes_modulus_11(_ten_bytes(compact.filter(ten_digits)))
    messages = pc.if_else(pa.array(right, pa.bool_()), compact, None).cast(pa.binary())
    return _recode(encoded, messages, distinct=compact.equals(encoded.dictionary))


def la_person_id_messages(la_codes: pa.ChunkedArray, ids: pa.ChunkedArray) -> pa.DictionaryArray:
    """Messages of a local authority's own person ids, as ``la_messages`` makes them.

    Raises IdentifierError when two ids of one authority differ only in case, white space or Unicode form: they may be
    one person or two, and a pseudonym must not decide it.
    """
    encoded, messages = _la_messages(la_codes, ids)
    present = pc.drop_null(messages)
    clashes = len(present) - pc.count_distinct(present).as_py()
    if clashes:
        raise IdentifierError(
            f"{clashes} person ids are written in two ways within one authority (differing only in case, spaces or "
            "Unicode form). Ask the authority which is right and correct the submission."
        )
    return _recode(encoded, messages, distinct=True)


def la_messages(la_codes: pa.ChunkedArray, references: pa.ChunkedArray) -> pa.DictionaryArray:
    """Messages of references that mean something within one authority only: LA code, 0x1F, normalised reference.

    Normalised: Unicode NFKC, outer white space removed, inner white space collapsed to one space, upper case. Leading
    zeros are kept. Null where the reference is null or blank, or the LA code is not three ASCII digits. Raises
    IdentifierError when a reference holds the character 0x1F.
    """
    return _recode(*_la_messages(la_codes, references))


def one_time_messages(release_id: str, table: str, record_ids: pa.ChunkedArray) -> pa.DictionaryArray:
    """Messages for rows of nobody known: release id, 0x1F, table and record id. Null where the record id is null.

    The same on every run of one release, and unlinkable to any other release.
    """
    encoded = _encode(record_ids)
    texts = encoded.dictionary
    prefix = pa.scalar(f"{release_id}{SEPARATOR}{table}/")
    return _recode(encoded, pc.binary_join_element_wise(prefix, texts, "").cast(pa.binary()), distinct=True)


def _la_messages(la_codes: pa.ChunkedArray, ids: pa.ChunkedArray) -> tuple[pa.DictionaryArray, pa.Array]:
    """Distinct (LA code, id) pairs as written, and the message of each pair."""
    ids = _text(ids)
    if pc.any(pc.match_substring(ids, SEPARATOR)).as_py():
        raise IdentifierError("A local id holds the control character 0x1F. Correct the submission.")
    encoded = _encode(pc.binary_join_element_wise(_text(la_codes), ids, SEPARATOR))
    pairs = encoded.dictionary
    codes, normalised = _part(pairs, 0), _normalise(_part(pairs, 1))
    present = pc.and_(pc.match_substring_regex(codes, _LA_CODE), pc.greater(pc.binary_length(normalised), 0))
    joined = pc.binary_join_element_wise(codes, normalised, SEPARATOR)
    return encoded, pc.if_else(present, joined, None).cast(pa.binary())


def _part(pairs: pa.Array, position: int) -> pa.Array:
    return pc.list_element(pc.split_pattern(pairs, SEPARATOR), position)


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


# ------------------------------------------------------------------------------------------------------- Modulus 11


def _ten_bytes(numbers: pa.Array) -> npt.NDArray[np.uint8]:
    """The digits of texts of exactly ten ASCII characters, one row per text, without a copy per value."""
    whole = pa.concat_arrays([numbers.cast(pa.string())])
    data = whole.buffers()[2]
    start = whole.offset * _NHS_DIGITS
    flat = np.frombuffer(data or b"", dtype=np.uint8)[start : start + len(whole) * _NHS_DIGITS]
    return flat.reshape(len(whole), _NHS_DIGITS)


def _passes_modulus_11(numbers: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    """Whether each row of ten ASCII digits is an NHS number (weights 10 to 2, then the check digit at weight 1)."""
    right = np.empty(len(numbers), dtype=np.bool_)
    for start in range(0, len(numbers), _BLOCK):
        digits = numbers[start : start + _BLOCK].astype(np.int16) - ord("0")
        total = sum(digits[:, place] * (_NHS_DIGITS - place) for place in range(_NHS_DIGITS))
        first, inner = digits[:, :1], digits[:, 1:-1]
        filler = (digits[:, -1:] == first)[:, 0] & ((inner == first).all(axis=1) | (inner == 0).all(axis=1))
        right[start : start + _BLOCK] = (total % 11 == 0) & ~filler
    return right


# ------------------------------------------------------------------------------------------------ hash and rendering


def pseudonyms(messages: pa.DictionaryArray, key: DomainKey) -> pa.DictionaryArray:
    """The base32 pseudonym (26 characters) of every message; null where the message is null.

    Each distinct message is hashed once. One row in, one row out, in the same order.
    """
    present = messages.dictionary
    texts = base32_text(key.mac_many(_as_bytes(present)))
    return pa.DictionaryArray.from_arrays(messages.indices, texts)


def base32_text(codes: bytes) -> pa.Array:
    """Codes of 16 bytes, end to end, as text: RFC 4648 alphabet in lower case, no padding, 26 characters each.

    >>> base32_text(bytes.fromhex("0a49cf270d78114037395c091a083b84"))[0].as_py()
    'bje46jynpaiuanzzlqerucb3qq'
    """
    rows = np.frombuffer(codes, dtype=np.uint8).reshape(-1, MAC_BYTES)
    text = np.empty((len(rows), BASE32_CHARACTERS), dtype=np.uint8)
    for start in range(0, len(rows), _BLOCK):
        block = np.zeros((min(_BLOCK, len(rows) - start), MAC_BYTES + 2), dtype=np.uint16)
        block[:, :MAC_BYTES] = rows[start : start + _BLOCK]
        for place in range(BASE32_CHARACTERS):
            byte, bit = divmod(5 * place, 8)
            pair = (block[:, byte] << 8) | block[:, byte + 1]
            text[start : start + _BLOCK, place] = _ALPHABET[(pair >> (11 - bit)) & 31]
    return _fixed_width_text(text)


def hex_text(codes: bytes) -> pa.Array:
    """Codes of 16 bytes, end to end, as lower-case hexadecimal text of 32 characters each."""
    width = 2 * MAC_BYTES
    text = np.frombuffer(codes.hex().encode("ascii"), dtype=np.uint8)
    return _fixed_width_text(text.reshape(-1, width))


def int63(codes: bytes) -> pa.Array:
    """Codes of 16 bytes as whole numbers from 0 to 2^63 - 1 (the first 8 bytes, big-endian, shifted right by one).

    Give the codes of *everyone known to the domain*. Raises IdentifierError when two different codes give one number;
    then no such column may be released. Most values exceed 2^53: for BIGINT columns only, never for a double.
    """
    rows = np.frombuffer(codes, dtype=np.uint8).reshape(-1, MAC_BYTES)
    numbers = pa.array((np.ascontiguousarray(rows[:, :8]).view(">u8").reshape(-1) >> np.uint64(1)).astype(np.int64))
    distinct_codes = len(set(struct.iter_unpack(f"{MAC_BYTES}s", codes)))
    if pc.count_distinct(numbers).as_py() != distinct_codes:
        raise IdentifierError("Two people would share one 63-bit number. Release the text form only.")
    return numbers


def _fixed_width_text(rows: npt.NDArray[np.uint8]) -> pa.Array:
    count, width = rows.shape
    offsets = np.arange(count + 1, dtype=np.int64) * width
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(rows))]
    wide = pa.Array.from_buffers(pa.large_string(), count, buffers)
    return wide if count * width > np.iinfo(np.int32).max else wide.cast(pa.string())


# ---------------------------------------------------------------------------------------------------- Arrow plumbing


def _text(values: Any) -> pa.ChunkedArray:
    """Any column of texts as a chunked array of plain strings. Raises IdentifierError for numbers and dates."""
    column = values if isinstance(values, pa.ChunkedArray) else pa.chunked_array([values])
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_null(kind)):
        raise IdentifierError(f"An identifier column must be text and is {kind}. Numbers lose leading zeros.")
    return column.cast(pa.string())


def _encode(values: Any) -> pa.DictionaryArray:
    """A column as distinct texts and positions, in one chunk. Nulls are null positions."""
    encoded = _text(values).dictionary_encode().unify_dictionaries().combine_chunks()
    if isinstance(encoded, pa.ChunkedArray):
        return pa.DictionaryArray.from_arrays(pa.array([], pa.int32()), pa.array([], pa.string()))
    return encoded


def _recode(encoded: pa.DictionaryArray, messages: pa.Array, *, distinct: bool = False) -> pa.DictionaryArray:
    """Positions into the distinct, non-null messages; null where a value has no message.

    ``distinct`` says that no two messages are equal, which saves encoding them again.
    """
    if not distinct:
        again = messages.dictionary_encode()
        return pa.DictionaryArray.from_arrays(pc.take(again.indices, encoded.indices), again.dictionary)
    if messages.null_count == 0:
        return pa.DictionaryArray.from_arrays(encoded.indices, messages)
    valid = np.asarray(messages.is_valid())
    positions = pa.array(np.cumsum(valid) - 1, pa.int32(), mask=~valid)
    return pa.DictionaryArray.from_arrays(pc.take(positions, encoded.indices), messages.drop_null())


def _as_bytes(messages: pa.Array) -> list[bytes]:
    values: list[bytes] = messages.to_pylist()
    return values
