"""What an evaluation reads: the trace with its restricted files, the truth, and the groups that people belong to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from linkage.engine import Engine, Step, ident, literal
from linkage.errors import InputError, LinkageError
from linkage.normalise import date_of_birth, gender, nhs_number
from linkage.runs import file_record, read_manifest
from linkage.trace.evaluate.settings import NOT_KNOWN, age_band_sql, ethnic_groups
from linkage.trace.result import read_trace
from linkage.trace.source import ColumnMap, Source, load_source, require_file, trace_file_of

_ID_FIELDS = ("query_id", "la_code", "person_unique_identifier")
_TRUTH_FIELDS = ("true_nhs_number", "difficulty", "given_number", "faults")
_GROUP_FIELDS = ("age_band", "age", "date_of_birth", "sex", "gender", "ethnic_group", "ethnicity")
_OPTIONAL = {"match_weight": "double", "gap": "double", "match_probability": "double"}

DIMENSIONS = ("age", "sex", "ethnicity", "authority")
"""The dimensions by which people are grouped, in the order they are shown."""


@dataclass(frozen=True)
class TraceFiles:
    """A trace and what lies beside it: ``sensitive`` and ``candidates`` are None when the restricted folder is gone."""

    trace: Path
    sensitive: Path | None
    candidates: Path | None

    @property
    def folder(self) -> Path:
        """The folder of the trace."""
        return self.trace.parent

    @property
    def finished(self) -> date | None:
        """The day of the trace by its manifest; None without one."""
        try:
            return date.fromisoformat(str(read_manifest(self.folder)["run"]["finished_utc"])[:10])
        except (LinkageError, KeyError, ValueError):
            return None

    @property
    def cascade(self) -> bool:
        """Whether the trace was made by the national cascade (profile mps), by its manifest."""
        return bool(self._of_profile("cascade"))

    def setting(self, name: str) -> float | None:
        """A number of the profile that the trace was made with, by its manifest; None without one."""
        value = self._of_profile(name)
        return float(value) if isinstance(value, int | float) else None

    def _of_profile(self, name: str) -> object:
        try:
            return read_manifest(self.folder)["settings"]["profile"][name]
        except (LinkageError, KeyError, TypeError):
            return None


def trace_files(path: Path) -> TraceFiles:
    """The files of a trace, given its folder or its ``trace.parquet``. Raises UsageError or InputError."""
    trace = require_file(trace_file_of(path), "the trace").resolve()
    beside = [trace.parent / "restricted" / f"{name}.parquet" for name in ("sensitive", "candidates")]
    sensitive, candidates = (path if path.is_file() else None for path in beside)
    return TraceFiles(trace, sensitive, candidates)


def refuse_other_register(files: TraceFiles, register: Path) -> None:
    """Raise InputError when the manifest of the trace names another register than this one; without a manifest, or when it
    names none, nothing can be said.
    """
    described = require_file(register / "register.json", "the register's description")
    try:
        inputs = read_manifest(files.folder)["inputs"]
    except LinkageError:
        return
    used = {record["sha256"] for record in inputs if record["name"] == described.name}
    if used and file_record(described)["sha256"] not in used:
        raise InputError(f"{register}: the trace was made against another register, or this one was built again since.")


def load_trace(engine: Engine, files: TraceFiles) -> None:
    """Table ``trace``: one row per query; rows marked sensitive by their restricted file, when it is there."""
    read_trace(engine, "open_trace", files.trace)
    rows = "select * from open_trace"
    if files.sensitive:
        read_trace(engine, "sensitive_trace", files.sensitive)
        rows = "select * from open_trace where not sensitive union all by name select * from sensitive_trace"
    engine.run(Step("trace_rows", rows))
    columns = engine.columns("trace_rows")
    added = "".join(f", cast(null as {kind}) as {name}" for name, kind in _OPTIONAL.items() if name not in columns)
    engine.run(
        Step(
            "trace",
            f"""
select *{added}, regexp_replace(coalesce(nhs_number_given, ''), '[ -]', '', 'g') as given_clean,
  {nhs_number.clean_sql("nhs_number_given")} as given_valid
from trace_rows""",
        )
    )


def load_truth(engine: Engine, path: Path, scratch: Path) -> list[str]:
    """Table ``truth``: one row per query, with the group fields the file has. Returns the fields found.

    Raises InputError when a needed column is missing, an id is missing or stands there twice, or a number is none.
    """
    require_file(path, "the truth file")
    found = load_source(
        engine, "truth_read", Source(path, ColumnMap({}), scratch), (*_ID_FIELDS, *_TRUTH_FIELDS, *_GROUP_FIELDS)
    )
    if "true_nhs_number" not in found or not _has_id(found):
        raise InputError(f"{path}: needs true_nhs_number and query_id (or la_code and person_unique_identifier).")
    engine.run(
        Step(
            "truth",
            f"""
select {_id_sql(found)} as query_id, regexp_replace(true_nhs_number, '[ -]', '', 'g') as true_number,
  * exclude (query_id, true_nhs_number)
