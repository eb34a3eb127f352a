"""Financial assessments: from Release 1 an assessment of its own after the one that finds needs for support."""

import numpy as np

from linkage.spec import load_specification
from linkage.synth.block import Block, Setting
from linkage.synth.care.clients import USER
from linkage.synth.care.events import PLANNING
from linkage.synth.columns import Columns, chosen, joined
from linkage.synth.draws import Days, Draws

_FINANCIAL = "Financial Assessment"
# Nobody is said to have taken part.
_NOT_STATED = "not stated"


def with_financial_assessments(setting: Setting, block: Block, events: Columns, offset: int) -> Columns:
    """The events with a financial assessment after some needs assessments, in versions that list one.

    It starts on the day after the needs assessment, ends before the year and the person's life do, and has neither an
    outcome nor a method. Its identifier is ``offset`` above that of the needs assessment.
    """
    care, draws, ids = setting.world.care, Draws(setting.profile.seed), events["event_id"]
    specs = [load_specification(authority.spec) for authority in setting.profile.authorities]
    listed = np.array([_FINANCIAL in spec.values("assessment_type") for spec in specs])[events["place"]]
    start: Days = events["event_end_date"] + 1
    length = care.financial_assessment_days
    end: Days = start + draws.between("financial_days", ids, length.low, length.high)
    found_needs = (events["event_type"] == "Assessment") & (events["event_outcome"] == PLANNING)
    takes_place = found_needs & (events["client_type"] == USER) & listed
    takes_place &= draws.chance("financial", ids, care.financial_assessment)
    takes_place &= end <= np.datetime64(setting.profile.period_end, "D")
    takes_place &= ~(block.lives.death[events["row"].astype(np.int64)] < end)
    changed = {
        "event_outcome": "",
        "eligible_needs_identified": "",
        "assessment_type": _FINANCIAL,
        "participants": _NOT_STATED,
    }
    financial = events | {name: np.full(len(ids), value, dtype=object) for name, value in changed.items()}
    financial |= {"event_start_date": start, "event_end_date": end, "event_id": ids + offset}
    return joined([events, chosen(financial, takes_place)])
