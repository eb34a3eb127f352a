"""Codes of 16 bytes as text and as whole numbers, and the order in which released rows stand."""

from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pseudo.errors import IdentifierError
from pseudo.keys import MAC_BYTES

BASE32_CHARACTERS = 26

TextForm = Literal["base32", "hex"]
Codes = npt.NDArray[np.uint8]  # one row of 16 bytes per code
Words = npt.NDArray[np.uint64]

_BLOCK = 1 << 14
_ALPHABET = np.frombuffer(b"abcdefghijklmnopqrstuvwxyz234567", dtype=np.uint8)
_PAIRS = np.stack([np.repeat(_ALPHABET, 32), np.tile(_ALPHABET, 32)], axis=1).view(np.uint16).reshape(-1)
_HEX_DIGITS = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)
_HEX = np.stack([np.repeat(_HEX_DIGITS, 16), np.tile(_HEX_DIGITS, 16)], axis=1).view(np.uint16).reshape(-1)


def text_of(codes: Codes, form: TextForm = "base32") -> pa.Array:
    """Codes as text: base32 (RFC 4648 alphabet in lower case, no padding, 26 characters) or lower-case hex (32).

    >>> text_of(as_codes(bytes.fromhex("0a49cf270d78114037395c091a083b84")))[0].as_py()
    'bje46jynpaiuanzzlqerucb3qq'
    """
    if form == "hex":
        return _fixed_width_text(_HEX[codes].view(np.uint8).reshape(len(codes), 2 * MAC_BYTES))
    upper, lower = _words(codes)
    text = np.empty((len(codes), BASE32_CHARACTERS // 2), dtype=np.uint16)
    for start in range(0, len(codes), _BLOCK):
        block = text[start : start + _BLOCK]
        for pair, tens in enumerate(_ten_bits(upper[start : start + _BLOCK], lower[start : start + _BLOCK])):
            block[:, pair] = _PAIRS[tens]
    return _fixed_width_text(text.view(np.uint8))


def int63(codes: Codes) -> pa.Array:
    """Codes as whole numbers from 0 to 2^63 - 1: the first 8 bytes, big-endian, shifted right by one.

    Most exceed 2^53: for BIGINT columns only, never for a double.
    """
    return pa.array((_words(codes)[0] >> np.uint64(1)).astype(np.int64))


def require_distinct_int63(codes: Codes) -> int:
    """How many different codes there are. Give the codes of *everyone known to the domain*, some of them repeated or not.

    Raises IdentifierError when two different codes give one number; then no column of numbers may be released.
    """
    upper, lower = _words(codes)
    order = np.argsort(upper)
    upper, lower = upper[order], lower[order]
    same = (upper[1:] >> np.uint64(1)) == (upper[:-1] >> np.uint64(1))
    if (same & ((upper[1:] != upper[:-1]) | (lower[1:] != lower[:-1]))).any():
        raise IdentifierError(
            "Two people would share one 63-bit number. Release the text form only: leave 'integers' out of the policy, or "
            "raise the key version."
        )
    return len(codes) - int(same.sum())


def order_of(codes: Codes, form: TextForm = "base32") -> npt.NDArray[np.int64]:
    """The order of codes by their text, lowest first (in base32 the digits 2 to 7 stand before the letters)."""
    first = _first_key(_words(codes)[0], form)
    order = np.argsort(first)
    rising = first[order]
    if (rising[1:] == rising[:-1]).any():
        order = np.lexsort(order_keys(codes, form)[::-1])
    return order


def order_keys(codes: Codes, form: TextForm = "base32") -> list[Words]:
    """Whole numbers that compare as the texts of the codes do, most significant first."""
    upper, lower = _words(codes)
    first = _first_key(upper, form)
    if form == "hex":
        return [first, lower]
    middle = ((upper & np.uint64(15)) << np.uint64(56)) | (lower >> np.uint64(8))
    return [first, _ranked(middle), _ranked((lower & np.uint64(255)) << np.uint64(2))]


def _first_key(upper: Words, form: TextForm) -> Words:
    """What codes are told apart by, all but a few: in base32 their first twelve characters."""
    return upper if form == "hex" else _ranked(upper >> np.uint64(4))


def as_codes(data: bytes) -> Codes:
    """Codes of 16 bytes, end to end, one row each."""
    return np.frombuffer(data, dtype=np.uint8).reshape(-1, MAC_BYTES)


def _ranked(lanes: Words) -> Words:
    """Lanes of five bits, each turned into the rank of its character in ASCII: letters 0-25 to 6-31, digits to 0-5."""
    low = np.uint64(sum(15 << 5 * lane for lane in range(12)))
    top = np.uint64(sum(16 << 5 * lane for lane in range(12)))
    six = np.uint64(sum(6 << 5 * lane for lane in range(12)))
    return ((lanes & low) + six) ^ (lanes & top)


def _words(codes: Codes) -> tuple[Words, Words]:
    """Codes as two whole numbers of 64 bits, the more significant first."""
    pairs = np.ascontiguousarray(codes).view(">u8").reshape(-1, 2)
    return pairs[:, 0].astype(np.uint64), pairs[:, 1].astype(np.uint64)


def _ten_bits(upper: Words, lower: Words) -> list[Words]:
    """The 13 groups of ten bits of each code, most significant first, filled up with zeros."""
    mask = np.uint64(1023)
    across = ((upper & np.uint64(15)) << np.uint64(6)) | (lower >> np.uint64(58))
    return [
        *((upper >> np.uint64(54 - 10 * place)) & mask for place in range(6)),
        across,
        *((lower >> np.uint64(48 - 10 * place)) & mask for place in range(5)),
        (lower << np.uint64(2)) & mask,
    ]


def _fixed_width_text(rows: npt.NDArray[np.uint8]) -> pa.Array:
    count, width = rows.shape
    is_wide = count * width > np.iinfo(np.int32).max
    ends = np.arange(count + 1, dtype=np.int64 if is_wide else np.int32) * width
    buffers = [None, pa.py_buffer(ends), pa.py_buffer(np.ascontiguousarray(rows))]
    return pa.Array.from_buffers(pa.large_string() if is_wide else pa.string(), count, buffers)
