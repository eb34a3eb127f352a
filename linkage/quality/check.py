"""A check with everything it leaves behind: findings for machines and for people, what to fix first, the quality report."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from linkage.engine import Engine, open_engine
from linkage.intake import CheckOptions, CheckResult, check_into, summary_text, write_check
from linkage.quality.comments import gaps
from linkage.quality.completeness import measure_completeness
from linkage.quality.earlier import Earlier, read_earlier, refuse_others
from linkage.quality.effects import fix_first
from linkage.quality.first import Fix, first_fixes
from linkage.quality.measured import QUALITY, Measured, measured, write_measured
from linkage.quality.page import Page, quality_report
from linkage.quality.teams import Teams, read_teams, register_teams
from linkage.quality.workbook import WORKBOOK, Measures, write_findings_workbook
from linkage.report import write_html
from linkage.runs import file_record
from linkage.spec import Specification

PAGE = "data_quality.html"
_IN_SUMMARY = 3


@dataclass(frozen=True)
class Checked:
    """A check, its measures in counts, and what to fix first with numbers of people as the disclosure gate shows them."""

    result: CheckResult
    measured: Measured
    fixes: tuple[Fix, ...]

    @property
    def summary(self) -> str:
        """The outcome in words and counts, with what to fix first."""
        return summary_with_fixes(self.result, self.fixes)

    def as_dict(self) -> dict[str, Any]:
        """For a script: LTS001 as shown, and the faults that move anybody in it, in the order of what to fix first."""
        moving = [fix for fix in self.fixes if fix.moves_anybody]
        fixes = [{"rule": f.rule, "part": f.part, "field": f.heading, "moved": f.moved} for f in moving]
        return {"lts001": self.measured.lts001, "fix_first": fixes}


def check_and_report(
    path: Path,
    out: Path,
    *,
    spec: str | None = None,
    synthetic: bool = False,
    options: CheckOptions | None = None,
    teams: Path | None = None,
    previous: Sequence[Path] = (),
) -> Checked:
    """Check a submission and write everything about it to ``out``.

    ``teams``: a side file (see ``read_teams``). ``previous``: earlier submissions of the authority, or the folders of
    their checks. Raises as ``check_submission``, and for a side file or an earlier submission that cannot be used.
    """
    options = options or CheckOptions()
    side_file = read_teams(teams) if teams else None
    earlier = read_earlier(Earlier(previous, synthetic, options))
    with open_engine(options.engine) as engine:
        result = check_into(engine, path, spec=spec, synthetic=synthetic, options=options)
        others = [_record(one) for one in (teams, *previous) if one]
        return write_report(engine, replace(result, inputs=(*result.inputs, *others)), out, earlier, side_file)


def report_of_store(engine: Engine, result: CheckResult, out: Path, before: Sequence[Path]) -> None:
    """Write about a file that a store was given what ``check_and_report`` writes; ``before`` are the folders of the reports
    of earlier submissions, those without a ``quality.json`` left out.
    """
    folders = [folder for folder in before if (folder / QUALITY).is_file()]
    others = tuple(_record(folder) for folder in folders)
    earlier = read_earlier(Earlier(folders, result.synthetic, CheckOptions()))
    write_report(engine, replace(result, inputs=(*result.inputs, *others)), out, earlier)


def write_report(
    engine: Engine, result: CheckResult, out: Path, earlier: Sequence[Measured] = (), teams: Teams | None = None
) -> Checked:
    """Measure the submission just checked in ``engine`` and write everything about it to ``out``."""
    register_teams(engine, teams)
    measures = _measures(engine, result.specification, teams)
    now = measured(result, measures.completeness, measures.fix.lts001)
    refuse_others(now, earlier)
    fixes = first_fixes(measures.fix, measures.specification)
    report = quality_report(Page(result, now, earlier, measures, fixes))

    def more(folder: Path) -> None:
        write_findings_workbook(engine, result, measures, folder / WORKBOOK)
        write_html(report, folder / PAGE)
        write_measured(now, folder / QUALITY)

    write_check(result, out, summary=summary_with_fixes(result, fixes), more=more)
    return Checked(result, now, fixes)


def summary_with_fixes(result: CheckResult, fixes: Sequence[Fix]) -> str:
    """The summary of a check, with the few faults that move most people in LTS001 named at its end."""
    moving = [fix for fix in fixes if fix.moves_anybody][:_IN_SUMMARY]
    text = summary_text(result)
    if not moving:
        return text
    lines = [f"  {fix.rule} {fix.heading}: {fix.moved}" for fix in moving]
    return text + "\n".join(["", "Fix first, by people moved in LTS001 (to the nearest 5)", *lines]) + "\n"


def _record(path: Path) -> dict[str, Any]:
    """What was read of a side file or an earlier submission, for the manifest."""
    return file_record(path / QUALITY if path.is_dir() else path)


def _measures(engine: Engine, specification: Specification, teams: Teams | None) -> Measures:
    completeness = measure_completeness(engine, specification)
    fix = fix_first(engine, specification)
    return Measures(specification, completeness, fix, gaps(completeness, specification), teams)
