"""What some rules need besides the file: reference lists, the previous submission, the day of submission.

Which there are and what they are called is data (``configs/rules/tables/side_inputs.yaml``). A table is made only where its
input is given; rules ask ``Context.available`` first.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import csv as arrow_csv
from pydantic import Field

from linkage.configs import read_packaged
from linkage.engine import Engine, Step
from linkage.errors import InputError, UsageError
from linkage.intake.read import read_submission
from linkage.intake.rules.context import Context
from linkage.runs import file_record
from linkage.spec import Specification
from linkage.spec.headings import heading_key
from pseudo.config_file import ConfigModel

PREVIOUS, SUBMITTED = "previous_submission", "submission_date"
_PREVIOUS_COLUMNS = ("person_unique_identifier", "postcode", "event_reference", "event_type")
_BLOCK = 1 << 24
OF_ANOTHER = "this is a submission of another authority. A report is about one authority."
"""Said of a previous submission that is not this authority's."""


class SideInputEntry(ConfigModel):
    """One side input; without a ``file`` it has an option of its own."""

    name: str
    sentence: str
    file: str = ""
    columns: dict[str, tuple[str, ...]] = Field(default_factory=dict)


class SideInputsFile(ConfigModel):
    """The form of ``configs/rules/tables/side_inputs.yaml``."""

    side_inputs: tuple[SideInputEntry, ...]


@dataclass(frozen=True)
class SideInputs:
    """``reference`` is a folder with the lists to look values up in, ``previous`` the submission before this one, to be read
    against ``previous_spec`` if its headings are not to tell.
    """

    reference: Path | None = None
    previous: Path | None = None
    submitted: date | None = None
    previous_spec: str | None = None


@cache
def side_inputs() -> Mapping[str, SideInputEntry]:
    """Every side input by its name."""
    entries = read_packaged("rules/tables/side_inputs.yaml", SideInputsFile).side_inputs
    return {entry.name: entry for entry in entries}


def read_side_inputs(
    engine: Engine, inputs: SideInputs, specification: Specification, *, synthetic: bool
) -> tuple[Context, list[dict[str, Any]]]:
    """Make the tables of the side inputs; return the context of the rules, and a record of each file read.

    ``submission_facts`` must be there. Raises UsageError when the reference folder has none of the files or is no folder,
    InputError for a file without the columns it should have and for a previous submission of another authority.
    """
    available, records = set(), []
    lists = [entry for entry in side_inputs().values() if entry.file]
    for entry in lists:
        path = _path(inputs.reference, entry)
        if path:
            engine.register(entry.name, _list_table(entry, path))
            available.add(entry.name)
            records.append(file_record(path))
    if inputs.reference and not available:
        names = ", ".join(entry.file for entry in lists)
        raise UsageError(f"{inputs.reference}: there is none of the reference files in this folder ({names}).")
    if "postcode_directory" in available:
        _clean_postcodes(engine)
    if inputs.previous:
        engine.register(PREVIOUS, _previous_table(engine, inputs.previous, inputs.previous_spec))
        available.add(PREVIOUS)
        records.append(file_record(inputs.previous))
    if inputs.submitted:
        available.add(SUBMITTED)
    return Context(specification, synthetic, frozenset(available), inputs.submitted), records


def _previous_table(engine: Engine, path: Path, spec: str | None) -> pa.Table:
    table = read_submission(path, spec).table
    la_code = engine.value(Step("read_la_code", "select la_code from submission_facts"))
    if set(table["la_code"].unique().to_pylist()) - {None, la_code}:
        raise InputError(f"{path.name}: {OF_ANOTHER}")
    return table.select(list(_PREVIOUS_COLUMNS))


def _path(folder: Path | None, entry: SideInputEntry) -> Path | None:
    if folder is None:
        return None
    if not folder.is_dir():
        raise UsageError(f"{folder}: this is not a folder. Give the folder that holds the reference files.")
    path = folder / entry.file
    return path if path.is_file() else None


def _list_table(entry: SideInputEntry, path: Path) -> pa.Table:
    """The wanted columns of a CSV file as text, under their own names; blanks are null."""
    with path.open(encoding="utf-8-sig", newline="", errors="replace") as handle:
        headings = next(csv.reader(handle), [])
    found = {}
    for column, names in entry.columns.items():
        keys = [heading_key(name) for name in names]
        match = next((heading for key in keys for heading in headings if heading_key(heading) == key), None)
        if match is None:
            raise InputError(f"{path}: there is no column {' or '.join(names)}. Give the file these headings.")
        found[match] = column
    convert = arrow_csv.ConvertOptions(
        include_columns=list(found), column_types=dict.fromkeys(found, pa.string()), strings_can_be_null=True
    )
    try:
        table = arrow_csv.read_csv(path, arrow_csv.ReadOptions(block_size=_BLOCK), convert_options=convert)
    except (pa.ArrowInvalid, pa.ArrowKeyError):
        raise InputError(f"{path}: the file is not a CSV file in UTF-8 with one heading line.") from None
    return table.rename_columns([found[name] for name in table.column_names])


def _clean_postcodes(engine: Engine) -> None:
    sql = "select distinct replace(upper(postcode), ' ', '') as postcode from postcode_directory where postcode is not null"
    engine.run(Step("postcode_directory", sql))
