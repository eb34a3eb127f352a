"""The derivation: from submitted events to ``event``, ``person`` and ``spell``, the tables that every measure reads."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from linkage.cohort.derive.event import event, event_flow
from linkage.cohort.derive.events import cropped, events_in_period, not_kept, shared_event
from linkage.cohort.derive.grouped import submitted_value, unmapped_value
from linkage.cohort.derive.people import cared_for, inferred_accommodation, latest_detail, person, stated_detail
from linkage.cohort.derive.period import Period, months_later
from linkage.cohort.derive.settings import Hierarchy, PersonRule, Selection, derivation_settings
from linkage.cohort.derive.source import CareSource
from linkage.cohort.derive.spells import spell
from linkage.cohort.derive.submissions import Chosen, chosen_submission, reporting_period
from linkage.cohort.derive.submitted import numbered_local, person_key, submission, submitted
from linkage.engine import Engine, Step
from linkage.errors import InputError, UsageError

TABLES = ("event", "person", "spell")
LARGE = ("submitted", "events_in_period", "shared_event", "cropped", "not_kept", "stated_detail")
"""Tables with a row for every submitted row, dropped on the way unless they are asked for."""


@dataclass(frozen=True)
class Derivation:
    """The choices of a derivation. ``period``: first and last day wanted (None: all that the submissions say they cover).

    ``stated_period``: submissions are chosen by the period they state, not by that of their events. ``cleaned``: events are
    told apart by value, so that one event in the wordings of two releases is one; DHSC compares submitted wordings.
    ``cost_period``: where ``period_cost`` is counted (None: the last three months of the period). ``as_of``: submissions
    received later do not count. ``keep_steps`` leaves the tables of every step in the engine.
    """

    period: Period | None = None
    selection: Selection = "current"
    person_rule: PersonRule = "dhsc"
    outcome_hierarchy: Hierarchy = "release2"
    stated_period: bool = False
    cleaned: bool = False
    cost_period: Period | None = None
    as_of: date | None = None
    keep_steps: bool = False


@dataclass(frozen=True)
class Derived:
    """What was derived: the period of the events, and that of ``period_cost``."""

    period: Period
    cost_period: Period


def derive(engine: Engine, source: CareSource, derivation: Derivation | None = None) -> Derived:
    """Make ``event``, ``person``, ``spell``, with ``event_flow``, ``unmapped_value`` and the small tables of the steps.

    A table ``person`` of linked people that is there already is kept as ``linked_person``. Raises InputError when the source
    lacks a column, UsageError when no submission is chosen or the period fits none.
    """
    choices = derivation or Derivation()
    settings = derivation_settings()
    _keep_linked_person(engine)
    if choices.person_rule == "nhs_england":
        _require_local_ids(source)
        engine.run(numbered_local(source))
    engine.run_all(
        [
            submission(source),
            submitted_value(source, choices.outcome_hierarchy),
            unmapped_value(),
            person_key(source),
            submitted(source, choices.person_rule, cleaned=choices.cleaned),
            reporting_period(settings.reporting_period),
        ]
    )
    period = choices.period or stated_period(engine)
    costs = choices.cost_period or last_quarter(period)
    engine.run(chosen_submission(Chosen(period, choices.selection, choices.as_of), stated=choices.stated_period))
    _require_chosen(engine, period)
    _run(engine, choices, [stated_detail(), latest_detail()], done_with=["stated_detail"])
    steps = [events_in_period(), cropped(), shared_event(choices.selection), not_kept(choices.selection)]
    _run(engine, choices, [*steps, event(choices.selection, costs)], done_with=["shared_event", "cropped"])
    _run(engine, choices, [event_flow(), cared_for(source)], done_with=["submitted", "events_in_period", "not_kept"])
    engine.run_all([inferred_accommodation(settings.inferred_accommodation), person(period.end)])
    engine.run(spell(settings.spell_gap_days))
    return Derived(period, costs)


def stated_period(engine: Engine) -> Period:
    """From the first day that any submission says it covers to the last. Raises UsageError when none says."""
    rows = engine.rows(Step("stated_period", "select min(stated_start), max(stated_end) from submission"))
    start, end = rows[0]
    if start is None or end is None:
        raise UsageError("The submissions do not state a reporting period. Give --period-start and --period-end.")
    return Period(start, end)


def last_quarter(period: Period) -> Period:
    """The last three months of a period, or all of it if it is shorter.

    >>> str(last_quarter(Period(date(2023, 4, 1), date(2024, 3, 31))))
    '2024-01-01 to 2024-03-31'
    """
    start = months_later(period.end + timedelta(days=1), -3)
    return Period(max(start, period.start), period.end)


def _run(engine: Engine, choices: Derivation, steps: Sequence[Step], *, done_with: Sequence[str]) -> None:
    engine.run_all(steps)
    if not choices.keep_steps:
        engine.drop(*done_with)


def _keep_linked_person(engine: Engine) -> None:
    names = {row[0] for row in engine.rows(Step("tables", "select table_name from duckdb_tables()"))}
    if "person" in names and "in_social_care" in engine.columns("person"):
        engine.run(Step("linked_person", "select * from person"))


def _require_local_ids(source: CareSource) -> None:
    if source.local_id == "null::varchar":
        raise InputError(
            "The rule nhs_england needs the authority's own id beside the NHS number (la_person_pseudonym), which this release "
            "lacks. Take the rule dhsc, or ask for a release that has it."
        )


def _require_chosen(engine: Engine, period: Period) -> None:
    if not engine.count("chosen_submission"):
        raise UsageError(f"No submission covers {period}. Give another period, or --selection current.")
