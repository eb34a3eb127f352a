"""What to fix first, for eyes outside the authority: no value and no heading of the file, people to the nearest 5."""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from linkage.cohort.shown import disclosure_policy
from linkage.cohort.tables import SALT_POLICY
from linkage.quality.effects import Effect, FixFirst, Moves
from linkage.spec import Specification
from pseudo.disclosure import Cells, apply

_COUNTS = ("into", "out_of", "columns", "rows")
_IN_WORDS = {"into": "into LTS001a", "out_of": "out of LTS001a", "columns": "between columns", "rows": "between rows"}


@dataclass(frozen=True)
class Fix:
    """One fault in its place. ``heading`` is the specification's ("" when the fault is of no field); ``into``, ``out_of``,
    ``columns`` and ``rows`` are people of LTS001a moved, as shown; ``moved`` says the same in words.
    """

    rule: str
    part: str
    severity: str
    heading: str
    sentence: str
    findings: int
    moves_anybody: bool
    into: str
    out_of: str
    columns: str
    rows: str
    effect: Effect

    @property
    def moved(self) -> str:
        """Such as ``45 into LTS001a, 5 between columns``; hyphens are left out."""
        words = [f"{getattr(self, name)} {_IN_WORDS[name]}" for name in _COUNTS if getattr(self, name) not in ("-", "")]
        return ", ".join(words) or "fewer than 3 people"


def first_fixes(fix: FixFirst, specification: Specification) -> tuple[Fix, ...]:
    """The faults in the order of what to fix first."""
    moves = [_moves(effect) for effect in fix.effects]
    shown = _shown(moves)
    return tuple(
        _fix(effect, move, texts, specification) for effect, move, texts in zip(fix.effects, moves, shown, strict=True)
    )


def _fix(effect: Effect, moves: Moves, texts: dict[str, str], specification: Specification) -> Fix:
    fault = effect.fault
    counts = texts if effect.moves is not None else dict.fromkeys(_COUNTS, "")
    return Fix(
        rule=fault.rule,
        part=fault.part,
        severity=fault.severity,
        heading=specification.field(fault.field).heading if fault.field else "",
        sentence=fault.sentence,
        findings=fault.findings,
        moves_anybody=any(moves.weight),
        effect=effect,
        **counts,
    )


def _moves(effect: Effect) -> Moves:
    return (effect.moves or {}).get("LTS001a", Moves())


def _shown(moves: Sequence[Moves]) -> list[dict[str, str]]:
    """The numbers of people through the disclosure gate."""
    if not moves:
        return []
    exact = pa.Table.from_pylist([{name: getattr(move, name) for name in _COUNTS} for move in moves])
    gated = apply(disclosure_policy(SALT_POLICY), exact, Cells(counts={name: name for name in _COUNTS}))
    return [{name: str(row[name]) for name in _COUNTS} for row in gated.display.to_pylist()]
