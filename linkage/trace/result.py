"""The trace table: one row per query, with a reason that names no value."""

from pathlib import Path

from linkage.engine import Engine, Step, literal
from linkage.errors import InputError
from linkage.trace.comparisons import COMPARED_FIELDS, COMPARISONS
from linkage.trace.notes import notes_sql, shared_number_step
from linkage.trace.outcomes import accepted_outcomes, outcomes

_NEEDED = ("query_id", "nhs_number_given", "nhs_number", "outcome", "step", "sensitive", "reason")


def read_trace(engine: Engine, name: str, path: Path) -> None:
    """Load a trace table from its file. Raises InputError when the file is not one."""
    engine.read_parquet(name, [path])
    if not {*_NEEDED} <= {*engine.columns(name)}:
        raise InputError(f"{path}: this is not a trace. Give the trace.parquet that 'cldlink trace' writes.")


def result_steps() -> list[Step]:
    """Steps that make ``result`` (all columns, restricted) from ``decision``; one row per query."""
    return [_level_step(), shared_number_step(), _result_step()]


def public_step() -> Step:
    """The trace table as it may leave: nothing of the register for a record marked sensitive."""
    agreements = "".join(
        f"  case when not sensitive then agree_{field} end as agree_{field},\n" for field in COMPARED_FIELDS
    )
    return Step(
        "write_trace",
        f"""
select query_id, nhs_number_given, case when not sensitive then nhs_number end as nhs_number, outcome, step,
  case when not sensitive then match_weight end as match_weight,
  case when not sensitive then gap end as gap,
  case when not sensitive then match_probability end as match_probability,
{agreements}  sensitive,
  case when sensitive then 'The record is marked sensitive: see the restricted file' else reason end as reason,
  case when not sensitive then notes end as notes
from result order by query_row""",
    )


def csv_step(public: Step) -> Step:
    """As ``public``, safe to open in a spreadsheet."""
    texts = ", ".join(f"{guarded_sql(column)} as {column}" for column in ("query_id", "nhs_number_given"))
    return Step("write_trace_csv", f"select * replace ({texts}) from ({public.sql})")


def sensitive_step() -> Step:
    """The rows withheld from the trace table, for the restricted file; same columns, nothing withheld."""
    return Step("write_sensitive", "select * exclude (query_row) from result where sensitive order by query_row")


def candidate_step(review_weight: float) -> Step:
    """Candidates of queries without an accepted link, for clerical review: one row per (query, person), best first."""
    levels = ", ".join(f"r.level_{field} as agree_{field}" for field in COMPARED_FIELDS)
    return Step(
        "write_candidates",
        f"""
select d.query_id, d.outcome, r.current_nhs_number as candidate_nhs_number, r.place, r.match_weight, r.sensitive, {levels}
from ranked r join result d using (query_row)
where d.nhs_number is null and d.outcome <> 'invalidated' and not r.invalidated and r.match_weight >= $review
order by query_row, place""",
        {"review": review_weight},
    )


def counted(engine: Engine) -> dict[str, int]:
    """Queries of ``result`` by outcome, those whose details are withheld, and by note, which is not told of the withheld.

    Outcomes and notes that did not occur are left out.
    """
    found = engine.rows(Step("count_outcomes", "select outcome, count(*) from result group by 1 order by 1"))
    withheld = engine.value(Step("count_withheld", "select count(*) from result where sensitive"))
    words = "select unnest(string_split(notes, ' ')) as note from result where not sensitive"
    told = engine.rows(
        Step("count_notes", f"select note, count(*) from ({words}) where note <> '' group by 1 order by 1")
    )
    return {
        **{f"outcome_{outcome}": count for outcome, count in found},
        "withheld_sensitive": int(withheld),
        **{f"note_{note}": count for note, count in told},
    }


def _level_step() -> Step:
    columns = ", ".join(f"level_{field}" for field in COMPARED_FIELDS)
    return Step(
        "evidence",
        f"""
select query_row, {columns} from number_level semi join settled using (query_row)
union all select query_row, {columns} from best""",
    )


def _result_step() -> Step:
    accepted = ", ".join(literal(outcome) for outcome in accepted_outcomes())
    shown = f"d.outcome in ({accepted})"
    agreements = "".join(
        f"  case when {shown} then e.level_{field} end as agree_{field},\n" for field in COMPARED_FIELDS
    )
    return Step(
        "result",
        f"""
select q.query_row, q.query_id, q.nhs_number_given,
  case when {shown} then d.best_nhs_number end as nhs_number, d.outcome,
  case when d.outcome in ('not_enough_data', 'not_found') then 'none' when d.exact then 'cross_check'
    when d.person_id is null then 'none' else 'probabilistic' end as step,
  case when {shown} then d.match_weight end as match_weight,
  case when {shown} then d.gap end as gap,
  case when not {shown} then null when d.exact then 1.0 else d.match_probability end as match_probability,
{agreements}  d.sensitive and {shown} as sensitive,
  {_lead_sql()} || case when {shown} then {_evidence_sql()} else '' end || '.' as reason,
  {notes_sql(shown)} as notes
from query q join decision d using (query_row) left join evidence e using (query_row)
left join candidate_person p on p.person_id = d.person_id""",
    )


def _lead_sql() -> str:
    cases = " ".join(f"when {literal(name)} then {literal(o.sentence)}" for name, o in outcomes().items())
    return f"case d.outcome {cases} end"


def _evidence_sql() -> str:
    """``: this agrees, that differs``, from the levels; missing values are not mentioned."""
    fragments = []
    for comparison in COMPARISONS:
        named = comparison.field.replace("_", " ").replace("nhs", "NHS")
        cases = " ".join(f"when '{level.name}' then '{level.says}'" for level in comparison.levels)
        fragments.append(f"case e.level_{comparison.field} {cases} when 'different' then 'the {named} differs' end")
    return "': ' || concat_ws(', ',\n  " + ",\n  ".join(fragments) + ")"


def guarded_sql(column: str) -> str:
    """Text that a spreadsheet would take for a formula gets an apostrophe in front."""
    return f"case when regexp_matches({column}, '^[=+@\\t\\r-]') then '''' || {column} else {column} end"
