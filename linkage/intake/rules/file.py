"""Rules about the file: headings, columns, authority, period, what is in it, wording of list values."""

from linkage.engine import ident, literal
from linkage.intake.dates import PARSED
from linkage.intake.keeping.settings import keeping_settings
from linkage.intake.rules.applicability import to_be_filled, wanted_sql
from linkage.intake.rules.context import Context, in_sql
from linkage.intake.rules.dates import written_dates
from linkage.intake.rules.model import Rule, all_of, file_found_sql
from linkage.intake.values import SIMILAR, UNLISTED

_AUTHORITY_SEEN = """with seen as (
    select la_code, {name} as la_name, min(row_number) as row_number
    from submission group by all
), judged as (
    select seen.*, known.code, known.synthetic, facts.la_code as usual, names.code as named, facts.period_end < known.valid_from
        or facts.period_end > known.valid_to as not_in_use, known.replaced_by
    from seen cross join submission_facts as facts
    left join known_authorities as known on known.code = seen.la_code
    left join authority_names as names
        on names.code = seen.la_code and names.name_key = regexp_replace(lower(seen.la_name), '[^a-z0-9]', '', 'g')
)"""


def f01_headings(_: Rule, __: Context) -> str:
    """Missing, repeated and otherwise worded headings, and rows that could not be read."""
    return """select cast(null as bigint) as row_number, kind || '_heading' as part, coalesce(field_id, text) as field,
        cast(null as varchar) as value, cast(null as varchar) as suggestion
    from headings where kind in ('missing', 'repeated')
    union all
    select null, 'heading_wording', field_id, text, heading from headings where kind = 'tolerated'
    union all
    select row_number, 'unreadable_row', null, null, null from unreadable_rows"""


def f02_surplus_columns(_: Rule, __: Context) -> str:
    """Columns outside the specification, named by heading or, without one, by position. Their values are not there."""
    return """select cast(null as bigint) as row_number,
        case when kind = 'left_over' then 'left_over_column' when kind = 'surplus' or filled then 'surplus_column'
            else 'empty_column' end as part,
        case when kind = 'blank' then 'column ' || position else text end as field,
        cast(null as varchar) as value, cast(null as varchar) as suggestion
    from headings where kind in ('surplus', 'left_over', 'blank')"""


def f03_authority(_: Rule, context: Context) -> str:
    """The LA Code is known at the period's end, the only one, and goes with the LA Name. One finding per value.

    For an authority that is no more, those that came in its place are suggested.
    """
    has_name = context.specification.has("la_name")
    code = """select row_number, {part} as part, 'la_code' as field, la_code as value, {suggestion} as suggestion
        from judged where {where}"""
    parts = {
        "missing": "la_code is null",
        "unknown": "la_code is not null and code is null",
        "synthetic": f"synthetic and not {'true' if context.synthetic else 'false'}",
        "not_in_use": "not_in_use",
        "several": "la_code <> usual",
    }
    name = """select row_number, 'name' as part, 'la_name' as field, la_name as value, null as suggestion
        from judged where la_name is not null and code is not null and named is null"""
    selects = [
        code.format(part=f"'{part}'", where=where, suggestion="replaced_by" if part == "not_in_use" else "null")
        for part, where in parts.items()
    ]
    seen = _AUTHORITY_SEEN.format(name="la_name" if has_name else "cast(null as varchar)")
    return f"{seen}\n" + all_of(*selects, name)


