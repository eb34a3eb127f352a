"""SALT LTS002b in pandas."""

from datetime import date

import pandas as pd

from tests.independent.reviewed import supported_since
from tests.independent.salt_lts002a import on_the_day, reviews_of
from tests.independent.tables import Derived


def longer(derived: Derived):
    before = (pd.Timestamp(derived.last) - pd.DateOffset(years=1)).date()

    def alive_on(services: list[dict]) -> date | None:
        if not on_the_day(services, derived.last):
            return None
        begun = [row for row in services if row["start_date"] <= derived.last]
        return derived.last if supported_since(begun, derived.last) < before else None

    return alive_on


def people(derived: Derived) -> pd.DataFrame:
    return reviews_of(derived, longer(derived), homes_only=False)
