"""A trace measured against the truth: every figure, and the tables from which curves and lists are made."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from linkage.engine import Engine, EngineOptions, Step, literal, open_engine
from linkage.errors import InputError
from linkage.trace.evaluate.figures import Evaluation, GroupQuality, Proportion, widest_gaps
from linkage.trace.evaluate.load import (
    DIMENSIONS,
    TraceFiles,
    group_steps,
    load_people,
    load_trace,
    load_truth,
    trace_files,
)
from linkage.trace.evaluate.settings import NOT_KNOWN, evaluation_settings


@dataclass(frozen=True)
class Question:
    """What is to be measured. ``truth``: None when only rates of links are asked for. ``people``: a file that tells
    groups. ``as_at``: the day on which ages are counted; the day of the trace when None.
    """

    trace: Path
    truth: Path | None
    people: Path | None = None
    as_at: date | None = None


def evaluate_trace(
    trace_file: Path,
    truth_file: Path,
    *,
    people: Path | None = None,
    as_at: date | None = None,
    options: EngineOptions | None = None,
) -> Evaluation:
    """Compare a trace with the truth: ``true_nhs_number`` (blank = not in the register) and either ``query_id`` or
    ``la_code`` and ``person_unique_identifier``; ``difficulty`` and ``given_number`` are used when there.

    Precision: right links among accepted links. Recall: right links among people in the register. Rows marked sensitive
    are judged by the restricted file beside the trace, when it is there. Age, sex, ethnicity and authority come from
    ``people`` or the truth itself.
    """
    with measured(Question(trace_file, truth_file, people, as_at), options=options) as (_, _, evaluation):
        return evaluation


@contextmanager
def measured(
    question: Question, *, out: Path | None = None, options: EngineOptions | None = None
) -> Iterator[tuple[Engine, TraceFiles, Evaluation]]:
    """The figures together with the engine that made them: ``compared`` has one row per query with truth,
    ``person_group`` its groups. ``out`` is a folder that the engine may write to.
    """
    files = trace_files(question.trace)
    named = [path for path in (question.truth, question.people) if path]
    with tempfile.TemporaryDirectory(prefix="cldlink-") as scratch:
        folders = [Path(scratch), files.folder, *(path.resolve().parent for path in named), *([out] if out else [])]
        with open_engine(options, folders) as engine:
            load_trace(engine, files)
            found = load_truth(engine, question.truth, Path(scratch)) if question.truth else []
            source = "truth" if question.truth else None
            if question.people:
                found, source = load_people(engine, question.people, Path(scratch)), "people_read"
            elif source:
                found = ["query_id", *found]
            engine.run_all(group_steps(source, found, question.as_at or files.finished))
            engine.run(_compared_step(with_truth=question.truth is not None))
            yield engine, files, _evaluation(engine, with_truth=question.truth is not None)


def _compared_step(*, with_truth: bool) -> Step:
    """One row per query: what was linked, and what should have been. Without truth all that is known of it is null.

    A given number is another's when the truth says so (``given_number``); where the truth does not say, when it is valid,
    not the true one, and the trace does not know it as an earlier number of the person.
    """
    truth = "t.true_number, t.difficulty, t.given_number, t.faults"
    if not with_truth:
        truth = "".join(
            f", cast(null as varchar) as {n}" for n in ("true_number", "difficulty", "given_number", "faults")
        )
        return Step("compared", f"select r.*, false as correct{truth}, false as wrong_given from trace r")
    return Step(
        "compared",
        f"""
select r.*, {truth},
  r.nhs_number is not distinct from t.true_number and r.nhs_number is not null as correct,
  case when t.given_number is not null then t.given_number = 'anothers'
    else coalesce(r.given_valid <> t.true_number and r.outcome <> 'superseded', false) end as wrong_given
from truth t join trace r using (query_id)""",
    )


def _evaluation(engine: Engine, *, with_truth: bool) -> Evaluation:
    n = _counted(engine)
    if with_truth and not n["people"]:
        raise InputError("Nobody of the truth file is in the trace. Give the truth of the people who were traced.")
    groups = group_quality(engine, with_truth=with_truth)
    small = evaluation_settings().small_group
    measures = ("right", "wrong") if with_truth else ("linked",)
    counts = {name: engine.count(name) if with_truth else 0 for name in ("truth", "trace")}
    return Evaluation(
        people=n["people"],
        precision=Proportion(n["right_links"], n["links"] if with_truth else 0),
        recall=Proportion(n["right_links"], n["present"]),
        absent_linked=Proportion(n["absent_linked"], n["absent"] if with_truth else 0),
        right_numbers_changed=Proportion(n["right_changed"], n["right_given"]),
        wrong_numbers_confirmed=Proportion(n["wrong_confirmed"], n["wrong_given"]),
        by_difficulty=_by_difficulty(engine) if with_truth else {},
        wrong_numbers_detected=Proportion(n["wrong_detected"], n["wrong_given"]),
        truth_not_traced=counts["truth"] - n["people"] if with_truth else 0,
        traced_without_truth=counts["trace"] - n["people"] if with_truth else 0,
        groups=groups,
        gaps=[gap for measure in measures for gap in widest_gaps(groups, measure, small)],
    )


def _counted(engine: Engine) -> dict[str, Any]:
    counted = engine.arrow(
        Step(
            "count_quality",
            """
select count(*) as people, count(nhs_number) as links, count(*) filter (where correct) as right_links,
  count(true_number) as present, count(*) filter (where true_number is null) as absent,
  count(nhs_number) filter (where true_number is null) as absent_linked,
  count(*) filter (where given_clean = true_number) as right_given,
  count(*) filter (where given_clean = true_number and nhs_number <> true_number) as right_changed,
  count(*) filter (where wrong_given) as wrong_given,
  count(*) filter (where wrong_given and outcome in ('corrected', 'conflict')) as wrong_detected,
  count(*) filter (where wrong_given and (outcome in ('confirmed', 'superseded') or nhs_number = given_clean))
    as wrong_confirmed
from compared""",
        )
    )
    row: dict[str, Any] = counted.to_pylist()[0]
    return row


def _by_difficulty(engine: Engine) -> dict[str, Proportion]:
    classes = engine.rows(
        Step(
            "count_difficulty",
            """
select coalesce(difficulty, 'all'), count(*) filter (where correct), count(*) from compared
where true_number is not null group by 1 order by 1""",
        )
    )
    return {name: Proportion(right, whole) for name, right, whole in classes}


def group_quality(engine: Engine, *, with_truth: bool) -> list[GroupQuality]:
    """Every group of every dimension, dimensions in their order, groups by name, not known last."""
    order = " ".join(f"when {literal(name)} then {place}" for place, name in enumerate(DIMENSIONS))
    rows: Sequence[tuple[Any, ...]] = engine.rows(
        Step(
            "count_groups",
            f"""
select dimension, grp, count(*), count(nhs_number), count(true_number), count(*) filter (where correct),
  count(nhs_number) filter (where not correct)
from compared join person_group using (query_id)
group by 1, 2 order by case dimension {order} end, grp = {literal(NOT_KNOWN)}, grp""",
        )
    )
    return [
        GroupQuality(
            dimension,
            group,
            people,
            linked=Proportion(links, people),
            right=Proportion(right, present),
            wrong=Proportion(wrong, links) if with_truth else Proportion(0, 0),
        )
        for dimension, group, people, links, present, right, wrong in rows
    ]
