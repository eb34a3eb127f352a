"""One damaged submission for each seed: the same seed always gives the same bytes. Nobody in them is real."""

import csv
import io
import random
import zipfile
from collections.abc import Callable
from functools import cache

import openpyxl

from linkage.spec import load_specification, versions
from tests.unit.submission_files import OWN, cells

CANARIES = ("Ada", "Example", "9990000018", "ZX1 1AA", "15/06/1950")
"""Values of the people in the files: never part of an error."""

Table = list[list[str]]
Chance = random.Random
_NASTY_CELLS = (
    "NULL", "null", "", " ", "\u00a0", "\u200b", "9.43E+09", "9.434765919E9", "1E+400", "9990000018.0", "45017", "99999",
    "0", "-1", "3/4/22", "12/31/2022", "31/02/2022", "2022-13-45", "01-Apr-2022", "00/00/0000", "=1+1", "@x", "\ufffd",
    "\U0001f600", "a\nb", 'a"b', '"', "'", "\u202e", "Total", "x" * 300, "1e5", "NaN", "inf", "TRUE", "#REF!", "Â£", ";", "|",
)  # fmt: skip


def damaged(seed: int) -> tuple[str, bytes]:
    """The kind of damage and the bytes of the file of a seed."""
    chance = random.Random(seed)
    kind = list(KINDS)[seed % len(KINDS)]
    return kind, KINDS[kind](chance)


def _table(chance: Chance, rows: int | None = None) -> Table:
    version = chance.choice([name for name in versions() if name in OWN])
    body = [cells({}, number, version) for number in range(1, (rows or chance.randint(1, 12)) + 1)]
    return [list(load_specification(version).headings), *body]


def _text(table: Table, separator: str = ",", line_end: str = "\n") -> str:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator, lineterminator=line_end).writerows(table)
    return text.getvalue()


def _plain(chance: Chance) -> bytes:
    return _text(_table(chance)).encode()


def _random_bytes(chance: Chance) -> bytes:
    start = _text(_table(chance)[:1]).encode() if chance.random() < 0.6 else b""
    return start + chance.randbytes(chance.randint(0, 2000))


def _cut(chance: Chance) -> bytes:
    content = _text(_table(chance)).encode(chance.choice(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"]))
    return content[: chance.randint(0, len(content))]


def _spoiled_bytes(chance: Chance) -> bytes:
    content = bytearray(_plain(chance))
    for _ in range(chance.randint(1, 30)):
        content[chance.randrange(len(content))] = chance.choice(b'",\n\r\t;|\x00\x81\xe9\xff\xef\x1a A0')
    return bytes(content)


def _swapped(chance: Chance) -> bytes:
    table = _table(chance)
    order = list(range(len(table[0])))
    chance.shuffle(order)
    headings = table[0] if chance.random() < 0.5 else [table[0][place] for place in order]
    return _text([headings, *([row[place] for place in order] for row in table[1:])]).encode()


def _nasty_cells(chance: Chance) -> bytes:
    table = _table(chance)
    for row in table[1:]:
        for _ in range(chance.randint(1, 20)):
            row[chance.randrange(len(row))] = chance.choice(_NASTY_CELLS)
    return _text(table, chance.choice(",;\t|"), chance.choice(["\n", "\r\n"])).encode()


def _enormous(chance: Chance) -> bytes:
    table = _table(chance)
    chance.choice(table)[chance.randrange(10)] = chance.choice(["A", '"', "é", "\n", "9", ","]) * chance.choice(
        [70_000, 140_000]
    )
    return _text(table).encode()


def _huge_line(chance: Chance) -> bytes:
    table = _table(chance)
    table.insert(chance.randint(0, len(table)), ["x"] * chance.choice([200, 5_000, 60_000]))
    return _text(table).encode()


def _mixed_encodings(chance: Chance) -> bytes:
    lines = _text(_table(chance)).replace("Ada", "Zoë").splitlines(keepends=True)
    return b"".join(line.encode(chance.choice(["utf-8", "windows-1252", "utf-16-le", "utf-8-sig"])) for line in lines)


def _nulls(chance: Chance) -> bytes:
    content = _plain(chance)
    at = chance.randrange(len(content))
    return content[:at] + b"\x00" * chance.randint(1, 5) + content[at:]


def _quotes(chance: Chance) -> bytes:
    text = list(_text(_table(chance)))
    for _ in range(chance.randint(1, 20)):
        text.insert(chance.randrange(len(text)), '"' * chance.choice([1, 1, 2, 3, 8, 500]))
    return "".join(text).encode()


def _headings_only(chance: Chance) -> bytes:
    headings = _table(chance)[0]
    chosen = chance.choice([headings, headings[: chance.randint(0, len(headings))], headings * 3, [""] * 45])
    return _text([chosen]).encode() + chance.choice([b"", b"\n\n", b",,,\n", b" \n"])


def _above_and_below(chance: Chance) -> bytes:
    table = _table(chance)
    above = [
        ["LA Code", "991"],
        ["LA Code:", "", "991"],
        ["Report of", "Ada Example"],
        [],
        ["Reporting Year", ""],
        ["Gender"] * 9,
    ]
    below = [["Total", "9"], [], ["(9 rows affected)"], ["Ada", "Example"], ["Grand Total", *[""] * 44]]
    picked = [chance.sample(rows, chance.randint(0, len(rows))) for rows in (above, below)]
    return _text([*picked[0], *table, *picked[1]]).encode()


def _ragged(chance: Chance) -> bytes:
    table = _table(chance)
    for row in table[chance.randint(0, 1) :]:
        if chance.random() < 0.5:
            del row[chance.randrange(len(row)) :]
        elif chance.random() < 0.3:
            row += ["x"] * chance.randint(1, 60)
    return _text(table).encode()


@cache
def _workbook() -> bytes:
    book = openpyxl.Workbook()
    for row in _table(random.Random(0), 6):
        book.active.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _workbook_cut(chance: Chance) -> bytes:
    return _workbook()[: chance.randint(1, len(_workbook()))]


def _workbook_bytes(chance: Chance) -> bytes:
    content = bytearray(_workbook())
    for _ in range(chance.randint(1, 40)):
        content[chance.randrange(4, len(content))] = chance.randrange(256)
    return bytes(content)


def _workbook_parts(chance: Chance) -> bytes:
    """Parts of the workbook spoiled inside the archive, left out, or inflated."""
    content = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(_workbook())) as source,
        zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            part = bytearray(source.read(name))
            if chance.random() < 0.05:
                continue
            for _ in range(chance.choice([0, 0, 1, 5])):
                part[chance.randrange(len(part))] = chance.choice(b'<>"/=A1 ')
            target.writestr(name, bytes(part))
        if chance.random() < 0.02:
            target.writestr("xl/media/image.bin", bytes(52 << 20))
    return content.getvalue()


KINDS: dict[str, Callable[[Chance], bytes]] = {
    "plain": _plain,
    "random bytes": _random_bytes,
    "cut short": _cut,
    "spoiled bytes": _spoiled_bytes,
    "swapped columns": _swapped,
    "nasty cells": _nasty_cells,
    "enormous fields": _enormous,
    "huge line": _huge_line,
    "mixed encodings": _mixed_encodings,
    "null characters": _nulls,
    "quotation marks": _quotes,
    "only headings": _headings_only,
    "lines above and below": _above_and_below,
    "ragged rows": _ragged,
    "workbook cut short": _workbook_cut,
    "workbook of spoiled bytes": _workbook_bytes,
    "workbook of spoiled parts": _workbook_parts,
}
