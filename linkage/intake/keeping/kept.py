"""The kept form of a submission: the rows that were not rejected, dates as DATE, and the key of an event.

Columns: ``row_number``, every field of the specification (dates as DATE, others as text), and for each date field
``<field>_given``: the text where it is no date that can be read, else null.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from linkage.engine import Step, ident
from linkage.intake.dates import PARSED
from linkage.spec import Specification, canonical_ids, load_specification, versions

GIVEN = "_given"
"""What follows a date field's id in the name of the column with its text where that is no date."""

ROLLING = "rolling_12_months"

# DHSC's unique event without the end date (cld.md 2.3, item 7): an end that is given later closes the same event.
EVENT_KEY = (
    "person_unique_identifier",
    "client_type",
    "event_type",
    "event_start_date",
    "route_of_access",
    "assessment_type",
    "service_type",
    "service_component",
)
_ONE_CLIENT_TYPE = "Service User"


@dataclass(frozen=True)
class KeptFile:
    """One accepted submission as part of a record.

    ``name`` stands in the column ``submission``; ``version`` is its specification; ``place`` says where its rows are: a
    table of the engine, or the path of a Parquet file. Of two files for the same period the one with the higher ``order``
    is the later.
    """

    name: str
    la_code: str
    version: str
    period_start: date | None
    period_end: date
    place: str
    in_engine: bool = True
    order: int = 0

    @property
    def rolling(self) -> bool:
        """Whether the file covers 12 months, and not the year to date."""
        return load_specification(self.version).period == ROLLING

    @property
    def covers_from(self) -> date:
        """The first day covered: as stated, else what the specification says."""
        if self.period_start:
            return self.period_start
        if self.rolling and self.period_end > date.min:
            first = self.period_end + timedelta(days=1)
            return date(first.year - 1, first.month, 1)
        return date(reporting_year_start(self.period_end), 4, 1)

    @property
    def reporting_year(self) -> str:
        """1 April to 31 March by the period's end, as 2022/23."""
        return reporting_year(self.period_end)


def reporting_year_start(day: date) -> int:
    """The year in which the reporting year of a day began (1 April)."""
    return max(day.year - (day.month < 4), 1)


def reporting_year(day: date) -> str:
    """The reporting year of a day.

    >>> reporting_year(date(2023, 3, 31))
    '2022/23'
    """
    first = day.year - (day.month < 4)
    return f"{first}/{(first + 1) % 100:02d}"


def kept_rows_step(name: str, specification: Specification) -> Step:
    """From the submission just checked (``submission``, ``rejected_rows``) to its kept form, in the order of the file."""
    dates = {field.id for field in specification.date_fields}
    columns = ["row_number"]
    for field in specification.ids:
        if field in dates:
            parsed = ident(field + PARSED)
            columns.append(f"{parsed} as {ident(field)}")
            columns.append(f"case when {parsed} is null then {ident(field)} end as {ident(field + GIVEN)}")
        else:
            columns.append(ident(field))
    return Step(
        name,
        f"""select {", ".join(columns)} from submission
where row_number not in (select row_number from rejected_rows) order by row_number""",
    )


@cache
def event_columns() -> dict[str, str]:
    """The columns of the current record of every version together, with their types in SQL."""
    dates = {field.id for version in versions() for field in load_specification(version).date_fields}
    return {name: "date" if name in dates else "varchar" for name in canonical_ids()}


def column_sql(name: str, version: str) -> str:
    """A column of the record from the kept form of a version: null where that version has no such field."""
    if load_specification(version).has(name):
        return ident(name)
    return f"cast(null as {event_columns()[name]}) as {ident(name)}"


def key_sql(version: str) -> list[str]:
    """SQL for the parts of an event's key in the kept form of a version; before v6 everybody is a service user."""
    spec = load_specification(version)
    parts = []
    for name in EVENT_KEY:
        if name == "client_type" and not spec.has(name):
            parts.append(f"'{_ONE_CLIENT_TYPE}' as client_type")
        else:
            parts.append(column_sql(name, version))
    return parts


LAST_DAY = "greatest(event_start_date, event_end_date)"
"""SQL for the last day of an event that has an end; an end before the start counts as the start."""
