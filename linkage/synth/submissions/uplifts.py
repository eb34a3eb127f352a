"""Annual price uplifts as rows: a service that runs on gets a second row with the new price.

The specification wants one row with the latest cost. Some systems close the old row on the day before; others leave it
as it is, so that two rows of one service overlap.
"""

import numpy as np

from linkage.synth.block import Setting
from linkage.synth.columns import Columns, chosen, joined
from linkage.synth.draws import Draws
from linkage.synth.submissions.event_fields import is_costed

# What the identifier of the new row is above that of the old one; fewer events than this stand for one person.
UPLIFTED = 64
_LONG_TERM = "Long Term"
_NO_CHANGE = "No change in package"


def with_uplift_rows(setting: Setting, events: Columns) -> Columns:
    """The events with ``service_id`` and ``price_factor``, and a second row for services that got a new price."""
    draws, rates, ids = Draws(setting.profile.seed), setting.profile.submission, events["event_id"]
    days = [authority.uplift_from for authority in setting.profile.authorities]
    day = np.array([np.datetime64(day, "D") if day else np.datetime64("NaT", "D") for day in days])[events["place"]]
    start, end = events["event_start_date"], events["event_end_date"]
    long_term = np.char.startswith(events["service_type"].astype(str), _LONG_TERM)
    running = long_term & (start < day) & (np.isnat(end) | (end >= day)) & is_costed(setting, events)
    split = running & draws.chance("uplift", ids, rates.uplift_rows)
    closed = split & ~draws.chance("uplift_left_open", ids, rates.uplift_left_open)
    old = events | {
        "service_id": ids,
        "price_factor": np.ones(len(ids)),
        "event_end_date": np.where(closed, day - 1, end),
        "event_outcome": np.where(closed, _NO_CHANGE, events["event_outcome"]).astype(object),
    }
    new = events | {
        "service_id": ids,
        "price_factor": np.full(len(ids), 1 + rates.uplift_percent / 100),
        "event_id": ids + UPLIFTED,
        "event_start_date": day,
    }
    return joined([old, chosen(new, split)])
