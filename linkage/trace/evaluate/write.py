"""The files of an evaluation against the truth: the page, the figures, and who was wrong for those who may see it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from linkage.engine import Engine, EngineOptions, Step
from linkage.report import write_html
from linkage.runs import Manifest, file_record, staged_outputs
from linkage.trace.evaluate.curves import best_step, calibration, error_patterns, error_step, threshold_curve
from linkage.trace.evaluate.figures import Evaluation
from linkage.trace.evaluate.load import TraceFiles
from linkage.trace.evaluate.measure import Question, measured
from linkage.trace.evaluate.report import INSIDE, Measured, disclosure_policy, evaluation_report
from linkage.trace.result import guarded_sql

FORMAT = "cldlink-evaluation-1"
FIGURES, PAGE, ERRORS = "evaluation.json", "evaluation.html", "errors_IDENTIFIABLE.csv"


@dataclass(frozen=True)
class Showing:
    """What is written: under which disclosure policy, and whether the people with errors are listed."""

    policy: str = INSIDE
    errors: bool = False


def write_evaluation(
    question: Question, out: Path, showing: Showing | None = None, *, options: EngineOptions | None = None
) -> Evaluation:
    """Measure a trace and write ``evaluation.html``, ``evaluation.json`` and, if asked for, the errors to ``out``.

    Raises PolicyError when there is no such disclosure policy.
    """
    showing = showing or Showing()
    policy = disclosure_policy(showing.policy)
    with staged_outputs(out) as staging:
        with measured(question, out=staging, options=options) as (engine, files, evaluation):
            found = _measured(engine, files, evaluation)
            if showing.errors:
                (staging / "restricted").mkdir()
                engine.write_csv(_error_list_step(engine), staging / "restricted" / ERRORS)
        page = evaluation_report(found, policy, about=about_trace(files))
        write_html(page, staging / PAGE)
        document = figures_document("truth", str(file_record(files.trace)["sha256"]), evaluation.as_dict())
        (staging / FIGURES).write_text(document, encoding="utf-8", newline="\n")
        inputs = [file_record(path) for path in (files.trace, question.truth, question.people) if path]
        counts = {"people": evaluation.people, "patterns_of_errors": len(found.patterns)}
        Manifest("evaluate", inputs, counts, {"policy": policy.name, "as_at": question.as_at}).write(staging)
    return evaluation


def figures_document(kind: str, trace_sha256: str, figures: Mapping[str, Any]) -> str:
    """The figures of an evaluation as JSON, with the hash of the trace they belong to. ``kind``: ``truth`` or ``sample``."""
    document = {"format": FORMAT, "kind": kind, "trace_sha256": trace_sha256, "figures": dict(figures)}
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def about_trace(files: TraceFiles) -> str:
    """A line that says which trace a page is about: its day and the first figures of its hash."""
    day = f" of {files.finished.isoformat()}" if files.finished else ""
    return f"Trace{day}, file {file_record(files.trace)['sha256'][:16]}."


def _measured(engine: Engine, files: TraceFiles, evaluation: Evaluation) -> Measured:
    engine.run_all([best_step(files, engine), error_step(engine.columns("compared"))])
    return Measured(
        evaluation,
        threshold_curve(engine, files, evaluation.recall.whole),
        calibration(engine),
        error_patterns(engine),
        files.setting("min_weight"),
        files.candidates is not None,
    )


def _error_list_step(engine: Engine) -> Step:
    """Every error with its identifiers, by kind and person; text guarded for spreadsheets."""
    texts = ("query_id", "nhs_number_given", "difficulty", "given_number", "faults", "agreements", "reason")
    guarded = ", ".join(f"{guarded_sql(name)} as {name}" for name in texts if name in engine.columns("error"))
    return Step("write_errors", f"select * replace ({guarded}) from error order by kind, query_id")
