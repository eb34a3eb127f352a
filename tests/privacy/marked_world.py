"""A synthetic world whose identifiers are marked, and a search for any of them in what a run leaves behind."""

import csv
import logging
import re
from calendar import monthrange
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

MARK = "ZZCANARY"
MONTH_ENDS = {f"2022{month:02}{monthrange(2022, month)[1]}" for month in range(4, 13)} | {
    "20230131",
    "20230228",
    "20230331",
}
"""Days that head the columns of monthly tables: a child's date of birth among them is chance."""

_NUMBER = re.compile(r"(?<!\w)(\d{3})[ -]?(\d{3})[ -]?(\d{4})(?!\w)")
_POSTCODE = re.compile(r"(?<!\w)[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}(?!\w)")
_DATE = re.compile(r"(?<!\w)(?:(\d{4})-?(\d\d)-?(\d\d)|(\d\d)/(\d\d)/(\d{4}))(?!\w)")
_MARKED = re.compile(
    "person.unique.identifier|(other_)?given_name|family_name|(first|last) name|event (reference|description)|"
    "provider cqc location name|adult . linked person_id|gp practice name",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Identifiers:
    """Every identifier of a world: NHS numbers, full postcodes and full dates of birth, beside the marked texts."""

    numbers: set[str] = field(default_factory=set)
    postcodes: set[str] = field(default_factory=set)
    births: set[str] = field(default_factory=set)

    def note(self, heading: str, value: str) -> None:
        """Remember a value by the kind of its column."""
        digits = re.sub(r"[ -]", "", value)
        if "nhs" in heading or heading == "superseded_by":
            self.numbers.add(digits)
        elif heading == "postcode":
            self.postcodes.add(value.replace(" ", "").upper())
        elif heading.replace(" ", "_") == "date_of_birth" and len(value) >= 10:
            self.births.update(_dates(value))

    def found_in(self, text: str) -> set[str]:
        """The identifiers that stand in a text. Dates of birth in any of three forms."""
        marked = {"marked text"} if MARK in text.upper() else set()
        numbers = {"".join(parts) for parts in _NUMBER.findall(text)} & self.numbers
        postcodes = {code.replace(" ", "") for code in _POSTCODE.findall(text.upper())} & self.postcodes
        return marked | numbers | postcodes | (_dates(text) & self.births)


def _dates(text: str) -> set[str]:
    return {f"{a}{b}{c}" if a else f"{z}{y}{x}" for a, b, c, x, y, z in _DATE.findall(text)}


def mark_world(world: Path, target: Path) -> Identifiers:
    """Copy a world with ``ZZCANARY`` in every name, local id, reference and note; return its other identifiers."""
    known = Identifiers()
    for path in sorted(world.rglob("*.csv")):
        _mark_file(path, target / path.relative_to(world), known)
    for values, common in (
        (known.numbers, {""}),
        (known.postcodes, {"", "ZZ993VZ"}),
        (known.births, {"19000101", *MONTH_ENDS}),
    ):
        values.difference_update(common)
    return known


def _mark_file(path: Path, target: Path, known: Identifiers) -> None:
    content = path.read_bytes()
    try:
        text, encoding = content.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError:
        text, encoding = content.decode("cp1252"), "cp1252"
    headings, *rows = csv.reader(text.splitlines())
    for row in rows:
        for place, heading in enumerate(heading.lower() for heading in headings):
            known.note(heading, row[place])
            if _MARKED.fullmatch(heading) and row[place]:
                row[place] = MARK + row[place]
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("w", encoding=encoding, newline="") as handle:
        csv.writer(handle, lineterminator="\n").writerows([headings, *rows])


def text_of(path: Path) -> str:
    """A file as text: a Parquet file's bytes (names, statistics, metadata) and every text in it."""
    content = path.read_bytes().decode("utf-8", errors="replace")
    if path.suffix != ".parquet":
        return content
    table = pq.read_table(path)
    texts = [column for column in table.columns if not pa.types.is_temporal(column.type)]
    # Only marked texts can be told in raw bytes; numbers and dates in them would be chance.
    marks = MARK if MARK in content.upper() else ""
    return marks + "\n".join(str(value) for column in texts for value in set(column.to_pylist()))


@contextmanager
def everything_logged() -> Iterator[Callable[[], str]]:
    """Record every log message of any library at DEBUG; yields a function that gives them."""
    messages: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            messages.append(self.format(record))

    root, handler = logging.getLogger(), Keep(logging.DEBUG)
    levels = {logger: logger.level for logger in (root, logging.getLogger("splink"))}
    root.addHandler(handler)
    for logger in levels:
        logger.setLevel(logging.DEBUG)
    try:
        yield lambda: "\n".join(messages)
    finally:
        root.removeHandler(handler)
        for logger, level in levels.items():
            logger.setLevel(level)
