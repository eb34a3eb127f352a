"""Step 12, costs: what a service costs by the week and in a period."""

from linkage.cohort.derive.grouped import meanings
from linkage.cohort.derive.settings import cost_frequencies
from linkage.cohort.derive.wording import wording_key
from linkage.engine import literal
from linkage.errors import InternalError


def units_a_week_sql() -> str:
    """SQL: units of a costed service in a week, by its ``cost_frequency_group``; planned units where the frequency tells none.

    The frequency is trusted over the planned units. Null: one-off, no charge, or no units. Source: DHSC step 12.
    """
    whens = []
    for frequency in cost_frequencies():
        meaning = meanings("cost_frequency").get(wording_key(frequency.name))
        if meaning is None or meaning.group is None:
            raise InternalError(f"configs/mapping/costs.yaml: no cost frequency is called {frequency.name}.")
        if frequency.times and frequency.in_weeks:
            whens.append(f"when {literal(meaning.group)} then {frequency.times} / {frequency.in_weeks}::double")
    return f"""case cost_frequency_group {" ".join(whens)}
    when 'one_off' then null when 'no_charge' then null else planned_units end"""


def weekly_cost_sql() -> str:
    """SQL: pounds a week, never negative; null for zero, blank and one-off costs. Source: DHSC step 12."""
    return f"nullif(abs(unit_cost) * ({units_a_week_sql()}), 0)"


def period_cost_sql(weekly: str, start: str, end: str, first: str, last: str) -> str:
    """SQL: pounds in a period for a service from ``start`` to ``end`` (null: open); null when it does not overlap it.

    Weeks are days in the period, both ends inclusive, over 7. A one-off is its unit cost, in whichever period it is open.
    """
    weeks = f"(least(coalesce({end}, {last}), {last}) - greatest({start}, {first}) + 1) / 7.0"
    return f"""case when {start} > {last} or {end} < {first} then null
    when cost_frequency_group = 'one_off' then nullif(abs(unit_cost), 0) else {weekly} * {weeks} end"""