def f04_period(_: Rule, context: Context) -> str:
    """One reporting period to the end of a month: from 1 April of the reporting year, or of 12 months. One finding per value."""
    by_value = """select min(s.row_number) as row_number, {part} as part, {field} as field, {value} as value,
        {suggestion} as suggestion from submission as s cross join submission_facts as facts where {where} group by all"""
    start, end = f"reporting_period_start_date{PARSED}", f"reporting_period_end_date{PARSED}"
    year = "extract(year from facts.period_start)"
    label = f"{year} || '/' || lpad(cast(({year} + 1) % 100 as varchar), 2, '0')"
    rolling = context.specification.period == "rolling_12_months"
    twelve_months = f"{end} + interval 1 day - interval 1 year"
    rows = [
        ("several", "reporting_period_end_date", f"{start} <> facts.period_start or {end} <> facts.period_end", "null"),
        (
            "rolling_start",
            "reporting_period_start_date",
            f"{start} <> {twelve_months}",
            f"strftime({twelve_months}, '%d/%m/%Y')",
        )
        if rolling
        else ("start", "reporting_period_start_date", f"strftime({start}, '%d/%m') <> '01/04'", "null"),
        ("order", "reporting_period_end_date", f"{end} < {start} or {end} >= {start} + interval 1 year", "null"),
        (
            "month_end",
            "reporting_period_end_date",
            f"{end} <> last_day({end})",
            f"strftime(last_day({end}), '%d/%m/%Y')",
        ),
    ]
    if context.specification.has("reporting_year"):
        rows.append(("reporting_year", "reporting_year", f"s.reporting_year <> {label}", label))
    selects = [
        by_value.format(part=f"'{part}'", field=f"'{field}'", value=f"s.{field}", where=where, suggestion=suggestion)
        for part, field, where, suggestion in rows
    ]
    written = written_dates("reporting_period_start_date", "reporting_period_end_date", once=True)
    not_stated = """select cast(null as bigint) as row_number, 'not_stated' as part, 'reporting_period_end_date' as field,
        cast(null as varchar) as value, cast(null as varchar) as suggestion from submission_facts where period_end is null"""
    return all_of(not_stated, *selects, *written)


def f05_period_over(_: Rule, __: Context) -> str:
    """A reporting period that is not over on the day of submission, or of the check where that is not known."""
    return file_found_sql(
        "period_not_over",
        "reporting_period_end_date",
        "strftime(period_end, '%d/%m/%Y')",
        "from submission_facts where period_end > as_at",
    )


def f06_partial(_: Rule, context: Context) -> str:
    """Event types, and from v6 client types, of which the file has no row."""
    selects = []
    for field, part in (("event_type", "no_event_type"), ("client_type", "no_client_type")):
        if context.specification.has(field):
            listed = ", ".join(f"({literal(value)})" for value in context.specification.values(field))
            selects.append(
                f"""select cast(null as bigint) as row_number, '{part}' as part, '{field}' as field, value,
                cast(null as varchar) as suggestion from (values {listed}) as listed(value)
                where value not in (select {field} from submission where {field} is not null)"""
            )
    return all_of(*selects)


def f07_blank_fields(_: Rule, context: Context) -> str:
    """Mandatory fields that none of the rows that want them fills; those that may rightly be blank on every row apart."""
    selects = []
    for field in context.specification.fields:
        if to_be_filled(field, context):
            rest = f"""from submission as s cross join submission_facts as facts where {wanted_sql(field, context)}
                having count(*) > 0 and count(s.{ident(field.id)}) = 0"""
            selects.append(file_found_sql("wholly_blank", field.id, "null", rest))
    return all_of(*selects)


def f08_window(_: Rule, context: Context) -> str:
    """A day of submission after the last day of the window for the period (``schedule`` in configs/keeping.yaml)."""
    if context.submitted is None:
        return all_of()
    last_day = keeping_settings().due_sql("period_end")
    submitted = f"cast('{context.submitted.isoformat()}' as date)"
    return f"""select cast(null as bigint) as row_number, 'late' as part, 'reporting_period_end_date' as field,
        strftime(period_end, '%d/%m/%Y') as value, strftime({last_day}, '%d/%m/%Y') as suggestion
        from submission_facts where {submitted} > {last_day}"""


def f09_wording(_: Rule, context: Context) -> str:
    """Values that are not worded as listed and for which a listed value is meant or close, and values that an open list
    may yet hold.
    """
    unsure = f"part in {in_sql((UNLISTED, SIMILAR))} and field in {in_sql(context.specification.open_fields)}"
    return f"""select row_number, case when {unsure} then 'open_list' else part end as part, field, value, suggestion
        from list_findings where part <> '{UNLISTED}' or {unsure}"""


PREDICATES = {
    "F01": f01_headings,
    "F02": f02_surplus_columns,
    "F03": f03_authority,
    "F04": f04_period,
    "F05": f05_period_over,
    "F06": f06_partial,
    "F07": f07_blank_fields,
    "F08": f08_window,
    "F09": f09_wording,
}
