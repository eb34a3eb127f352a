"""Two traces of the same people side by side: ours and the national one, or last quarter's and this."""

from pathlib import Path

from linkage.engine import Engine, EngineOptions, Step, open_engine
from linkage.errors import InputError
from linkage.runs import Manifest, file_record, staged_outputs
from linkage.trace.result import read_trace
from linkage.trace.source import require_file, trace_file_of

COMPARED = "comparison_IDENTIFIABLE.parquet"
# What can be said of one person in two traces, in the words of the report.
DIFFERENCES = {
    "same_number": "both give the same number",
    "different_number": "each gives another number",
    "only_first": "only the first gives a number",
    "only_second": "only the second gives a number",
    "no_number": "neither gives a number",
    "withheld": "a record marked sensitive: see the restricted files",
    "not_in_first": "the person is not in the first trace",
    "not_in_second": "the person is not in the second trace",
}


def compare_traces(first: Path, second: Path, out: Path, *, options: EngineOptions | None = None) -> dict[str, int]:
    """Write ``comparison_IDENTIFIABLE.parquet`` (one row per query of either trace) and return the people by difference.

    Columns: query_id, difference, and number, outcome and step of both. Numbers of sensitive records are not compared.
    Raises UsageError or InputError when one of the two is no trace or they have nobody in common.
    """
    files = [require_file(trace_file_of(path), "a trace") for path in (first, second)]
    with staged_outputs(out) as staging:
        with open_engine(options, [*(path.resolve().parent for path in files), staging]) as engine:
            for name, path in zip(("first_trace", "second_trace"), files, strict=True):
                read_trace(engine, name, path)
            engine.run(_compared_step())
            counts = _counts(engine)
            engine.write_parquet(Step("write_compared", "select * from compared order by query_id"), staging / COMPARED)
        Manifest("trace compare", [file_record(path) for path in files], counts).write(staging)
    return counts


def _compared_step() -> Step:
    return Step(
        "compared",
        """
select coalesce(a.query_id, b.query_id) as query_id,
  case
    when a.query_id is null then 'not_in_first'
    when b.query_id is null then 'not_in_second'
    when a.sensitive or b.sensitive then 'withheld'
    when a.nhs_number = b.nhs_number then 'same_number'
    when a.nhs_number is not null and b.nhs_number is not null then 'different_number'
    when a.nhs_number is not null then 'only_first'
    when b.nhs_number is not null then 'only_second'
    else 'no_number' end as difference,
  a.nhs_number as first_nhs_number, b.nhs_number as second_nhs_number,
  a.outcome as first_outcome, b.outcome as second_outcome, a.step as first_step, b.step as second_step
from first_trace a full join second_trace b using (query_id)""",
    )


def _counts(engine: Engine) -> dict[str, int]:
    step = Step("count_differences", "select difference, count(*) from compared group by 1")
    found: dict[str, int] = dict(engine.rows(step))
    if not found.keys() - {"not_in_first", "not_in_second"}:
        raise InputError("The two traces have nobody in common. Give traces of the same people, with the same ids.")
    return {"queries": sum(found.values()), **{name: found[name] for name in DIFFERENCES if name in found}}
