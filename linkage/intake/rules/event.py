"""Rules about events of every type: type, reference, dates, fields of other types, duplicates."""

from linkage.engine import ident
from linkage.intake.dates import PARSED
from linkage.intake.rules.dates import written_dates
from linkage.intake.rules.model import Context, Rule, all_of, found_sql, in_sql
from linkage.intake.values import SIMILAR, UNLISTED

_START = f"s.event_start_date{PARSED}"
_END = f"s.event_end_date{PARSED}"


def e01_event_type(rule: Rule, context: Context) -> str:
    """An event type from the list; only a carer known by association has none."""
    has_client = context.specification.has("client_type")
    without = f"s.client_type in {in_sql(rule.texts('client_types_without_events'))}" if has_client else "false"
    missing = found_sql("missing", "event_type", f"s.event_type is null and not coalesce({without}, false)")
    unlisted = f"""select row_number, '{UNLISTED}' as part, field, value, suggestion
        from list_findings where field = 'event_type' and part in {in_sql((UNLISTED, SIMILAR))}"""
    return all_of(missing, unlisted)


def e02_event_reference(_: Rule, __: Context) -> str:
    """References on more than one row (every row but the first), and whether there are rows without."""
    return """with referenced as (
        select row_number, event_reference, min(row_number) over (partition by event_reference) as first_row
        from submission where event_reference is not null
    )
    select row_number, 'repeated' as part, 'event_reference' as field, event_reference as value,
        'row ' || first_row as suggestion
    from referenced where row_number > first_row
    union all
    select null, 'blank', 'event_reference', count(*) || ' rows', null from submission where event_reference is null
    having count(*) > 0"""


def e03_start_date(_: Rule, __: Context) -> str:
    """A start date on every event, written dd/mm/yyyy."""
    missing = "s.event_start_date is null and s.event_type is not null"
    return all_of(found_sql("missing", "event_start_date", missing), *written_dates("event_start_date"))


def e04_end_date(_: Rule, __: Context) -> str:
    """An end date written dd/mm/yyyy, not in the future; after the period's end it is only questioned."""
    return all_of(
        *written_dates("event_end_date"),
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


def e14_duplicates(_: Rule, context: Context) -> str:
    """Rows that repeat an earlier row in every field, or in what makes the event: person, type, dates and details."""
    every = ", ".join(ident(field) for field in context.specification.ids)
    details = context.specification.section("request", "assessment", "service", "review")
    identity = ["person_unique_identifier", "event_type", f"event_start_date{PARSED}", f"event_end_date{PARSED}"]
    client = ["client_type"] if context.specification.has("client_type") else []
    likely = ", ".join(ident(name) for name in [*identity, *client, *(field.id for field in details)])
    return f"""with alike as (
        select row_number, count(*) over (partition by {", ".join(identity)}) as rows
        from submission where person_unique_identifier is not null
    ), compared as (
        select row_number, min(row_number) over (partition by {every}) as same_row,
            min(row_number) over (partition by {likely}) as like_row
        from submission where row_number in (select row_number from alike where rows > 1)
    )
    select row_number, case when same_row < row_number then 'exact' else 'likely' end as part, 'event_type' as field,
        cast(null as varchar) as value, 'row ' || least(same_row, like_row) as suggestion
    from compared where same_row < row_number or like_row < row_number"""


PREDICATES = {
    "E01": e01_event_type,
    "E02": e02_event_reference,
    "E03": e03_start_date,
    "E04": e04_end_date,
    "E05": e05_order,
    "E06": e06_in_period,
    "E12": e12_own_fields,
    "E14": e14_duplicates,
}
