"""Feedback: what an authority is told about the people it sent, one file per authority, its own people only.

Every cell comes from that authority's own rows or from an accepted link. Candidates, conflicts and other authorities'
people never appear; of a record marked sensitive nothing but that it is.
"""

import re
from pathlib import Path

from linkage.engine import Engine, EngineOptions, Step, literal, open_engine
from linkage.errors import InputError
from linkage.runs import Manifest, file_record, staged_outputs
from linkage.trace.outcomes import outcomes
from linkage.trace.result import guarded_sql, read_trace
from linkage.trace.source import require_file, trace_file_of

_AUTHORITY = re.compile(r"[0-9]{3}")


def write_feedback(trace_file: Path, out: Path, *, options: EngineOptions | None = None) -> dict[str, int]:
    """Write ``<la_code>_feedback_IDENTIFIABLE.csv`` for every authority of a trace of CLD people; return people by authority.

    Raises InputError when the trace is not one of CLD people (query ids ``la_code/person``).
    """
    trace_file = require_file(trace_file_of(trace_file), "the trace")
    with staged_outputs(out) as staging, open_engine(options, [trace_file.resolve().parent, staging]) as engine:
        read_trace(engine, "trace", trace_file)
        engine.run(_feedback_step())
        authorities = _authorities(engine)
        for code in authorities:
            engine.write_csv(_authority_step(code), staging / f"{code}_feedback_IDENTIFIABLE.csv")
        Manifest("feedback", [file_record(trace_file)], {f"people_{code}": n for code, n in authorities.items()}).write(
            staging
        )
    return authorities


def _authorities(engine: Engine) -> dict[str, int]:
    counted = engine.rows(Step("authorities", "select la_code, count(*) from feedback group by 1 order by 1"))
    if not all(code and _AUTHORITY.fullmatch(code) for code, _ in counted):
        raise InputError("This trace is not one of CLD people: feedback needs ids of the form la_code/person.")
    return dict(counted)


def _feedback_step() -> Step:
    """One row per person of every authority, with how many of the authority's ids lead to the same NHS number."""
    actions = " ".join(f"when {literal(name)} then {literal(o.action)}" for name, o in outcomes().items())
    codes = " ".join(f"when {literal(name)} then {literal(o.status_indicator)}" for name, o in outcomes().items())
    return Step(
        "feedback",
        f"""
with person as (
  select split_part(query_id, '/', 1) as la_code, substr(query_id, strpos(query_id, '/') + 1) as person_id, * from trace)
select la_code, {guarded_sql("person_id")} as person_unique_identifier,
  {guarded_sql("nhs_number_given")} as nhs_number_given, nhs_number as nhs_number_traced, outcome,
  case outcome {codes} end as nhs_number_status_indicator,
  case when step = 'cross_check' then 'exact' when nhs_number is not null then 'scored' end as basis,
  match_probability as confidence,
  case when nhs_number is null then 1 else count(*) over (partition by la_code, nhs_number) end as ids_with_this_number,
  reason, case when sensitive then 'Ask the tracing team.' else case outcome {actions} end end as what_to_do
from person""",
    )


def _authority_step(code: str) -> Step:
    return Step(
        "write_feedback",
        "select * exclude (la_code) from feedback where la_code = $code order by person_unique_identifier",
        {"code": code},
    )
