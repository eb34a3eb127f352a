"""The derivation: from submitted events to ``event``, ``person`` and ``spell``, the tables that every measure reads."""

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from linkage.cohort.derive.coded import DETAILS, coded_fields, coding_values
from linkage.cohort.derive.event import event, event_flow
from linkage.cohort.derive.events import cropped, events_in_period, not_kept, shared_event
from linkage.cohort.derive.grouped import submitted_value, unmapped_value
from linkage.cohort.derive.people import cared_for, details_named, inferred_accommodation, latest_detail, person
from linkage.cohort.derive.period import Period, months_later
from linkage.cohort.derive.settings import Hierarchy, PersonRule, Selection, derivation_settings
from linkage.cohort.derive.source import NO_ID, CareSource
from linkage.cohort.derive.spells import setting_spell, spell
from linkage.cohort.derive.submissions import Chosen, chosen_submission, reporting_period
from linkage.cohort.derive.submitted import (
    Submitting,
    authorities_of,
    numbered_local,
    person_key,
    submission,
    submitted,
)
from linkage.engine import Engine, Step, Value
from linkage.errors import InputError, UsageError

TABLES = ("event", "person", "spell")
_DETAILS = "latest_detail"


@dataclass(frozen=True)
class NamedStep:
    """A step with its number among DHSC's (``configs/measures/derivation.yaml``), and the function that says what it does.

    ``done_with``: tables with a row for every submitted row, or nearly, that no later step reads. ``for_rows``: only who asks
    after submitted rows needs the table; it is not made when the readers are known (``Derivation``).
    """

    number: str
    step: Step
    function: Callable[..., Step]
    done_with: Sequence[str] = ()
    for_rows: bool = False

    @property
    def about(self) -> str:
        """Source, rule and grain of the step's table."""
        return inspect.getdoc(self.function) or ""


@dataclass(frozen=True)
class Derivation:
    """The choices of a derivation. ``period``: first and last day wanted (None: all that the submissions say they cover).

    ``stated_period``: submissions are chosen by the period they state, not by that of their events. ``cleaned``: events are
    told apart by value, so that one event in the wordings of two releases is one; DHSC compares submitted wordings.
    ``cost_period``: where ``period_cost`` is counted (None: the last three months of the period). ``as_of``: submissions
    received later do not count. ``keep_steps`` leaves the tables of every step in the engine, ``keep_details`` those that
    ``end_earlier`` needs. ``readers``: the steps that will read ``event`` and ``person``; columns that none names
    are not made, nor tables about submitted rows (None: it is not known who will, all are made).
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
    keep_details: bool = False
    readers: Sequence[Step] | None = None


@dataclass(frozen=True)
class Derived:
    """What was derived: the period of the events, and that of ``period_cost``."""

    period: Period
    cost_period: Period


def derive(engine: Engine, source: CareSource, derivation: Derivation | None = None) -> Derived:
    """Make ``event``, ``person``, ``spell``, with ``event_flow``, ``unmapped_value`` and the small tables of the steps.

    The two are not made when the readers are known. A table ``person`` of linked people that is there already is kept as
    ``linked_person``. Raises InputError when the source lacks a column, UsageError when no submission is chosen or the period
    fits none.
    """
    choices = derivation or Derivation()
    _keep_linked_person(engine)
    _run(engine, [NamedStep("1", submission(source), submission)], choices)
    period = choices.period or stated_period(engine)
    result = Derived(period, choices.cost_period or last_quarter(period))
    named = _named_of_submitted(source, choices, result)
    _run(engine, steps_of_wordings(source, choices, named), choices)
    coding = coding_values(engine, source.columns, cleaned=choices.cleaned)
    _run(engine, steps_of_submissions(source, choices, named, coding, authorities_of(engine)), choices)
    _run(engine, [step_of_choice(choices, period)], choices)
    if not engine.count("chosen_submission"):
        raise UsageError(f"No submission covers {period}. Give another period, or --selection current.")
    _run(engine, steps_of_events(source, choices, result), choices)
    return result


def end_earlier(engine: Engine, end: date) -> None:
    """Make ``event``, ``person`` and ``spell`` what a derivation of a period that ends on this earlier day would have made.

    After ``derive`` with ``keep_details``; the cost period stays. Which record of an event is kept does not depend on the last
    day: records of one event start together, and end together unless they are services, which count from their start. Spells
    are made again only of people whose support began after that day: ``cut_person``.
    """
    rules = derivation_settings()
    began_later = """
