"""A request to the national service: who is asked about, under which reference, in files of the service's own form.

Values are sent in the form that the service takes, so that no file fails for one row: a number, date or postcode that
cannot be valid is left blank, a name that is too long is cut, and each of these is counted. People whose details are the
same are asked about once. Our own ids never leave: each row has a reference that only ``asked_IDENTIFIABLE.parquet`` explains.
"""

import csv
import tempfile
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pyarrow as pa

from linkage.engine import Engine, EngineOptions, Step, ident, literal, open_engine
from linkage.errors import UsageError
from linkage.normalise import date_of_birth, gender, name, nhs_number
from linkage.runs import Manifest, file_record, staged_outputs
from linkage.trace.cascade.settings import load_cascade_settings
from linkage.trace.national.layouts import REFERENCE, Layout, layout, national_files
from linkage.trace.queries import Queries, load_queries
from linkage.trace.records import postcode_sql
from linkage.trace.register import with_scratch
from linkage.trace.source import require_file
from linkage.trace.usable import readable_queries, refuse_unusable

COMMAND = "trace request"
ASKED = "asked_IDENTIFIABLE.parquet"
SEND = "send_IDENTIFIABLE"
_STAMP = "%Y%m%d%H%M%S"
# Of each field sent: the one of ours that it is made from.
_SENT = {
    "NHS_NO": "nhs_number",
    "FAMILY_NAME": "family_name",
    "GIVEN_NAME": "given_name",
    "OTHER_GIVEN_NAME": "other_given_name",
    "GENDER": "gender",
    "DATE_OF_BIRTH": "date_of_birth",
    "POSTCODE": "postcode",
}
# A partial date of birth is sent as far as it goes.
_PARTIAL = "[0-9]{4}(?:0[1-9]|1[0-2])?"


def write_request(
    queries: Queries,
    out: Path,
    *,
    layout_name: str,
    stamp: datetime,
    as_at: date | None = None,
    options: EngineOptions | None = None,
) -> dict[str, int]:
    """Write the request files for everybody of ``queries`` and ``asked_IDENTIFIABLE.parquet``; return the counts.

    ``stamp`` is the time of the request: it names the files and makes the references unlike those of any other request.
    ``as_at``: the day of which the service is asked. Rows of ``asked``: one per query, ``unique_reference`` null for
    somebody of whom nothing can be sent. Raises UsageError on an unknown layout, InputError on an unreadable file or a field
    of which not one value can be read.
    """
    form = layout(layout_name)
    if queries.path:
        require_file(queries.path, "the file of people to ask about")
    with tempfile.TemporaryDirectory(prefix="cldlink-") as scratch, staged_outputs(out) as staging:
        folders = [Path(scratch), staging, *([queries.path.resolve().parent] if queries.path else [])]
        with open_engine(with_scratch(options, Path(scratch)), folders) as engine:
            load_queries(engine, queries, Path(scratch))
            engine.run_all([_sent_step(), _question_step(stamp), _asked_step()])
            refuse_unusable(
                _readable(engine), "If it is the right one, ask with a copy of the file without that column."
            )
            counts = _counts(engine)
            if counts["rows_sent"] == 0:
                raise UsageError("Nobody of the file has a detail that could be sent. Check the column map.")
            counts["files"] = _write_files(engine, staging, form, stamp, as_at)
            engine.write_parquet(Step("write_asked", "select * from asked order by query_id"), staging / ASKED)
        inputs = [file_record(path) for path in [*([queries.path] if queries.path else []), *queries.sources]]
        Manifest(
            COMMAND, inputs, counts, {"layout": layout_name, "stamp": stamp.strftime(_STAMP), "as_at": as_at}
        ).write(staging)
    return counts


def _readable(engine: Engine) -> dict[str, tuple[int, int]]:
    """Values given and readable, by field; of a date of birth a year or a month will do."""
    dates = engine.rows(Step("count_dates", 'select count(had_date_of_birth), count("DATE_OF_BIRTH") from sent'))[0]
    return readable_queries(engine, "uk") | {"date_of_birth": dates}


