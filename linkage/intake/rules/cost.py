"""Rules about the costs of services."""

from functools import cache

from linkage.configs import read_packaged
from linkage.engine import literal
from linkage.intake.dates import PARSED
from linkage.intake.rules.applicability import costed_sql, matrix
from linkage.intake.rules.context import Context, in_sql
from linkage.intake.rules.listed import listed
from linkage.intake.rules.model import Rule, all_of, found_sql
from pseudo.config_file import ConfigModel

_START, _END = f"event_start_date{PARSED}", f"event_end_date{PARSED}"
_NUMBER = r"[+-]?[0-9]*[.]?[0-9]+|[+-]?[0-9]+[.]"
_AMOUNT = "try_cast(s.unit_cost as double)"
_UNITS = "try_cast(s.planned_units_per_week as double)"


class FrequencyEntry(ConfigModel):
    """How often a cost recurs in a week, as a fraction."""

    frequency: str
    numerator: int
    denominator: int


class BoundsEntry(ConfigModel):
    """Between which pounds a week, both inclusive, the cost of a component is plausible."""

    components: tuple[str, ...]
    low_pounds: float
    high_pounds: float


class CostsFile(ConfigModel):
    """The form of ``configs/rules/tables/costs.yaml``."""

    per_week: tuple[FrequencyEntry, ...]
    planned_units: tuple[str, ...]
    bounds: tuple[BoundsEntry, ...]


def c01_unit_cost(_: Rule, context: Context) -> str:
    """Unit costs that are no number, negative or of more than two decimals, and services without the cost they should
    have.
    """
    field = "unit_cost"
    number = f"regexp_full_match(s.{field}, '{_NUMBER}')"
    return all_of(
        found_sql("not_a_number", field, f"s.{field} is not null and not {number}"),
        found_sql("negative", field, f"{number} and {_AMOUNT} < 0"),
        found_sql("decimals", field, f"{number} and regexp_matches(s.{field}, '[.][0-9]{{3,}}$')"),
        found_sql("missing", field, f"s.{field} is null and {costed_sql(context)}"),
    )


def c02_gross_cost(rule: Rule, context: Context) -> str:
    """Unit costs of nothing, and those many times the median of the file's costs of the same component and frequency, or
    a small part of it; groups of few costs are not judged.
    """
    times, least = rule.number("times_median"), int(rule.number("least_costs"))
    return f"""with costs as (
        select s.row_number, s.unit_cost, {_AMOUNT} as amount, s.service_component, s.cost_frequency
        from submission as s where s.unit_cost is not null and {context.is_in("service")}
    ), usual as (
        select service_component, cost_frequency, median(amount) as median from costs
        where amount > 0 group by all having count(*) >= {least}
    )
    select row_number, case when amount = 0 then 'nothing' else 'extreme' end as part, 'unit_cost' as field,
        unit_cost as value, cast(null as varchar) as suggestion
    from costs left join usual using (service_component, cost_frequency)
    where amount = 0 or amount > 0 and (amount > median * {times} or amount * {times} < median)"""


def c03_one_cost(_: Rule, __: Context) -> str:
    """Services that differ from the one before in cost alone: the same dates, or one starting as the other ends."""
    return f"""select row_number, case when {_START} = start_before then 'same_dates' else 'uplift' end as part,
        'unit_cost' as field, unit_cost as value, 'row ' || row_before as suggestion
    from service_sequence
    where cost <> cost_before and (
        {_START} = start_before and {_END} is not distinct from end_before or {_START} - end_before between 0 and 1)"""


def c04_frequency(rule: Rule, context: Context) -> str:
    """A frequency from the list where there is a unit cost, and none where there is not."""
    field = "cost_frequency"
    return all_of(
        found_sql("cost_without_frequency", field, f"s.unit_cost is not null and s.{field} is null"),
        found_sql("frequency_without_cost", field, f"s.unit_cost is null and s.{field} is not null"),
        listed(rule, context),
    )


def c05_planned_units(_: Rule, context: Context) -> str:
    """Planned units where the cost recurs more often than weekly, and nowhere else unless the version's matrix makes
    them mandatory wherever a cost is.
    """
    field = "planned_units_per_week"
    often = context.is_in("oftener_than_weekly")
    listed_otherwise = f"s.cost_frequency in {in_sql(context.specification.values('cost_frequency'))} and not {often}"
    wider = any(entry.field == field and entry.mandatory for entry in matrix(context.specification.version))
    selects = [
        found_sql("missing", field, f"{often} and s.unit_cost is not null and s.{field} is null"),
        found_sql("not_a_number", field, f"s.{field} is not null and coalesce({_UNITS} < 0, true)"),
    ]
    if not wider:
        selects.append(found_sql("not_expected", field, f"s.{field} is not null and {listed_otherwise}"))
    return all_of(*selects)


def c06_full_cost(rule: Rule, context: Context) -> str:
    """Listed values, and the same on all costed services of a person; the latest one (by start) is suggested."""
    field = "full_cost_client"
    if not context.has(field):
        return listed(rule, context)
    return f"""with costed as (
        select s.row_number, s.{field}, s.person_unique_identifier as person, s.{_START} as start
        from submission as s where s.unit_cost is not null and s.person_unique_identifier is not null
    ), latest as (
        select person, arg_max(coalesce({field}, ''), (coalesce(start, date '0001-01-01'), row_number)) as last
        from costed group by person having count(distinct coalesce({field}, '')) > 1
    )
    select row_number, 'differs' as part, '{field}' as field, {field} as value, nullif(last, '') as suggestion
    from costed join latest using (person) where coalesce({field}, '') <> last
    union all
    {listed(rule, context)}"""


def c07_weekly_cost(_: Rule, context: Context) -> str:
    """Costs a week outside the bounds of their component; costs of nothing are left to C02, one-off costs have no week."""
    weekly = _weekly_sql(context)
    selects = []
    for entry in _costs().bounds:
        components = context.worded("service_component", entry.components)
        if components:
            outside = f"({weekly} < {entry.low_pounds:f} or {weekly} > {entry.high_pounds:f})"
            where = f"s.service_component in {in_sql(components)} and {_AMOUNT} > 0 and {outside}"
            selects.append(found_sql("implausible", "unit_cost", where, suggestion=f"printf('%.2f a week', {weekly})"))
    return all_of(*selects)


def _weekly_sql(context: Context) -> str:
    """SQL for the pounds a week of a row ``s``; null without a cost, a frequency or, where they are needed, the units."""
    whens = [
        f"when {literal(value)} then {_AMOUNT} * {entry.numerator} / {entry.denominator}"
        for entry in _costs().per_week
        for value in context.worded("cost_frequency", (entry.frequency,))
    ]
    units = context.worded("cost_frequency", _costs().planned_units)
    whens += [f"when {literal(value)} then {_AMOUNT} * {_UNITS}" for value in units]
    return f"(case s.cost_frequency {' '.join(whens)} end)"


@cache
def _costs() -> CostsFile:
    return read_packaged("rules/tables/costs.yaml", CostsFile)


PREDICATES = {
    "C01": c01_unit_cost,
    "C02": c02_gross_cost,
    "C03": c03_one_cost,
    "C04": c04_frequency,
    "C05": c05_planned_units,
    "C06": c06_full_cost,
    "C07": c07_weekly_cost,
}
