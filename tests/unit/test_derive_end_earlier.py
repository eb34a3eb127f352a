"""Events that are cut on an earlier day are those that a derivation to that day makes."""

from datetime import date

import pytest

from linkage.cohort.derive.period import Period
from linkage.cohort.derive.run import Derivation, derive, end_earlier, last_quarter
from linkage.cohort.derive.source import linked_source
from linkage.engine import Engine
from tests.independent.worlds import Row, random_rows
from tests.unit.derived_events import YEAR, care_engine, table

WIDE = Period(date(2021, 4, 1), date(2023, 6, 30))
YEARS = Period(WIDE.start, YEAR.end)


def two_submissions(rows: list[Row]) -> list[Row]:
    """Every other row sent twice: in the year's submission, and with other ends in that of the quarter after it."""
    later = {"reporting_period_start_date": date(2023, 4, 1), "reporting_period_end_date": WIDE.end, "gender": "Male"}
    return (
        rows
        + [row | later | {"event_end_date": None} for row in rows[::2] if row["event_type"] == "Service"]
        + [row | later for row in rows[1::2]]
    )


def derived_tables(engine: Engine) -> list[list[tuple[object, ...]]]:
    return [table(engine, f"select * from {name} order by all") for name in ("event", "person", "spell")]


@pytest.mark.parametrize("rows", [random_rows(7), two_submissions(random_rows(8))], ids=["one", "two submissions"])
def test_the_tables_are_those_of_a_derivation_to_that_day(rows: list[Row]) -> None:
    costs = last_quarter(YEARS)
    with care_engine(rows, leave_out=("submission",)) as engine:
        derive(engine, linked_source(engine), Derivation(YEARS, cost_period=costs))
        narrow = derived_tables(engine)
        derive(engine, linked_source(engine), Derivation(WIDE, cost_period=costs, keep_details=True))
        assert derived_tables(engine) != narrow
        end_earlier(engine, YEARS.end)
        assert derived_tables(engine) == narrow
