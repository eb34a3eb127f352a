"""From people to figures: counts of ``<id>_people`` by the labels of each breakdown, exact, with every total."""

import calendar
from datetime import date, timedelta
from itertools import combinations

from linkage.cohort.derive.period import Period, months_later
from linkage.cohort.measures.definition import ALL, POPULATION, Label, MeasureDefinition
from linkage.cohort.measures.measure import Asked, Measure
from linkage.cohort.measures.population import population_sql
from linkage.engine import Step, Value, ident, literal
from linkage.errors import UsageError

COUNTED = "counted"
"""What stands for those who count, where others have a reason."""

_WANTED = "(len($la_codes) = 0 or list_contains($la_codes, la_code))"
_AUTHORITIES = f"select distinct la_code from event where {_WANTED}"


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


def authorities_step(asked: Asked) -> Step:
    """One row per authority that has events, in order."""
    return Step("authorities_with_events", f"{_AUTHORITIES} order by la_code", {"la_codes": list(asked.la_codes)})


def counted_step(measure: Measure, asked: Asked) -> Step:
    """One row per (authority, group, count) in which anybody stands: ``count_id``, its rows as ``number``, ``people`` behind it.

    A group is one of a breakdown, or of its totals: null in the labels that it is a total over, or that do not divide it. All
    breakdowns are counted in one step, for planning many steps takes longer than counting. Sums are counts of their own,
    since one person may have events in several columns.
    """
    definition = measure.definition
    labels = [label.name for label in definition.labels]
    keys = ["la_code", *(ident(name) for name in labels)]
    known = _known(definition)
    made = ", ".join(
        f"({literal(part)}, {literal(name)})" for name, parts in made_of(definition).items() for part in parts
    )
    source = f"{ident(measure.people)}\n  where reason is null and {_WANTED}"
    if definition.one_row_per == "person":
        placed = f"select {known}, column_id, count(*) as rows_there from {source} group by all"
        numbers = "cast(sum(rows_there) as bigint) as number, cast(sum(rows_there) as bigint) as people"
        counted = f"""
select {", ".join(keys)}, count_id, {numbers} from placed join made using (column_id)
group by grouping sets ({_grouping_sets(definition, "count_id")})"""
    else:
        placed = f"select {known}, column_id, person_key from {source}"
        counted = _counted_with_people(definition, ", ".join(keys))
    sql = f"""
with made (column_id, count_id) as (values {made}),
placed as (
  {placed}
){counted}"""
    return Step(f"{measure.id}_counted", sql, {"la_codes": list(asked.la_codes)})


def _counted_with_people(definition: MeasureDefinition, keys: str) -> str:
    """SQL over ``placed`` and ``made``: rows are counted by column, and people by the columns in which they stand together.

    A person's columns in a group are the bits of one number, so that a person is looked at once in a group however many counts
    there are.
    """
    bits = {column.id: 2**place for place, column in enumerate(definition.columns)}
    stands = ", ".join(f"({literal(name)}, {bit})" for name, bit in bits.items())
    among = ", ".join(
        f"({literal(name)}, {sum(bits[part] for part in parts)})" for name, parts in made_of(definition).items()
    )
    return f""",
stands (column_id, bit) as (values {stands}),
among (count_id, bits) as (values {among}),
of_person as (
  select {keys}, person_key, bit_or(bit) as bits from placed join stands using (column_id)
  group by grouping sets ({_grouping_sets(definition, "person_key")})
),
together as (select {keys}, bits, count(*) as people from of_person group by all),
of_column as (select {keys}, column_id, count(*) as rows_there from placed group by all)
select {keys}, count_id, cast(sum(number) as bigint) as number, cast(sum(people) as bigint) as people
from (
  select {keys}, count_id, sum(rows_there) as number, 0 as people from of_column join made using (column_id)
  group by grouping sets ({_grouping_sets(definition, "count_id")})
  union all
  select {keys}, count_id, 0, people from together join among on together.bits & among.bits <> 0
) group by all"""


def amounts_step(measure: Measure, asked: Asked) -> Step:
    """One row per (authority, group), groups as in ``counted_step``: each amount, with the people behind it."""
    definition = measure.definition
    found = []
    for one in definition.amounts:
        columns = ", ".join(literal(part) for part in one.among)
        among = f"filter (column_id in ({columns}) and {ident(one.of)} is not null)"
        found.append(f"cast({one.statistic}({ident(one.of)}) {among} as double) as {ident(one.column)}")
        people = "count(*)" if definition.one_row_per == "person" else "count(distinct person_key)"
        found.append(f"{people} {among} as {ident(one.column + '_people')}")
    keys = ", ".join(["la_code", *(ident(label.name) for label in definition.labels)])
    numbers = ",\n  ".join(found)
    given = ", ".join(dict.fromkeys(ident(one.of) for one in definition.amounts))
    sql = f"""
select {keys},
  {numbers}
from (
  select {_known(definition)}, person_key, column_id, {given} from {ident(measure.people)}
  where reason is null and {_WANTED}
)
group by grouping sets ({_grouping_sets(definition)})"""
    return Step(f"{measure.id}_amounts", sql, {"la_codes": list(asked.la_codes)})


