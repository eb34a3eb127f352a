"""Many submissions → the current record: one row per event, and the people to trace.

A submission is cumulative: for each authority and reporting year (1 April to 31 March, by the period's end) the accepted
one with the latest period end is current, and supersedes the earlier ones whole. Submissions that are not accepted are
left out and counted. Rows in = events + superseded + not accepted + rejected + blank.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from linkage.engine import Engine, Step, ident
from linkage.errors import InputError
from linkage.intake.check import CheckResult, check_into
from linkage.intake.dates import PARSED
from linkage.intake.persons import persons_steps
from linkage.spec import canonical_ids, load_specification, versions

CURRENT = "current"
SUPERSEDED = "superseded"
NOT_ACCEPTED = "not_accepted"


@dataclass(frozen=True)
class SubmissionStatus:
    """What became of one submission: ``current``, ``superseded`` or ``not_accepted``. ``reporting_year`` as 2022/23."""

    check: CheckResult
    reporting_year: str | None
    status: str


@dataclass(frozen=True)
class Consolidation:
    """The submissions by file name, and the rows of ``events`` and ``persons``."""

    submissions: tuple[SubmissionStatus, ...]
    events: int
    persons: int

    @property
    def counts(self) -> dict[str, int]:
        """Rows: ``rows_in`` is the sum of all others but ``persons``."""
        return {
            "rows_in": sum(s.check.rows_read for s in self.submissions),
            "events": self.events,
            "rows_superseded": self._kept(SUPERSEDED),
            "rows_not_accepted": self._kept(NOT_ACCEPTED),
            "rows_rejected": sum(s.check.rows_rejected for s in self.submissions),
            "rows_blank": sum(s.check.rows_blank for s in self.submissions),
            "persons": self.persons,
        }

    def _kept(self, status: str) -> int:
        return sum(s.check.rows_kept for s in self.submissions if s.status == status)


def consolidate(
    engine: Engine,
    paths: Sequence[Path],
    *,
    spec: str | None = None,
    synthetic: bool = False,
    as_at: date | None = None,
) -> Consolidation:
    """Check the submissions and make ``events`` and ``persons`` (see ``persons_steps``) in the engine.

    ``events`` has one row per event of the current submissions: every canonical column of any version (null where a
    version lacks it; dates as DATE, other columns as text), ``submission`` (file name), ``row_number`` and ``record_id``,
    in the order of authority, period end and row number. Raises InputError when two accepted submissions of an authority
    have the same period end in the same reporting year, or none is accepted; otherwise as ``check_submission``.
    """
    checks = []
    for number, path in enumerate(paths):
        check = check_into(engine, path, spec=spec, synthetic=synthetic, as_at=as_at)
        if check.accepted:
            engine.run(kept_rows_step(f"kept_{number}", check))
        checks.append(check)
    current = _current(checks)
    engine.run(current_rows_step({f"kept_{number}": checks[number].version for number in sorted(current)}))
    engine.drop(*(f"kept_{number}" for number in range(len(paths))))
    events = engine.run(events_step())
    engine.run_all(persons_steps())
    engine.drop("current_rows", "latest_rows", "named_persons")
    submissions = [_status(check, number in current) for number, check in enumerate(checks)]
    submissions.sort(key=lambda submission: submission.check.file)
    return Consolidation(tuple(submissions), events, engine.count("persons"))


def kept_rows_step(name: str, check: CheckResult) -> Step:
    """The rows of the submission just checked that were not rejected, with the file's name and period end."""
    return Step(
        name,
        """select s.*, cast($file as varchar) as submission, facts.period_end
from submission as s cross join submission_facts as facts
where s.row_number not in (select row_number from rejected_rows)""",
        {"file": check.file},
    )


def current_rows_step(tables: dict[str, str]) -> Step:
    """The rows of all current submissions with the columns of every version, numbered by authority, period end and row
    number (``row_id``); ``tables`` gives each table's version.
    """
    selects = []
    for table, version in tables.items():
        specification = load_specification(version)
        columns = [column for name in canonical_ids() for column in _columns_sql(name, specification.has(name))]
        selects.append(f"select {', '.join(columns)}, submission, period_end, row_number from {ident(table)}")
    rows = "\nunion all\n".join(selects)
    in_order = "row_number() over (order by la_code, period_end, row_number) as row_id"
    return Step("current_rows", f"select *, {in_order} from (\n{rows}\n)")


def events_step() -> Step:
    """The current record: dates as DATE, and an identifier of the row without anything personal in it."""
    dates = _date_ids()
    columns = [f"{ident(name + PARSED)} as {ident(name)}" if name in dates else ident(name) for name in canonical_ids()]
    return Step(
        "events",
        f"""select la_code || '/' || strftime(period_end, '%Y-%m-%d') || '/' || row_number as record_id, submission, row_number,
    {", ".join(columns)}
from current_rows order by row_id""",
    )


def _columns_sql(name: str, present: bool) -> list[str]:
    """A column as text, and for a date field its DATE column; nulls where the version lacks the field."""
    columns = {ident(name): "varchar"} | ({ident(name + PARSED): "date"} if name in _date_ids() else {})
    return [column if present else f"cast(null as {kind}) as {column}" for column, kind in columns.items()]


def _date_ids() -> frozenset[str]:
    return frozenset(field.id for version in versions() for field in load_specification(version).date_fields)


def _current(checks: Sequence[CheckResult]) -> set[int]:
    """Positions of the current submissions among the checks."""
    latest: dict[tuple[str | None, str | None], list[int]] = {}
    for number, check in enumerate(checks):
        if not check.accepted:
            continue
        rivals = latest.setdefault((check.la_code, _reporting_year(check)), [])
        if rivals and _period_end(check) > _period_end(checks[rivals[0]]):
            rivals.clear()
        if not rivals or _period_end(check) == _period_end(checks[rivals[0]]):
            rivals.append(number)
    if not latest:
        raise InputError(
            f"None of the {len(checks)} submissions is accepted. Run 'cldlink check FILE' on each to see why."
        )
    for rivals in latest.values():
        if len(rivals) > 1:
            files = ", ".join(checks[number].file for number in rivals)
            raise InputError(f"{files}: same authority and same end of period. Give only the one that counts.")
    return {rivals[0] for rivals in latest.values()}


def _status(check: CheckResult, current: bool) -> SubmissionStatus:
    status = CURRENT if current else SUPERSEDED
    return SubmissionStatus(check, _reporting_year(check), status if check.accepted else NOT_ACCEPTED)


def _reporting_year(check: CheckResult) -> str | None:
    if check.period_end is None:
        return None
    first = check.period_end.year - (check.period_end.month < 4)
    return f"{first}/{(first + 1) % 100:02d}"


def _period_end(check: CheckResult) -> date:
    return check.period_end or date.min
