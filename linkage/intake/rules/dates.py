"""The part of the date rules that is the same for every date field: how the date is written."""

from linkage.engine import literal
from linkage.intake.dates import PARSED, date_part_sql, written_date_sql


def written_dates(*fields: str, once: bool = False) -> list[str]:
    """SQL for dates not written dd/mm/yyyy, a select for each field; ``once`` gives each value's first row only."""
    return [_once(_written(field)) if once else _written(field) for field in fields]


def _written(field: str) -> str:
    parsed = f"{field}{PARSED}"
    return f"""select row_number, part, field, value, suggestion from (
        select row_number, {date_part_sql(field, parsed)} as part, {literal(field)} as field, {field} as value,
            {written_date_sql(parsed)} as suggestion
        from submission where {field} is not null) as written where part is not null"""


def _once(select: str) -> str:
    return f"""select min(row_number) as row_number, part, field, value, suggestion
        from ({select}) as every_row group by part, field, value, suggestion"""
