"""From people to figures: counts of ``<id>_people`` by the labels of each breakdown, exact, with every total."""

import calendar
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import chain, combinations

from linkage.cohort.derive.period import Period, months_later
from linkage.cohort.measures.definition import ALL, NOT_DERIVED, POPULATION, Label, MeasureDefinition
from linkage.cohort.measures.measure import Asked, Measure
from linkage.cohort.measures.population import population_sql, uses_population
from linkage.engine import Step, Value, ident, literal
from linkage.errors import UsageError


def month_ends(period: Period) -> list[date]:
    """The last days of months that lie in the period.

    >>> [day.isoformat() for day in month_ends(Period(date(2024, 1, 15), date(2024, 3, 30)))]
    ['2024-01-31', '2024-02-29']
    """
    found: list[date] = []
    first = period.start.replace(day=1)
    while first <= period.end:
        last = first.replace(day=calendar.monthrange(first.year, first.month)[1])
        if last <= period.end:
            found.append(last)
        first = last + timedelta(days=1)
    return found


def quarter_ends(period: Period) -> list[date]:
    """The last days of the quarters of the calendar that have a day in the period.

    >>> [day.isoformat() for day in quarter_ends(Period(date(2024, 2, 15), date(2024, 4, 1)))]
    ['2024-03-31', '2024-06-30']
    """
    first = period.start.replace(day=1, month=(period.start.month - 1) // 3 * 3 + 1)
    found: list[date] = []
    while first <= period.end:
        following = months_later(first, 3)
        found.append(following - timedelta(days=1))
        first = following
    return found


def shown_values(label: Label, asked: Asked) -> dict[str, str]:
    """What people tables hold for a label → what is shown, in order; the total not among them."""
    if label.quarter_ends:
        return {day.isoformat(): day.isoformat() for day in quarter_ends(asked.period)}
    if label.month_ends:
        days = [day.isoformat() for day in month_ends(asked.period)]
        if not days:
            raise UsageError(f"No month ends within {asked.period}. Give a longer period.")
        return dict(zip(days, days, strict=True))
    return dict(label.values)


def table_name(measure: Measure, breakdown: str) -> str:
    """The name of a breakdown's table, and of its file without its ending."""
    return measure.id if breakdown == "main" else f"{measure.id}_by_{breakdown}"


def cells_step(measure: Measure) -> Step:
    """``<id>_cells``, one row per (authority, every label, column) that anybody stands in: rows of ``<id>_people`` as ``n``.

    All breakdowns of a measure that counts people once are made from it; a large table of people is read once.
    """
    keys = ", ".join(["la_code", *(ident(label.name) for label in measure.definition.labels), "column_id"])
    sql = f"select {keys}, count(*) as n from {ident(measure.people)} where reason is null group by {keys}"
    return Step(f"{measure.id}_cells", sql)


def counts_rows(definition: MeasureDefinition) -> bool:
    """Whether counting rows is enough: each person has one row in a column and group, and no amount is wanted."""
    return definition.one_row_per == "person" and not definition.amounts


def wide_step(measure: Measure, breakdown: str, asked: Asked) -> Step:
    """One row per (authority, label values of the breakdown), every cell there whether anybody stands in it or not.

    Columns: ``table``, ``period``, ``la_code``, the labels as shown (``All``: total), each count with ``<count>_people``
    behind it, sums, ``population`` where a population table was given, amounts with ``<amount>_people``, and columns that
    cannot be derived, which say so.
    """
    definition = measure.definition
    labels = [definition.label(name) for name in definition.breakdowns[breakdown]]
    keys = ", ".join(["la_code", *(ident(label.name) for label in labels)])
    counts = ",\n  ".join(
        f"{_count_sql(measure, labels, asked, name)} as {ident(name)}" for name in _zero_names(definition)
    )
    amounts = "".join(f",\n  {ident(one.column)}" for one in definition.amounts)
    population = f",\n  {population_sql(definition, labels)} as {POPULATION}" if uses_population(measure, asked) else ""
    lacking = "".join(f",\n  {literal(NOT_DERIVED)} as {ident(name)}" for name in definition.not_derived)
    places = "".join(f", {ident(label.name + '_place')}" for label in labels)
    telling = without_client_types(asked)
    not_telling = f"not_telling as ({telling.sql}),\n" if definition.not_collected else ""
    sql = f"""
with {not_telling}{_counted_sql(measure, labels, asked)},
authority as (
  select distinct la_code from event where len($la_codes) = 0 or list_contains($la_codes, la_code)
){"".join(_values_cte(label, asked) for label in labels)},
frame as (select * from authority{"".join(f", {ident('of_' + label.name)}" for label in labels)})
select {literal(definition.id)} as "table", {literal(str(asked.period))} as period, {keys},
  {counts}{amounts}{population}{lacking}
from frame left join counted using ({keys})
order by la_code{places}"""
    values = telling.values if definition.not_collected else {"la_codes": list(asked.la_codes)}
    return Step(f"{table_name(measure, breakdown)}_wide", sql, values)


def long_step(measure: Measure) -> Step:
    """``<id>_figures``, one row per cell: ``breakdown``, ``la_code``, every label (``All`` where it does not divide),
    ``column_id``, ``count`` and the ``people`` behind it, exact."""
    definition = measure.definition
    parts = []
    for breakdown, names in definition.breakdowns.items():
        labels = ", ".join(
            ident(label.name) if label.name in names else f"{literal(ALL)} as {ident(label.name)}"
            for label in definition.labels
        )
        wide = ident(f"{table_name(measure, breakdown)}_wide")
        parts += [
            f"select {literal(breakdown)} as breakdown, la_code, {labels + ', ' if labels else ''}"
            f'{literal(name)} as column_id, {ident(name)} as "count", {ident(name + "_people")} as people from {wide}'
            for name in count_names(definition)
        ]
    return Step(f"{measure.id}_figures", "\nunion all\n".join(parts))


def reasons_step(measure: Measure, asked: Asked) -> Step:
    """One row per (authority, reason): people looked at who count, and those who do not, by why (each reason they have)."""
    reasons = measure.definition.reasons
    whens = " ".join(f"when {literal(name)} then {literal(text)}" for name, text in reasons.items())
    shown = f"case reason {whens} else reason end" if whens else "reason"
    sql = f"""
select {literal(measure.id)} as "table", {literal(str(asked.period))} as period, la_code,
  coalesce({shown}, 'counted') as reason, count(distinct person_key) as people
from {ident(measure.people)} where len($la_codes) = 0 or list_contains($la_codes, la_code)
group by la_code, reason order by la_code, reason"""
    return Step(f"{measure.id}_reasons", sql, {"la_codes": list(asked.la_codes)})


def count_names(definition: MeasureDefinition) -> list[str]:
    """The columns of counts, sums after what they are made of."""
    return [*(column.id for column in definition.columns), *definition.sums]


def _zero_names(definition: MeasureDefinition) -> list[str]:
    behind = [f"{name}_people" for name in [*count_names(definition), *(one.column for one in definition.amounts)]]
    return [*count_names(definition), *behind]


def _counted_sql(measure: Measure, labels: Sequence[Label], asked: Asked) -> str:
    """SQL for ``counted``, one row per (authority, group, totals among them) in which anybody stands.

    Where events are counted, people are told apart in a step of its own: counting distinct people in every column is slow.
    """
    definition = measure.definition
    grouped = "".join(f"{_grouped(label, asked)}, " for label in labels)
    source = f"{ident(measure.people)} as placed where reason is null"
    if counts_rows(definition):
        source = f"{ident(measure.id + '_cells')} as placed"
    if definition.one_row_per == "person" or definition.amounts:
        return f"""counted as (
  select placed.la_code, {grouped}{_numbers(definition)}
  from {source}
  group by grouping sets ({_grouping_sets(labels)})
)"""
    among = {name: ", ".join(literal(part) for part in parts) for name, parts in _made_of(definition).items()}
    rows = ", ".join(f"count(*) filter (column_id in ({parts})) as {ident(name)}" for name, parts in among.items())
    both = ", ".join(
        f"cast(sum(one.{ident(name)}) as bigint) as {ident(name)}, "
        f"count(*) filter (one.{ident(name)} > 0) as {ident(name + '_people')}"
        for name in among
    )
    keys = ", ".join(f"one.{ident(name)}" for name in ("la_code", *(label.name for label in labels)))
    return f"""of_person as (
  select placed.la_code, {grouped}placed.person_key, {rows}
  from {source}
  group by grouping sets ({_grouping_sets(labels, "person_key")})
),
counted as (select {keys}, {both} from of_person as one group by {keys})"""


def _made_of(definition: MeasureDefinition) -> dict[str, tuple[str, ...]]:
    """Every count with the columns that it counts."""
    return {column.id: (column.id,) for column in definition.columns} | definition.sums


def _count_sql(measure: Measure, labels: Sequence[Label], asked: Asked, name: str) -> str:
    """SQL: a count, 0 where nobody stands; null in a column that cannot be derived of these data."""
    conditions = ["frame.la_code not in (select la_code from not_telling)"] if measure.definition.not_collected else []
    for column, reason in measure.definition.empty_where.items():
        if name in (column, f"{column}_people"):
            of_row = "".join(
                f" and {_shown_sql(label, asked, 'lacking')} = frame.{ident(label.name)}"
                for label in labels
                if not label.total
            )
            lacking = f"select 1 from {ident(measure.people)} as lacking where reason = {literal(reason)}{of_row}"
            conditions.append(f"not exists ({lacking})")
    count = f"coalesce({ident(name)}, 0)"
    return f"case when {' and '.join(conditions)} then {count} end" if conditions else count


def without_client_types(asked: Asked) -> Step:
    """One row per authority whose submissions for the period have no client type at all, as in v4.2 of the specification."""
    sql = """
select la_code from submission
where stated_start <= $last and stated_end >= $first and (len($la_codes) = 0 or list_contains($la_codes, la_code))
group by la_code having bool_and(has_no_client_types) order by la_code"""
    values: dict[str, Value] = {"first": asked.period.start, "last": asked.period.end, "la_codes": list(asked.la_codes)}
    return Step("not_telling", sql, values)


def _numbers(definition: MeasureDefinition) -> str:
    found = []
    for name, parts in _made_of(definition).items():
        among = f"filter (column_id in ({', '.join(literal(part) for part in parts)}))"
        rows = f"cast(sum(n) {among} as bigint)" if counts_rows(definition) else f"count(*) {among}"
        people = rows if definition.one_row_per == "person" else f"count(distinct person_key) {among}"
        found += [f"{rows} as {ident(name)}", f"{people} as {ident(name + '_people')}"]
    for one in definition.amounts:
        columns = ", ".join(literal(part) for part in one.among)
        among = f"filter (column_id in ({columns}) and {ident(one.of)} is not null)"
        found.append(f"cast({one.statistic}({ident(one.of)}) {among} as double) as {ident(one.column)}")
        people = "count(*)" if definition.one_row_per == "person" else "count(distinct person_key)"
        found.append(f"{people} {among} as {ident(one.column + '_people')}")
    return ",\n    ".join(found)


def _shown_sql(label: Label, asked: Asked, table: str) -> str:
    """SQL: a label as shown."""
    whens = " ".join(
        f"when {literal(value)} then {literal(text)}" for value, text in shown_values(label, asked).items()
    )
    return f"case {table}.{ident(label.name)} {whens} end"


def _grouped(label: Label, asked: Asked) -> str:
    """SQL: a label as shown, or ``All`` in the rows that are grouped over it."""
    shown, name = _shown_sql(label, asked, "placed"), f"placed.{ident(label.name)}"
    return f"case when grouping({name}) = 1 then {literal(ALL)} else {shown} end as {ident(label.name)}"


def _grouping_sets(labels: Sequence[Label], *more: str) -> str:
    """SQL: the label columns of each group and of each total, and ``more`` columns in all of them."""
    totalled = [label.name for label in labels if label.total]
    always = ["la_code", *(label.name for label in labels if not label.total)]
    subsets = chain.from_iterable(combinations(totalled, size) for size in range(len(totalled), -1, -1))
    return ", ".join(
        f"({', '.join('placed.' + ident(name) for name in (*always, *names, *more))})" for names in subsets
    )


def _values_cte(label: Label, asked: Asked) -> str:
    values = [*shown_values(label, asked).values(), *([ALL] if label.total else [])]
    rows = ", ".join(f"({literal(value)}, {place})" for place, value in enumerate(values, start=1))
    return f""",
{ident("of_" + label.name)} ({ident(label.name)}, {ident(label.name + "_place")}) as (values {rows})"""
