"""What social care each person had on the first day of the period: the exposure of the planted effects."""

import numpy as np

from linkage.synth.block import Block, Setting
from linkage.synth.care.events import COMMUNITY, LONG_TERM
from linkage.synth.draws import Bools, Days, Ints

# In this order a later one counts before an earlier one for people with several services.
SUPPORT = ("none", "community", "shared_lives", "residential", "nursing")
NONE, IN_COMMUNITY, SHARED_LIVES, RESIDENTIAL, NURSING = range(5)
_SHARED_LIVES = "Shared Lives"
_REABLEMENT = "Reablement"


def support_at_start(setting: Setting, block: Block) -> Ints:
    """Position in ``SUPPORT`` of each person's long-term support open on the first day (truth, whatever the files say)."""
    start = np.datetime64(setting.profile.period_start, "D")
    events = block.events
    open_then = (events["event_start_date"] <= start) & ~(events["event_end_date"] < start)
    kind = events["service_type"]
    masks = (
        (IN_COMMUNITY, kind == COMMUNITY),
        (SHARED_LIVES, (kind == COMMUNITY) & (events["service_component"] == _SHARED_LIVES)),
        (RESIDENTIAL, kind == LONG_TERM["residential"][0]),
        (NURSING, kind == LONG_TERM["nursing"][0]),
    )
    support = np.full(len(block.people), NONE)
    for place, mask in masks:
        support[events["row"][open_then & mask]] = place
    return support


def long_term_at_start(setting: Setting, block: Block) -> Bools:
    """Whether each person had long-term support open on the first day of the period."""
    return np.asarray(support_at_start(setting, block) != NONE)


def reablement(block: Block) -> tuple[Days, Days]:
    """First and last day of each person's reablement; NaT for none, and for an end after the period."""
    events = block.events
    found = events["service_component"] == _REABLEMENT
    days = np.full((2, len(block.people)), np.datetime64("NaT", "D"))
    days[0, events["row"][found]] = events["event_start_date"][found]
    days[1, events["row"][found]] = events["event_end_date"][found]
    return days[0], days[1]


def in_home_from(block: Block) -> Days:
    """The day from which each person lives in a care home; NaT for never."""
    day = np.where(block.people.in_care_home, block.lives.admitted, np.datetime64("NaT", "D"))
    users = block.users
    moves = ~np.isnat(users.moves_into_home)
    day[users.row[moves]] = users.moves_into_home[moves]
    return np.asarray(day, dtype="datetime64[D]")
