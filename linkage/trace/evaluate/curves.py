"""What the threshold does, whether the model's probabilities hold, and which errors look alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from linkage.engine import Engine, Step
from linkage.trace.evaluate.figures import Proportion
from linkage.trace.evaluate.load import TraceFiles
from linkage.trace.evaluate.settings import evaluation_settings, weight_band_names, weight_band_sql

EXACT = "exact step"
"""The band of links that were made without a weight."""


@dataclass(frozen=True)
class ThresholdPoint:
    """Links, precision and recall if links had needed at least ``weight`` bits, all other rules as they are."""

    weight: int
    links: int
    precision: Proportion
    recall: Proportion


@dataclass(frozen=True)
class CalibrationBand:
    """Queries whose best person weighs within a band: mean probability by the model, and the share that is right."""

    band: str
    model: float
    observed: Proportion


@dataclass(frozen=True)
class ErrorPattern:
    """People with the same kind of error, outcome, class and agreement levels."""

    kind: str
    outcome: str
    difficulty: str
    agreements: str
    people: int


def best_step(files: TraceFiles, engine: Engine) -> Step:
    """``best_person``: for every query with truth its link, or else the best candidate of a query that was not found.

    ``gap`` of a candidate is the distance to the next one in the file or, without one, to the least weight kept there; a
    candidate never counts for a query that failed for another reason than its weight.
    """
    linked = """
select query_id, nhs_number as number, match_weight as weight, match_probability as probability, gap, outcome,
  true_number from compared where nhs_number is not null"""
    if files.candidates is None:
        return Step("best_person", linked)
    engine.read_parquet("candidates", [files.candidates])
    return Step(
        "best_person",
        f"""{linked}
union all
select a.query_id, a.candidate_nhs_number, a.match_weight, 1 / (1 + pow(2, -a.match_weight)),
  a.match_weight - coalesce(b.match_weight, $floor), c.outcome, c.true_number
from candidates a join compared c using (query_id)
left join candidates b on b.query_id = a.query_id and b.place = 2
where a.place = 1 and c.outcome = 'not_found'""",
        {"floor": files.setting("review_weight") or 0.0},
    )


def threshold_curve(engine: Engine, files: TraceFiles, present: int) -> list[ThresholdPoint]:
    """One point per whole bit, from the least weight known to the highest link. Empty when no link has a weight.

    From the run's own threshold upwards the points are what the trace would have given; below it they are near that: a
    candidate there is taken when it leads by the run's gap, and whether its details identify anyone is not asked.
    ``present``: people in the register.
    """
    rows = engine.rows(
        Step(
            "weighed",
            """
select floor(weight)::int as bits, count(*) filter (where number is not distinct from true_number), count(*)
from best_person where outcome <> 'not_found' or coalesce(gap >= $gap, true)
group by 1 order by 1 desc nulls first""",
            {"gap": files.setting("min_gap") or 0.0},
        )
    )
    always = next(((right, links) for bits, right, links in rows if bits is None), (0, 0))
    weighed = {bits: (right, links) for bits, right, links in rows if bits is not None}
    if not weighed:
        return []
    highest = min(max(weighed) + 1, evaluation_settings().highest_threshold)
    return [_point(bits, always, weighed, present) for bits in range(min(weighed), highest + 1)]


def _point(bits: int, always: tuple[int, int], weighed: Mapping[int, tuple[int, int]], present: int) -> ThresholdPoint:
    """``weighed``: right links and links by the whole bits of their weight."""
    taken = [always, *(counts for of, counts in weighed.items() if of >= bits)]
    right, links = (sum(counts[place] for counts in taken) for place in (0, 1))
    return ThresholdPoint(bits, links, Proportion(right, links), Proportion(right, present))


def calibration(engine: Engine) -> list[CalibrationBand]:
    """One row per band of weight that has anybody, lowest first; exact steps last, for which the model claims certainty."""
    rows = engine.rows(
        Step(
            "calibration",
            f"""
select coalesce({weight_band_sql("weight")}, '{EXACT}') as band, avg(probability),
  count(*) filter (where number is not distinct from true_number), count(*)
from best_person group by 1""",
        )
    )
    order = [*weight_band_names(), EXACT]
    return [
        CalibrationBand(band, model, Proportion(right, whole))
        for band, model, right, whole in sorted(rows, key=lambda row: order.index(row[0]))
        if model is not None
    ]


def error_step(columns: Sequence[str]) -> Step:
    """``error``: one row per query and kind of error, with everything the trace and the truth say of it."""
    levels = [name for name in columns if name.startswith("agree_")]
    pattern = ", ".join(f"'{name.removeprefix('agree_').replace('_', ' ')}: ' || {name}" for name in levels) or "null"
    return Step(
        "error",
        f"""
with judged as (
  select *, list_filter([
      case when nhs_number is not null and true_number is null then 'linked, not in the register' end,
      case when nhs_number <> true_number then 'linked to another person' end,
      case when nhs_number is null and true_number is not null then 'missed' end,
      case when given_clean = true_number and nhs_number <> true_number then 'right number changed' end,
      case when wrong_given and (outcome in ('confirmed', 'superseded') or nhs_number = given_clean)
        then 'wrong number confirmed' end], lambda kind: kind is not null) as kinds,
    coalesce(array_to_string(list_filter([{pattern}], lambda told: told is not null), '; '), '') as agreements
  from compared)
select unnest(kinds) as kind, * exclude (kinds, correct, given_clean, given_valid) from judged""",
    )


def error_patterns(engine: Engine) -> list[ErrorPattern]:
    """Errors counted by what they have in common, most frequent first."""
    rows = engine.rows(
        Step(
            "error_patterns",
            """
select kind, outcome, coalesce(difficulty, ''), agreements, count(*) from error
group by all order by count(*) desc, kind, outcome, 3, agreements""",
        )
    )
    return [ErrorPattern(*row) for row in rows]
