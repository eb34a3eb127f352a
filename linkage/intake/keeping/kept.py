"""The kept form of a submission: the rows that were not rejected, dates as DATE, and the key of an event.

Columns: ``row_number``, every field of the specification (dates as DATE, others as text), and for each date field
``<field>_given``: the text where it is no date that can be read, else null.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from linkage.engine import Step, ident, literal
from linkage.intake.dates import PARSED
from linkage.spec import Specification, canonical_ids, load_specification, versions, wordings_of

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
ONE_CLIENT_TYPE = "Service User"
"""What everybody is before v6, in the wording of v6."""


@dataclass(frozen=True)
class KeptFile:
    """One accepted submission as part of a record.

    ``name`` stands in the column ``submission``; ``place`` says where its rows are: a
    table of the engine, or the path of a Parquet file. Of two files for the same period the one with the higher ``order``
    is the later. ``sender`` is the authority that sent the rows, where they belong to another one (``la_code``) now.
    """

    name: str
    la_code: str
    specification: Specification
    period_start: date | None
    period_end: date
    place: str
    in_engine: bool = True
    order: int = 0
    sender: str | None = None

    @property
    def rolling(self) -> bool:
        """Whether the file covers 12 months, and not the year to date."""
        return self.specification.period == ROLLING

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
    """The columns of the current record, those of every packaged version together, with their types in SQL. Columns that
    only a version of one's own has stay in its file.
    """
    dates = {field.id for version in versions() for field in load_specification(version).date_fields}
    return {name: "date" if name in dates else "varchar" for name in canonical_ids()}


def column_sql(name: str, specification: Specification) -> str:
    """A column of the record from the kept form of a version: null where that version has no such field."""
    if specification.has(name):
        return ident(name)
    return f"cast(null as {event_columns()[name]}) as {ident(name)}"


def key_sql(specification: Specification, target: Specification) -> list[str]:
    """SQL for the parts of an event's key in the kept form of a version, in the wording of ``target``, so that the same event
    has the same key in files of both; before v6 everybody is a service user.
    """
    words = wordings_of(target, specification)
    parts = []
    for name in EVENT_KEY:
        if name == "client_type" and not specification.has(name):
            parts.append(f"{literal(one_client_type(target))} as client_type")
        elif name in words:
            parts.append(f"{worded_sql(name, words[name])} as {ident(name)}")
        else:
            parts.append(column_sql(name, specification))
    return parts


def one_client_type(specification: Specification) -> str:
    """What everybody is in files without client types, as a version words it."""
    return specification.successor_wordings.get("client_type", {}).get(ONE_CLIENT_TYPE, ONE_CLIENT_TYPE)


def worded_sql(name: str, words: Mapping[str, str]) -> str:
    """SQL for a column with other wordings in place of those it has; what is not among ``words`` stays."""
    whens = " ".join(f"when {literal(old)} then {literal(new)}" for old, new in words.items())
    return f"case {ident(name)} {whens} else {ident(name)} end" if words else ident(name)


LAST_DAY = "greatest(event_start_date, event_end_date)"
"""SQL for the last day of an event that has an end; an end before the start counts as the start."""
