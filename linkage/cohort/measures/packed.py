"""A place and a row as one number that sorts like the two: the first or last of many rows is found by ``min`` or ``max`` of it.

The database finds the least of numbers in half the time that it takes for the least of several values; the place and the row are
read off the bits of that one number.
"""

_ROW_BITS = 36
_DAY_BITS = 22
ROWS = 2**_ROW_BITS
"""More rows than a table has."""
DAYS = 2**_DAY_BITS
"""More days than there are until the year 9999."""
_DAY_ZERO = "date '0001-01-01'"


def packed_sql(place: str, row: str) -> str:
    """SQL: a place (a whole number) and a row's number, below ``ROWS``, as one number; null for no place."""
    return f"({place}) * {ROWS} + {row}"


def place_sql(packed: str) -> str:
    """SQL: the place that was packed."""
    return f"({packed} >> {_ROW_BITS})"


def row_sql(packed: str) -> str:
    """SQL: the row that was packed."""
    return f"cast({packed} & {ROWS - 1} as bigint)"


def day_number_sql(day: str) -> str:
    """SQL: a day as a whole number from 0, below ``DAYS``."""
    return f"({day} - {_DAY_ZERO})"


def two_days_sql(first: str, second: str) -> str:
    """SQL: two days as one place, which sorts by the first."""
    return f"cast({day_number_sql(first)} * {DAYS} + {day_number_sql(second)} as hugeint)"


def first_day_sql(two_days: str) -> str:
    """SQL: the first of two days that are one place."""
    return f"({_DAY_ZERO} + cast({two_days} >> {_DAY_BITS} as integer))"
