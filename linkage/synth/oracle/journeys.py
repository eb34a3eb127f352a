"""Journeys through long-term support: from the columns where a person must stand to dated stages that lead there.

A journey is one to three stages; the services of a stage run side by side. All changes from stage to stage happen within
the year, so that every stage is in the submission.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from linkage.synth.draws import Bools, Days, Draws, Ints, Texts
from linkage.synth.oracle.cast import ADULT_YEARS, Cast, years_later
from linkage.synth.oracle.newsletter import COLUMNS
from linkage.synth.oracle.settings import MOST_STAGES, OracleSettings

NEVER = np.datetime64("NaT", "D")
# The fewest days between the first and the last change of support; enough for breaks and overlaps to fit between them.
_ROOM_DAYS = 90
_SHORTEST_DAYS = 7


@dataclass(frozen=True)
class Plan:
    """What each person goes through: the stages as letters, and when their support began and whether it was broken.

    ``begins``: support began in the 12 months before the last day; else long before. ``broken``: no support for a day or
    more at one of the changes. ``has_history``: the person must have been an adult for some time. People without
    long-term support have no stages.
    """

    stages: Texts
    count: Ints
    begins: Bools
    broken: Bools
    has_history: Bools


@dataclass(frozen=True)
class Journeys:
    """Stages with their days, both inclusive: arrays of people by stage. ``ends`` is NaT for a stage that goes on.

    ``died`` is the date of death, NaT for the living; ``never_closed``: the last services have no end although the person
    died.
    """

    stages: Texts
    starts: Days
    ends: Days
    died: Days
    never_closed: Bools


def column_of(settings: OracleSettings, letters: str) -> str:
    """The column of a person with these supports, by the hierarchy of the tables; empty for none of theirs.

    >>> from linkage.synth.oracle.settings import oracle_settings
    >>> [column_of(oracle_settings(), letters) for letters in ("MD", "DMN", "PM", "P")]
    ['community_part_direct_payment', 'nursing', 'community_managed', '']
    """
    held = {settings.supports[letter].column for letter in letters}
    direct, part = COLUMNS[2:4]
    if direct in held and held & {*COLUMNS[4:]}:
        held.add(part)
        held.discard(direct)
    return next((column for column in COLUMNS if column in held), "")


def plans(settings: OracleSettings, cast: Cast) -> Plan:
    """A journey for each person that leads to the columns of the person, and when it begins."""
    draws, size = Draws(settings.seed), len(cast)
    stages = np.full((size, MOST_STAGES), "", dtype=object)
    key = np.array([f"{a}|{b}" for a, b in zip(cast.in_year, cast.at_end, strict=True)], dtype=object)
    for value in sorted({*key[cast.counted]}):
        rows = np.flatnonzero(key == value)
        fitting = _fitting(settings, *value.split("|"))
        chosen = draws.pick("journey", cast.number[rows], [settings.journeys[journey] for journey in fitting])
        stages[rows] = _padded(fitting)[chosen]
    count = np.asarray((stages != "").sum(axis=1))
    open_now = cast.at_end != ""
    under = open_now & ~cast.over_12_months
    broken = (count > 1) & ~cast.over_12_months & draws.chance("broken", cast.number, settings.broken)
    ended_new = ~open_now & ~draws.chance("history", cast.number, settings.ended_with_history)
    begins = cast.counted & ((under & ~broken) | ended_new)
    return Plan(stages, count, begins, broken, has_history=~(open_now & begins & (count == 1)))


def journeys(settings: OracleSettings, cast: Cast, plan: Plan, birth: Days) -> Journeys:
    """The plans with their days."""
    draws = Draws(settings.seed)
    first_day, last_day = np.datetime64(settings.period_start, "D"), np.datetime64(settings.period_end, "D")
    open_now = cast.at_end != ""
    begin = np.where(plan.begins, _new(settings, cast, plan, birth), _established(settings, cast, birth))
    room = np.where(plan.count > 1, _ROOM_DAYS, 0)
    least = np.maximum(begin + np.where(plan.begins, np.maximum(room, _SHORTEST_DAYS), 0), first_day + room)
    stop = drawn_day(draws, "stop", cast.number, least, last_day - 1)
    deciding = draws.uniform("stops_on_deciding_day", cast.number)
    stop = np.where(deciding < settings.begins_on_deciding_day, last_day - 1, stop)
    stop = np.where(deciding > 1 - settings.begins_on_deciding_day, least, stop)
    last = draws.uniform("last_day", cast.number)
    dies_last = open_now & (last < settings.dies_on_last_day)
    ends_last = open_now & (last > 1 - settings.ends_on_last_day)
    stop = np.where(open_now, np.where(dies_last | ends_last, last_day, NEVER), stop)
    died = _died(settings, cast) & cast.counted & ~open_now
    starts, ends = _stages(settings, cast, plan, begin, stop)
    return Journeys(
        stages=plan.stages,
        starts=starts,
        ends=ends,
        died=np.where(died | dies_last, stop, NEVER),
        never_closed=died & draws.chance("never_closed", cast.number, settings.open_after_death),
    )


def _fitting(settings: OracleSettings, in_year: str, at_end: str) -> list[str]:
    """Journeys whose services of the year give the one column, and those of the last stage the other (if there is one)."""
    return [
        journey
        for journey in settings.journeys
        if column_of(settings, journey.replace(">", "")) == in_year
        and at_end in ("", column_of(settings, journey.split(">")[-1]))
    ]


def _padded(chosen: Sequence[str]) -> Texts:
    rows = [[*journey.split(">"), *[""] * MOST_STAGES][:MOST_STAGES] for journey in chosen]
    return np.array(rows, dtype=object)


def _died(settings: OracleSettings, cast: Cast) -> Bools:
    shares = np.array([settings.died[band] for band in cast.age_band.tolist()])
    return Draws(settings.seed).chance("died", cast.number, shares)


def _established(settings: OracleSettings, cast: Cast, birth: Days) -> Days:
    """A first day of support long before the year: exponential back from the last day that makes it more than 12 months,
    within adult life and the records of the authority; on that very day for some."""
    draws = Draws(settings.seed)
    latest = np.datetime64(settings.twelve_months_before, "D") - 1
    floor = np.maximum(years_later(birth, ADULT_YEARS), np.datetime64(settings.earliest_start, "D"))
    span = (latest - floor).astype(np.int64)
    mean = settings.world.care.established_years * 365.25
    reach = -np.expm1(-np.maximum(span, 0) / mean)
    back = np.floor(-np.log1p(-draws.uniform("established", cast.number) * reach) * mean).astype(np.int64)
    deciding = draws.chance("established_on_deciding_day", cast.number, settings.begins_on_deciding_day)
    return np.asarray(latest - np.where(deciding, 0, back))


def _new(settings: OracleSettings, cast: Cast, plan: Plan, birth: Days) -> Days:
    """A first day of support that leaves no more than 12 months to the last day; exactly 12 months for some."""
    draws = Draws(settings.seed)
    earliest = np.datetime64(settings.twelve_months_before, "D")
    open_now = cast.at_end != ""
    room = np.where(plan.count > 1, _ROOM_DAYS, np.where(open_now, 0, _SHORTEST_DAYS + 1)) + (plan.count > 1)
    least = np.maximum(earliest, years_later(birth, ADULT_YEARS))
    day = drawn_day(draws, "begin", cast.number, least, np.datetime64(settings.period_end, "D") - room)
    deciding = draws.chance("new_on_deciding_day", cast.number, settings.begins_on_deciding_day)
    return np.asarray(np.where(deciding, least, day))


def _stages(settings: OracleSettings, cast: Cast, plan: Plan, begin: Days, stop: Days) -> tuple[Days, Days]:
    """First and last day of every stage. Changes are spread over the part of the year that the journey covers."""
    draws = Draws(settings.seed)
    first_day, last_day = np.datetime64(settings.period_start, "D"), np.datetime64(settings.period_end, "D")
    starts = np.full((len(cast), MOST_STAGES), NEVER)
    ends = starts.copy()
    starts[:, 0] = np.where(plan.count > 0, begin, NEVER)
    covered_from = np.maximum(begin, first_day)
    width = (np.where(np.isnat(stop), last_day, stop) - covered_from).astype(np.int64)
    broken_at = draws.between("broken_at", cast.number, 1, np.maximum(plan.count - 1, 1))
    for stage in range(1, MOST_STAGES):
        rows = np.flatnonzero(plan.count > stage)
        ids = cast.number[rows]
        place = (stage - 1 + 0.2 + 0.6 * draws.uniform(f"change/{stage}", ids)) / (plan.count[rows] - 1)
        change = covered_from[rows] + np.floor(width[rows] * place).astype(np.int64)
        room = (change - np.maximum(starts[rows, stage - 1], first_day)).astype(np.int64)
        breaks = plan.broken[rows] & (broken_at[rows] == stage)
        starts[rows, stage] = change
        ends[rows, stage - 1] = change - _days_before(settings, stage, ids, breaks, room)
    reached = np.flatnonzero(plan.count > 0)
    ends[reached, plan.count[reached] - 1] = stop[reached]
    return starts, ends


def _days_before(settings: OracleSettings, stage: int, ids: Ints, breaks: Bools, room: Ints) -> Ints:
    """How many days before the next stage begins the one before it ends: 1 is the day before, 0 the same day."""
    draws, days = Draws(settings.seed), settings.overlap_days
    how = draws.choose(f"follows/{stage}", ids, settings.follows)
    overlap = -draws.between(f"overlap/{stage}", ids, days.low, days.high)
    unbroken = np.select([how == "next_day", how == "same_day"], [np.ones(len(ids), dtype=np.int64), 0 * ids], overlap)
    days = settings.break_days
    longer = draws.between(f"break/{stage}", ids, days.low, np.minimum(days.high, room))
    shortest = draws.chance(f"shortest/{stage}", ids, settings.shortest_break)
    return np.asarray(np.where(breaks, np.where(shortest, 2, longer), unbroken))


def drawn_day(draws: Draws, name: str, ids: Ints, first: npt.ArrayLike, last: npt.ArrayLike) -> Days:
    """A day from first to last, both included."""
    low = np.asarray(first, dtype="datetime64[D]")
    high = np.asarray(last, dtype="datetime64[D]")
    origin = np.datetime64("1970-01-01", "D")
    days = draws.between(name, ids, (low - origin).astype(np.int64), (high - origin).astype(np.int64))
    return np.asarray(origin + days)
