"""A measure: its definition, and the steps that place people.

The last step of a measure makes ``<id>_people``, exact and inside: one row per person looked at and cell, with

- ``la_code``, ``person_key``; ``event_id``: the event that puts the person there (null: none does alone);
- one column per label of the definition, as text (null only where the row does not count);
- ``column_id``: the column where the person stands; ``reason``: why the person does not count (one of the two is null);
- the numbers that amounts are made of.

``linkage.cohort.measures.figures`` counts these rows; nothing else of a measure is shown.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from linkage.cohort.derive.period import Period
from linkage.cohort.derive.source import CareSource
from linkage.cohort.measures.definition import Label, MeasureDefinition, measure_definition
from linkage.engine import Step, literal


@dataclass(frozen=True)
class Asked:
    """What is asked for: the period of the figures, authorities (none: all), and the tables that are there beside events."""

    period: Period
    la_codes: Sequence[str] = ()
    tables: frozenset[str] = field(default_factory=frozenset)


Steps = Callable[[Asked], Sequence[Step]]


@dataclass(frozen=True)
class Measure:
    """``steps`` read ``event``, ``person`` and ``spell`` of the derivation; the last makes ``<id>_people``.

    ``needs``: linked tables without which the measure cannot be made. ``of_source``: a step over the submitted rows, for what
    the derivation does not keep. ``own``: the definition of a measure that was changed, such as divided by more.
    """

    id: str
    steps: Steps
    needs: Sequence[str] = ()
    of_source: Callable[[CareSource], Step] | None = None
    own: MeasureDefinition | None = None

    @property
    def definition(self) -> MeasureDefinition:
        """The packaged definition, unless the measure has one of its own."""
        return self.own or measure_definition(self.id)

    @property
    def people(self) -> str:
        """The name of the table that the last step makes."""
        return f"{self.id}_people"


def label_sql(label: Label, expression: str) -> str:
    """SQL: the value of a label as text; its last value, "not known", for null and for what is not among its values."""
    known = ", ".join(literal(value) for value in label.values)
    text = f"cast({expression} as varchar)"
    return f"case when {text} in ({known}) then {text} else {literal(list(label.values)[-1])} end"
