"""LTS001 by SQL equals LTS001 by a second, plain pandas implementation, on random small worlds.

The second form walks day by day where the first uses intervals, and person by person where the first uses groups.
"""

from datetime import date, timedelta
from random import Random
from typing import Any

import pandas as pd
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.cohort.derive.definitions import lts001_definition
from linkage.cohort.derive.long_term_support import NEEDED_COLUMNS
from linkage.cohort.derive.period import Period
from linkage.cohort.measures.salt_lts001 import run_lts001
from linkage.engine import Step, open_engine

DEFINITION = lts001_definition()
START, END = date(2022, 4, 1), date(2023, 3, 31)
REASONS = ["Mental Health Support", "Learning Disability Support", "PSR Not Known", None]
LONG, SHORT = "Long Term Support: ", "Short Term Support: "
TYPES = [LONG + "Nursing Care", LONG + "Residential Care", *[LONG + "Community"] * 8, SHORT + "ST-Max"]
MECHANISMS = [
    "Direct Payment",
    "Community: Direct Payment",
    "CASSR Managed Personal Budget",
    "Community: CASSR Commissioned Support",
    "Prison: CASSR Commissioned Support",
    "nonsense",
    None,
]
EDGES = [START, END, date(2022, 3, 30), date(2022, 3, 31), date(2023, 3, 30), date(2023, 4, 1)]


@settings(max_examples=12, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32), switch=st.sampled_from(["same_period", "same_day"]))
def test_both_implementations_agree(seed: int, switch: str) -> None:
    world = [row for person in range(40) for row in rows_of_person(Random(seed * 1000 + person), f"p{person}")]
    assert by_sql(world, switch) == by_pandas(pd.DataFrame(world, dtype=object), switch)


def rows_of_person(random: Random, person: str) -> list[dict[str, Any]]:
    """One to five rows, often one after another, most of them sound."""
    death = some_day(random) if random.random() < 0.15 else None
    birth_month = random.choice(["1940-01", "1958-03", "1958-04", "1990-12", "2005-04", None])
    rows: list[dict[str, Any]] = []
    for _ in range(random.randint(1, 5)):
        before = rows[-1]["event_end_date"] if rows else None
        follows = before is not None and random.random() < 0.6
        start = before + timedelta(days=random.choice([0, 1, 1, 2])) if follows else some_day(random)
        end = None if random.random() < 0.3 else start + timedelta(days=random.choice([-5, 0, 30, 200, 400]))
        rows.append(
            {
                "la_code": random.choice(["991", "991", "991", "992"]),
                "reporting_period_start_date": START,
                "reporting_period_end_date": END,
                "person_pseudonym": person,
                "person_id_type": "one_time" if random.random() < 0.03 else "nhs_number",
                "birth_month": random.choice([birth_month, birth_month, birth_month, "1958-03"]),
                "date_of_death": random.choice([death, death, None]),
                "client_type": random.choice(["Service User"] * 12 + ["Carer", None]),
                "primary_support_reason": random.choice(REASONS),
                "event_type": "Review" if random.random() < 0.1 else "Service",
                "event_start_date": None if random.random() < 0.03 else start,
                "event_end_date": end,
                "service_type": random.choice(TYPES),
                "delivery_mechanism": random.choice(MECHANISMS),
            }
        )
    return rows


def some_day(random: Random) -> date:
    return random.choice([*EDGES, date(2021, 6, 1) + timedelta(days=random.randint(0, 660))])


def by_sql(world: list[dict[str, Any]], switch: str) -> dict[tuple[str, ...], int]:
    schema = pa.schema([(name, pa.date32() if "date" in name else pa.string()) for name in NEEDED_COLUMNS])
    definition = DEFINITION.model_copy(update={"part_direct_payment": switch})
    with open_engine() as engine:
        engine.register("social_care", pa.Table.from_pylist(world, schema=schema))
        run_lts001(engine, definition, Period(START, END), la_codes=[])
        sql = """
select table_id, la_code, age_band, primary_support_reason, column_id, people from lts001_counts
where primary_support_reason <> 'Total' and column_id <> 'total' and people > 0"""
        return {tuple(row[:5]): row[5] for row in engine.rows(Step("cells", sql))}