def _sent_step() -> Step:
    """One row per query with the fields in the form to be sent, null where there is nothing to send."""
    lengths = national_files().lengths
    born = date_of_birth.clean_sql("date_of_birth")
    written = date_of_birth.compact_sql("date_of_birth")
    forms = {
        "NHS_NO": nhs_number.clean_sql("nhs_number"),
        "GENDER": gender.clean_sql("gender"),
        "DATE_OF_BIRTH": f"coalesce(replace({born}, '-', ''), case when regexp_full_match(replace({written}, '/', ''),"
        f" '{_PARTIAL}') then replace({written}, '/', '') end)",
        "POSTCODE": postcode_sql("postcode", "uk"),
    }
    for field in ("FAMILY_NAME", "GIVEN_NAME", "OTHER_GIVEN_NAME"):
        forms[field] = _name_sql(_SENT[field])
    selected = ", ".join(
        f"substr({forms[field]}, 1, {lengths[field]}) as {ident(field)},\n"
        f"  coalesce(length({forms[field]}), 0) > {lengths[field]} as {ident(f'cut_{field}')}"
        for field in _SENT
    )
    given = ", ".join(f"{ours} as {ident(f'had_{ours}')}" for ours in _SENT.values())
    return Step("sent", f"select query_id, nhs_number_given, {given},\n{selected}\nfrom query_source")


def _name_sql(field: str) -> str:
    """A name in upper case without the characters that the service removes; null for a placeholder."""
    removed = literal(load_cascade_settings().parameters.removed_characters.value)
    plain = f"trim(regexp_replace(translate(upper({field}), {removed}, ''), '\\s+', ' ', 'g'))"
    return f"case when {name.is_valid_sql(field)} then nullif({plain}, '') end"


def _question_step(stamp: datetime) -> Step:
    """One row per different set of details, with its reference; sorted, so that the files are the same every time."""
    fields = ", ".join(ident(field) for field in _SENT)
    return Step(
        "question",
        f"""
select *, row_number() over (order by {fields}) as place,
  'R{stamp.strftime(_STAMP)}' || lpad(cast(row_number() over (order by {fields}) as varchar), 7, '0') as unique_reference
from (select distinct {fields} from sent) where coalesce({fields}) is not null""",
    )


def _asked_step() -> Step:
    same = " and ".join(f"s.{ident(field)} is not distinct from q.{ident(field)}" for field in _SENT)
    return Step(
        "asked",
        f"""
select s.query_id, s.nhs_number_given, s."NHS_NO" as nhs_number_sent, q.unique_reference
from sent s left join question q on {same}""",
    )


def _counts(engine: Engine) -> dict[str, int]:
    cut = " or ".join(ident(f"cut_{field}") for field in _SENT)
    blanked = ", ".join(
        f"count(*) filter (where {ident(f'had_{_SENT[field]}')} is not null and {ident(field)} is null)"
        for field in _SENT
    )
    step = Step("count_sent", f"select count(*), count(*) filter (where {cut}), {blanked} from sent")
    queries, shortened, *left_blank = engine.rows(step)[0]
    rows = engine.count("question")
    not_asked = engine.value(Step("count_not_asked", "select count(*) from asked where unique_reference is null"))
    return {
        "queries": queries,
        "rows_sent": rows,
        "same_details_as_another": queries - not_asked - rows,
        "not_asked": not_asked,
        "names_cut": shortened,
        **{f"left_blank_{_SENT[field]}": n for field, n in zip(_SENT, left_blank, strict=True) if n},
    }


def _write_files(engine: Engine, folder: Path, form: Layout, stamp: datetime, as_at: date | None) -> int:
    """Files of at most ``max_rows`` rows, one second apart in name, in the folder ``send_IDENTIFIABLE``."""
    (folder / SEND).mkdir()
    most, rows = national_files().max_rows, engine.count("question")
    for number, start in enumerate(range(0, rows, most)):
        step = Step(
            "write_request",
            "select * from question where place > $start and place <= $end order by place",
            {"start": start, "end": start + most},
        )
        stem = f"{'MPTREQ' if form.header == 'counts' else 'MESHREQ'}_{(stamp + timedelta(seconds=number)).strftime(_STAMP)}"
        counts = [stem, form.workflow, stem[-14:], str(min(most, rows - start))]
        with (folder / SEND / f"{stem}.csv").open("w", encoding="utf-8", newline="") as handle:
            writer = csv.writer(handle)
            writer.writerow(counts if form.header == "counts" else form.request)
            for batch in engine.batches(step):
                writer.writerows(_rows(batch, form, as_at))
    return -(-rows // most)


def _rows(batch: pa.RecordBatch, form: Layout, as_at: date | None) -> Iterator[tuple[str | None, ...]]:
    """The rows of a batch in the columns of the layout; what we do not send is blank."""
    columns = {REFERENCE: batch["unique_reference"].to_pylist()} | {field: batch[field].to_pylist() for field in _SENT}
    columns["AS_AT_DATE"] = [as_at.strftime("%Y%m%d") if as_at else ""] * batch.num_rows
    nothing = [""] * batch.num_rows
    return zip(*(columns.get(field, nothing) for field in form.request), strict=True)
