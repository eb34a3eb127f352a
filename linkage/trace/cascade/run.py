"""The national cascade over many queries at once: the steps in order, each for what the one before left over."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from linkage.engine import Engine, Step, literal
from linkage.trace.cascade.algorithmic import SCORES, algorithmic
from linkage.trace.cascade.alphanumeric import alphanumeric_step, covered_sql
from linkage.trace.cascade.cross_check import cross_check
from linkage.trace.cascade.diagnostics import NO_MATCH, SCORE_COLUMNS, SEVERAL, diagnostics_step, person_id_sql
from linkage.trace.cascade.prepare import prepare_names, prepare_queries, prepare_versions, record_step
from linkage.trace.cascade.settings import load_cascade_settings
from linkage.trace.cascade.succession import predecessor_step
from linkage.trace.cascade.unmatched import match_bucket, one_time_id_sql


@dataclass(frozen=True)
class CascadeRequest:
    """How to run: the as-at date of queries that have none, and the submission that ids of unmatched people name.

    ``whole_register``: the candidates of each query are everybody, not those of an index by whole dates of birth.
    """

    as_at: date
    reference: str
    whole_register: bool = False


def run_cascade(engine: Engine, request: CascadeRequest, find: Callable[[], None] | None = None) -> None:
    """Make ``mps_diagnosed``, one row per row of ``query_mps``, and ``mps_bucket_all``.

    Needs ``query_mps`` (``query_row``, ``query_id`` and QUERY_FIELDS as text), ``mps_bucket``, and of everybody whose number
    was given ``candidate_version``: all versions of the record and of the records of its succession. ``find`` is called
    once with ``mps_left`` made (``query_row`` of who needs candidates): it makes ``found`` (``query_row``, ``person_id``)
    and puts into ``candidate_version`` what is not there yet. Without it both are there from the beginning.
    """
    prepare_names(engine, ("query_mps", "candidate_version"))
    prepare_queries(engine, request.as_at)
    prepare_versions(engine, more=False)
    cross_check(engine)
    engine.run(_left_step())
    if find:
        find()
        prepare_names(engine, ("candidate_version",))
        prepare_versions(engine, more=True)
    _trace_details(engine, whole_register=request.whole_register)
    engine.run_all([_resolved_step(), _answer_step()])
    engine.run(Step("mps_open", f"select asked_row from mps_answer where matched_nhs_no = {literal(NO_MATCH)}"))
    match_bucket(engine, request.reference)
    engine.run(_response_step(request.reference))
    engine.run(predecessor_step("(select distinct matched_nhs_no as nhs_number from mps_answer)"))
    engine.run(diagnostics_step("mps_diagnosed", "mps_response"))


def _trace_details(engine: Engine, *, whole_register: bool) -> None:
    """The alphanumeric and the algorithmic step, each for what is left, and ``mps_step``."""
    engine.run(_pair_step())
    engine.run(_wanted_step())
    engine.run(record_step("mps_record", "mps_wanted"))
    engine.run(alphanumeric_step(whole_register=whole_register))
    engine.run(Step("mps_pair", "select * from mps_pair anti join mps_alphanumeric using (asked_row)"))
    algorithmic(engine)
    engine.run(_step_step(whole_register=whole_register))


def _left_step() -> Step:
    return Step(
        "mps_left",
        """
select asked_row as query_row from mps_query
where dob is not null and (may_filter or may_score) and asked_row not in (select asked_row from mps_cross_checked)""",
    )


def _pair_step() -> Step:
    """Candidates of the queries left over whose date of birth agrees, with the current number of the candidate."""
    return Step(
        "mps_pair",
        """
select distinct f.query_row as asked_row, q.as_at, v.person_id, coalesce(c.current_nhs_number, v.nhs_number) as current_nhs_number
from found f join mps_query q on q.asked_row = f.query_row
join mps_version v on v.person_id = f.person_id left join mps_current c on c.nhs_number = v.nhs_number
where q.asked_row not in (select asked_row from mps_cross_checked)
  and (v.dob = q.dob or starts_with(v.dob, q.dob_part) or (coalesce(q.dob, q.dob_part) is null and q.may_filter))""",
    )


def _wanted_step() -> Step:
    """(as-at date, person): the candidates, and the records that may be returned: those at the end of a chain."""
    return Step(
        "mps_wanted",
        """
select as_at, person_id from mps_pair
union select p.as_at, h.person_id from mps_pair p join mps_holder h on h.nhs_number = p.current_nhs_number""",
    )


def _step_step(*, whole_register: bool) -> Step:
    """``mps_step``: per asked query the successful step, the last that ran, the number found and the scores."""
    scores = ", ".join(
        f"case when coalesce(x.asked_row, a.asked_row) is null and not s.close then s.{score} end as {score}"
        for score in SCORES
    )
    return Step(
        "mps_step",
        f"""
