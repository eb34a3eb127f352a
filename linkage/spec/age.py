"""Age in completed years: one rule, in Python and as SQL.

A year is completed on the birthday. Someone born on 29 February completes it on 1 March in a year without that day.
"""

from datetime import date


def age_years(birth: date, on: date) -> int:
    """Completed years from ``birth`` to ``on``, both inclusive; negative before the day of birth.

    >>> age_years(date(2004, 4, 1), date(2022, 3, 31)), age_years(date(2004, 4, 1), date(2022, 4, 1))
    (17, 18)
    """
    return on.year - birth.year - ((on.month, on.day) < (birth.month, birth.day))


def age_years_sql(birth: str, on: str) -> str:
    """SQL for the completed years between two DATE expressions; null when either is null."""
    day_of_year = "(extract(month from {0}) * 100 + extract(day from {0}))"
    early = f"{day_of_year.format(on)} < {day_of_year.format(birth)}"
    years = f"extract(year from {on}) - extract(year from {birth})"
    return f"cast({years} - case when {early} then 1 else 0 end as integer)"
