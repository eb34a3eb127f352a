"""Events of a submission by kind (event type and client type), and which kinds became suspiciously few."""

from collections.abc import Mapping
from dataclasses import dataclass

from linkage.engine import Engine, Step
from linkage.intake.keeping.kept import KeptFile, key_sql
from linkage.intake.keeping.settings import keeping_settings
from linkage.spec import load_specification

_OTHER, _NONE = "(not listed)", "(none)"


@dataclass(frozen=True)
class Shrunk:
    """A kind of event of which a submission has far fewer than the one before it."""

    kind: str
    before: int
    now: int

    def __str__(self) -> str:
        return f"{self.kind}: {self.before:,} events before, {self.now:,} now"


def kind_counts(engine: Engine, table: str, version: str) -> dict[str, int]:
    """Events by kind in a table of the kept form; values outside the lists are counted together, never named."""
    columns = ", ".join(part for part in key_sql(version) if part.endswith(("client_type", 'client_type"')))
    step = Step("count_kinds", f"select event_type, {columns}, count(*) from {table} group by all")
    counts: dict[str, int] = {}
    for event_type, client_type, rows in engine.rows(step):
        kind = kind_name(version, event_type, client_type)
        counts[kind] = counts.get(kind, 0) + rows
    return dict(sorted(counts.items()))


def kind_name(version: str, event_type: str | None, client_type: str | None) -> str:
    """The words for a kind, such as ``Service / Carer``; nothing that is not a listed value."""
    return f"{_listed(version, 'event_type', event_type)} / {_listed(version, 'client_type', client_type)}"


def comparable(earlier: KeptFile, later: KeptFile) -> bool:
    """Whether a smaller later file means that something is missing: both rolling, or cumulative in the same year."""
    if earlier.rolling or later.rolling:
        return earlier.rolling and later.rolling
    return earlier.reporting_year == later.reporting_year


def shrunk(before: Mapping[str, int], now: Mapping[str, int]) -> tuple[Shrunk, ...]:
    """The kinds that fell by the share of ``configs/keeping.yaml`` or more."""
    limit = keeping_settings().shrink
    kinds = [Shrunk(kind, rows, now.get(kind, 0)) for kind, rows in sorted(before.items()) if rows >= limit.min_events]
    return tuple(kind for kind in kinds if kind.now <= kind.before * (1 - limit.share))


def _listed(version: str, field: str, value: str | None) -> str:
    spec = load_specification(version)
    if value is None:
        return _NONE
    known = spec.values(field) if spec.has(field) else ("Service User",)
    return value if value in known else _OTHER
