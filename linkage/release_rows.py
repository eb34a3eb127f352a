"""Which rows of the tables go into a release: numbers are put beside rows, people are taken out and counted.

A table is worked on as Parquet in a scratch folder, never held whole; one that needs nothing is handed on as it was given.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.parquet as pq

from linkage.engine import Engine, Step, ident, literal
from linkage.errors import InputError, RefusedError
from linkage.normalise.nhs_number import clean_sql
from linkage.trace.result import read_trace
from linkage.trace.source import TRACE_FILE, require_file
from pseudo.columns import open_source
from pseudo.errors import SourceError, SourcePathError
from pseudo.optout import TakenOut
from pseudo.policy import PersonRoles, ReleasePolicy
from pseudo.request_file import Cohort, OptOut

_EVENT_COLUMNS = ("la_code", "person_unique_identifier", "postcode", "submission", "row_number")
_SOURCE = "with source as (select * from read_parquet($source))"
SOCIAL_CARE = "social_care"


@dataclass
class Rows:
    """The tables of a release on their way to it: their files, and the rows of each after each step."""

    engine: Engine
    policy: ReleasePolicy
    scratch: Path
    files: dict[str, Path]
    steps: dict[str, dict[str, int]] = field(default_factory=dict)

    def roles(self, table: str) -> PersonRoles:
        """Which columns of a table say who a row is about. Raises RefusedError when the policy has no such table."""
        if table not in self.policy.tables:
            raise RefusedError(f"{table}: the policy has no such table. Leave it out, or add it to the policy.")
        return self.policy.tables[table].person

    def file(self, table: str) -> Path:
        """A table as a Parquet file; CSV is made one, every column as text and blanks as null.

        Raises SourcePathError when there is no such file, SourceError when it cannot be read.
        """
        path = self.files[table]
        if not path.is_file():
            raise SourcePathError(f"{table}: there is no file {path}. Give a Parquet or CSV file.")
        if path.suffix.lower() == ".csv":
            self.files[table] = path = _as_parquet(table, path, self.scratch / f"{table}.text.parquet")
        return path

    def columns(self, table: str) -> list[str]:
        """The columns of a table in lower case."""
        return [name.lower() for name in open_source(table, self.file(table)).columns]

    def count(self, table: str) -> int:
        """The rows of a table."""
        return int(pq.read_metadata(self.file(table)).num_rows)

    def replace(self, table: str, step: str, sql: str) -> None:
        """Write a table anew from a query over ``source``, its present file; note how many rows it then has."""
        given = self.steps.setdefault(table, {"given": self.count(table)})
        target = self.scratch / f"{table}.{len(given)}.parquet"
        bound = {"source": str(self.file(table))}
        self.engine.write_parquet(Step(_step_name(table, step), f"{_SOURCE}\n{sql}", bound), target)
        self.files[table] = target
        given[step] = self.count(table)

    def ask(self, table: str, step: str, sql: str) -> list[tuple[Any, ...]]:
        """A small answer from a query over ``source``, the table's present file."""
        return self.engine.rows(Step(_step_name(table, step), f"{_SOURCE}\n{sql}", {"source": str(self.file(table))}))

    def number_sql(self, table: str) -> str:
        """SQL of the valid NHS number that a row is released under; null where there is none."""
        roles = self.roles(table)
        if roles.nhs_number is None:
            return "null::varchar"
        number = clean_sql(f"cast({ident(roles.nhs_number)} as varchar)")
        if roles.link_quality is None:
            return number
        accepted = ", ".join(literal(outcome) for outcome in roles.accepted_links)
        return f"case when {ident(roles.link_quality)} in ({accepted}) then {number} end"

    def local_id_sql(self, table: str) -> str:
        """SQL of authority/local id of a row, in one form; null where there is none."""
        roles = self.roles(table)
        if roles.la_person_id is None or roles.la_code is None:
            return "null::varchar"
        return _local_form(f"{ident(roles.la_code)} || '/' || {ident(roles.la_person_id)}")


