"""The dirty submission: the same people and services with the faults of real files, and who has which."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from linkage.spec import Specification
from linkage.synth.draws import Bools, Draws
from linkage.synth.oracle.cast import Cast
from linkage.synth.oracle.dirty_settings import DirtySettings
from linkage.synth.oracle.journeys import NEVER
from linkage.synth.oracle.rows import Rows, chosen, joined, texts
from linkage.synth.oracle.settings import OracleSettings
from linkage.synth.oracle.uplift import with_uplifts

# A second local identifier is the first with this added to its number.
SECOND_IDENTIFIER = 900_000
_LONG_TERM = "Long Term Support"
_NEVER_MISWORDED = ("event_type",)
_STALE_DAYS = 400
# The event number of a copied row is that of its model with this added.
_OLD_ROW = 16


@dataclass
class Faults:
    """Which faults each person suffers, by number; fault names in the order in which they strike."""

    by_person: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))

    def note(self, fault: str, numbers: np.ndarray) -> None:
        """The people with these numbers have the fault."""
        for number in np.unique(numbers).tolist():
            self.by_person[number].append(fault)


@dataclass(frozen=True)
class Spoiling:
    """What every fault needs."""

    settings: OracleSettings
    rates: DirtySettings
    draws: Draws
    faults: Faults

    def struck(
        self, fault: str, table: Rows, share: float, *, of: str = "event_id", where: Bools | None = None
    ) -> Bools:
        """The rows that a fault strikes: drawn by event, or by person with ``of="number"``; only ``where`` if given."""
        struck = self.draws.chance(f"dirty/{fault}", table[of].astype(np.int64), share)
        struck = struck if where is None else struck & where
        self.faults.note(fault, table["number"][struck])
        return struck


def dirtied(
    settings: OracleSettings, rates: DirtySettings, cast: Cast, table: Rows, spec: Specification
) -> tuple[Rows, Faults]:
    """The rows with every fault. Faults of people first, then of services, then of single rows."""
    spoiling = Spoiling(settings, rates, Draws(settings.seed), Faults())
    table = _people(spoiling, cast, table)
    table = with_uplifts(settings, rates.uplift, table, spoiling.faults.note)
    table = _stale(spoiling, table)
    table = _dates(spoiling, table)
    table = _wording(spoiling, table, spec)
    struck = spoiling.struck("row repeated", table, rates.rows.repeated)
    table = joined([table, chosen(table, struck)])
    order = np.lexsort((table["event_id"], table["event_start_date"], table["person_unique_identifier"].astype(str)))
    return chosen(table, order), spoiling.faults


def _people(spoiling: Spoiling, cast: Cast, table: Rows) -> Rows:
    """Faults that are the same on all rows of a person."""
    rates, table = spoiling.rates.people, dict(table)
    second = spoiling.struck("second identifier", table, rates.second_identifier, of="number")
    other = second & (table["event_id"].astype(np.int64) % 2 == 1)
    numbers = table["number"].tolist()
    again = texts(spoiling.settings.identifier.format(number + SECOND_IDENTIFIER) for number in numbers)
    table["person_unique_identifier"] = np.where(other, again, table["person_unique_identifier"]).astype(object)
    missing = spoiling.struck("number missing", table, rates.number_missing, of="number", where=~second)
    alone = spoiling.struck(
        "second without number", table, rates.second_identifier_without_number, of="number", where=other
    )
    table["nhs_number"] = np.where(missing | alone, "", table["nhs_number"]).astype(object)
    no_birth = spoiling.struck("birth missing", table, rates.birth_missing, of="number")
    placeholder = spoiling.struck("birth placeholder", table, rates.birth_placeholder, of="number", where=~no_birth)
    birth = np.where(placeholder, np.datetime64(spoiling.rates.birth_placeholder_date, "D"), table["date_of_birth"])
    table["date_of_birth"] = np.where(no_birth, NEVER, birth)
    table["primary_support_reason"] = _reasons(spoiling, cast, table)
    return _closed_late(spoiling, cast, table)


def _reasons(spoiling: Spoiling, cast: Cast, table: Rows) -> np.ndarray:
    """Another person's reason on all rows of a person but those of the latest day; that day's reason counts."""
    row = table["row"].astype(np.int64)
    latest = np.full(len(cast), np.datetime64("1900-01-01", "D"))
    np.maximum.at(latest, row, table["event_start_date"].astype("datetime64[D]"))
    earlier = table["event_start_date"] < latest[row]
    share = spoiling.rates.people.reason_changed
    changed = spoiling.struck("reason changed", table, share, of="number", where=np.asarray(earlier))
    other = cast.reason[(row * 7 + 11) % len(cast)]
    return np.where(changed, other, table["primary_support_reason"]).astype(object)


def _closed_late(spoiling: Spoiling, cast: Cast, table: Rows) -> Rows:
    """The last long-term services of some people whose support ended are open in the file, and their death is not known."""
    row = table["row"].astype(np.int64)
    long_term = np.char.startswith(table["service_type"].astype(str), _LONG_TERM)
    end = table["event_end_date"].astype("datetime64[D]")
    last = np.full(len(cast), np.datetime64("1900-01-01", "D"))
    np.maximum.at(last, row[long_term & ~np.isnat(end)], end[long_term & ~np.isnat(end)])
    ended = long_term & ((cast.in_year != "") & (cast.at_end == ""))[row] & (end == last[row])
    late = spoiling.struck("closed late", table, spoiling.rates.people.closed_late, of="number", where=ended)
    table["event_end_date"] = np.where(late, NEVER, end)
    table["event_outcome"] = np.where(late, "", table["event_outcome"]).astype(object)
    people = np.isin(table["number"], table["number"][late])
    table["date_of_death"] = np.where(people, NEVER, table["date_of_death"])
    return table


def _stale(spoiling: Spoiling, table: Rows) -> Rows:
    """Services of an earlier year, copied from one of the person's: they end before the year and count nowhere."""
    long_term = np.char.startswith(table["service_type"].astype(str), _LONG_TERM)
    first = np.zeros(len(table["row"]), dtype=bool)
    first[np.unique(table["number"], return_index=True)[1]] = True
    share = spoiling.rates.people.ended_before_year
    copy = chosen(table, spoiling.struck("ended before year", table, share, of="number", where=long_term & first))
    ids = copy["event_id"].astype(np.int64)
    end = np.datetime64(spoiling.settings.period_start, "D") - spoiling.draws.between(
        "dirty/stale", ids, 60, _STALE_DAYS
    )
    copy |= {
        "event_id": ids + _OLD_ROW,
        "event_start_date": end - spoiling.draws.between("dirty/stale_days", ids, 30, _STALE_DAYS),
        "event_end_date": end,
        "event_outcome": texts(["Service ended as planned"] * len(ids)),
        "event_reference": texts(f"{reference}-0" for reference in copy["event_reference"].tolist()),
    }
    return joined([table, copy])


