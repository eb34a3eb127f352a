"""The LTS001 cell of each person by the truth, against a plain recount of faultless files of the whole year."""

from datetime import date
from itertools import product
from typing import Any

import numpy as np

from linkage.synth.truth.salt_cells import COLUMNS, SOURCE, salt_rows
from tests.unit.synth_submissions import PLACES, days, plain_files, plain_world

FIRST, LAST = np.datetime64("2023-04-01"), np.datetime64("2024-03-31")
Service = tuple[np.datetime64, np.datetime64, str, str]


def truth() -> list[dict[str, Any]]:
    setting, blocks = plain_world()
    tables = [salt_rows(setting, block) for block in blocks]
    columns = {name: np.concatenate([table[name] for table in tables]).tolist() for name in COLUMNS}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def services() -> dict[str, list[Service]]:
    """Long-term services of each person as last sent: start, end, service type and mechanism.

    A rolling file has lost what ended before it, so the earlier files are needed for support that runs on from there.
    """
    setting, blocks = plain_world()
    person = {
        (setting.profile.authorities[place].la_code, local): f"P{block.people.person_id[row]}"
        for block in blocks
        for place, local, row in zip(block.records.authority, block.records.local_id, block.records.row, strict=True)
    }
    found: dict[str, dict[str, Service]] = {}
    for place, quarter in product(PLACES.values(), (1, 2, 3, 4)):
        file = plain_files()[place, quarter]
        ends = np.where(file["event_end_date"] == "", np.datetime64("2200-01-01"), days(file["event_end_date"]))
        names = ("la_code", "person_unique_identifier", "event_reference", "service_type", "delivery_mechanism")
        rows = zip(days(file["event_start_date"]), ends, *(file[name] for name in names), strict=True)
        for start, end, code, local, reference, kind, mechanism in rows:
            if kind.startswith("Long Term Support"):
                found.setdefault(person[code, local], {})[reference] = (start, end, kind, mechanism)
    return {who: list(events.values()) for who, events in found.items()}


def column(scope: list[Service]) -> str:
    """The hierarchy of the published tables, in plain words."""
    prison = [s for s in scope if s[2].endswith("Prison") or s[3].startswith("Prison")]
    ways = [s[3] for s in scope if s[2].endswith("Community") and s not in prison]
    if any(s[2].endswith("Nursing Care") for s in scope):
        return "nursing"
    if any(s[2].endswith("Residential Care") for s in scope):
        return "residential"
    direct = [way for way in ways if way.endswith("Direct Payment")]
    if direct:
        return "community_direct_payment" if len(direct) == len(ways) else "community_part_direct_payment"
    for words, name in (
        ("Managed Personal Budget", "community_managed"),
        ("Commissioned Support", "community_commissioned"),
    ):
        if any(way.endswith(words) for way in ways):
            return name
    return "prison" if prison else ""


def unbroken_since(all_services: list[Service]) -> np.datetime64 | None:
    """The start of the support that runs on the last day, day by day back."""
    if not any(start <= LAST <= end for start, end, _, _ in all_services):
        return None
    day = LAST
    while earlier := [start for start, end, _, _ in all_services if start < day <= end + 1]:
        day = min(earlier)
    return min([day, *(start for start, end, _, _ in all_services if start <= day <= end)])


def test_everybody_with_long_term_support_in_the_year_has_one_row() -> None:
    rows = truth()
    assert len({row["person_id"] for row in rows}) == len(rows) > 80
    assert {row["person_id"] for row in rows} == {
        person for person, sent in services().items() if any(end >= FIRST for _, end, _, _ in sent)
    }


def test_each_person_stands_in_the_column_that_a_recount_of_the_files_gives() -> None:
    found = services()
    for row in truth():
        known = found[row["person_id"]]
        mine = [s for s in known if s[1] >= FIRST]
        open_then = [s for s in mine if s[0] <= LAST <= s[1]]
        assert row["lts001a"] == column(mine), row
        assert row["lts001b"] == column(open_then), row
        since = unbroken_since(known)
        assert row["support_start_date"] == (None if since is None else since.astype(object))
        assert row["lts001c"] == (
            column(open_then) if since is not None and since < np.datetime64("2023-03-31") else ""
        )


def test_every_column_of_the_tables_is_held_by_somebody_but_the_one_for_faults() -> None:
    held = {row["lts001a"] for row in truth()}
    assert held >= {"nursing", "residential", "community_direct_payment", "community_part_direct_payment",
                    "community_managed", "community_commissioned"}  # fmt: skip
    assert "community_not_known" not in held


def test_the_age_band_is_that_of_the_last_day_of_the_year() -> None:
    _, blocks = plain_world()
    birth = {f"P{p}": b for block in blocks for p, b in zip(block.people.person_id, block.people.birth, strict=True)}
    for row in truth():
        born: date = birth[row["person_id"]].astype(object)
        age = 2024 - born.year - ((born.month, born.day) > (3, 31))
        assert row["age_band"] == ("18 to 64" if age < 65 else "65+")


def test_carers_as_such_have_no_row() -> None:
    _, blocks = plain_world()
    only_carers = {
        f"P{p}"
        for block in blocks
        for p, also in zip(block.carers.person_id, block.carers.also_user, strict=True)
        if not also
    }
    assert only_carers and not only_carers & {row["person_id"] for row in truth()}


def test_the_table_of_the_truth_folder_has_these_columns() -> None:
    assert (SOURCE.name, SOURCE.columns) == ("truth/support", COLUMNS)
