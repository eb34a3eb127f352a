"""Whom each fault moves in LTS001: in, out, or from one place in the tables to another.

Membership comes from the derivation of the de-identified zone, run on the file as it is and as it would be with one fault
repaired. Counts are exact and of person identifiers; what leaves for others passes the disclosure gate.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from linkage.cohort.derive.definitions import ColumnId, Lts001Definition, lts001_definition
from linkage.cohort.derive.period import Period
from linkage.cohort.measures.salt_lts001 import TABLES, TOTAL, run_lts001
from linkage.engine import Engine, Step
from linkage.quality.faults import Fault, list_faults
from linkage.quality.repairs import AS_IT_IS, make_variations, period_of
from linkage.spec import Specification

_MADE = (
    *("social_care", "covering_submissions", "care_rows", "care_people", "long_term_checked", "long_term_rows"),
    *("long_term_chains", "support_reasons", "lts001_people", "lts001_counts", "touched", "same_persons"),
    *(
        "fault_groups",
        "fault_findings",
        *(f"{kind}_{table.lower()}" for kind in ("scope", "placed") for table in TABLES),
    ),
)


@dataclass(frozen=True)
class Moves:
    """People of one table (LTS001a, b or c) whom the repair of a fault moves.

    ``into`` and ``out_of`` the table; ``columns`` from one column to another; ``rows`` to another age band or support
    reason of the same column. ``by_column``: people more or fewer in each column, those without a change left out.
    """

    into: int = 0
    out_of: int = 0
    columns: int = 0
    rows: int = 0
    by_column: Mapping[str, int] = field(default_factory=dict)

    @property
    def weight(self) -> tuple[int, int, int]:
        """For ranking: people in or out, then people between columns, then people between rows."""
        return (self.into + self.out_of, self.columns, self.rows)


@dataclass(frozen=True)
class Effect:
    """One fault and whom its repair moves in each table; ``moves`` is None where no repair can be computed."""

    fault: Fault
    moves: Mapping[str, Moves] | None


@dataclass(frozen=True)
class Lts001:
    """LTS001 of one file: exact people by table and column (and ``total``), all ages; ``period`` is the file's own."""

    period: Period
    definition: Lts001Definition
    people: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True)
class FixFirst:
    """``lts001`` is None when the file states no usable period. ``effects`` are in the order of what to fix first."""

    lts001: Lts001 | None
    effects: tuple[Effect, ...]


def fix_first(engine: Engine, specification: Specification, *, effects: bool = True) -> FixFirst:
    """Rank the faults of the check in the engine.

    First what keeps the file from being accepted; then the faults whose repair is computed, by people in or out of
    LTS001a, then between its columns, then between its rows, then the same for LTS001b and c; then those that cannot be
    computed, and last those that move nobody, by people and findings. Without ``effects`` only LTS001 itself.
    """
    faults = list_faults(engine, specification)
    period = _period(*period_of(engine))
    if period is None:
        engine.drop(*_MADE)
        return FixFirst(None, _ranked([Effect(fault, None) for fault in faults]))
    repaired = make_variations(engine, faults if effects else (), specification)
    definition = lts001_definition()
    run_lts001(engine, definition, period, la_codes=[])
    people = _people(engine, definition)
    moved = _moves(engine) if repaired else {}
    engine.drop(*_MADE)
    computed = {fault.number for fault in repaired}
    found = [Effect(fault, moved.get(fault.number, {}) if fault.number in computed else None) for fault in faults]
    return FixFirst(Lts001(period, definition, people), _ranked(found))


def moves_step() -> Step:
    """One row per fault, table, old and new column, and whether the row changes: people who are moved.

    Nobody stands in a table without an age band. An old or new column of null is outside the table. Of several identifiers
    that are taken for one person, the first in the table is that person, and the others leave it.
    """
    return Step(
        "lts001_moves",
        f"""with counted as (
    select la_code, table_id, person_pseudonym as person, column_id, age_band || '/' || primary_support_reason as place
    from lts001_people where age_band is not null
), before as (
    select touched.fault, table_id, coalesce(same.person_kept, touched.person) as person, column_id, place,
        row_number() over (partition by touched.fault, table_id, coalesce(same.person_kept, touched.person)
            order by touched.person) as identifier
    from touched join counted on counted.person = touched.person and la_code = '{AS_IT_IS}'
    left join same_persons as same on same.fault = touched.fault and same.person = touched.person
), after as (
    select cast(la_code as bigint) as fault, counted.* exclude (la_code), 1 as identifier
    from counted where la_code <> '{AS_IT_IS}'
)
select fault, table_id, before.column_id, after.column_id, count(*)
from before full join after using (fault, table_id, person, identifier)
where before.column_id is distinct from after.column_id or before.place is distinct from after.place
group by all order by all""",
    )


def _moves(engine: Engine) -> dict[int, dict[str, Moves]]:
    grouped: dict[tuple[int, str], list[tuple[str | None, str | None, int]]] = {}
    for fault, table, before, after, people in engine.rows(moves_step()):
        grouped.setdefault((fault, table), []).append((before, after, people))
    found: dict[int, dict[str, Moves]] = {}
    for (fault, table), rows in grouped.items():
        found.setdefault(fault, {})[table] = _summed(rows)
    return found


def _summed(rows: Sequence[tuple[str | None, str | None, int]]) -> Moves:
    change: Counter[str] = Counter()
    for before, after, people in rows:
        if before and before != after:
            change[before] -= people
        if after and before != after:
            change[after] += people
    return Moves(
        into=sum(people for before, _, people in rows if before is None),
        out_of=sum(people for _, after, people in rows if after is None),
        columns=sum(people for before, after, people in rows if before and after and before != after),
        rows=sum(people for before, after, people in rows if before == after),
        by_column={column: people for column, people in change.items() if people},
    )


def _people(engine: Engine, definition: Lts001Definition) -> dict[str, dict[str, int]]:
    columns: list[ColumnId | str] = [*(column.id for column in definition.columns), TOTAL]
    people = {table: dict.fromkeys(map(str, columns), 0) for table in TABLES}
    step = Step(
        "lts001_totals",
        """select table_id, column_id, people from lts001_counts
where la_code = $file and row_place = (select max(row_place) from lts001_counts)""",
        {"file": AS_IT_IS},
    )
    for table, column, count in engine.rows(step):
        people[table][column] = count
    return people


def _ranked(effects: Sequence[Effect]) -> tuple[Effect, ...]:
    return tuple(sorted(effects, key=_rank))


def _rank(effect: Effect) -> tuple[int, tuple[int, ...], int, int, int]:
    fault = effect.fault
    moves = [(effect.moves or {}).get(table, Moves()) for table in TABLES]
    weights = tuple(-weight for move in moves for weight in move.weight)
    if fault.severity == "R":
        group = 0
    elif effect.moves:
        group = 1
    elif effect.moves is None and fault.plays_a_part:
        group = 2
    else:
        group = 3
    return group, weights, -fault.people, -fault.findings, fault.number


def _period(start: date | None, end: date | None) -> Period | None:
    return Period(start, end) if start and end and start <= end else None
