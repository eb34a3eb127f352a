"""From bytes to text: which encoding a file has, and what it is when it is no text at all.

Whatever the encoding, what follows works on UTF-8, so that there is one reader and not one for each.
"""

import re
from codecs import BOM_UTF8, IncrementalDecoder, getincrementaldecoder
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from linkage.errors import InputError, MachineError, UsageError
from linkage.intake.lines import line_ends

_CHUNK = 1 << 20
_NOT_TEXT = (
    (b"PK\x03\x04", "an Excel workbook or a zip archive"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"%PDF", "a PDF"),
    (b"PAR1", "a Parquet file"),
    (b"\x1f\x8b", "a compressed file"),
)
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_FIRST_BEYOND_ASCII = 0x80
UTF_8, UTF_16, UTF_16_UNMARKED = "UTF-8", "UTF-16", "UTF-16 without a byte-order mark"
_SAMPLE = 1 << 16
_SHARE_OF_ASCII = 0.8
REPLACEMENT = "\ufffd"


@dataclass(frozen=True)
class Decoded:
    """A file as UTF-8 without byte-order mark. A byte that is neither UTF-8 nor Windows-1252 stands as U+FFFD.

    ``encoding`` says what the file was in words.
    """

    data: bytes
    encoding: str


def read_text(path: Path) -> Decoded:
    """Read a whole file and decode it; a line that is not UTF-8 is read as Windows-1252.

    UTF-16 is known by its byte-order mark, or (as ``bcp -w`` of SQL Server writes it) by its null bytes.

    Raises UsageError for a path that is no file, InputError for an empty file, for one that is not text and for one with
    null characters, MachineError when it cannot be read.
    """
    require_file(path)
    try:
        data = path.read_bytes()
    except OSError:
        raise MachineError(f"{path}: the file cannot be read. Check the rights; it may be open elsewhere.") from None
    for magic, kind in _NOT_TEXT:
        if data.startswith(magic):
            raise InputError(f"{path}: this is {kind}, not a CSV file. Save the table as CSV (UTF-8) and give that.")
    decoded = _decoded(data)
    if b"\x00" in decoded.data:
        raise InputError(
            f"{path}: the file holds null characters: it is no text, or text of which bytes were lost or put in. "
            "Export it again, as CSV (UTF-8)."
        )
    if not re.search(rb"\S", decoded.data):
        raise InputError(f"{path}: the file is empty. Export the submission again.")
    return decoded


def require_file(path: Path) -> None:
    """Raise UsageError unless the path is that of a file."""
    if path.is_dir():
        raise UsageError(f"{path}: this is a folder; give a CSV file.")
    if not path.is_file():
        raise UsageError(f"{path}: there is no such file.")


def _decoded(data: bytes) -> Decoded:
    if data.startswith(_UTF_16):
        return Decoded(_recoded(data, "utf-16"), UTF_16)
    if unmarked := _unmarked_utf_16(data):
        return Decoded(_recoded(data, unmarked), UTF_16_UNMARKED)
    data = data.removeprefix(BOM_UTF8)
    if _is_utf8(data):
        return Decoded(data, UTF_8)
    return _mixed(data)


def _unmarked_utf_16(data: bytes) -> str | None:
    """The name of the codec when a file is clearly UTF-16 without a mark: of the pairs of bytes at its beginning nearly all
    are ASCII with a null behind (little-endian) or before it (big-endian), and no null stands in the other place.
    """
    sample = np.frombuffer(data[: min(len(data), _SAMPLE) // 2 * 2], np.uint8).reshape(-1, 2)
    if not len(sample):
        return None
    first, second = (sample == 0).mean(axis=0)
    if second >= _SHARE_OF_ASCII and not first:
        return "utf-16-le"
    return "utf-16-be" if first >= _SHARE_OF_ASCII and not second else None


def _recoded(data: bytes, codec: str) -> bytes:
    return data.decode(codec, errors="replace").encode(errors="replace")


def _is_utf8(data: bytes) -> bool:
    decoder = getincrementaldecoder("utf-8")()
    view = memoryview(data)
    chunks = (view[start : start + _CHUNK] for start in range(0, len(data), _CHUNK))
    return all(_decodes(decoder, chunk) for chunk in chunks) and _decodes(decoder, b"", final=True)


def _decodes(decoder: IncrementalDecoder, chunk: bytes | memoryview, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True


def _mixed(data: bytes) -> Decoded:
    """Each line that is not UTF-8 read as Windows-1252."""
    ends = line_ends(data)
    beyond = np.flatnonzero(np.frombuffer(data, np.uint8) >= _FIRST_BEYOND_ASCII)
    pieces, done, changed = [], 0, 0
    for line in np.unique(np.searchsorted(ends, beyond, side="right")).tolist():
        start, end = int(ends[line - 1]) if line else 0, int(ends[line])
        raw = data[start:end]
        try:
            raw.decode("utf-8")
        except UnicodeDecodeError:
            pieces += [data[done:start], raw.decode("windows-1252", errors="replace").encode()]
            done, changed = end, changed + 1
    pieces.append(data[done:])
    return Decoded(b"".join(pieces), f"Windows-1252 on {changed} lines, UTF-8 on the others")
