"""From bytes to lines of text: which encoding a file has, and what it is when it is no text at all."""

from codecs import BOM_UTF8, IncrementalDecoder, getincrementaldecoder
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import TextIOWrapper
from pathlib import Path

from linkage.errors import InputError, MachineError, UsageError

_CHUNK = 1 << 20
_NOT_TEXT = (
    (b"PK\x03\x04", "an Excel workbook or a zip archive"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"%PDF", "a PDF"),
    (b"PAR1", "a Parquet file"),
    (b"\x1f\x8b", "a compressed file"),
)
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
REPLACEMENT = "\ufffd"


@dataclass
class DecodedLines:
    """The lines of a file, decoded one by one; ends of lines (also inside quotation marks) are kept.

    A line that is not UTF-8 is read as Windows-1252. ``windows_lines`` counts those; ``damaged`` are the numbers (from 1)
    of lines with a byte that is neither: it stands as U+FFFD. Both are complete when the lines have been read.
    """

    path: Path
    encoding: str
    windows_lines: int = 0
    damaged: set[int] = field(default_factory=set)

    def __iter__(self) -> Iterator[str]:
        try:
            with self.path.open("rb") as handle:
                if self.encoding == "mixed":
                    # Latin-1 gives every byte a character of its own, so that lines can be split before decoding.
                    yield from self._decoded(TextIOWrapper(handle, encoding="latin-1", newline=""))
                else:
                    yield from self._checked(TextIOWrapper(handle, self.encoding, errors="replace", newline=""))
        except OSError:
            message = f"{self.path}: the file could not be read to its end. Check the disk and try again."
            raise MachineError(message) from None

    def _checked(self, lines: TextIOWrapper) -> Iterator[str]:
        for number, line in enumerate(lines, start=1):
            if REPLACEMENT in line:
                self.damaged.add(number)
            yield line

    def _decoded(self, lines: TextIOWrapper) -> Iterator[str]:
        for number, line in enumerate(lines, start=1):
            raw = line.encode("latin-1")
            try:
                text = raw.decode("utf-8")
            except UnicodeDecodeError:
                self.windows_lines += 1
                text = raw.decode("windows-1252", errors="replace")
            if REPLACEMENT in text:
                self.damaged.add(number)
            yield text.removeprefix("\ufeff") if number == 1 else text


def open_lines(path: Path) -> DecodedLines:
    """Look at the whole file once and say how its lines are to be decoded.

    Raises UsageError for a path that is no file, InputError for an empty file, for one that is not text and for one with
    null characters, MachineError when it cannot be read.
    """
    if path.is_dir():
        raise UsageError(f"{path}: this is a folder; give a CSV file.")
    if not path.is_file():
        raise UsageError(f"{path}: there is no such file.")
    try:
        return DecodedLines(path, _encoding(path))
    except OSError:
        raise MachineError(f"{path}: the file cannot be read. Check the rights; it may be open elsewhere.") from None


def _encoding(path: Path) -> str:
    with path.open("rb") as handle:
        start = handle.read(8)
        for magic, kind in _NOT_TEXT:
            if start.startswith(magic):
                raise InputError(
                    f"{path}: this is {kind}, not a CSV file. Save the table as CSV (UTF-8) and give that."
                )
        if start.startswith(_UTF_16):
            return "utf-16"
        handle.seek(0)
        return _encoding_of_bytes(path, iter(lambda: handle.read(_CHUNK), b""))


def _encoding_of_bytes(path: Path, chunks: Iterator[bytes]) -> str:
    decoder = getincrementaldecoder("utf-8-sig")()
    is_utf8, blank = True, True
    for chunk in chunks:
        if b"\x00" in chunk:
            raise InputError(
                f"{path}: the file holds null characters: it is not a text file. Export it as CSV (UTF-8)."
            )
        blank = blank and not chunk.removeprefix(BOM_UTF8).strip()
        is_utf8 = is_utf8 and _decodes(decoder, chunk)
    if blank:
        raise InputError(f"{path}: the file is empty. Export the submission again.")
    return "utf-8-sig" if is_utf8 and _decodes(decoder, b"", final=True) else "mixed"


def _decodes(decoder: IncrementalDecoder, chunk: bytes, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True
