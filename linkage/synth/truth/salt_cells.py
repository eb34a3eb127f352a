"""The cell of the SALT LTS001 tables that each person stands in, by the truth: from what happened, not from the files.

Definitions as ``configs/measures/lts001.yaml`` states them. Support by truth has no faults: no double rows, no open ends
that were forgotten, the true date of birth. A second row for a new price is a matter of recording and is not there.
"""

from collections.abc import Mapping
from datetime import date
from functools import cache

import numpy as np
import numpy.typing as npt
from pydantic import ConfigDict

from linkage.configs import read_packaged
from linkage.synth.block import Block, Setting
from linkage.synth.columns import Columns, chosen
from linkage.synth.draws import Bools, Days, Ints, Texts
from linkage.synth.source import Source
from pseudo.config_file import ConfigModel

COLUMNS = (
    "la_code", "person_unique_identifier", "person_id", "primary_support_reason", "age_band", "support_start_date",
    "lts001a", "lts001b", "lts001c",
)  # fmt: skip
_FOREVER = np.datetime64("9999-12-31", "D")
_DIRECT, _MANAGED, _COMMISSIONED = "direct_payment", "managed", "commissioned"


class _AgeBand(ConfigModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    label: str
    to: int | None = None


class _Definition(ConfigModel):
    """What the truth needs of the definition of the tables."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    event_type: str
    settings: dict[str, tuple[str, ...]]
    prison_mechanisms: tuple[str, ...]
    mechanisms: dict[str, tuple[str, ...]]
    columns: tuple[dict[str, str], ...]
    primary_support_reason_not_known: str
    age_bands: tuple[_AgeBand, ...]
    continuous_months: int
    gap_days: int

    def column(self, names: Mapping[str, Bools]) -> Texts:
        """The first column of the hierarchy that applies to each person."""
        order = [column["id"] for column in self.columns]
        return np.select([names[name] for name in order], order, "").astype(object)


@cache
def _definition() -> _Definition:
    return read_packaged("measures/lts001.yaml", _Definition)


def salt_rows(setting: Setting, block: Block) -> Columns:
    """One row per person with long-term support in the year: the column of each table (blank: not in it).

    ``support_start_date`` is the start of the unbroken support that runs on the last day of the year (blank: none does).
    """
    profile, definition = setting.profile, _definition()
    first, last = (np.datetime64(day, "D") for day in (profile.period_start, profile.period_end))
    services = _long_term(definition, block.events)
    in_year = chosen(services, (services["start"] <= last) & (services["end"] >= first))
    on_day = chosen(services, (services["start"] <= last) & (services["end"] >= last))
    people = np.unique(in_year["row"])
    since = _unbroken_since(definition, services, people, last)
    long = since < _months_before(profile.period_end, definition.continuous_months)
    in_b = _columns(definition, on_day, people)
    own = {row: position for position, row in reversed(list(enumerate(block.records.row.tolist())))}
    codes = np.array([authority.la_code for authority in profile.authorities], dtype=object)
    return {
        "la_code": codes[block.people.authority[people]],
        "person_unique_identifier": block.records.local_id[[own[row] for row in people.tolist()]],
        "person_id": np.array([f"P{person}" for person in block.people.person_id[people].tolist()], dtype=object),
        "primary_support_reason": block.users.reason[np.searchsorted(block.users.row, people)],
        "age_band": _bands(definition, block.people.birth[people], profile.period_end),
        "support_start_date": since,
        "lts001a": _columns(definition, in_year, people),
        "lts001b": in_b,
        "lts001c": np.where(long, in_b, "").astype(object),
    }


def _long_term(definition: _Definition, events: Columns) -> Columns:
    """Long-term services: person, start, end (far in the future while open), setting and group of the mechanism."""
    service = events["service_type"]
    setting = _grouped(service, definition.settings)
    prison = np.isin(events["delivery_mechanism"], definition.prison_mechanisms)
    end = events["event_end_date"]
    table = {
        "row": events["row"].astype(np.int64),
        "start": events["event_start_date"],
        "end": np.where(np.isnat(end), _FOREVER, end),
        "setting": np.where((setting == "community") & prison, "prison", setting).astype(object),
        "mechanism": _grouped(events["delivery_mechanism"], definition.mechanisms),
    }
    return chosen(table, (setting != "") & (events["event_type"] == definition.event_type))


def _grouped(values: npt.NDArray[np.generic], groups: Mapping[str, tuple[str, ...]]) -> Texts:
    names = {wording: group for group, wordings in groups.items() for wording in wordings}
    return np.array([names.get(value, "") for value in values.tolist()], dtype=object)


def _columns(definition: _Definition, services: Columns, people: Ints) -> Texts:
    """The column of each person by the services in scope; blank for people without any."""

    def has(setting: str, *mechanisms: str) -> Bools:
        rows = services["setting"] == setting
        if mechanisms:
            rows = rows & np.isin(services["mechanism"], mechanisms)
        return np.isin(people, services["row"][rows])

    direct, other = has("community", _DIRECT), has("community", _MANAGED, _COMMISSIONED)
    return definition.column(
        {
            "nursing": has("nursing"),
            "residential": has("residential"),
            "community_direct_payment": direct & ~other,
            "community_part_direct_payment": direct & other,
            "community_managed": has("community", _MANAGED),
            "community_commissioned": has("community", _COMMISSIONED),
            "community_not_known": has("community"),
            "prison": has("prison"),
        }
    )


def _unbroken_since(definition: _Definition, services: Columns, people: Ints, last: np.datetime64) -> Days:
    """The start of each person's support that runs on the last day without a longer gap; NaT where none does."""
    order = np.lexsort((services["end"], services["start"], services["row"]))
    ordered = chosen(services, order)
    begun: dict[int, np.datetime64] = {}
    reached: dict[int, np.datetime64] = {}
    for row, start, end in zip(ordered["row"].tolist(), ordered["start"], ordered["end"], strict=True):
        if row not in begun or start > reached[row] + definition.gap_days:
            begun[row] = start
            reached[row] = end
        reached[row] = max(reached[row], end)
    never = np.datetime64("NaT", "D")
    runs = [begun[row] if reached[row] >= last and begun[row] <= last else never for row in people.tolist()]
    return np.array(runs, dtype="datetime64[D]")


def _months_before(day: date, months: int) -> np.datetime64:
    """The same day of the month so many months earlier; the last of the month where it has fewer days."""
    month = np.datetime64(day, "M") - months
    last = (month + 1).astype("datetime64[D]") - 1
    return min(month.astype("datetime64[D]") + (day.day - 1), last)


def _bands(definition: _Definition, birth: Days, on: date) -> Texts:
    """Age bands by completed years; people below the first band's end and above it stand in the bands as listed."""
    born = [day.astype(object) for day in birth]
    ages = np.array([on.year - b.year - ((on.month, on.day) < (b.month, b.day)) for b in born], dtype=np.int64)
    ends = [band.to for band in definition.age_bands if band.to is not None]
    labels = np.array([band.label for band in definition.age_bands], dtype=object)
    return labels[np.searchsorted(np.array(ends), ages)]


SOURCE = Source("truth/support", COLUMNS, salt_rows)