def put_numbers_beside_events(rows: Rows, trace_folder: Path) -> None:
    """``traced_nhs_number`` (accepted links only) and ``link_quality`` beside each row of social care.

    People whose record is marked sensitive keep their events and leave without a postcode. Raises InputError when the events
    are not those of ``consolidate_submissions`` or nobody of them is in the trace.
    """
    for path in (rows.files[SOCIAL_CARE], trace_folder / TRACE_FILE):
        require_file(path, "an input of the release")
    if not {*_EVENT_COLUMNS} <= {*rows.columns(SOCIAL_CARE)}:
        raise InputError(
            f"{rows.files[SOCIAL_CARE]}: these are not the events that 'cldlink submission consolidate' writes."
        )
    _load_trace(rows.engine, trace_folder)
    found = rows.ask(
        SOCIAL_CARE,
        "traced_people",
        "select count(*) from source where la_code || '/' || person_unique_identifier in (select query_id from link)",
    )
    if found[0][0] == 0:
        raise InputError("Nobody of social_care is in the trace. Give the trace of the people of these very events.")
    rows.replace(
        SOCIAL_CARE,
        "numbers put beside",
        """
select e.* replace (case when link.sensitive then null else e.postcode end as postcode),
  link.traced_nhs_number, coalesce(link.outcome, 'none') as link_quality
from source e left join link on link.query_id = e.la_code || '/' || e.person_unique_identifier""",
    )


def _load_trace(engine: Engine, folder: Path) -> None:
    """Table ``link``: one row per person, with the number of sensitive records from the restricted file if there."""
    restricted = folder / "restricted" / "sensitive.parquet"
    read_trace(engine, "trace", folder / TRACE_FILE)
    read_trace(engine, "sensitive_trace", restricted if restricted.is_file() else folder / TRACE_FILE)
    engine.run(
        Step(
            "link",
            """
select t.query_id, t.outcome, t.sensitive, coalesce(t.nhs_number, s.nhs_number) as traced_nhs_number
from trace t left join sensitive_trace s on t.sensitive and s.query_id = t.query_id""",
        )
    )


def join_identifiers(rows: Rows, table: str, identifiers: Path) -> None:
    """Put the NHS number of a file of identifiers beside the rows of its payload; the record id that joins them stays behind.

    The file has two columns: the number, under its name in the policy, and a record id that the payload has too. A record
    id that the policy does not know never leaves this step. Rows without an entry keep no number. Raises InputError when the
    files do not fit: no common column, a record id blank or used twice, entries of no row.
    """
    number = rows.roles(table).nhs_number
    aside = Rows(rows.engine, rows.policy, rows.scratch / "identifiers", {table: identifiers})
    aside.scratch.mkdir(exist_ok=True)
    names, payload = aside.columns(table), rows.columns(table)
    shared = [name for name in names if name != number]
    if number not in names or len(shared) != 1 or shared[0] not in payload or number in payload:
        raise InputError(
            f"{identifiers}: a file of identifiers has two columns, {number} and a record id that {table} has too; {table} "
            f"itself then has no {number}."
        )
    key = ident(shared[0])
    rows.engine.read_parquet("identifiers", [aside.file(table)])
    _require_one_entry(rows, table, identifiers, key)
    kept = f"p.* exclude ({key})" if shared[0] not in rows.policy.tables[table].columns else "p.*"
    rows.replace(
        table,
        "identifiers put beside",
        f"select {kept}, i.{ident(number)} from source p left join identifiers i on "
        f"cast(i.{key} as varchar) = cast(p.{key} as varchar)",
    )
    rows.engine.drop("identifiers")


def _require_one_entry(rows: Rows, table: str, identifiers: Path, key: str) -> None:
    ids = f"select cast({key} as varchar) as id from"
    sql = f"""
select (select count(*) - count(distinct {key}) from identifiers),
  (select count(*) - count(distinct {key}) from source),
  (select count(*) from ({ids} identifiers) anti join ({ids} source) using (id))"""
    twice, twice_in_payload, astray = rows.ask(table, "record_ids", sql)[0]
    if twice or twice_in_payload or astray:
        raise InputError(
            f"{identifiers}: the record ids do not join it to {table}. Blank or used twice: {twice:,} in the identifiers, "
            f"{twice_in_payload:,} in {table}; of no row of {table}: {astray:,}."
        )


