"""The faults of a submission, one per rule part and field, and how LTS001 would look without each: what is assumed."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from linkage.configs import read_packaged
from linkage.engine import Engine, Step
from linkage.intake.rules import SEVERITIES
from linkage.spec import Specification
from pseudo.config_file import ConfigModel

LISTED_FIELDS = ("client_type", "primary_support_reason", "event_type", "service_type", "delivery_mechanism")
DATED_FIELDS = ("date_of_birth", "date_of_death", "event_start_date", "event_end_date")
LTS001_FIELDS = (
    *LISTED_FIELDS,
    *DATED_FIELDS,
    "person_unique_identifier",
    "reporting_period_start_date",
    "reporting_period_end_date",
)
"""The fields that decide who stands where in LTS001; a fault of any other field moves nobody."""

Kind = Literal[
    "most_common",
    "median",
    "blank",
    "period_start",
    "before_end",
    "start_date",
    "one_person",
    "leave_out",
]
TO_SUGGESTION = "Repaired as suggested."


class RepairEntry(ConfigModel):
    """What is assumed for some parts of a rule in one field, where the finding suggests nothing."""

    rule: str
    parts: tuple[str, ...]
    field: str
    repair: Kind
    like: str | None = None
    assumption: str


class RepairsFile(ConfigModel):
    """The form of ``configs/quality/lts001_repairs.yaml``."""

    repairs: tuple[RepairEntry, ...]


@cache
def repair_entries() -> tuple[RepairEntry, ...]:
    """The packaged repairs."""
    return read_packaged("quality/lts001_repairs.yaml", RepairsFile).repairs


@dataclass(frozen=True)
class Fault:
    """One way in which the file breaks one rule in one field.

    ``number`` tells it from the others. ``field`` is a canonical id, or None where the finding names none (the whole row,
    a heading outside the specification). ``people`` are distinct person identifiers; findings about the file touch none.
    """

    number: int
    rule: str
    part: str
    severity: str
    field: str | None
    heading: str | None
    sentence: str
    findings: int
    people: int
    suggestions: int

    @property
    def entry(self) -> RepairEntry | None:
        """What is assumed where nothing is suggested; None when nothing can be."""
        matching = (
            entry
            for entry in repair_entries()
            if entry.rule == self.rule and self.part in entry.parts and entry.field == self.field
        )
        return next(matching, None)

    @property
    def plays_a_part(self) -> bool:
        """Whether the fault can move anybody in LTS001 at all."""
        return self.field is None or self.field in LTS001_FIELDS or self.entry is not None

    @property
    def is_suggested(self) -> bool:
        """Whether some of its findings suggest a value for a field of rows that LTS001 is made from."""
        return self.field in (*LISTED_FIELDS, *DATED_FIELDS) and self.suggestions > 0

    @property
    def assumption(self) -> str:
        """What the repair assumes, in words; empty when there is none."""
        words = [TO_SUGGESTION] if self.is_suggested else []
        if self.entry:
            words.append(self.entry.assumption)
        return " Else: ".join(words)


def list_faults(engine: Engine, specification: Specification) -> tuple[Fault, ...]:
    """Every fault of the findings, the most serious first. Leaves ``fault_findings`` (``fault``, row_number, suggestion)."""
    engine.run(
        Step(
            "fault_groups",
            """select row_number() over (order by list_position($severities, severity), rule, part, field) as fault, *
from (
    select rule, part, severity, field, min(message) as sentence, count(*) as findings,
        count(distinct person_unique_identifier) as people from findings group by rule, part, severity, field
)""",
            {"severities": [str(severity) for severity in SEVERITIES]},
        )
    )
    engine.run(fault_findings_step())
    ids = {field.heading: field.id for field in specification.fields}
    rows = engine.rows(
        Step(
            "read_faults",
            """select g.fault, rule, part, severity, field, sentence, findings, people, coalesce(s.suggestions, 0)
from fault_groups as g left join (
    select fault, count(*) as suggestions from fault_findings where suggestion is not null group by fault
) as s on s.fault = g.fault order by g.fault""",
        )
    )
    return tuple(_fault(row, ids) for row in rows)


def fault_findings_step() -> Step:
    """The findings about rows: the number of their fault, their row and the suggestion."""
    return Step(
        "fault_findings",
        """select g.fault, f.row_number, f.suggestion
from findings as f join fault_groups as g
    on g.rule = f.rule and g.part = f.part and g.severity = f.severity and g.field is not distinct from f.field
where f.row_number is not null""",
    )


def _fault(row: Sequence[object], ids: dict[str, str]) -> Fault:
    number, rule, part, severity, heading, sentence, findings, people, suggestions = row
    field = ids.get(str(heading)) if heading else None
    return Fault(
        number=int(str(number)),
        rule=str(rule),
        part=str(part),
        severity=str(severity),
        field=field,
        heading=str(heading) if heading else None,
        sentence=str(sentence),
        findings=int(str(findings)),
        people=int(str(people)),
        suggestions=int(str(suggestions)),
    )
