"""Uplift rows: a service split in two where its price changes."""

from collections.abc import Callable

import numpy as np

from linkage.synth.draws import Draws
from linkage.synth.oracle.dirty_settings import Uplift
from linkage.synth.oracle.journeys import drawn_day
from linkage.synth.oracle.rows import Rows, chosen, joined, texts
from linkage.synth.oracle.settings import OracleSettings
from linkage.synth.oracle.submission import cost_fields

_LONG_TERM = "Long Term Support"
# Days that a service must have on either side of the split: more than an overlap.
_ROOM_DAYS = 30
# The event number of a second row is that of the first with this added.
NEW_ROW = 32


def with_uplifts(settings: OracleSettings, rates: Uplift, table: Rows, note: Callable[[str, np.ndarray], None]) -> Rows:
    """The rows, some long-term services as two: the old price to a day, the new price from the next.

    Of some, the old row overlaps the new one, ends a day too early, or is missing.
    """
    draws, ids = Draws(settings.seed), table["event_id"].astype(np.int64)
    first_day = np.datetime64(settings.period_start, "D")
    start, end = (table[name].astype("datetime64[D]") for name in ("event_start_date", "event_end_date"))
    opens = np.maximum(start, first_day)
    until = np.where(np.isnat(end), np.datetime64(settings.period_end, "D"), end)
    priced = np.char.startswith(table["service_type"].astype(str), _LONG_TERM) & np.asarray(table["unit_cost"] != "")
    priced &= (until - opens).astype(np.int64) > 2 * _ROOM_DAYS
    split = np.flatnonzero(priced & draws.chance("dirty/uplift", ids, rates.share))
    ids, start, until = ids[split], start[split], until[split]
    anywhere = drawn_day(draws, "dirty/uplift_day", ids, opens[split] + 2, until - _ROOM_DAYS)
    usual = np.datetime64(rates.usual_day, "D")
    day = np.where(draws.chance("dirty/usual", ids, rates.on_usual_day) & (start < first_day), usual, anywhere)
    how = draws.uniform("dirty/uplift_how", ids)
    reset = (how < rates.reset) & (start < first_day)
    gap = (how >= rates.reset) & (how < rates.reset + rates.gap)
    overlap = how > 1 - rates.overlap
    day = np.where(reset, first_day, day)
    longer = draws.between("dirty/overlap", ids, rates.overlap_days.low, rates.overlap_days.high)
    old = chosen(table, split)
    new = old | cost_fields(settings, old, "dirty/new_price") | {"event_start_date": day, "event_id": ids + NEW_ROW}
    new["event_reference"] = texts(f"{reference}-2" for reference in old["event_reference"].tolist())
    old["event_end_date"] = day - 1 - gap + np.where(overlap, longer, 0)
    old["event_outcome"] = texts(["No change in package"] * len(split))
    for name, struck in (("uplift", ~(reset | gap)), ("uplift reset", reset), ("uplift gap", gap)):
        note(name, old["number"][struck])
    rest = np.ones(len(table["row"]), dtype=bool)
    rest[split] = False
    return joined([chosen(table, rest), chosen(old, ~reset), new])