def _dates(spoiling: Spoiling, table: Rows) -> Rows:
    """Ends before starts, days and months that changed places, mechanisms left out."""
    rates, table = spoiling.rates.rows, dict(table)
    start, end = (table[name].astype("datetime64[D]") for name in ("event_start_date", "event_end_date"))
    day = (start - start.astype("datetime64[M]")).astype(np.int64) + 1
    month = start.astype("datetime64[M]").astype(np.int64) % 12 + 1
    swapped = start.astype("datetime64[Y]").astype("datetime64[M]") + (day - 1)
    share = rates.start_day_month_swapped
    struck = spoiling.struck("start day and month swapped", table, share, where=(day <= 12) & (day != month))
    start = np.where(struck, swapped.astype("datetime64[D]") + (month - 1), start)
    backwards = spoiling.struck("end before start", table, rates.end_before_start, where=~np.isnat(end) & (end > start))
    table |= {"event_start_date": start, "event_end_date": np.where(backwards, start - 3, end)}
    mechanism = table["delivery_mechanism"]
    missing = spoiling.struck("mechanism missing", table, rates.mechanism_missing, where=np.asarray(mechanism != ""))
    table["delivery_mechanism"] = np.where(missing, "", mechanism).astype(object)
    return table


def _wording(spoiling: Spoiling, table: Rows, spec: Specification) -> Rows:
    """The guidance's wording in place of the specification's, other capitals, and spaces at the end."""
    rates, changed = spoiling.rates.rows, {}
    for listed in spec.list_fields:
        if listed.id in _NEVER_MISWORDED or listed.section == "submission":
            continue
        values = table[listed.id].tolist()
        aliases = {
            entry.value: entry.aliases[0]
            for entry in (listed.value_list.values if listed.value_list else ())
            if entry.aliases
        }
        guidance = spoiling.draws.chance(
            f"dirty/guidance/{listed.id}", table["event_id"], rates.guidance_wording
        ).tolist()
        spoilt = spoiling.draws.chance(f"dirty/spoilt/{listed.id}", table["event_id"], rates.case_or_spaces).tolist()
        changed[listed.id] = texts(
            _spoilt(aliases.get(value, value) if alias else value)
            if bad
            else aliases.get(value, value)
            if alias
            else value
            for value, alias, bad in zip(values, guidance, spoilt, strict=True)
        )
    return table | changed


def _spoilt(value: str) -> str:
    """Small letters for some wordings, a space at the end for others."""
    return value.lower() if len(value) % 2 else f"{value} " if value else value


def fault_texts(faults: Faults, numbers: Sequence[int]) -> list[str]:
    """The faults of each person, joined by semicolons."""
    known: Mapping[int, list[str]] = faults.by_person
    return ["; ".join(known.get(number, [])) for number in numbers]
