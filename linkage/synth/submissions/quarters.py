"""What the file of each quarter knows: the period it covers, the events in it, and how far each event had got by then.

A file covers the year to date, or the twelve months to its quarter's end, as the authority's specification says. Each
later file adds events, closes them, corrects starts, and has lost a few.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from linkage.spec import load_specification
from linkage.synth.block import Block, Setting
from linkage.synth.care.clients import USER
from linkage.synth.care.financial import with_financial_assessments
from linkage.synth.columns import Columns, joined
from linkage.synth.draws import NEVER, Bools, Days, Draws, Ints
from linkage.synth.submissions.uplifts import UPLIFTED, with_uplift_rows

QUARTERS = (1, 2, 3, 4)
ROLLING = "rolling_12_months"
_EVENT_PLACES = 2 * UPLIFTED
_CORRECTION_DAYS = (1, 6)


@dataclass(frozen=True)
class Ledger:
    """Every event of one block that files may hold: one row per event, and per price where a new one has a row of its own.

    Besides the columns of care events: ``record`` (position among the records), ``place`` (of the authority), ``event_id``,
    ``service_id`` (that of the row a price row came from), ``price_factor``. ``there`` has one column per quarter;
    ``first`` is the first quarter whose file holds the event (5: none).
    """

    events: Columns
    there: Bools
    first: Ints


def quarter_end(setting: Setting, quarter: int) -> date:
    """The last day of a quarter of the profile's year."""
    first = np.datetime64(setting.profile.period_start, "M")
    day: date = ((first + 3 * quarter).astype("datetime64[D]") - 1).astype(object)
    return day


def covered_from(setting: Setting, place: int, quarter: int) -> date:
    """The first day that the authority's file of a quarter covers."""
    if load_specification(setting.profile.authorities[place].spec).period != ROLLING:
        return setting.profile.period_start
    end = quarter_end(setting, quarter)
    day: date = (np.datetime64(end, "M") - 11).astype("datetime64[D]").astype(object)
    return day


def ledger(setting: Setting, block: Block) -> Ledger:
    """The events of a block with the files that hold them."""
    events = with_financial_assessments(setting, block, _events_with_records(block), UPLIFTED)
    events = with_uplift_rows(setting, _never_closed(setting, events))
    draws, rates, ids = Draws(setting.profile.seed), setting.profile.submission, events["event_id"]
    begun = _begun(setting, events)
    late = draws.chance("recorded_late", ids, rates.recorded_late) & (begun < len(QUARTERS))
    first = begun + late
    can_go = first < len(QUARTERS)
    withdrawn = draws.chance("withdrawn", ids, rates.withdrawn_later) & can_go
    lost = draws.chance("lost", ids, rates.lost_later) & can_go & ~withdrawn
    lost_in = np.where(lost, draws.between("lost_in", ids, np.minimum(first + 1, len(QUARTERS)), len(QUARTERS)), 0)
    quarter = np.array(QUARTERS)
    there = (
        (quarter >= first[:, None]) & (quarter != lost_in[:, None]) & ~(withdrawn[:, None] & (quarter > first[:, None]))
    )
    end = events["event_end_date"][:, None]
    return Ledger(events, there & (np.isnat(end) | (end >= _covered(setting)[events["place"]])), first)


def as_known(setting: Setting, known: Ledger, quarter: int) -> Columns:
    """Start and end of every event as the file of a quarter has them: an end to come is blank, some starts are wrong."""
    draws, rates = Draws(setting.profile.seed), setting.profile.submission
    start, end, ids = (known.events[name] for name in ("event_start_date", "event_end_date", "event_id"))
    corrected = (
        draws.chance("corrected", ids, rates.corrected_later) & (known.first == quarter) & (quarter < len(QUARTERS))
    )
    still_open = np.isnat(end) | (end > np.datetime64(quarter_end(setting, quarter), "D"))
    return {
        "event_start_date": np.where(corrected, start - draws.between("correction", ids, *_CORRECTION_DAYS), start),
        "event_end_date": np.where(still_open, NEVER, end),
    }


def submitted(setting: Setting, block: Block) -> Bools:
    """Whether each record of a block stands in the file of each quarter: one row per record, one column per quarter."""
    known = ledger(setting, block)
    there = np.zeros((len(block.records), len(QUARTERS)), dtype=bool)
    np.logical_or.at(there, known.events["record"], known.there)
    return there


def _covered(setting: Setting) -> Days:
    """The first day covered: one row per authority, one column per quarter."""
    places = range(len(setting.profile.authorities))
    return np.array(
        [[covered_from(setting, place, quarter) for quarter in QUARTERS] for place in places], dtype="datetime64[D]"
    )


def _events_with_records(block: Block) -> Columns:
    """Events with the record each belongs to; a second identifier of a person takes every other event."""
    users = block.events | {"client_type": np.full(len(block.events["row"]), USER, dtype=object)}
    events = joined([users, block.carer_events])
    row, run, records = events["row"].astype(np.int64), _ordinal(events["row"]), block.records
    main = np.full(len(block.people), -1)
    second = main.copy()
    position = np.arange(len(records))
    main[records.row[~records.duplicate]] = position[~records.duplicate]
    second[records.row[records.duplicate]] = position[records.duplicate]
    record = np.where((second[row] >= 0) & (run % 2 == 1), second[row], main[row])
    ids = events["person_id"].astype(np.int64) * _EVENT_PLACES + run
    return events | {"record": record, "place": records.authority[record], "event_id": ids}


def _never_closed(setting: Setting, events: Columns) -> Columns:
    """Services whose end, even by death, the authority's system never learned."""
    share = np.array([authority.never_closed for authority in setting.profile.authorities])[events["place"]]
    forgotten = Draws(setting.profile.seed).chance("never_closed", events["event_id"], share)
    forgotten &= (events["event_type"] == "Service") & ~np.isnat(events["event_end_date"])
    return events | {
        "event_end_date": np.where(forgotten, NEVER, events["event_end_date"]),
        "event_outcome": np.where(forgotten, "", events["event_outcome"]).astype(object),
    }


def _begun(setting: Setting, events: Columns) -> Ints:
    """The first quarter whose file can hold each event: of its start, or of its end where only what is completed is sent
    (all but services, in specifications with rolling periods). 5: none. Rows without an event are there from the first.
    """
    rolling = np.array([load_specification(a.spec).period == ROLLING for a in setting.profile.authorities])
    service, nothing = events["event_type"] == "Service", events["event_type"] == ""
    when = np.where(rolling[events["place"]] & ~service, events["event_end_date"], events["event_start_date"])
    ends = np.array([quarter_end(setting, quarter) for quarter in QUARTERS], dtype="datetime64[D]")
    return np.where(nothing, 1, np.searchsorted(ends, when) + 1)


def _ordinal(rows: npt.NDArray[np.generic]) -> Ints:
    """0, 1, 2, … for the events of each person, in the order given."""
    order = np.argsort(rows, kind="stable")
    ordered = rows[order]
    first = np.searchsorted(ordered, ordered)
    run = np.empty(len(rows), dtype=np.int64)
    run[order] = np.arange(len(rows)) - first
    return run
