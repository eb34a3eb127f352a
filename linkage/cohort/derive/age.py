"""Age in the de-identified zone, where only the month of birth is known."""

from collections.abc import Sequence

from linkage.cohort.derive.definitions import AgeBand
from linkage.engine import ident, literal
from linkage.spec.age import age_years_sql


def age_from_birth_month_sql(birth_month: str, on: str) -> str:
    """SQL: completed years from the 1st of the birth month (text ``YYYY-MM``) to the date expression ``on``.

    Null for a blank or unreadable month and for one after ``on``. Source: the Client Level Data view holds month and
    year of birth only and takes the 1st; DHSC's floor(days / 365.25) differs from whole years on a few days.
    """
    born = f"try_cast({ident(birth_month)} || '-01' as date)"
    return f"case when {born} <= {on} then {age_years_sql(born, on)} end"


def age_band_sql(age: str, bands: Sequence[AgeBand]) -> str:
    """SQL: the label of the band that holds the age (completed years); null below the first band or without an age."""
    whens = "\n".join(
        f"    when {age} >= {band.first}"
        + (f" and {age} <= {band.last}" if band.last is not None else "")
        + f" then {literal(band.label)}"
        for band in bands
    )
    return f"case\n{whens}\n    end"


def dhsc_age_sql(born: str, on: str) -> str:
    """SQL: age as DHSC counts it, whole days from the first of the birth month (a date) over 365.25; null before birth.

    Source: DataS-DHSC/ASC-CLD-LA-Dashboard 9bee728. It is a year short of completed years on some birthdays.
    """
    return f"case when {born} <= {on} then cast(floor(({on} - {born}) / 365.25) as integer) end"
