"""The date of birth of each record, with its faults."""

import numpy as np

from linkage.synth.draws import NEVER, Bools, Days, Ints
from linkage.synth.records.fault_draws import FaultDraws
from linkage.synth.records.faults import digit_wrong, swapped_day_and_month


def given_births(made: FaultDraws, bare: Bools, copied_from: Ints) -> Days:
    """Dates of birth; NaT where blank. ``copied_from`` is the person whose date came with their number (-1: none)."""
    rates = made.profile.faults.birth
    true = made.people.birth[made.row]
    birth = true.copy()
    copied = (copied_from >= 0) & (made.people.birth[copied_from] != true) & ~bare
    birth[made.note("anothers_birth_date", copied)] = made.people.birth[copied_from[copied]]
    left = ~bare & ~copied
    written = {
        "day_month_swapped": (rates.day_month_swapped, swapped_day_and_month(true)),
        "birth_digit": (rates.digit_wrong, digit_wrong(made.draws, made.record_id, true, rates.digit_kinds)),
        "birth_year_only": (rates.year_only, true.astype("datetime64[Y]").astype("datetime64[D]")),
        "birth_system_default": (rates.system_default, _drawn(made, "birth_default", rates.system_defaults)),
    }
    possible = {
        name: (rate, left & (dates != true) & ~np.isnat(dates), None) for name, (rate, dates) in written.items()
    }
    struck = made.one_of("birth", {"birth_date_missing": (rates.missing, left, None), **possible})
    for name, (_, dates) in written.items():
        birth[made.note(name, struck[name])] = dates[struck[name]]
    missing = made.note("birth_date_missing", struck["birth_date_missing"])
    birth[missing] = _drawn(made, "birth_missing_as", rates.missing_as)[missing]
    birth[bare] = NEVER
    return birth


def _drawn(made: FaultDraws, name: str, weights: dict[str, float]) -> Days:
    """Dates drawn from a list in which an empty text stands for blank."""
    days = np.array([key or "NaT" for key in weights], dtype="datetime64[D]")
    return np.asarray(days[made.draws.pick(name, made.record_id, list(weights.values()))])
