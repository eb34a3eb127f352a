"""Many submission files → the current record: one row per event that stands, and the people to trace.

Which rows of which file stand is said in ``linkage.intake.keeping.current``: of cumulative files the latest of an authority
and reporting year, of rolling ones event by event. Submissions that are not accepted are left out and counted. Rows in =
events + superseded + not accepted + rejected + blank.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from linkage.engine import Engine, Step
from linkage.errors import InputError
from linkage.intake.check import CheckResult, check_into
from linkage.intake.keeping.current import Part, events_step, make_current, standing_parts
from linkage.intake.keeping.kept import KeptFile, kept_rows_step, reporting_year
from linkage.intake.keeping.new_ids import with_new_ids
from linkage.intake.mapping.crosswalk import Crosswalk
from linkage.intake.persons import persons_step

CURRENT = "current"
CURRENT_IN_PART = "current_in_part"
SUPERSEDED = "superseded"
NOT_ACCEPTED = "not_accepted"


@dataclass(frozen=True)
class SubmissionStatus:
    """What became of one submission: ``current``, ``current_in_part`` (an earlier rolling file, of which the events stand
    that ended before the later one's coverage), ``superseded`` or ``not_accepted``. ``reporting_year`` as 2022/23.
    """

    check: CheckResult
    reporting_year: str | None
    status: str


@dataclass(frozen=True)
class Consolidation:
    """The submissions by file name, and the rows of ``events`` and ``persons``.

    ``rows_with_new_ids``: rows of files that stand in which a crosswalk replaced an identifier; None without one.
    """

    submissions: tuple[SubmissionStatus, ...]
    events: int
    persons: int
    rows_with_new_ids: int | None = None

    @property
    def counts(self) -> dict[str, int]:
        """Rows: ``rows_in`` is the sum of all others but ``persons`` and ``rows_with_new_ids``."""
        accepted = sum(s.check.rows_kept for s in self.submissions if s.status != NOT_ACCEPTED)
        return {
            "rows_in": sum(s.check.rows_read for s in self.submissions),
            "events": self.events,
            "rows_superseded": accepted - self.events,
            "rows_not_accepted": sum(s.check.rows_kept for s in self.submissions if s.status == NOT_ACCEPTED),
            "rows_rejected": sum(s.check.rows_rejected for s in self.submissions),
            "rows_blank": sum(s.check.rows_blank for s in self.submissions),
            "persons": self.persons,
            **({} if self.rows_with_new_ids is None else {"rows_with_new_ids": self.rows_with_new_ids}),
        }


def consolidate(
    engine: Engine,
    paths: Sequence[Path],
    *,
    spec: str | None = None,
    synthetic: bool = False,
    as_at: date | None = None,
    crosswalk: Crosswalk | None = None,
) -> Consolidation:
    """Check the submissions and make ``events`` and ``persons`` (see ``persons_step``) in the engine.

    ``events`` has one row per event that stands: every canonical column of any version (null where a version lacks it;
    dates as DATE, other columns as text), ``submission`` (file name), ``row_number`` and ``record_id``, in the order of
    authority, period end and row number. With ``crosswalk`` new person identifiers stand in place of old ones (see
    ``linkage.intake.keeping.new_ids``). Raises InputError when two accepted submissions of an authority that both count
    have the same period end, or none is accepted; otherwise as ``check_submission``.
    """
    checks: list[CheckResult] = []
    files: list[KeptFile] = []
    for number, path in enumerate(paths):
        check = check_into(engine, path, spec=spec, synthetic=synthetic, as_at=as_at)
        checks.append(check)
        if check.accepted and check.la_code:
            table = f"kept_{number}"
            engine.run(kept_rows_step(table, check.specification))
            files.append(_kept_file(check, check.la_code, table, number))
    if not files:
        raise InputError(
            f"None of the {len(checks)} submissions is accepted. Run 'cldlink check FILE' on each to see why."
        )
    parts = standing_parts(files)
    _refuse_twins(files, parts)
    renumbered = None
    if crosswalk:
        parts, renumbered = with_new_ids(engine, parts, crosswalk)
    make_current(engine, parts)
    events = engine.run(events_step(parts))
    persons = engine.run(persons_step())
    standing: dict[int, str] = {}
    for part in parts:
        status = _standing(engine, part)
        standing[part.file.order] = status if standing.get(part.file.order, status) == status else CURRENT_IN_PART
    places = {*(file.place for file in files), *(part.file.place for part in parts)}
    engine.drop("people_rows", *(f"sent_again_{file.la_code}" for file in [*files, *(p.file for p in parts)]), *places)
    statuses = {file.order: standing.get(file.order, SUPERSEDED) for file in files}
    submissions = [_status(check, statuses.get(number, NOT_ACCEPTED)) for number, check in enumerate(checks)]
    submissions.sort(key=lambda submission: submission.check.file)
    return Consolidation(tuple(submissions), events, persons, renumbered)


def _kept_file(check: CheckResult, la_code: str, table: str, number: int) -> KeptFile:
    end = check.period_end or date.min
    return KeptFile(check.file, la_code, check.specification, check.period_start, end, table, order=number)


def _refuse_twins(files: Sequence[KeptFile], parts: Sequence[Part]) -> None:
    """Raise InputError when a file that counts has a twin: same authority, same end of period."""
    for part in parts:
        mine = (part.file.la_code, part.file.period_end)
        twins = [file for file in files if (file.la_code, file.period_end) == mine]
        if len(twins) > 1:
            names = ", ".join(file.name for file in twins)
            raise InputError(f"{names}: same authority and same end of period. Give only the one that counts.")


def _standing(engine: Engine, part: Part) -> str:
    """``current``, or of a file that is cut: ``current_in_part`` if any of its rows stand, else ``superseded``."""
    if part.before is None:
        return CURRENT
    rows = engine.value(
        Step("count_standing", "select count(*) from people_rows where number = $number", {"number": part.number})
    )
    return CURRENT_IN_PART if rows else SUPERSEDED


def _status(check: CheckResult, status: str) -> SubmissionStatus:
    year = reporting_year(check.period_end) if check.period_end else None
    return SubmissionStatus(check, year, status)
