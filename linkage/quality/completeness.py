"""How complete a submission is: each field by event type, as DHSC's model counts it.

Of the rows on which a field is wanted: ``valid`` = rows − ``blank`` − ``unknown`` − ``invalid``; each row is counted once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from pydantic import Field as Setting

from linkage.configs import read_packaged
from linkage.engine import Engine, Step, ident, literal
from linkage.intake.rules.applicability import wanted_sql
from linkage.intake.rules.context import Context, in_sql
from linkage.spec import Field, Specification
from pseudo.config_file import ConfigModel

SUBMISSION_SECTION = "submission"
NO_EVENT_TYPE = "none"
NOT_RECORDED, PARTLY, COMPLETE, NOT_WANTED = "no", "partly", "in full", "no rows"


class CompletenessSettings(ConfigModel):
    """The form of ``configs/quality/completeness.yaml``."""

    value_rules: tuple[str, ...]
    comparing_parts: tuple[str, ...]
    mostly_blank_share: float = Setting(gt=0, le=1)


@cache
def completeness_settings() -> CompletenessSettings:
    """The packaged settings."""
    return read_packaged("quality/completeness.yaml", CompletenessSettings)


@dataclass(frozen=True)
class Completeness:
    """Rows of one field, of one event type or (``event_type`` None) of all: those that want it, and what stands there."""

    field: str
    event_type: str | None
    rows: int
    blank: int
    unknown: int
    invalid: int

    @property
    def valid(self) -> int:
        """Rows with a valid value that says something."""
        return self.rows - self.blank - self.unknown - self.invalid

    @property
    def availability(self) -> str:
        """Whether the field is recorded: in no row, in some, or in every row that wants it."""
        if not self.rows:
            return NOT_WANTED
        return NOT_RECORDED if self.blank == self.rows else PARTLY if self.blank else COMPLETE


def measure_completeness(engine: Engine, specification: Specification) -> tuple[Completeness, ...]:
    """Every field but those about the submission, by event type and for all, in the order of the specification.

    Needs the tables of a check: ``submission``, ``submission_facts``, ``findings``, ``field_headings``.
    """
    engine.run(invalid_values_step())
    rows = engine.rows(completeness_step(specification))
    engine.drop("invalid_values")
    measured = [Completeness(*row) for row in rows]
    events = specification.values("event_type")
    by_type = {(one.field, one.event_type): one for one in measured}
    found: list[Completeness] = []
    for field in _fields(specification):
        found.append(_sum(field.id, [one for one in measured if one.field == field.id]))
        types = [*events, NO_EVENT_TYPE]
        found += [by_type[field.id, event] for event in types if (field.id, event) in by_type]
    return tuple(found)


def invalid_values_step() -> Step:
    """One row per field and row whose value is invalid, with the columns that decide whether the field is wanted there."""
    settings = completeness_settings()
    return Step(
        "invalid_values",
        """select h.id as field, s.* from (
    select distinct field, row_number from findings
    where severity in ('R', 'E') and value is not null and list_contains($rules, rule) and not list_contains($parts, part)
) as f join field_headings as h on h.heading = f.field join submission as s on s.row_number = f.row_number""",
        {"rules": list(settings.value_rules), "parts": list(settings.comparing_parts)},
    )


def completeness_step(specification: Specification) -> Step:
    """One row per field and event type: rows that want the field, and how many are blank, unknown and invalid."""
    context = Context(specification, synthetic=False)
    events = "(" + ", ".join(literal(value) for value in specification.values("event_type")) + ")"
    selects = []
    for field in _fields(specification):
        column = f"s.{ident(field.id)}"
        wanted = wanted_sql(field, context)
        is_unknown = f"coalesce({column} in {in_sql(context.not_known(field.id))}, false)"
        selects.append(
            f"""select {literal(field.id)} as field, case when event_type in {events} then event_type
        else {literal(NO_EVENT_TYPE)} end as event, count(*) as rows, count(*) filter ({column} is null) as blank,
    count(*) filter ({is_unknown}) as unknown, 0 as invalid
    from submission as s cross join submission_facts as facts where {wanted} group by all
union all
select {literal(field.id)}, case when event_type in {events} then event_type else {literal(NO_EVENT_TYPE)} end,
    0, 0, -count(*) filter ({is_unknown}), count(*)
    from invalid_values as s cross join submission_facts as facts
    where s.field = {literal(field.id)} and {column} is not null and {wanted} group by all"""
        )
    counted = "\nunion all\n".join(selects)
    return Step(
        "completeness",
        f"""select field, event, cast(sum(rows) as bigint), cast(sum(blank) as bigint), cast(sum(unknown) as bigint),
    cast(sum(invalid) as bigint)
from (
{counted}
) group by field, event order by field, event""",
    )


def _fields(specification: Specification) -> Sequence[Field]:
    return [field for field in specification.fields if field.section != SUBMISSION_SECTION]


def _sum(field: str, parts: Sequence[Completeness]) -> Completeness:
    totals = [sum(getattr(one, name) for one in parts) for name in ("rows", "blank", "unknown", "invalid")]
    return Completeness(field, None, *totals)
