"""Long-term services of the oracle's people: the rows that must lead to their places in the tables, and no others."""

from dataclasses import dataclass

import numpy as np

from linkage.synth.draws import Bools, Days, Draws, Ints, Texts
from linkage.synth.oracle.cast import Cast
from linkage.synth.oracle.journeys import NEVER, Journeys, drawn_day
from linkage.synth.oracle.rows import Rows, rows_of, texts
from linkage.synth.oracle.settings import MOST_STAGES, OracleSettings, Support

_DECEASED, _PLANNED = "NFA - Deceased", "Service ended as planned"
_GOES_ON = "Progress to Re-assessment"
# A short service inside another needs so many days before the other ends.
_NESTED_ROOM_DAYS = 15


@dataclass(frozen=True)
class _Stage:
    """The people who have the stage of one number: their positions, its letters and days, and whether it is the last."""

    rows: Ints
    letters: Texts
    start: Days
    end: Days
    until: Days
    is_last: Bools


def long_term_services(settings: OracleSettings, cast: Cast, journeys: Journeys) -> list[Rows]:
    """One row per service. Every one overlaps the year; those of the last stage are open on its last day or have ended."""
    parts: list[Rows] = []
    for number in range(MOST_STAGES):
        stage = _stage(settings, journeys, number)
        parts += [_side_by_side(settings, cast, journeys, stage, place) for place in (0, 1)]
        parts.append(_second(settings, cast, journeys, stage))
        if number == 0:
            parts.append(_nested(settings, cast, stage))
    return parts


def _stage(settings: OracleSettings, journeys: Journeys, number: int) -> _Stage:
    rows = np.flatnonzero(journeys.stages[:, number] != "")
    end = journeys.ends[rows, number]
    last_day = np.datetime64(settings.period_end, "D")
    following = journeys.stages[rows, number + 1] if number + 1 < MOST_STAGES else np.full(len(rows), "", dtype=object)
    return _Stage(
        rows=rows,
        letters=journeys.stages[rows, number],
        start=journeys.starts[rows, number],
        end=end,
        until=np.where(np.isnat(end), last_day, end),
        is_last=np.asarray(following == ""),
    )


def _side_by_side(settings: OracleSettings, cast: Cast, journeys: Journeys, stage: _Stage, place: int) -> Rows:
    """The service of the stage's first letter, for its whole length, or that of the second, which may begin later."""
    there = np.array([len(letters) > place for letters in stage.letters.tolist()], dtype=bool)
    some = _Stage(**{name: values[there] for name, values in vars(stage).items()})
    letter = np.array([letters[place] for letters in some.letters.tolist()], dtype=object)
    ids = cast.number[some.rows]
    start = some.start if place == 0 else drawn_day(Draws(settings.seed), "beside", ids, some.start, some.until)
    return _services(settings, cast, journeys, some, letter, start, turn=place)


def _second(settings: OracleSettings, cast: Cast, journeys: Journeys, stage: _Stage) -> Rows:
    """A further managed service of some, begun at any time since the first and ended with it."""
    draws = Draws(settings.seed)
    managed = np.array([letters[0] == "M" for letters in stage.letters.tolist()], dtype=bool)
    chosen = managed & draws.chance("second", cast.number[stage.rows], settings.second_service)
    some = _Stage(**{name: values[chosen] for name, values in vars(stage).items()})
    first = np.minimum(some.start + 1, some.until)
    start = drawn_day(draws, "second_start", cast.number[some.rows], first, some.until)
    return _services(settings, cast, journeys, some, np.full(len(some.rows), "M", dtype=object), start, turn=2)


def _nested(settings: OracleSettings, cast: Cast, stage: _Stage) -> Rows:
    """A short service of the same kind inside the first stage and the year."""
    draws, days = Draws(settings.seed), settings.nested_days
    opens = np.maximum(stage.start, np.datetime64(settings.period_start, "D"))
    room = (stage.until - opens).astype(np.int64)
    at_home = np.array([letters[0] in "MD" for letters in stage.letters.tolist()], dtype=bool)
    chosen = at_home & (room > _NESTED_ROOM_DAYS)
    chosen &= draws.chance("nested", cast.number[stage.rows], settings.nested_service)
    rows, room = stage.rows[chosen], room[chosen]
    ids = cast.number[rows]
    length = draws.between("nested_days", ids, days.low, np.minimum(days.high, room - 2))
    begin = opens[chosen]
    start = drawn_day(draws, "nested_start", ids, begin + 1, begin + room - length - 1)
    letter = np.array([letters[0] for letters in stage.letters[chosen].tolist()], dtype=object)
    end = np.asarray(start + length, dtype="datetime64[D]")
    return _worded(settings, cast, rows, letter, (start, end), np.full(len(rows), _PLANNED, dtype=object), 3)


def _services(
    settings: OracleSettings, cast: Cast, journeys: Journeys, some: _Stage, letter: Texts, start: Days, turn: int
) -> Rows:
    never_closed = journeys.never_closed[some.rows] & some.is_last
    end = np.where(never_closed, NEVER, some.end)
    weights = settings.world.care.ended_outcomes
    stopped = Draws(settings.seed).choose("stopped", cast.number[some.rows], weights)
    dead = ~np.isnat(journeys.died[some.rows])
    outcome = np.where(some.is_last, np.where(dead, _DECEASED, stopped), _GOES_ON)
    outcome = np.where(np.isnat(end), "", outcome).astype(object)
    return _worded(settings, cast, some.rows, letter, (start, end), outcome, turn)


def _worded(
    settings: OracleSettings, cast: Cast, rows: Ints, letter: Texts, days: tuple[Days, Days], outcome: Texts, turn: int
) -> Rows:
    supports = [settings.supports[name] for name in letter.tolist()]
    return rows_of(
        cast, rows, "Service", *days,
        event_outcome=outcome,
        service_type=texts(support.type for support in supports),
        service_component=_components(settings, cast, rows, supports, turn),
        delivery_mechanism=texts(support.mechanism for support in supports),
    )  # fmt: skip


def _components(settings: OracleSettings, cast: Cast, rows: Ints, supports: list[Support], turn: int) -> Texts:
    """The component of the support, or one of the world's for community support by age."""
    chosen = np.full(len(rows), "", dtype=object)
    for band, group in settings.age_groups.items():
        of = cast.age_band[rows] == band
        weights = settings.world.care.community_components[group]
        chosen[of] = Draws(settings.seed).choose(f"component/{turn}", cast.number[rows][of], weights)
    return texts(support.component or drawn for support, drawn in zip(supports, chosen.tolist(), strict=True))
