"""Stores of small submissions for tests."""

import dataclasses
import shutil
import tempfile
from datetime import date
from functools import cache
from pathlib import Path

from linkage.intake.keeping.add import Addition, Incoming, add_submission
from tests.unit.submission_files import Row, write_rows

QUARTERS = {
    "Q1": ("30/06/2022", date(2022, 7, 20)),
    "Q2": ("30/09/2022", date(2022, 10, 20)),
    "Q3": ("31/12/2022", date(2023, 1, 20)),
    "Q4": ("31/03/2023", date(2023, 4, 20)),
}


def quarter_file(folder: Path, quarter: str, *rows: Row, name: str = "", version: str = "v4.2") -> Path:
    """A small cumulative submission of 2022/23."""
    own = [{"reporting_period_end_date": QUARTERS[quarter][0], **row} for row in rows]
    return write_rows(folder / (name or f"{version}_{quarter}.csv"), own, version)


def add(store: Path, path: Path, received: date | None = None) -> Addition:
    """Add a file, as received on a day."""
    return add_submission(path, store, Incoming(received or date(2023, 5, 1), synthetic=True))


def add_quarter(folder: Path, quarter: str, *rows: Row, name: str = "", version: str = "v4.2") -> Addition:
    """Write a small submission into ``folder`` and add it to ``folder/store`` on the usual day."""
    path, store = quarter_file(folder, quarter, *rows, name=name, version=version), folder / "store"
    if store.exists():
        return add(store, path, QUARTERS[quarter][1])
    made, added = _first(path.name, path.read_bytes(), QUARTERS[quarter][1])
    shutil.copytree(made, store)
    report = store / added.report.relative_to(made) if added.report else None
    return dataclasses.replace(added, report=report, receipt=store / added.receipt.relative_to(made))


_STORES = tempfile.TemporaryDirectory(prefix="cldlink-stores-")


@cache
def _first(name: str, content: bytes, received: date) -> tuple[Path, Addition]:
    """A store with one file, made once for all tests that begin with it; they get a copy."""
    folder = Path(tempfile.mkdtemp(dir=_STORES.name))
    (folder / name).write_bytes(content)
    return folder / "store", add(folder / "store", folder / name, received)