def lacking_step(measure: Measure) -> Step:
    """One row per (reason, group) that leaves a column empty (``empty_where``): the reasons that somebody has there."""
    definition = measure.definition
    reasons = ", ".join(literal(reason) for reason in definition.empty_where.values())
    keys = ", ".join(["reason", *(ident(label.name) for label in definition.labels)])
    return Step(
        f"{measure.id}_lacking", f"select distinct {keys} from {ident(measure.people)} where reason in ({reasons})"
    )


def population_step(measure: Measure, breakdown: str, asked: Asked) -> Step:
    """``population`` of each row of a breakdown's table, in its order (see ``linkage.cohort.measures.wide``)."""
    definition = measure.definition
    labels = [definition.label(name) for name in definition.breakdowns[breakdown]]
    places = "".join(f", {ident(label.name + '_place')}" for label in labels)
    sql = f"""
with authority as ({_AUTHORITIES}){"".join(_values_cte(label, asked) for label in labels)},
frame as (select * from authority{"".join(f", {ident('of_' + label.name)}" for label in labels)})
select {population_sql(definition, labels)} as {POPULATION} from frame order by la_code{places}"""
    return Step(f"{table_name(measure, breakdown)}_population", sql, {"la_codes": list(asked.la_codes)})


def reasons_step(measure: Measure, asked: Asked) -> Step:
    """One row per (authority, reason): people looked at who count, and those who do not, by why (each reason they have).

    ``rows_there``: rows of ``<id>_people``. People are told apart in a step of their own, which is quicker where they are many.
    """
    reasons = measure.definition.reasons
    whens = " ".join(f"when {literal(name)} then {literal(text)}" for name, text in reasons.items())
    shown = f"case reason {whens} else reason end" if whens else "reason"
    sql = f"""
select {literal(measure.id)} as "table", {literal(str(asked.period))} as period, la_code,
  coalesce({shown}, {literal(COUNTED)}) as reason, count(person_key) as people, cast(sum(rows_there) as bigint) as rows_there
from (select la_code, reason, person_key, count(*) as rows_there from {ident(measure.people)} where {_WANTED} group by all)
group by la_code, reason order by la_code, reason"""
    return Step(f"{measure.id}_reasons", sql, {"la_codes": list(asked.la_codes)})


def count_names(definition: MeasureDefinition) -> list[str]:
    """The columns of counts, sums after what they are made of."""
    return [*made_of(definition)]


def made_of(definition: MeasureDefinition) -> dict[str, tuple[str, ...]]:
    """Every count with the columns that it counts."""
    return {column.id: (column.id,) for column in definition.columns} | definition.sums


def without_client_types(asked: Asked) -> Step:
    """One row per authority whose submissions for the period have no client type at all, as in v4.2 of the specification."""
    sql = f"""
select la_code from submission
where stated_start <= $last and stated_end >= $first and {_WANTED}
group by la_code having bool_and(has_no_client_types) order by la_code"""
    values: dict[str, Value] = {"first": asked.period.start, "last": asked.period.end, "la_codes": list(asked.la_codes)}
    return Step("not_telling", sql, values)


def _known(definition: MeasureDefinition) -> str:
    """SQL: authority and labels, which are null in groups over them only."""
    return ", ".join(
        ["la_code", *(f"coalesce({ident(one.name)}, '') as {ident(one.name)}" for one in definition.labels)]
    )


def _grouping_sets(definition: MeasureDefinition, *more: str) -> str:
    """SQL: the label columns of each group of any breakdown and of each of its totals, each once; ``more`` in all of them."""
    found: dict[tuple[str, ...], None] = {}
    for names in definition.breakdowns.values():
        totalled = [name for name in names if definition.label(name).total]
        for size in range(len(totalled), -1, -1):
            for kept in combinations(totalled, size):
                divided = {*names} - {*totalled} | {*kept}
                found[tuple(label.name for label in definition.labels if label.name in divided)] = None
    return ", ".join(f"({', '.join(['la_code', *(ident(name) for name in names), *more])})" for names in found)


def _values_cte(label: Label, asked: Asked) -> str:
    values = [*shown_values(label, asked).values(), *([ALL] if label.total else [])]
    rows = ", ".join(f"({literal(value)}, {place})" for place, value in enumerate(values, start=1))
    return f""",
{ident("of_" + label.name)} ({ident(label.name)}, {ident(label.name + "_place")}) as (values {rows})"""
