"""Quarterly submissions: each file covers the year to date and corrects, closes and loses events of the one before.

A file is made of records (who) and versions of their events (what was known by the end of that quarter).
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from linkage.spec import Specification, authorities, load_specification
from linkage.synth.block import Block, Setting
from linkage.synth.care import Columns, chosen, joined
from linkage.synth.clients import ASSOCIATED, CARER, USER
from linkage.synth.details import SUPPORT_TO_CARER, user_details
from linkage.synth.draws import Bools, Draws, Ints
from linkage.synth.event_fields import with_event_fields
from linkage.synth.lives import NEVER
from linkage.synth.profile import AuthorityProfile
from linkage.synth.row_faults import with_row_faults

Texts = npt.NDArray[np.object_]
Days = npt.NDArray[np.datetime64]

QUARTERS = (1, 2, 3, 4)
_EVENT_PLACES = 64


@dataclass(frozen=True)
class Submission:
    """One file: its authority, quarter, headings and rows of text in the order of the specification."""

    authority: AuthorityProfile
    quarter: int
    name: str
    headings: tuple[str, ...]
    rows: list[tuple[str, ...]]


def submission(setting: Setting, blocks: list[Block], place: int, quarter: int) -> Submission:
    """The submission of the authority at ``place`` in the profile for one quarter."""
    authority = setting.profile.authorities[place]
    spec = load_specification(authority.spec)
    rows: list[tuple[str, ...]] = []
    for block in blocks:
        table = _block_rows(setting, block, place, quarter, spec)
        columns = [table[name].tolist() for name in spec.ids]
        rows += list(zip(*columns, strict=True))
    first, last = setting.profile.period_start.year, setting.profile.period_end.year % 100
    name = f"{authority.la_code}_{first}-{last:02d}_Q{quarter}.csv"
    return Submission(authority, quarter, name, spec.headings, rows)


def submitted(setting: Setting, block: Block) -> Bools:
    """Whether each record of a block stands in at least one submission."""
    there = np.zeros(len(block.records), dtype=bool)
    for place in range(len(setting.profile.authorities)):
        events = _events_with_records(block, place)
        for quarter in QUARTERS:
            there[_as_known(setting, events, quarter)["record"]] = True
    return there


def quarter_end(setting: Setting, quarter: int) -> date:
    """The last day of a quarter of the profile's year."""
    first = np.datetime64(setting.profile.period_start, "M")
    day: date = ((first + 3 * quarter).astype("datetime64[D]") - 1).astype(object)
    return day


def _block_rows(setting: Setting, block: Block, place: int, quarter: int, spec: Specification) -> Columns:
    events = _events_with_records(block, place)
    events = _as_known(setting, events, quarter)
    events = with_event_fields(setting, block, events, spec)
    people = _details(setting, block, events, quarter)
    table = {**{name: np.full(len(events["record"]), "", dtype=object) for name in spec.ids}, **people, **events}
    table |= _submission_columns(setting, place, quarter, len(events["record"]))
    table = with_row_faults(setting, block, table, spec)
    order = np.lexsort((table["event_id"], table["event_start_date"], table["person_unique_identifier"].astype(str)))
    return _as_text(chosen(table, order), spec, setting.profile.authorities[place].midnight_event_types)


def _events_with_records(block: Block, place: int) -> Columns:
    """Events of the authority with the record each belongs to; a second identifier takes every other event."""
    users = block.events | {"client_type": np.full(len(block.events["row"]), USER, dtype=object)}
    events = joined([users, block.carer_events])
    run = _ordinal(events["row"])
    records = block.records
    main = np.full(len(block.people), -1)
    second = main.copy()
    position = np.arange(len(records))
    main[records.row[~records.duplicate]] = position[~records.duplicate]
    second[records.row[records.duplicate]] = position[records.duplicate]
    row = events["row"]
    record = np.where((second[row] >= 0) & (run % 2 == 1), second[row], main[row])
    events |= {"record": record, "event_id": events["person_id"].astype(np.int64) * _EVENT_PLACES + run}
    return chosen(events, records.authority[record] == place)


