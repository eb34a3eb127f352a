"""The cross-check: the given number and the date of birth, against the cached register and by the live rule."""

from linkage.engine import Engine, Step
from linkage.trace.cascade.prepare import record_step
from linkage.trace.cascade.scores import crossed_sql, date_elements_sql
from linkage.trace.cascade.settings import load_cascade_settings

_ENOUGH_ELEMENTS = 2


def cross_check(engine: Engine) -> None:
    """Make ``mps_cross_checked``: one row per asked query whose number and date of birth lead to a record.

    ``step`` is cached or live; ``found_nhs_number`` is the number sent, its current one stands in ``mps_current``.
    ``invalidated``: the record is, and nothing is returned. ``swap_other_year``: the date agrees only by the literal
    reading of a swapped day and month.
    """
    engine.run(_asked_step())
    engine.run(Step("mps_number_wanted", "select distinct as_at, person_id from mps_number_asked"))
    engine.run(record_step("mps_number_record", "mps_number_wanted"))
    engine.run(_compared_step())
    engine.run(_decided_step())


def _asked_step() -> Step:
    """One row per (asked query, record of its number or of the number that replaced it)."""
    return Step(
        "mps_number_asked",
        """
select q.asked_row, q.as_at, h.person_id, true as own
from mps_query q join mps_holder h using (nhs_number) where q.dob is not null
union all
select q.asked_row, q.as_at, h.person_id, false
from mps_query q join mps_current c using (nhs_number) join mps_holder h on h.nhs_number = c.current_nhs_number
where q.dob is not null and c.current_nhs_number <> q.nhs_number""",
    )


def _compared_step() -> Step:
    parameters = load_cascade_settings().parameters
    swapped = crossed_sql("q.dob", "r.dob")
    other_year = f"({swapped} and substr(q.dob, 1, 4) <> substr(r.dob, 1, 4) and q.dob <> r.dob)"
    partial = f"{date_elements_sql('q.dob', 'r.dob')} >= {_ENOUGH_ELEMENTS}"
    if parameters.strict_swap.value:
        partial = f"({partial} and not {other_year})"
    first, three = parameters.given_characters.value, parameters.family_characters.value
    return Step(
        "mps_number_compared",
        f"""
select a.asked_row, a.own, r.invalidated, q.dob = r.dob as exact, {partial} as partial,
  {other_year} as swap_other_year,
  coalesce(substr(q.given, 1, {first}) = substr(r.given, 1, {first})
    and substr(q.family, 1, {three}) = substr(r.family, 1, {three}), false) as named,
  (q.given is null or q.family is null) and coalesce(list_contains(
    list_transform(r.postcodes, lambda p: split_part(p, ' ', 1)), split_part(q.postcode, ' ', 1)), false) as placed
from mps_number_asked a join mps_query q using (asked_row)
join mps_number_record r on r.as_at = a.as_at and r.person_id = a.person_id where r.dob is not null""",
    )


def _decided_step() -> Step:
    """Cached: the number's own record, date exact, not superseded. Live: the rest. Either of two records may agree."""
    return Step(
        "mps_cross_checked",
        """
with judged as (
  select asked_row, own, invalidated, exact, exact or (partial and (named or placed)) as agrees,
    (exact or partial) and invalidated as refused, not exact and swap_other_year as swap_other_year
  from mps_number_compared),
once as (
  select asked_row, bool_or(exact and own) as own_exact, bool_or(refused) as invalidated,
    bool_or(agrees and not invalidated) as agrees,
    not bool_or(agrees and not swap_other_year) as swap_other_year
  from judged group by asked_row)
select o.asked_row, q.nhs_number as found_nhs_number, o.invalidated, o.agrees and o.swap_other_year as swap_other_year,
  case when o.own_exact and not o.invalidated and c.nhs_number is null then 'cached' else 'live' end as step
from once o join mps_query q using (asked_row) left join mps_current c using (nhs_number)
where o.agrees or o.invalidated""",
    )
