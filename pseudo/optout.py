"""Who may not be released: the list sent to the national data opt-out service and its answer, and lists of objections.

Each list has a folder of its own, named after the opt-out of the request:

    ndo_IDENTIFIABLE/MAILBOX-211126-0001.dat   the numbers sent: one a line, a comma, a line feed
    ndo_IDENTIFIABLE/sent.json                 what was sent and when
    ndo_IDENTIFIABLE/*.dat                     the answer: the numbers sent, without those who opted out
    type-1_IDENTIFIABLE/2026-11-20.csv         a list of objections, named by its day: an NHS number or authority/local id a line

The answer is for this one purpose: it is applied before pseudonymisation, counted, and is no column of anything.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pseudo.errors import PolicyError, ReleaseWriteError, SourceError
from pseudo.request_file import OptOut
from pseudo.staging import FOLDER_MODE, write_private

SENT = "sent.json"
FORMAT = "cldlink-optout-1"

_MAILBOX = re.compile(r"[A-Za-z0-9]{1,20}")
_LINE = re.compile(rb"[0-9]{10},\r?")
_NUMBER = re.compile(r"[0-9]{10}")
_LOCAL = re.compile(r"[0-9]{3}/[^/,]+")
_DAY = re.compile(r"(?<![0-9])([0-9]{4}-[0-9]{2}-[0-9]{2})(?![0-9])")


@dataclass(frozen=True)
class TakenOut:
    """Whom one opt-out takes out of its tables.

    ``numbers`` and ``local_ids`` (``authority/local id``) are taken out; ``checked`` are the numbers that the service was
    asked about, None for a list of objections, which is about everybody. ``record`` is what the manifest says: no numbers.
    """

    numbers: pa.Array
    local_ids: pa.Array
    checked: pa.Array | None
    record: Mapping[str, Any]


def folder_of(folder: Path, name: str) -> Path:
    """The folder of one opt-out."""
    return folder / f"{name}_IDENTIFIABLE"


def write_check_list(
    folder: Path, name: str, numbers: pa.Array, *, mailbox: str, on: date, serial: int = 1
) -> dict[str, Any]:
    """Write the list for the service (distinct numbers, sorted) and ``sent.json``; return what the latter holds.

    New folders and the files are their owner's alone. Raises PolicyError when there is nobody to ask about, a list is there
    already, or the mailbox is not a plain name.
    """
    if not _MAILBOX.fullmatch(mailbox) or not 1 <= serial <= 9999:
        raise PolicyError("A mailbox is up to 20 letters and digits, the serial number 1 to 9999.")
    listed = pc.unique(numbers.drop_null()).sort().to_pylist()
    if not listed:
        raise PolicyError(f"{name}: nobody in these tables has a valid NHS number, so there is nothing to send.")
    place = folder_of(folder, name)
    if (place / SENT).exists():
        raise PolicyError(f"{place}: a list was sent already. Remove the folder, or give another, to send a new one.")
    content = "".join(f"{number},\n" for number in listed).encode("ascii")
    file = f"{mailbox}-{on.strftime('%d%m%y')}-{serial:04d}.dat"
    record = {
        "format": FORMAT,
        "name": name,
        "file": file,
        "sha256": hashlib.sha256(content).hexdigest(),
        "numbers": len(listed),
        "date": on.isoformat(),
    }
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        for each in (folder, place):
            each.mkdir(mode=FOLDER_MODE, exist_ok=True)
        write_private(place / file, content)
        write_private(place / SENT, (json.dumps(record, indent=1) + "\n").encode())
    except OSError:
        raise ReleaseWriteError(f"{place}: the list cannot be written. Check the path and the rights.") from None
    return record


def read_opt_out(folder: Path | None, opt_out: OptOut, as_at: date) -> TakenOut:
    """Whom an opt-out of a request takes out.

    Raises PolicyError when a list or answer is missing or older than the request allows, SourceError when it is not what it
    should be: a number that was not sent, an error file, a file that was cut off or altered.
    """
    if not opt_out.tables:
        nobody = pa.array([], pa.string())
        return TakenOut(nobody, nobody, None, _record(opt_out, {"applied": False}))
    place = folder_of(folder, opt_out.name) if folder else None
    if place is None or not place.is_dir():
        raise PolicyError(
            f"The request takes people out by '{opt_out.name}', and there is no list of them"
            + (f" in {place}." if place else ": give the folder of the lists (--opt-outs).")
            + " Nothing is released without it."
        )
    return _checked(place, opt_out, as_at) if opt_out.kind == "check" else _objections(place, opt_out, as_at)


def _checked(place: Path, opt_out: OptOut, as_at: date) -> TakenOut:
    sent_file, sent_on, sent = _sent(place)
    answer_file = _answer_file(place, sent_file)
    answer, digest = _answer(answer_file, sent)
    _require_recent(opt_out, sent_on, as_at)
    removed = sent.filter(pc.invert(pc.is_in(sent, value_set=answer)))
    facts = {
        "applied": True,
        "date": sent_on.isoformat(),
        "list_sha256": digest,
        "sent_sha256": hashlib.sha256((place / sent_file).read_bytes()).hexdigest(),
        "sent": len(sent),
        "kept": len(answer),
        "removed": len(removed),
    }
    return TakenOut(removed, pa.array([], pa.string()), sent, _record(opt_out, facts))


def _sent(place: Path) -> tuple[str, date, pa.Array]:
    """The list as it was sent, its file and day."""
    try:
        record = json.loads((place / SENT).read_bytes())
        file, on = str(record["file"]), date.fromisoformat(record["date"])
    except FileNotFoundError:
        raise PolicyError(f"{place}: no list was sent from here. Write one: cldlink optout list") from None
    except (OSError, ValueError, KeyError, TypeError):
        raise SourceError(f"{place / SENT}: not as it was written. Send a new list: cldlink optout list") from None
    path = place / file
    content = path.read_bytes() if path.parent == place and path.is_file() else b""
    if hashlib.sha256(content).hexdigest() != record.get("sha256"):
        raise SourceError(
            f"{path}: not the list that was sent. Save the answer under a name of its own; restore the list or send a new one."
        )
    return file, on, pa.array(content.decode("ascii").replace(",", "").split(), pa.string())


def _answer_file(place: Path, sent_file: str) -> Path:
    answers = sorted(path for path in place.iterdir() if path.suffix.lower() == ".dat" and path.name != sent_file)
    if not answers:
        raise PolicyError(
            f"{place}: the service's answer to {sent_file} is missing. Save it there as a .dat file under a name of its own; "
            "nothing is released without it."
        )
    if len(answers) > 1:
        raise SourceError(f"{place}: {len(answers)} answers. Keep the one to {sent_file} and remove the others.")
    return answers[0]


def _answer(path: Path, sent: pa.Array) -> tuple[pa.Array, str]:
    """The numbers that came back and the hash of the file."""
    content = path.read_bytes()
    lines = content.split(b"\n")
    if not content.strip():
        raise SourceError(f"{path}: the answer is empty although {len(sent):,} numbers were sent. Ask for it again.")
    for place, line in enumerate(lines[:-1], start=1):
        if not _LINE.fullmatch(line):
            raise SourceError(
                f"{path}: line {place} is not an NHS number and a comma. If this is the service's error file, correct the list "
                "and send it again."
            )
    if lines[-1]:
        raise SourceError(f"{path}: the last line is cut off. Fetch the answer again.")
    numbers = pa.array([line[:10].decode("ascii") for line in lines[:-1]], pa.string())
    strangers = pc.sum(pc.invert(pc.is_in(numbers, value_set=sent))).as_py() or 0
    if strangers:
        raise SourceError(
            f"{path}: numbers came back that were not sent ({strangers:,}). This is the answer to another list."
        )
    return pc.unique(numbers), hashlib.sha256(content).hexdigest()


def _objections(place: Path, opt_out: OptOut, as_at: date) -> TakenOut:
    files = sorted(path for path in place.iterdir() if path.is_file() and not path.name.startswith("."))
    if len(files) != 1:
        raise PolicyError(
            f"{place}: {len(files)} files. Put the one list of objections there, named by its day (YYYY-MM-DD)."
        )
    named = _DAY.search(files[0].name)
    try:
        on = date.fromisoformat(named[1] if named else "")
    except ValueError:
        raise PolicyError(f"{files[0]}: name the list by its day, such as 2026-11-20.csv.") from None
    _require_recent(opt_out, on, as_at)
    content = files[0].read_bytes()
    entries = _objectors(files[0], content)
    numbers = sorted({entry for entry in entries if _NUMBER.fullmatch(entry)})
    local_ids = sorted({entry for entry in entries if not _NUMBER.fullmatch(entry)})
    facts = {
        "applied": True,
        "date": on.isoformat(),
        "list_sha256": hashlib.sha256(content).hexdigest(),
        "listed": len(numbers) + len(local_ids),
    }
    return TakenOut(pa.array(numbers, pa.string()), pa.array(local_ids, pa.string()), None, _record(opt_out, facts))


def _objectors(path: Path, content: bytes) -> Sequence[str]:
    """The entries of a list: spaces in a number do not count, a comma may end a line, empty lines are passed over."""
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise SourceError(f"{path}: the list is not UTF-8 text. Save it as such.") from None
    entries = []
    for place, line in enumerate(lines, start=1):
        entry = line.strip().removesuffix(",").strip()
        compact = re.sub(r"[ -]", "", entry)
        if _NUMBER.fullmatch(compact):
            entries.append(compact)
        elif _LOCAL.fullmatch(entry):
            entries.append(entry)
        elif entry:
            raise SourceError(
                f"{path}: line {place} is neither an NHS number nor authority/local id. Put nothing else there."
            )
    return entries


def _require_recent(opt_out: OptOut, on: date, as_at: date) -> None:
    age = (as_at - on).days
    if age < 0:
        raise PolicyError(
            f"The list '{opt_out.name}' is dated {on.isoformat()}, which is after the day of the release."
        )
    if age > opt_out.longest_days:
        raise PolicyError(
            f"The list '{opt_out.name}' of {on.isoformat()} is {age} days old; the request allows {opt_out.longest_days}. "
            "Send a new list."
        )


def _record(opt_out: OptOut, facts: Mapping[str, Any]) -> dict[str, Any]:
    stated = {
        "kind": opt_out.kind,
        "tables": list(opt_out.tables),
        "reason": opt_out.reason,
        "without_number": opt_out.without_number,
    }
    return {"name": opt_out.name, **facts, **stated}