def keep_cohort(rows: Rows, cohort: Cohort) -> None:
    """Leave in every table only the people of one of them, where the request says so."""
    if cohort.people_of is None:
        return
    if cohort.people_of not in rows.files:
        raise RefusedError(
            f"The request is about the people of {cohort.people_of}, which is not among the tables given."
        )
    people = rows.ask(cohort.people_of, "cohort", f"select distinct {rows.number_sql(cohort.people_of)} from source")
    rows.engine.register("cohort", pa.table({"number": pa.array([one for (one,) in people if one], pa.string())}))
    for table in [name for name in rows.files if name != cohort.people_of]:
        rows.replace(
            table, "in the cohort", f"from source semi join cohort on cohort.number = {rows.number_sql(table)}"
        )


def numbers_of(rows: Rows, tables: Sequence[str]) -> pa.Array:
    """The distinct valid NHS numbers that these tables would be released under."""
    found: set[str] = set()
    for table in [name for name in tables if name in rows.files]:
        distinct = rows.ask(table, "numbers", f"select distinct {rows.number_sql(table)} from source")
        found |= {number for (number,) in distinct if number}
    return pa.array(sorted(found), pa.string())


def take_out(rows: Rows, opt_out: OptOut, out: TakenOut) -> dict[str, Any]:
    """Take the people of one opt-out out of its tables; return its record with the rows by table.

    Raises RefusedError when somebody was not on the list that was sent, or rows without a number are to be reviewed first.
    """
    tables = [name for name in opt_out.tables if name in rows.files]
    if out.checked is not None:
        unchecked = len(set(numbers_of(rows, tables).to_pylist()) - set(out.checked.to_pylist()))
        if unchecked:
            raise RefusedError(
                f"{unchecked:,} people of {', '.join(tables)} were not on the list '{opt_out.name}' that was sent. Send a new "
                "list of these very tables: cldlink optout list"
            )
    rows.engine.register("opted_out", pa.table({"number": out.numbers}))
    rows.engine.register("opted_out_local", pa.table({"id": out.local_ids}))
    without = {table: _take_out_of(rows, table, opt_out) for table in tables}
    rows.engine.drop("opted_out", "opted_out_local")
    return {**out.record, "rows_without_number": without}


def _take_out_of(rows: Rows, table: str, opt_out: OptOut) -> int:
    """Take people out of one table; return its rows without a valid number, which could not be checked."""
    number = rows.number_sql(table)
    without = int(rows.ask(table, "without_number", f"select count(*) from source where {number} is null")[0][0])
    if without and opt_out.without_number == "review":
        raise RefusedError(
            f"{table}: {without:,} rows are of people without a valid NHS number, who could not be checked for "
            f"'{opt_out.name}'. The request says 'review': look at them, then have 'keep' or 'drop' approved."
        )
    dropped = "and _number is not null" if opt_out.without_number == "drop" else ""
    sql = f"""
select r.* exclude (_number, _local_id) from (
  select *, {number} as _number, {rows.local_id_sql(table)} as _local_id from source) r
where (_number is null or _number not in (select number from opted_out)) {dropped}
  and (_local_id is null or _local_id not in (select {_local_form("id")} from opted_out_local))"""
    rows.replace(table, f"after {opt_out.name}", sql)
    return without


def _step_name(table: str, step: str) -> str:
    return re.sub(r"[^A-Za-z0-9_]", "_", f"{table}_{step}")


def _local_form(expr: str) -> str:
    return f"upper(trim(regexp_replace({expr}, '\\s+', ' ', 'g')))"


def _as_parquet(name: str, path: Path, target: Path) -> Path:
    """A CSV file as Parquet, batch by batch. Raises SourceError as ``open_source`` does when it cannot be read."""
    headings = open_source(name, path).columns
    options = csv.ConvertOptions(
        column_types=dict.fromkeys(headings, pa.string()), strings_can_be_null=True, null_values=[""]
    )
    parsing = csv.ParseOptions(newlines_in_values=True)
    try:
        with (
            csv.open_csv(path, convert_options=options, parse_options=parsing) as reader,
            pq.ParquetWriter(target, reader.schema) as writer,
        ):
            for batch in reader:
                writer.write_batch(batch)
    except (pa.ArrowException, UnicodeDecodeError):
        raise SourceError(f"{name}: {path} cannot be read as CSV.") from None
    return target