select q.asked_row, q.as_at, q.nhs_number,
  case when x.asked_row is not null then x.step when a.asked_row is not null then 'alphanumeric'
    when s.asked_row is not null then 'algorithmic' end as step,
  case when x.asked_row is not null then x.step when a.asked_row is not null then 'alphanumeric'
    when q.may_score then 'algorithmic' when q.may_filter and {covered_sql(whole_register=whole_register)} then 'alphanumeric'
    when q.may_check then 'live' end as last_step,
  coalesce(x.found_nhs_number, a.found_nhs_number, s.found_nhs_number) as found_nhs_number,
  coalesce(x.invalidated, false) as invalidated, coalesce(x.swap_other_year, false) as swap_other_year,
  coalesce(s.close, false) as close, s.score, {scores}
from mps_query q
left join mps_cross_checked x using (asked_row)
left join mps_alphanumeric a using (asked_row)
left join mps_algorithmic s using (asked_row)""",
    )


def _resolved_step() -> Step:
    """``mps_resolved``: with the current number of who was found, whether it may be returned, and its confidentiality.

    ``broken``: the chain runs in a circle or ends in a record that is not there.
    """
    return Step(
        "mps_resolved",
        """
with record as (
  select as_at, nhs_number, invalidated, sensitive, sensitive_then from mps_record
  union select as_at, nhs_number, invalidated, sensitive, sensitive_then from mps_number_record),
current as (
  select s.*, coalesce(c.current_nhs_number, s.found_nhs_number) as current_nhs_number,
    coalesce(c.circular, false) as circular
  from mps_step s left join mps_current c on c.nhs_number = s.found_nhs_number)
select c.* exclude (invalidated, circular), c.invalidated or coalesce(n.invalidated, false) as invalidated,
  c.found_nhs_number is not null and (c.circular or n.nhs_number is null) as broken,
  coalesce(f.sensitive, false) or coalesce(n.sensitive, false) as sensitive,
  coalesce(f.sensitive_then, false) or coalesce(n.sensitive_then, false) as sensitive_then,
  g.current_nhs_number = c.current_nhs_number as replaces_given, h.nhs_number is not null as given_known
from current c
left join record f on f.as_at = c.as_at and f.nhs_number = c.found_nhs_number
left join record n on n.as_at = c.as_at and n.nhs_number = c.current_nhs_number
left join mps_current g on g.nhs_number = c.nhs_number
left join mps_holder h on h.nhs_number = c.nhs_number""",
    )


def _answer_step() -> Step:
    """``mps_answer``: per asked query the outcome in the national service's terms (3.6 of the handbook) and in ours."""
    code = {name: literal(value) for name, value in load_cascade_settings().codes.items()}
    indicators = " ".join(
        f"when {literal(name)} then {step.indicator}" for name, step in load_cascade_settings().steps.items()
    )
    scores = ", ".join(
        f"case when returned and step = 'cached' then null when returned then coalesce({score}, "
        f"case when step = 'algorithmic' then null else 0 end) else 0 end as {column}_score"
        for score, column in zip(SCORES, SCORE_COLUMNS, strict=True)
    )
    return Step(
        "mps_answer",
        f"""
with told as (
  select *, found_nhs_number is not null and not invalidated and not close and not broken as returned from mps_resolved),
coded as (
  select *, case
    when invalidated then {code["invalidated"]} when close then {code["multiple"]}
    when returned and sensitive_then then {code["sensitive"]} when returned and replaces_given then {code["superseded"]}
    when returned then {code["matched"]} when last_step is null then {code["not_enough_data"]}
    else {code["not_found"]} end as code
  from told)
select asked_row, as_at as request_date, nhs_number as nhs_number_sent, code, returned, returned and sensitive as sensitive,
  case when returned then current_nhs_number when close then {literal(SEVERAL)} else {literal(NO_MATCH)} end
    as matched_nhs_no,
  case last_step {indicators} else 0 end as indicator,
  case when not returned then 0 when step = 'algorithmic' then score else 100 end as confidence, {scores},
  case when returned and step in ('cached', 'live') then 'cross_check' when returned then step else 'none' end as step,
  swap_other_year as dob_swapped_other_year, broken as succession_broken,
  case when returned then step end as successful,
  case when invalidated then 'invalidated' when returned and nhs_number is null then 'found'
    when returned and nhs_number = current_nhs_number then 'confirmed' when returned and replaces_given then 'superseded'
    when returned then 'corrected' when last_step is null then 'not_enough_data' when given_known then 'conflict'
    when close then 'multiple' else 'not_found' end as outcome
from coded""",
    )


def _response_step(reference: str) -> Step:
    """``mps_response``: one row per query, equal queries with the same answer; one-time ids are each row's own."""
    once = one_time_id_sql("c.query_row", reference)
    return Step(
        "mps_response",
        f"""
with known as (
  select asked_row, mps_id from mps_known union all select asked_row, mps_id from mps_bucket_new)
select c.query_row, c.query_id, {literal(reference)} as local_id, a.* exclude (asked_row), k.mps_id,
  {person_id_sql(once)} as person_id
from mps_cleaned c join mps_answer a using (asked_row) left join known k using (asked_row)""",
    )