def _as_known(setting: Setting, events: Columns, quarter: int) -> Columns:
    """Events as the file of a quarter holds them."""
    draws, rates = Draws(setting.profile.seed), setting.profile.submission
    ends = np.datetime64(quarter_end(setting, quarter), "D")
    start, end, ids = events["event_start_date"], events["event_end_date"], events["event_id"]
    ends_before = [np.datetime64(quarter_end(setting, q), "D") for q in QUARTERS]
    begun = np.searchsorted(ends_before, np.maximum(start, np.datetime64(setting.profile.period_start, "D"))) + 1
    begun = np.where(np.isnat(start), 1, begun)
    late = draws.chance("recorded_late", ids, rates.recorded_late) & (begun < len(QUARTERS))
    first = begun + late
    withdrawn = draws.chance("withdrawn", ids, rates.withdrawn_later) & (first < len(QUARTERS))
    there = (first <= quarter) & ~(withdrawn & (quarter > first))
    corrected = draws.chance("corrected", ids, rates.corrected_later) & (first == quarter) & (quarter < len(QUARTERS))
    start = np.where(corrected, start - draws.between("correction", ids, 1, 6), start)
    open_then = np.isnat(end) | (end > ends)
    table = events | {
        "event_start_date": start,
        "event_end_date": np.where(open_then, NEVER, end),
        "event_outcome": np.where(open_then, "", events["event_outcome"]).astype(object),
    }
    return chosen(table, there)


def _details(setting: Setting, block: Block, events: Columns, quarter: int) -> Columns:
    """Person fields for every event row, as they stood at the quarter's end."""
    draws = Draws(setting.profile.seed)
    record = events["record"].astype(np.int64)
    details = chosen(user_details(setting, block), record)
    ids = block.records.record_id[record]
    dead = details["date_of_death"] <= np.datetime64(quarter_end(setting, quarter), "D")
    known_from = np.where(
        draws.chance("number_known", ids, setting.profile.submission.number_known_at_once),
        1,
        draws.between("number_from", ids, 2, len(QUARTERS)),
    )
    carer = np.isin(events["client_type"], [CARER, ASSOCIATED])
    details["date_of_death"] = np.where(dead, details["date_of_death"], NEVER)
    details["nhs_number"] = np.where(known_from > quarter, "", details["nhs_number"]).astype(object)
    details["primary_support_reason"] = np.where(carer, SUPPORT_TO_CARER, details["primary_support_reason"]).astype(
        object
    )
    details["accommodation_status"] = _own_home(details["accommodation_status"], carer)
    for name in ("autism_spectrum_disorder", "visual_impairment", "hearing_impairment", "dementia"):
        details[name] = np.where(carer, "", details[name]).astype(object)
    return details


def _own_home(status: npt.NDArray[np.generic], carer: Bools) -> Texts:
    return np.where(carer & (status == "Unknown"), "Owner occupier or shared ownership scheme", status).astype(object)


def _submission_columns(setting: Setting, place: int, quarter: int, size: int) -> Columns:
    profile = setting.profile
    code = profile.authorities[place].la_code
    name = next(entry.name for entry in authorities() if entry.code == code)
    values = {
        "la_code": code,
        "la_name": name,
        "reporting_year": f"{profile.period_start.year}/{profile.period_end.year % 100:02d}",
        "reporting_period_start_date": f"{profile.period_start:%d/%m/%Y}",
        "reporting_period_end_date": f"{quarter_end(setting, quarter):%d/%m/%Y}",
    }
    return {column: np.full(size, value, dtype=object) for column, value in values.items()}


def _as_text(table: Columns, spec: Specification, midnight: tuple[str, ...]) -> Columns:
    """Every column of the specification as text; dates of some event types with a midnight time, as exports write them."""
    suffix = np.where(np.isin(table["event_type"], midnight), " 00:00:00", "")
    written: Columns = {}
    for field in spec.fields:
        values = table[field.id]
        if values.dtype.kind == "M":
            values = day_texts(values)
            if field.section not in ("person", "submission"):
                values = np.array([v + s if v else v for v, s in zip(values, suffix, strict=True)], dtype=object)
        written[field.id] = values
    return written


def day_texts(days: npt.NDArray[np.generic]) -> Texts:
    """Dates as dd/mm/yyyy; an empty text for NaT."""
    texts = np.datetime_as_string(days.astype("datetime64[D]")).tolist()
    return np.array(["" if t == "NaT" else f"{t[8:]}/{t[5:7]}/{t[:4]}" for t in texts], dtype=object)


def _ordinal(rows: npt.NDArray[np.generic]) -> Ints:
    """0, 1, 2, … for the events of each person, in the order given."""
    order = np.argsort(rows, kind="stable")
    ordered = rows[order]
    first = np.searchsorted(ordered, ordered)
    run = np.empty(len(rows), dtype=np.int64)
    run[order] = np.arange(len(rows)) - first
    return run