from truth_read""",
        )
    )
    _refuse_bad_truth(engine, path)
    return found


def load_people(engine: Engine, path: Path, scratch: Path) -> list[str]:
    """Table ``people_read``: rows of a file of people with the group fields it has. Returns the fields found.

    One person may have several rows, as in the events of a submission. Raises InputError when the file has no id.
    """
    require_file(path, "the file of people")
    found = load_source(engine, "people_read", Source(path, ColumnMap({}), scratch), (*_ID_FIELDS, *_GROUP_FIELDS))
    if not _has_id(found):
        raise InputError(f"{path}: needs query_id (or la_code and person_unique_identifier).")
    if not {*found} & {*_GROUP_FIELDS}:
        raise InputError(f"{path}: has none of the columns that tell groups: {', '.join(_GROUP_FIELDS)}.")
    return found


def group_steps(source: str | None, found: Sequence[str], as_at: date | None) -> list[Step]:
    """Steps that make ``person_group``: one row per (query of the trace, dimension that can be told) with its group.

    ``source`` is a table with the fields ``found``; without one only the authority can be told, from ids such as
    ``991/person``. Several rows of a person: the last value that is not missing. Age is in whole years on ``as_at``.
    """
    known = "select query_id, cast(null as varchar) as la_code from trace where false"
    fields = [field for field in _GROUP_FIELDS if field in found]
    if source:
        last = "".join(f", last({f} order by row_number) filter (where {f} is not null) as {f}" for f in fields)
        known = (
            f"select {_id_sql(found)} as query_id, any_value(la_code) as la_code{last} from {ident(source)} group by 1"
        )
    told = {name: (columns, sql) for name, (columns, sql) in _group_sql(fields, as_at).items() if sql}
    rows = "\nunion all ".join(_group_rows_sql(name, columns) for name, (columns, _) in told.items())
    return [
        Step("known", known),
        Step(
            "asked",
            f"select t.query_id, {_authority_sql()} as authority{_carried(fields)} from trace t left join known k "
            "using (query_id)",
        ),
        *(
            Step(f"group_of_{name}", f"select distinct {', '.join(columns)}, {sql} as grp from asked")
            for name, (columns, sql) in told.items()
        ),
        Step("grouped", rows),
        Step("person_group", _only_told_sql()),
    ]


def _group_rows_sql(name: str, columns: Sequence[str]) -> str:
    """A query's group, looked up: each value is read once, however many people have it."""
    same = " and ".join(f"a.{column} is not distinct from g.{column}" for column in columns)
    return f"""
select a.query_id, '{name}' as dimension, coalesce(g.grp, {literal(NOT_KNOWN)}) as grp
from asked a join group_of_{name} g on {same}"""


def _carried(fields: Sequence[str]) -> str:
    return "".join(f", k.{field}" for field in fields)


def _authority_sql() -> str:
    return r"coalesce(k.la_code, nullif(regexp_extract(t.query_id, '^(\d{3})/', 1), ''))"


def _only_told_sql() -> str:
    """Dimensions in which nobody's group is known are left out."""
    known = f"select distinct dimension from grouped where grp <> {literal(NOT_KNOWN)}"
    return f"select * from grouped where dimension in ({known})"


def _group_sql(fields: Sequence[str], as_at: date | None) -> dict[str, tuple[list[str], str | None]]:
    """For each dimension the columns that tell the group, and the SQL of it; None when nothing tells it."""
    of_age = [field for field in ("age_band", "age", "date_of_birth") if field in fields]
    born = f"try_cast({date_of_birth.clean_sql('date_of_birth')} as date)"
    ages = {
        "age_band": "age_band",
        "age": age_band_sql("try_cast(age as integer)"),
        "date_of_birth": age_band_sql(f"date_sub('year', {born}, date '{as_at}')") if as_at else "null",
    }
    sexes = [field for field in ("sex", "gender") if field in fields]
    ethnic = [field for field in ("ethnic_group", "ethnicity") if field in fields]
    return {
        "age": (of_age, f"coalesce({', '.join(ages[field] for field in of_age)})" if of_age else None),
        "sex": (sexes, _sex_sql(sexes) if sexes else None),
        "ethnicity": (ethnic, _ethnic_sql(ethnic) if ethnic else None),
        "authority": (["authority"], "authority"),
    }


def _sex_sql(columns: Sequence[str]) -> str:
    code = gender.clean_sql(f"coalesce({', '.join(columns)})")
    return f"case {code} when '1' then 'male' when '2' then 'female' end"


def _ethnic_sql(columns: Sequence[str]) -> str:
    """The group of the code list; wordings of later releases begin with the group and are cut after it."""
    whens = " ".join(f"when {literal(text)} then {literal(group)}" for text, group in ethnic_groups().items())
    written = f"lower(trim(coalesce({', '.join(columns)})))"
    shortened = rf"regexp_replace({written}, '^.*?(: | - )', '')"
    first = f"regexp_extract({written}, '^(white|mixed|asian|black|other)', 1)"
    return f"coalesce(case {written} {whens} end, case {shortened} {whens} end, case {first} {whens} end)"


def _has_id(found: Sequence[str]) -> bool:
    return "query_id" in found or {"la_code", "person_unique_identifier"} <= {*found}


def _id_sql(found: Sequence[str]) -> str:
    return "query_id" if "query_id" in found else "la_code || '/' || person_unique_identifier"


def _refuse_bad_truth(engine: Engine, path: Path) -> None:
    missing, repeated, unreadable = engine.rows(
        Step(
            "check_truth",
            """
select count(*) filter (where query_id is null), count(query_id) - count(distinct query_id),
  count(true_number) filter (where not regexp_full_match(true_number, '[0-9]{10}'))
from truth""",
        )
    )[0]
    if missing or repeated:
        raise InputError(f"{path}: every person needs one row: {missing} without an id, {repeated} ids repeated.")
    if unreadable:
        raise InputError(
            f"{path}: {unreadable} values of true_nhs_number have not ten digits. Leave the cell blank for people who are "
            "not in the register."
        )