select distinct la_code, person_key from event
where setting is not null and client_type_group = 'service_user' and start_date > $period_end"""
    engine.run(Step("cut_person", began_later, {"period_end": end}))
    within = "case when event_type = 'service' then start_date else end_date end <= $period_end"
    engine.keep_rows(Step("event", within, {"period_end": end}))
    details = details_named(engine.columns("latest_detail"))
    if "accommodation_status" in details:
        engine.run(inferred_accommodation(rules.inferred_accommodation))
    engine.run(person(end, details))
    if engine.count("cut_person"):
        of_cut = "event semi join cut_person using (la_code, person_key)"
        engine.run_all([setting_spell(rules.spell_gap_days, of_cut), _spell_of_cut(rules.spell_gap_days)])
    engine.drop("setting_spell", "cut_person")


def _spell_of_cut(gap_days: int) -> Step:
    """``spell`` with those of ``cut_person`` from ``setting_spell``, and all others as they are."""
    again = spell(gap_days)
    sql = f"select * from spell anti join cut_person using (la_code, person_key)\nunion all\n({again.sql})"
    return Step("spell", sql, again.values)


def steps_of_wordings(source: CareSource, choices: Derivation, named: frozenset[str] | None) -> list[NamedStep]:
    """Steps that find wordings and people. Raises InputError when NHS England's rule lacks local ids.

    ``named``: the columns of ``submitted`` that are asked for (None: all); wordings of other fields are not looked for.
    """
    local: list[NamedStep] = []
    if choices.person_rule == "nhs_england":
        if source.local_id == NO_ID:
            raise InputError(
                "The rule nhs_england needs the authority's own id beside the NHS number (la_person_pseudonym), which this "
                "release lacks. Take the rule dhsc, or ask for a release that has it."
            )
        local = [NamedStep("5", numbered_local(source), numbered_local)]
    fields = coded_fields(named)
    return [
        NamedStep("6", submitted_value(source, choices.outcome_hierarchy, fields), submitted_value),
        NamedStep("6", unmapped_value(), unmapped_value, for_rows=True),
        *local,
        NamedStep("5", person_key(source), person_key),
    ]


def steps_of_submissions(
    source: CareSource,
    choices: Derivation,
    named: frozenset[str] | None,
    coding: Mapping[str, Value],
    authorities: Sequence[str] = (),
) -> list[NamedStep]:
    """Steps that look at every submitted row, whose wordings are coded by the lists that are bound."""
    how = Submitting(choices.person_rule, choices.selection, choices.cleaned, coding, named, authorities)
    return [NamedStep("5, 6", submitted(source, how), submitted), _step_of_periods()]


def _step_of_periods() -> NamedStep:
    return NamedStep("1", reporting_period(derivation_settings().reporting_period), reporting_period)


def _named_of_submitted(source: CareSource, choices: Derivation, derived: Derived) -> frozenset[str] | None:
    """The columns of ``submitted`` that later steps name, among other words; None (all) when its rows are to be kept."""
    later = [_step_of_periods(), *steps_of_events(source, choices, derived)]
    return None if choices.keep_steps else _named_with("submitted", [one.step for one in later])


def _named_with(table: str, steps: Sequence[Step]) -> frozenset[str]:
    """Every word of the SQL that names a table: among them are all of its columns that are read."""
    words = [set(re.findall(r"\w+", step.sql)) for step in steps]
    return frozenset().union(*(found for found in words if table in found))


def step_of_choice(choices: Derivation, period: Period) -> NamedStep:
    """The step that chooses submissions."""
    chosen = Chosen(period, choices.selection, choices.as_of)
    return NamedStep("2", chosen_submission(chosen, stated=choices.stated_period), chosen_submission)


def steps_of_events(source: CareSource, choices: Derivation, derived: Derived) -> list[NamedStep]:
    """Steps from the chosen submissions to the tables that measures read."""
    readers = choices.readers
    details = DETAILS if readers is None else details_named(_named_with("person", readers))
    people = _steps_of_people(source, derived, details)
    named = None if readers is None else _named_with("event", [*readers, *(one.step for one in people)])
    kept = event(choices.selection, derived.cost_period, named)
    return [
        NamedStep("11", latest_detail(details), latest_detail),
        NamedStep("3, 4", events_in_period(), events_in_period, for_rows=True),
        NamedStep("8", cropped(), cropped),
        NamedStep("7", shared_event(), shared_event),
        NamedStep("9", not_kept(), not_kept, done_with=("shared_event",)),
        NamedStep("9", event_flow(choices.selection), event_flow, done_with=("events_in_period",), for_rows=True),
        NamedStep("3 to 9, 12", kept, event, done_with=("cropped", "submitted", "not_kept")),
        *people,
    ]


def _steps_of_people(source: CareSource, derived: Derived, details: Sequence[str]) -> list[NamedStep]:
    settings = derivation_settings()
    told: list[NamedStep] = []
    if "has_informal_carer" in details:
        told += [NamedStep("11", cared_for(source), cared_for)]
    if "accommodation_status" in details:
        rules = inferred_accommodation(settings.inferred_accommodation)
        told += [NamedStep("11", rules, inferred_accommodation)]
    return [
        *told,
        NamedStep("10, 11", person(derived.period.end, details), person, done_with=("latest_detail",)),
        NamedStep("spells", setting_spell(settings.spell_gap_days), setting_spell),
        NamedStep("spells", spell(settings.spell_gap_days), spell, done_with=("setting_spell",)),
    ]


def steps_shown(source: CareSource, derivation: Derivation, period: Period) -> list[NamedStep]:
    """Every step of a derivation in the order in which it runs, to be read; nothing is run."""
    derived = Derived(period, derivation.cost_period or last_quarter(period))
    return [
        NamedStep("1", submission(source), submission),
        *steps_of_wordings(source, derivation, None),
        *steps_of_submissions(source, derivation, None, {}),
        step_of_choice(derivation, period),
        *steps_of_events(source, derivation, derived),
    ]


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


def _run(engine: Engine, steps: Sequence[NamedStep], choices: Derivation) -> None:
    """Run steps that are needed; tables that no later step reads are dropped, unless they are to be kept."""
    for named in steps:
        if choices.readers is None or not named.for_rows:
            engine.run(named.step)
        if not choices.keep_steps:
            engine.drop(*(name for name in named.done_with if name != _DETAILS or not choices.keep_details))


def _keep_linked_person(engine: Engine) -> None:
    names = {row[0] for row in engine.rows(Step("tables", "select table_name from duckdb_tables()"))}
    if "person" in names and "in_social_care" in engine.columns("person"):
        engine.run(Step("linked_person", "select * from person"))
