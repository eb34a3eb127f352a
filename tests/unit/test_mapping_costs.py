"""Finance rows become one unit cost for each service; what cannot be converted is listed."""

from pathlib import Path
from typing import Any

import pytest

from tests.unit.mapping_projects import COSTS, Small, csv_text, fates

HEADING = "No,Amount,Per,Unit,Units,From"
COLUMNS = ("Unit Cost (£)", "Cost Frequency (Unit Type)", "Planned units per week")


def priced(folder: Path, *rows: str, services: str = "7,P1,01/05/2022,,HC", **costs: Any) -> Small:
    files = {"costs.csv": csv_text(HEADING, rows), "services.csv": csv_text("No,ID,From,To,What", [services])}
    return Small(folder, files, costs=[COSTS | costs])


def cost(small: Small) -> tuple[str, ...]:
    [row] = small.rows()
    return tuple(row[column] for column in COLUMNS)


# Amount, frequency, unit, units → Unit Cost, Cost Frequency, Planned units per week.
CONVERTED = {
    "500,Weekly,,": ("500.00", "Weekly", ""),
    '"£1,250.50",4-weekly,,': ("1250.50", "4-weekly", ""),
    "433.33,Monthly,,": ("433.33", "Monthly", ""),
    "26000,Annually,,": ("26000.00", "Annually", ""),
    "800,One-off,,": ("800.00", "One-off", ""),
    "0,Weekly,,": ("0.00", "Weekly", ""),
    "18.5,Hourly,,14": ("18.50", "Hourly", "14.00"),
    "6,Daily,,7": ("6.00", "Daily", "7.00"),
    "40,Per Session,,2.5": ("40.00", "Per Session", "2.50"),
    "260,Weekly,Hourly,14": ("18.57", "Hourly", "14.00"),
    "1040,4-weekly,Hourly,56": ("18.57", "Hourly", "14.00"),
    "1126.67,Monthly,Hourly,60.6667": ("18.57", "Hourly", "14.00"),
    "13520,Annually,Hourly,728": ("18.57", "Hourly", "14.00"),
    "260,Weekly,Hourly,": ("260.00", "Weekly", ""),
    "100,Weekly,,5": ("100.00", "Weekly", ""),
    "0.125,Weekly,,": ("0.13", "Weekly", ""),
}


def test_amounts_become_unit_costs(tmp_path: Path) -> None:
    services = [f"{n},P1,{n:02d}/05/2022,,HC" for n in range(1, len(CONVERTED) + 1)]
    costs = [f"{n},{given}," for n, given in enumerate(CONVERTED, start=1)]
    files = {"costs.csv": csv_text(HEADING, costs), "services.csv": csv_text("No,ID,From,To,What", services)}
    rows = Small(tmp_path, files, costs=[COSTS]).rows()
    found = {given: tuple(row[column] for column in COLUMNS) for given, row in zip(CONVERTED, rows, strict=True)}
    assert found == CONVERTED


REFUSED = {
    "7,,Weekly,,,": "the amount is blank or no number",
    "7,many,Weekly,,,": "the amount is blank or no number",
    "7,-5,Weekly,,,": "the amount is negative: a correction is no price",
    "7,5,,,,": "it is not known how often the amount is paid",
    "7,5,each,,,": "it is not known how often the amount is paid",
    "7,5,Hourly,,,": "a price per session, hour or day needs the units planned in a week",
    "7,5,Hourly,,0,": "a price per session, hour or day needs the units planned in a week",
    "7,5,Weekly,,,May": "the day from which the price holds is no date in the format of the table",
    "8,5,Weekly,,,": "there is no service with this key",
}


def test_what_cannot_be_converted_is_listed_with_the_reason(tmp_path: Path) -> None:
    small = priced(tmp_path, *REFUSED)
    listed = small.listed("rejects_IDENTIFIABLE.csv")
    assert [row["reason"] for row in listed] == list(REFUSED.values())
    assert cost(small) == ("", "", "")


def test_a_frequency_in_local_words_is_unmapped(tmp_path: Path) -> None:
    [row] = priced(tmp_path, "7,5,Wekly,,,").listed("unmapped_values.csv")
    assert (row["table"], row["field"], row["suggestion"]) == ("costs", "frequency", "Weekly")


UPLIFTS = ("7,100,Weekly,,,01/04/2021", "7,110,Weekly,,,01/04/2022", "7,121,Weekly,,,01/04/2023")


@pytest.mark.parametrize(
    ("service", "amount"),
    [
        ("7,P1,01/05/2020,,HC", "110.00"),
        ("7,P1,01/05/2020,31/03/2023,HC", "110.00"),
        ("7,P1,01/04/2022,01/04/2022,HC", "110.00"),
    ],
)
def test_the_latest_price_known_at_the_end_counts_and_makes_one_row(service: str, amount: str, tmp_path: Path) -> None:
    assert cost(priced(tmp_path, *UPLIFTS, services=service))[0] == amount


def test_a_price_does_not_count_before_it_starts(tmp_path: Path) -> None:
    rows = ("7,100,Weekly,,,01/04/2021", "7,110,Weekly,,,01/07/2022")
    assert cost(priced(tmp_path, *rows, services="7,P1,01/05/2022,30/06/2022,HC"))[0] == "100.00"


def test_a_price_without_a_start_is_the_earliest(tmp_path: Path) -> None:
    assert cost(priced(tmp_path, "7,110,Weekly,,,01/04/2022", "7,100,Weekly,,,"))[0] == "110.00"


def test_of_two_prices_from_one_day_the_later_row_counts(tmp_path: Path) -> None:
    assert cost(priced(tmp_path, "7,2,Weekly,,,01/04/2022", "7,1,Weekly,,,01/04/2022"))[0] == "1.00"


def test_every_finance_row_is_accounted_for(tmp_path: Path) -> None:
    condition = {"name": "closed account", "column": "Unit", "operator": "in", "values": ["X"]}
    small = priced(tmp_path, *UPLIFTS, "7,5,Weekly,X,,", "8,5,Weekly,,,", leave_out=[condition])
    assert fates(small.make(), "costs") == {
        "out": 1,
        "closed account": 1,
        "another price of the service counts: the latest known at its end": 1,
        "the price starts after the end of the service or of the period": 1,
        "there is no service with this key": 1,
    }


def test_services_without_a_cost_are_counted(tmp_path: Path) -> None:
    assert priced(tmp_path, "8,5,Weekly,,,").make().uncosted == 1


def test_who_pays_the_full_cost_stands_on_costed_rows_only(tmp_path: Path) -> None:
    files = {
        "people.csv": "ID,Name\nP1,Yes\n",
        "services.csv": "No,ID,From,To,What\n7,P1,01/05/2022,,HC\n8,P1,02/05/2022,,HC\n",
        "costs.csv": csv_text(HEADING, ["7,5,Weekly,,,"]),
    }
    small = Small(tmp_path, files, people={"columns": {"full_cost_client": "Name"}}, costs=[COSTS])
    assert small.column("Full cost client") == ["Yes", ""]
