"""Finance rows → Unit Cost, Cost Frequency and Planned units per week of the services they pay for.

A finance row has an amount and how often it is paid (``frequency``); it may say how many ``units`` (hours, sessions, days:
``unit``) the amount buys, and from when the price holds (``starts``; blank: always).

- An amount per session, hour or day is the unit cost; ``units`` are those planned in a week, and must be there.
- An amount for a week or a longer interval with units is divided by them: unit cost per unit, units per week by the
  length of the interval. Without units it is the unit cost itself, and there are no planned units.
- Of several prices of a service the latest known at its end, or at the period's end while it runs, counts; on a tie the
  later row. A price that starts later does not count yet. One row per service, whatever number of prices it had.

Amounts are in pounds, rounded half up to pence. A negative amount is a correction and no price.
"""

from collections.abc import Sequence

import pyarrow as pa

from linkage.configs import read_packaged
from linkage.engine import Step, Value, ident
from linkage.intake.dates import PARSED
from pseudo.config_file import ConfigModel

NOT_CONVERTED = {
    "no_amount": "the amount is blank or no number",
    "negative_amount": "the amount is negative: a correction is no price",
    "no_frequency": "it is not known how often the amount is paid",
    "no_units": "a price per session, hour or day needs the units planned in a week",
    "unreadable_start": "the day from which the price holds is no date in the format of the table",
    "no_service": "there is no service with this key",
}
COST_FIELDS = ("unit_cost", "cost_frequency", "planned_units_per_week")
END = f"event_end_date{PARSED}"


class CostFrequency(ConfigModel):
    """How often the unit of a Cost Frequency recurs: ``times`` in ``in_weeks`` weeks, or more often than weekly."""

    name: str
    more_often_than_weekly: bool = False
    times: int | None = None
    in_weeks: int | None = None


class CostRules(ConfigModel):
    """The form of ``configs/mapping/costs.yaml``."""

    frequencies: tuple[CostFrequency, ...]


def frequencies_table() -> pa.Table:
    """Table ``cost_frequencies``: name, more_often_than_weekly, units_per_week (null where no interval is known)."""
    rules = read_packaged("mapping/costs.yaml", CostRules).frequencies
    return pa.table(
        {
            "name": [rule.name for rule in rules],
            "more_often_than_weekly": [rule.more_often_than_weekly for rule in rules],
            "units_per_week": [rule.times / rule.in_weeks if rule.times and rule.in_weeks else None for rule in rules],
        }
    )


def converted_step(name: str, source: str, given: Sequence[str]) -> Step:
    """The rows of ``source`` as prices: row_number, key, starts_parsed, ``refused`` (a key of ``NOT_CONVERTED`` or null)
    and the three cost fields as text. ``given`` are the parts that the table has; others are blank.
    """
    part = {key: f"t.{key}" if key in given else "cast(null as varchar)" for key in ("amount", "unit", "units")}
    starts = "t.starts" if "starts" in given else "cast(null as varchar)"
    starts_parsed = f"t.starts{PARSED}" if "starts" in given else "cast(null as date)"
    return Step(
        name,
        f"""with parsed as (
    select t.row_number, t.key, t.frequency, {part["unit"]} as unit, {_number_sql(part["amount"])} as amount,
        {_number_sql(part["units"])} as units, {starts} as starts, {starts_parsed} as starts{PARSED}
    from {ident(source)} as t where t.left_out is null
), rated as (
    select p.*, coalesce(f.more_often_than_weekly, false) as often,
        p.units > 0 and coalesce(u.more_often_than_weekly, false) and f.units_per_week is not null as divided, f.units_per_week
    from parsed as p left join cost_frequencies as f on f.name = p.frequency left join cost_frequencies as u on u.name = p.unit
)
select row_number, key, starts{PARSED}, {_refused_sql()} as refused,
    {_money_sql("case when divided then amount / units else amount end")} as unit_cost,
    case when divided then unit else frequency end as cost_frequency,
    case when divided then {_money_sql("units * units_per_week")} when often then {_money_sql("units")} end
        as planned_units_per_week
from rated""",
    )


def prices_step(converted: Sequence[tuple[str, int, str, str]]) -> Step:
    """Every price with its table: ``converted`` are (table, position, table of services, its position in the database)."""
    selects = []
    for table, position, services, services_table in converted:
        selects.append(
            f"""select {int(position)} as position, c.*, '{services}' as services, exists (
    select 1 from {ident(services_table)} as s where s.key = c.key) as has_service from {ident(table)} as c"""
        )
    return Step("prices", "\nunion all\n".join(selects))


def priced_step(name: str, services: str, label: str, period_end: Value) -> Step:
    """Every service of the submission beside every price it may have: service row_number, position and row_number of
    the price, the cost fields, and ``rank`` (1 for the price that counts).
    """
    return Step(
        name,
        f"""select s.row_number as service_row, p.position, p.row_number, p.unit_cost, p.cost_frequency, p.planned_units_per_week,
    row_number() over (
        partition by s.row_number order by p.starts{PARSED} desc nulls last, p.position desc, p.row_number desc
    ) as rank
from {ident(services)} as s join prices as p on p.services = '{label}' and p.key = s.key and p.refused is null
cross join (select cast($period_end as date) as period_end) as period
where p.starts{PARSED} is null or p.starts{PARSED} <= least(coalesce(s.{END}, period_end), period_end)""",
        {"period_end": period_end},
    )


def price_status_step(priced: Sequence[str], services: Sequence[str]) -> Step:
    """What became of each price: position, row_number, status and detail in the words of ``row_status``."""
    ranked = "\nunion all\n".join(f"select position, row_number, rank from {ident(name)}" for name in priced)
    keys = "\nunion all\n".join(f"select '{name}' as services, key from {ident(name)}" for name in services)
    return Step(
        "price_status",
        f"""with best as (select position, row_number, min(rank) as rank from (
{ranked}
) group by all), submitted as (select distinct * from (
{keys}
))
select p.position, p.row_number, p.key as person, case
        when p.refused is not null or not p.has_service then 'refused' when b.rank = 1 then 'out' else 'not_needed' end as status,
    case when p.refused is not null then p.refused when not p.has_service then 'no_service' when b.rank = 1 then null
        when b.rank > 1 then 'another_price' when s.key is not null then 'later_price' else 'service_not_out' end as detail
from prices as p left join best as b on b.position = p.position and b.row_number = p.row_number
left join submitted as s on s.services = p.services and s.key = p.key""",
    )


def _number_sql(text: str) -> str:
    """A number as people write money: the pound sign and commas between thousands do not count."""
    return f"try_cast(regexp_replace({text}, '[£, ]', '', 'g') as decimal(18, 4))"


def _money_sql(amount: str) -> str:
    return f"cast(cast(round(cast({amount} as decimal(18, 6)), 2) as decimal(18, 2)) as varchar)"


def _refused_sql() -> str:
    return f"""case when amount is null then 'no_amount' when amount < 0 then 'negative_amount'
        when frequency is null then 'no_frequency'
        when often and (units is null or units <= 0) then 'no_units'
        when starts is not null and starts{PARSED} is null then 'unreadable_start' end"""
