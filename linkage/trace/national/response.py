"""Reading a response file of the national service: MPT or PDS MESH, told apart by its first row.

A file whose form is not right is refused as a whole, with the row and the reason; no value of it is shown.
"""

import csv
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from linkage.errors import InputError
from linkage.normalise.nhs_number import is_valid
from linkage.trace.national.layouts import LOCAL_COLUMN, LOCAL_WORKFLOW, REFERENCE, Layout, national_files
from linkage.trace.register.confidentiality import may_be_sensitive

_START = "MPTREQ_"
_HEADER_VALUES = 4
_SUCCESS = "00"
_LINKED = ("linked", "superseded", "sensitive")
_FLAGS = ("SENSITIVITY_FLAG", "SENSITIVTY FLAG")


@dataclass(frozen=True)
class Answer:
    """One row of a response. ``matched`` is the number that the service gives, null when it gives none.

    ``outcome``: linked, superseded, sensitive, invalidated, multiple, not_found or not_enough_data. ``sensitive``
    by that or by the flag beside it, whichever says so. ``content`` is the whole row, to tell a repeated answer from a
    different one.
    """

    reference: str
    asked_nhs_number: str
    matched: str | None
    outcome: str
    sensitive: bool
    code: str
    indicator: str
    confidence: str
    mps_id: str
    fields: Mapping[str, str]
    content: tuple[str, ...]


def read_response(path: Path, asked: Collection[str] | None = None) -> list[Answer]:
    """Every answer of a file, in its order. Raises InputError when the file is no complete response of a known form.

    ``asked``: the references of the request's files, one of which the first row of an MPT response must name. A PDS MESH
    response names none.
    """
    rows = csv_rows(path)
    first = next(rows, None)
    if first is None:
        raise InputError(f"{path}: the file is empty.")
    layouts = national_files().layouts
    if LOCAL_WORKFLOW in first or LOCAL_COLUMN in first:
        raise InputError(f"{path}: this answer was made from a local register. It is not the national service's.")
    if first[0].startswith(_START):
        answers = [
            _answer(path, layouts["mpt"], layouts["mpt"].response, number, row) for number, row in enumerate(rows, 1)
        ]
        _check_header(path, layouts["mpt"], first, len(answers), asked)
        return answers
    columns = _columns(path, layouts["mesh"], first)
    return [_answer(path, layouts["mesh"], columns, number, row) for number, row in enumerate(rows, 1)]


def csv_rows(path: Path) -> Iterator[list[str]]:
    """The rows that are not blank, values without blanks at their ends and line breaks inside."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            for row in csv.reader(handle):
                if any(row):
                    yield [" ".join(value.split()) for value in row]
    except (UnicodeDecodeError, csv.Error):
        raise InputError(f"{path}: this is not a CSV file in UTF-8. Give the response as it was received.") from None
    except OSError:
        raise InputError(f"{path}: the file cannot be read.") from None


def _check_header(path: Path, form: Layout, header: list[str], rows: int, asked: Collection[str] | None) -> None:
    """The first row of an MPT response: reference, workflow, number of rows, file code."""
    if len(header) != _HEADER_VALUES or not all(header):
        raise InputError(f"{path}: the first row of an MPT response has four values. This file is not complete.")
    reference, workflow, counted, code = header
    if asked is not None and reference not in asked:
        raise InputError(f"{path}: the first row names another request. Give the responses to this request's files.")
    if workflow not in form.response_workflows:
        raise InputError(f"{path}: the first row names another workflow than that of MPT responses.")
    if code.zfill(2) != _SUCCESS:
        says = national_files().file_codes.get(code.zfill(2), "a code that is not known")
        raise InputError(f"{path}: the service refused the request ({code}: {says}). Correct it and ask again.")
    if counted != str(rows):
        raise InputError(
            f"{path}: the first row promises {_figure(counted)} rows, {rows:,} are there. The file is cut short, or line "
            "breaks inside a value have split rows. Fetch it again."
        )


def _figure(text: str) -> str:
    return f"{int(text):,}" if text.isascii() and text.isdecimal() else "another number of"


def _columns(path: Path, form: Layout, heading: list[str]) -> tuple[str, ...]:
    """The columns of a PDS MESH response as our layout names them, in the order of the file."""
    also = national_files().also_written
    named = tuple(name if name in form.response else also.get(name, name) for name in heading)
    lacking = [name for name in form.response if name not in named]
    if lacking:
        raise InputError(
            f"{path}: this is neither an MPT nor a PDS MESH response; the columns {', '.join(lacking[:3])} are not there. "
            "Give the response as it was received."
        )
    return named


def _answer(path: Path, form: Layout, columns: tuple[str, ...], number: int, row: list[str]) -> Answer:
    if len(row) != len(columns):
        raise InputError(
            f"{path}: row {number:,} has {len(row)} values, {form.title} has {len(columns)}. Fetch it again."
        )
    fields = dict(zip(columns, row, strict=True))
    code = fields["ERROR/SUCCESS_CODE"].zfill(2)
    outcome = national_files().record_codes.get(code)
    if not fields[REFERENCE] or outcome is None:
        fault = "no reference" if outcome else "a code that no record can have"
        raise InputError(f"{path}: row {number:,} has {fault}. The file cannot be used; ask the service for it again.")
    given = fields["MATCHED_NHS_NO"]
    if outcome in _LINKED:
        outcome = national_files().sentinels.get(given, outcome)
    matched = given if outcome in _LINKED else None
    if matched == "":
        raise InputError(
            f"{path}: row {number:,} has code {code}, which says that a number was found, and gives none. The file cannot be "
            "used; ask the service for it again."
        )
    if matched is not None and not is_valid(matched):
        raise InputError(f"{path}: row {number:,} gives a number that is no NHS number. The file cannot be used.")
    return Answer(
        reference=fields[REFERENCE],
        asked_nhs_number=fields["REQ_NHS_NUMBER"],
        matched=matched,
        outcome=outcome,
        sensitive=outcome == "sensitive" or any(may_be_sensitive(fields.get(flag, "")) for flag in _FLAGS),
        code=code,
        indicator=fields["MATCHED_ALGORITHM_INDICATOR"] or "0",
        confidence=fields["MATCHED_CONFIDENCE_PERCENTAGE"],
        mps_id=fields["MPS_ID"],
        fields=fields,
        content=tuple(row),
    )
