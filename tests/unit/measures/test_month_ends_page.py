"""The people and the table of ``docs/explanation/month_ends.md`` are what the program counts."""

from datetime import date
from pathlib import Path

from linkage.cohort.derive.definitions import lts001_definition
from linkage.cohort.measures.salt_lts001 import run_lts001
from linkage.engine import Engine, Step
from tests.unit.derived_events import YEAR, care_engine, service
from tests.unit.placed_people import figures, measured

PAGE = Path(__file__).parents[3] / "docs" / "explanation" / "month_ends.md"
SETTINGS = ("nursing", "residential", "community", "prison")
HOME = {"service_type": "Long Term Support: Community", "delivery_mechanism": "CASSR Commissioned Support"}
ROWS = [
    service("Ann", **HOME),
    service("Bob"),
    service("Bob", **HOME, service_component="Day Support"),
    service("Cat", service_type="Long Term Support: Residential Care", event_end_date=date(2023, 1, 31)),
    service("Cat", event_start_date=date(2023, 2, 1)),
    service("Dan", **HOME | {"delivery_mechanism": "Direct Payment"}),
    service("Dan", **HOME),
    service("Eve", **HOME, event_end_date=date(2022, 12, 31)),
    service("Fay", **HOME, birth_month=None),
]


def _row(numbers: list[int]) -> list[str]:
    return [str(number) for number in (*numbers, sum(numbers))]


def _of_lts001(engine: Engine, table: str) -> list[str]:
    sql = f"""
select split_part(column_id, '_', 1), sum(people) from lts001_counts
where table_id = '{table}' and age_band = 'All adults' and column_id <> 'total' group by 1"""
    found = {setting: int(people) for setting, people in engine.rows(Step("columns", sql))}
    return _row([found[setting] for setting in SETTINGS])


def test_the_table_of_the_page_is_what_is_counted() -> None:
    with measured("long_term_monthly", ROWS) as engine:
        march = figures(engine, "long_term_monthly")[-1]
    counted = {
        "31 March, every setting": _row([march[name] for name in SETTINGS]),
        "31 March, everyone once": _row([march[f"once_{name}"] for name in SETTINGS]),
        "the difference: `also_`": _row([march.get(f"also_{name}", 0) for name in SETTINGS]),
    }
    with care_engine(ROWS) as engine:
        run_lts001(engine, lts001_definition(), YEAR, la_codes=[])
        counted["LTS001b, 31 March"] = _of_lts001(engine, "LTS001b")
        counted["LTS001a, the year"] = _of_lts001(engine, "LTS001a")
    lines = [
        line.strip("|").split("|") for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("|")
    ]
    shown = {cells[0].strip(): [cell.strip() for cell in cells[1:]] for cells in lines}
    assert {name: shown[name] for name in counted} == counted
    assert {row["person_pseudonym"] for row in ROWS} <= set(shown)
