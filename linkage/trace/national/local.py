"""A request in the national form answered from our own register, by the national rules; the answer says that it is local.

For whoever stands in for the national service: a DSCRO with a register, or a rehearsal. The answer can never pass for the
national one: its workflow (MPT) or a column of its own (PDS MESH) says local, and 'cldlink trace import' refuses it.
"""

import csv
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from linkage.errors import InputError
from linkage.runs import Manifest, file_record, staged_outputs
from linkage.trace.cascade.trace import DIAGNOSTICS, SENSITIVE_DIAGNOSTICS
from linkage.trace.national.layouts import LOCAL_COLUMN, LOCAL_WORKFLOW, REFERENCE, Layout, national_files
from linkage.trace.national.response import csv_rows
from linkage.trace.run import RESTRICTED

COMMAND = "trace answer"
ANSWER = "answer_IDENTIFIABLE.csv"
# Of each field of a request: the one of ours that it is.
_ASKED = {
    "NHS_NO": "nhs_number",
    "FAMILY_NAME": "family_name",
    "GIVEN_NAME": "given_name",
    "OTHER_GIVEN_NAME": "other_given_name",
    "GENDER": "gender",
    "DATE_OF_BIRTH": "date_of_birth",
    "POSTCODE": "postcode",
    "DATE_OF_DEATH": "date_of_death",
    "GP_PRACTICE_CODE": "gp_practice_code",
    "AS_AT_DATE": "as_at_date",
    "LOCAL_PATIENT_ID": "local_patient_id",
}
# Of each column of an answer: where the diagnostics of the cascade have it.
_ANSWERED = {
    "MPS_ID": "mps_id",
    "ERROR/SUCCESS_CODE": "code",
    "MATCHED_NHS_NO": "matched_nhs_no",
    "MATCHED_ALGORITHM_INDICATOR": "indicator",
    "MATCHED_CONFIDENCE_PERCENTAGE": "mps_match_score",
    "FAMILY_NAME_SCORE": "family_name_algorithmic_match_score",
    "GIVEN_NAME_SCORE": "given_name_algorithmic_match_score",
    "DATE_OF_BIRTH_SCORE": "dateofbirth_algorithmic_match_score",
    "GENDER_SCORE": "gender_algorithmic_match_score",
    "POSTCODE_SCORE": "postcode_algorithmic_match_score",
}


def read_request(path: Path) -> tuple[Layout, pa.Table]:
    """The layout of a request file and its people: ``query_id`` (the unique reference) and our fields as text, null for blank.

    Raises InputError when the file is no request of a known form, is cut short, or names a reference twice.
    """
    rows = csv_rows(path)
    first = next(rows, None)
    form = next((form for form in national_files().layouts.values() if _begins(form, first)), None)
    if first is None or form is None:
        raise InputError(f"{path}: this is neither an MPT nor a PDS MESH request. Give the file as it was made.")
    read = list(rows)
    for number, row in enumerate(read, start=1):
        if len(row) != len(form.request):
            raise InputError(
                f"{path}: row {number:,} has {len(row)} values, a request has {len(form.request)}. Make the file again."
            )
    if form.header == "counts" and first[-1] != str(len(read)):
        raise InputError(
            f"{path}: the first row does not tell the number of rows. The file is cut short; fetch it again."
        )
    columns = dict(zip(form.request, zip(*read, strict=True), strict=True)) if read else {}
    references = columns.get(REFERENCE, ())
    if not references or not all(references) or len(set(references)) < len(references):
        raise InputError(f"{path}: each row needs a unique reference, and there must be a row.")
    people = {ours: [value or None for value in columns[theirs]] for theirs, ours in _ASKED.items()}
    table = {"query_id": list(references)} | people
    return form, pa.table({name: pa.array(values, pa.string()) for name, values in table.items()})


def _begins(form: Layout, first: list[str] | None) -> bool:
    if first is None:
        return False
    return tuple(first) == form.request if form.header == "names" else first[1:2] == [form.workflow]


def write_answer(form: Layout, request: Path, traced: Path, out: Path, on: date) -> dict[str, int]:
    """Write the answer to ``request`` from its trace by the cascade (folder ``traced``); return rows by code.

    ``answer_IDENTIFIABLE.csv`` has everybody but records marked sensitive, which stand in a file of the same form in
    ``restricted``. Details of the register (names, date of birth, address) are not returned. ``on``: the day it is made.
    """
    sensitive = pq.read_table(traced / RESTRICTED / SENSITIVE_DIAGNOSTICS).to_pylist()
    apart = {row["query_id"] for row in sensitive}
    rest = [row for row in pq.read_table(traced / DIAGNOSTICS).to_pylist() if row["query_id"] not in apart]
    counts: dict[str, int] = {"rows": len(rest) + len(sensitive), "restricted_rows": len(sensitive)}
    for code in sorted({str(row["code"]) for row in (*rest, *sensitive)}):
        counts[f"code_{code}"] = sum(row["code"] == code for row in (*rest, *sensitive))
    with staged_outputs(out) as staging:
        (staging / RESTRICTED).mkdir()
        for path, rows in ((staging / ANSWER, rest), (staging / RESTRICTED / ANSWER, sensitive)):
            with path.open("w", encoding="utf-8", newline="") as handle:
                csv.writer(handle).writerows(_lines(form, rows, on))
        Manifest(COMMAND, [file_record(request)], counts, {"answered_by": "local register"}).write(staging)
    return counts


def _lines(form: Layout, rows: list[dict[str, Any]], on: date) -> Iterator[list[str]]:
    if form.header == "counts":
        yield [f"MPTREQ_LOCAL_{on:%Y%m%d}", LOCAL_WORKFLOW, str(len(rows)), "00"]
    else:
        yield [*form.response, LOCAL_COLUMN]
    for row in rows:
        values = [_value(column, row) for column in form.response]
        yield values if form.header == "counts" else [*values, "Y"]


def _value(column: str, row: Mapping[str, Any]) -> str:
    if column == REFERENCE:
        return str(row["query_id"])
    value = row[_ANSWERED[column]] if column in _ANSWERED else None
    return "" if value is None else str(value)
