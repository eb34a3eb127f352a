"""Rules about events of every type: type, reference, dates, fields of other types, duplicates."""

from linkage.engine import ident
from linkage.intake.dates import PARSED
from linkage.intake.rules.applicability import EVENT_SECTIONS, blank_mandatory
from linkage.intake.rules.context import Context, in_sql
from linkage.intake.rules.dates import written_dates
from linkage.intake.rules.model import Rule, all_of, found_sql
from linkage.intake.rules.text import described
from linkage.intake.values import SIMILAR, UNLISTED

_START = f"s.event_start_date{PARSED}"
_END = f"s.event_end_date{PARSED}"
_OTHER_EVENT = """union all
    select s.row_number, 'other_event', 'event_reference', s.event_reference, null
    from submission as s join (
        select event_reference, any_value(person_unique_identifier) as person, any_value(event_type) as event_type
        from previous_submission where event_reference is not null group by event_reference having count(*) = 1
    ) as before on before.event_reference = s.event_reference
    where before.person <> s.person_unique_identifier or lower(before.event_type) <> lower(s.event_type)"""


def e01_event_type(_: Rule, context: Context) -> str:
    """An event type from the list; only a carer known by association has none."""
    missing = found_sql(
        "missing", "event_type", f"s.event_type is null and not {context.is_in('carer_by_association')}"
    )
    unlisted = f"""select row_number, '{UNLISTED}' as part, field, value, suggestion
        from list_findings where field = 'event_type' and part in {in_sql((UNLISTED, SIMILAR))}"""
    return all_of(missing, unlisted)


def e02_event_reference(_: Rule, context: Context) -> str:
    """References on more than one row (every row but the first), whether there are rows without, and references that the
    previous submission has for another person or event type.
    """
    before = _OTHER_EVENT if "previous_submission" in context.available else ""
    return f"""with referenced as (
        select row_number, event_reference, min(row_number) over (partition by event_reference) as first_row
        from submission where event_reference is not null
    )
    select row_number, 'repeated' as part, 'event_reference' as field, event_reference as value,
        'row ' || first_row as suggestion
    from referenced where row_number > first_row
    union all
    select null, 'blank', 'event_reference', count(*) || ' rows', null from submission where event_reference is null
    having count(*) > 0
    {before}"""


def e03_start_date(_: Rule, __: Context) -> str:
    """A start date on every event, written dd/mm/yyyy."""
    missing = "s.event_start_date is null and s.event_type is not null"
    return all_of(found_sql("missing", "event_start_date", missing), *written_dates("event_start_date"))


def e04_end_date(rule: Rule, context: Context) -> str:
    """An end date written dd/mm/yyyy, not in the future; after the period's end it is only questioned. Given where it is
    mandatory.
    """
    return all_of(
        *written_dates("event_end_date"),
        *blank_mandatory(rule, context),
        found_sql("after_period_end", "event_end_date", f"{_END} > facts.period_end and {_END} <= facts.as_at"),
        found_sql("future", "event_end_date", f"{_END} > facts.as_at"),
    )


def e05_order(_: Rule, __: Context) -> str:
    """Events that end before they start; the same day is right."""
    return found_sql("end_before_start", "event_end_date", f"{_END} < {_START}")


def e06_in_period(_: Rule, __: Context) -> str:
    """Events that start after the period, or ended before it; both its days are inside."""
    return all_of(
        found_sql("starts_after", "event_start_date", f"{_START} > facts.period_end"),
        found_sql("ended_before", "event_end_date", f"{_END} < facts.period_start"),
    )


def e07_cancelled(rule: Rule, context: Context) -> str:
    """Events of which the description says that they were cancelled or entered by mistake."""
    return described(rule, context, "cancelled")


def e12_own_fields(_: Rule, context: Context) -> str:
    """Fields filled on an event of a type they do not belong to."""
    types = context.specification.values("event_type")
    selects = []
    for field in context.specification.fields:
        if field.event_types:
            others = in_sql([event_type for event_type in types if event_type not in field.event_types])
            where = f"s.event_type in {others} and s.{ident(field.id)} is not null"
            selects.append(found_sql("other_event_type", field.id, where))
    return all_of(*selects)


def e13_no_events(_: Rule, context: Context) -> str:
    """Fields of an event filled on rows of carers known by association."""
    if not context.has("client_type"):
        return all_of()
    known = context.is_in("carer_by_association")
    return all_of(
        *(
            found_sql("filled", field.id, f"{known} and s.{ident(field.id)} is not null")
            for field in context.specification.section(*EVENT_SECTIONS)
        )
    )


def e14_duplicates(_: Rule, context: Context) -> str:
    """Rows that repeat an earlier row in every field, or in what makes the event: person, type, dates and details."""
    every = ", ".join(ident(field) for field in context.specification.ids)
    details = context.specification.section("request", "assessment", "service", "review")
    identity = ["person_unique_identifier", "event_type", f"event_start_date{PARSED}", f"event_end_date{PARSED}"]
    client = ["client_type"] if context.specification.has("client_type") else []
    likely = ", ".join(ident(name) for name in [*identity, *client, *(field.id for field in details)])
    return f"""with keyed as (
        select row_number, hash({", ".join(identity)}) as key from submission where person_unique_identifier is not null
    ), alike as (
        select row_number from keyed where key in (select key from keyed group by key having count(*) > 1)
    ), compared as (
        select row_number, min(row_number) over (partition by {every}) as same_row,
            min(row_number) over (partition by {likely}) as like_row
        from submission where row_number in (select row_number from alike)
    )
    select row_number, case when same_row < row_number then 'exact' else 'likely' end as part, 'event_type' as field,
        cast(null as varchar) as value, 'row ' || least(same_row, like_row) as suggestion
    from compared where same_row < row_number or like_row < row_number"""


def e15_long_open(rule: Rule, context: Context) -> str:
    """Requests, assessments and reviews that go on long after their start."""
    open_event = f"{context.is_in('request', 'assessment', 'review')} and s.event_end_date is null"
    return found_sql("long_open", "event_end_date", f"{open_event} and facts.period_end - {_START} > {_days(rule)}")


def _days(rule: Rule) -> int:
    return int(rule.number("longest_days"))


PREDICATES = {
    "E01": e01_event_type,
    "E02": e02_event_reference,
    "E03": e03_start_date,
    "E04": e04_end_date,
    "E05": e05_order,
    "E06": e06_in_period,
    "E07": e07_cancelled,
    "E12": e12_own_fields,
    "E13": e13_no_events,
    "E14": e14_duplicates,
    "E15": e15_long_open,
}