def by_pandas(events: pd.DataFrame, switch: str) -> dict[tuple[str, ...], int]:
    cells: dict[tuple[str, ...], int] = {}
    for la_code, authority in events.groupby("la_code"):
        unknown_type = authority["client_type"].isna().all()
        users = authority[(authority["client_type"] == "Service User") | unknown_type]
        for _, person in users[users["person_id_type"] != "one_time"].groupby("person_pseudonym"):
            band, reason = band_of(person), reason_of(person)
            for table, column in columns_of(person, switch).items():
                if band and column:
                    key = (table, str(la_code), band, reason, column)
                    cells[key] = cells.get(key, 0) + 1
    return cells


def in_order(person: pd.DataFrame) -> pd.DataFrame:
    return person.assign(on=person["event_start_date"].map(lambda day: day or date.min)).sort_values("on")


def band_of(person: pd.DataFrame) -> str | None:
    known = in_order(person[person["birth_month"].notna()])
    if known.empty:
        return None
    latest = known[known["on"] == known["on"].max()]["birth_month"].min()
    year, month = (int(part) for part in latest.split("-"))
    age = END.year - year - (END.month < month)
    return None if age < 18 else "18 to 64" if age < 65 else "65+"


def reason_of(person: pd.DataFrame) -> str:
    listed = in_order(person[person["primary_support_reason"].isin(REASONS[:2])])
    listed = listed[listed["on"] <= END]
    latest = set(listed[listed["on"] == listed["on"].max()]["primary_support_reason"]) if len(listed) else set()
    return latest.pop() if len(latest) == 1 else "PSR Not Known"


def columns_of(person: pd.DataFrame, switch: str) -> dict[str, str | None]:
    deaths = person["date_of_death"].dropna()
    death = max(deaths) if len(deaths) else date.max
    spells: list[tuple[date, date, str]] = []
    for row in person.to_dict("records"):
        start, stated = row["event_start_date"], row["event_end_date"] or date.max
        if (
            row["event_type"] == "Service"
            and row["service_type"].startswith("Long")
            and start
            and start <= min(stated, death)
        ):
            spells.append((start, min(stated, death), kind_of(row)))
    year = [START + timedelta(days=offset) for offset in range((END - START).days + 1)]
    at_end = column_of(spells, [END], switch)
    return {
        "LTS001a": column_of(spells, year, switch),
        "LTS001b": at_end,
        "LTS001c": at_end if long_chain(spells) else None,
    }


def kind_of(row: dict[str, Any]) -> str:
    if "Community" not in row["service_type"]:
        return "nursing" if "Nursing" in row["service_type"] else "residential"
    mechanism = row["delivery_mechanism"] or ""
    if mechanism.startswith("Prison"):
        return "prison"
    return next((kind for kind in ("Direct", "Managed", "Commissioned") if kind in mechanism), "blank")


def column_of(spells: list[tuple[date, date, str]], window: list[date], switch: str) -> str | None:
    by_day = [{kind for start, end, kind in spells if start <= day <= end} for day in window]
    ever = set().union(*by_day)
    mixed = [kinds for kinds in ([ever] if switch == "same_period" else by_day) if "Direct" in kinds]
    part = any(kinds & {"Managed", "Commissioned"} for kinds in mixed)
    order = {
        "nursing": "nursing",
        "residential": "residential",
        "Direct": "community_part_direct_payment" if part else "community_direct_payment",
        "Managed": "community_managed",
        "Commissioned": "community_commissioned",
        "blank": "community_not_known",
        "prison": "prison",
    }
    return next((column for kind, column in order.items() if kind in ever), None)


def long_chain(spells: list[tuple[date, date, str]]) -> bool:
    """Walk back from the last day: is every day supported until 30 March of the year before?"""
    day = END
    while day >= date(2022, 3, 30):
        if not any(start <= day <= end for start, end, _ in spells):
            return False
        day -= timedelta(days=1)
    return True
