"""Steps 3, 4 and 7 to 9: which submitted rows are events of the period, until when, and which record of an event is kept."""

from linkage.cohort.derive.grouped import enum_sql
from linkage.engine import Step, literal

LEFT_OUT = (
    "of a submission that was not chosen",
    "no person key",
    "no NHS number, though the person has one elsewhere",
    "no event type",
    "no start date",
    "ends before it starts",
    "starts after the date of death",
    "death before the period",
    "not in the period",
    "another record of the same event is kept",
)
"""Why a submitted row is no event, in the order in which the reasons are looked for."""

LEFT_OUT_TYPE = enum_sql(LEFT_OUT)


_OPEN_LAST = "coalesce({}, date '9999-12-31')"


def effective_end_sql(end: str = "stated_end_date", death: str = "date_of_death", start: str = "start_date") -> str:
    """Step 3, SQL: the date of death where it lies between start and end, or on or after the start of an open event; else
    the stated end, null while open. Dates are inclusive, the row's own. Source: DHSC step 3.
    """
    return f"case when {death} >= {start} and {death} < {_OPEN_LAST.format(end)} then {death} else {end} end"


def placed_sql() -> str:
    """Step 4, SQL: submitted rows with ``left_out`` (null: the row is an event), ``reference_no``, ``close_date`` and
    ``is_last`` of each reference period of its submission.

    What is asked of many million rows is asked of this query: quicker than finding the rows of a table again.
    """
    reasons = [
        "submission_no is null",
        "person_key is null",
        "without_number",
        "event_type is null or event_type = 'not_mapped'",
        "start_date is null",
        "stated_end_date < start_date",
        "date_of_death < start_date",
        "date_of_death < from_date",
        """case when event_type = 'service'
      then start_date > to_date or end_date < from_date
      else end_date is null or end_date not between from_date and to_date end""",
    ]
    whens = "\n".join(
        f"    when {reason} then {literal(text)}" for reason, text in zip(reasons, LEFT_OUT, strict=False)
    )
    return f"""(
  select * exclude (from_date, to_date), cast(case
{whens}
    end as {LEFT_OUT_TYPE}) as left_out
  from (
    select submitted.* exclude (submission_no), chosen.submission_no, reference_no, from_date, to_date, close_date, is_last
    from submitted left join chosen_submission as chosen using (submission_no)
  )
)"""


def events_in_period() -> Step:
    """Steps 3 and 4, one row per (submitted row, reference period of its submission): effective end and ``left_out``.

    Requests, assessments and reviews must end in the period, services overlap it; both ends are inclusive. Null ``left_out``:
    the row is an event. Rows of submissions that were not chosen stand once, without reference period. The table is for those
    who ask after rows: it is made when the tables of all steps are kept. Source: DHSC.
    """
    columns = "row_id, la_code, reference_no, close_date, is_last, end_date, left_out"
    return Step("events_in_period", f"select {columns} from {placed_sql()}")


def cropped() -> Step:
    """Step 8, one row per service record that is open at the end of a reference period which is not its authority's last:
    closed at that end.

    It counts where the record is the one that is kept: then no later reference period has the event. Source: DHSC.
    """
    sql = f"""
select row_id, reference_no, close_date as end_date from {placed_sql()}
where left_out is null and not is_last and event_type = 'service' and (end_date is null or end_date > close_date)"""
    return Step("cropped", sql)


def shared_event() -> Step:
    """Step 7, one row per record whose event may have others, with what decides between them.

    Records of one event have one ``event_hash``. Numbers that come twice are found by sorting nothing but them, whatever became
    of their rows: far quicker than counting each, or than looking first which rows are events.
    """
    sql = f"""
with sorted as (
  select event_hash, lag(event_hash) over (order by event_hash) as before
  from submitted join chosen_submission using (submission_no)
)
select row_id, reference_no, event_hash, la_code, person_key, event_type, start_date, end_date, outcome_rank, conversation
from {placed_sql()}
where left_out is null and event_hash in (select event_hash from sorted where event_hash = before)"""
    return Step("shared_event", sql)


def not_kept() -> Step:
    """Step 9, one row per record of an event of which another record is kept: ``kept_row``.

    Kept is the record of the latest reference period, then open or latest end, then the outcome first in the hierarchy, then
    one marked as a conversation, then the highest row. Source: DHSC step 9.
    """
    sql = """
select row_id, reference_no, kept_row from (
  select row_id, reference_no, row_number() over record as place, first_value(row_id) over record as kept_row
  from shared_event left join cropped using (row_id, reference_no)
  window record as (
    partition by la_code, person_key, event_type, start_date, event_hash
    order by reference_no desc, coalesce(cropped.end_date, shared_event.end_date) desc nulls first,
      outcome_rank nulls last, conversation desc, row_id desc)
)
where place > 1"""
    return Step("not_kept", sql)
