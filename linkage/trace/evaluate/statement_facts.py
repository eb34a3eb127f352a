"""What a linkage quality statement is made from: the run's manifest, its trace, and what was measured of it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from linkage.engine import EngineOptions, Step, open_engine
from linkage.errors import InputError
from linkage.runs import file_record, read_manifest
from linkage.trace.evaluate.figures import GroupQuality
from linkage.trace.evaluate.load import TraceFiles, refuse_other_register, trace_files
from linkage.trace.evaluate.measure import Question, measured
from linkage.trace.evaluate.write import FIGURES, FORMAT
from linkage.trace.outcomes import outcomes
from linkage.trace.result import read_trace
from linkage.trace.source import require_file


@dataclass(frozen=True)
class Sources:
    """What a statement is made from. ``evaluation``: the figures of an evaluation, or their folder. ``register``: the
    prepared register, for what the manifest of the trace does not say of it. ``people``: a file that tells groups, for the
    share linked in each when no evaluation tells more.
    """

    trace: Path
    evaluation: Path | None = None
    register: Path | None = None
    people: Path | None = None


@dataclass(frozen=True)
class Facts:
    """What was read. ``register``: the manifest of the prepared register. ``linked``: groups of people with the share linked."""

    files: TraceFiles
    manifest: Mapping[str, Any]
    by_outcome: Mapping[str, int]
    evaluation: Mapping[str, Any] | None
    register: Mapping[str, Any] | None
    linked: Sequence[GroupQuality]


def read_facts(sources: Sources, options: EngineOptions | None = None) -> Facts:
    """Read everything. Raises InputError when the evaluation or the register belongs to another trace."""
    files = trace_files(sources.trace)
    manifest = read_manifest(files.folder)
    register = None if sources.register is None else read_manifest(sources.register)
    if sources.register:
        refuse_other_register(files, sources.register)
    with open_engine(options, [files.folder]) as engine:
        read_trace(engine, "trace", files.trace)
        counted = dict(engine.rows(Step("count_outcomes", "select outcome, count(*) from trace group by 1")))
    by_outcome = {name: counted.pop(name) for name in outcomes() if name in counted} | dict(sorted(counted.items()))
    evaluation = _read_evaluation(sources.evaluation, files)
    return Facts(files, manifest, by_outcome, evaluation, register, _linked(sources, options))


def _linked(sources: Sources, options: EngineOptions | None) -> Sequence[GroupQuality]:
    if sources.people is None:
        return ()
    with measured(Question(sources.trace, None, sources.people), options=options) as (_, _, evaluation):
        return evaluation.groups


def figures_file(evaluation: Path | None) -> Path | None:
    """The figures of an evaluation, given them or their folder."""
    return evaluation / FIGURES if evaluation and evaluation.is_dir() else evaluation


def _read_evaluation(evaluation: Path | None, files: TraceFiles) -> Mapping[str, Any] | None:
    path = figures_file(evaluation)
    if path is None:
        return None
    require_file(path, "the figures of the evaluation")
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        document = None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise InputError(f"{path}: these are not the figures that 'cldlink evaluate --out' writes.")
    if document["trace_sha256"] != file_record(files.trace)["sha256"]:
        raise InputError(f"{path}: this evaluation is of another trace. Evaluate this one again.")
    return document


def unsaid(facts: Facts) -> list[str]:
    """What the statement could not say, in words."""
    figures = facts.evaluation["figures"] if facts.evaluation else {}
    missing = {
        "precision and recall": facts.evaluation is None,
        "differences between groups": not figures.get("groups") and not facts.linked,
        "false links to people who are not in the register": "absent_linked" not in figures,
        "source and date of the register": facts.register is None,
        "time taken": True,
    }
    return [name for name, lacks in missing.items() if lacks]
