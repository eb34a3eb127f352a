"""Events of a submission by kind (event type and client type), and which kinds became suspiciously few."""

from collections.abc import Mapping
from dataclasses import dataclass

from linkage.engine import Engine, Step, literal
from linkage.intake.keeping.kept import ONE_CLIENT_TYPE, KeptFile, one_client_type
from linkage.intake.keeping.settings import keeping_settings
from linkage.spec import Specification, wordings_of

_OTHER, _NONE, _AND = "(not listed)", "(none)", " / "


@dataclass(frozen=True)
class Shrunk:
    """A kind of event of which a submission has far fewer than the one before it."""

    kind: str
    before: int
    now: int

    def __str__(self) -> str:
        return f"{self.kind}: {self.before:,} events before, {self.now:,} now"


def kind_counts(engine: Engine, table: str, specification: Specification) -> dict[str, int]:
    """Events by kind in a table of the kept form; values outside the lists are counted together, never named."""
    client = "client_type" if specification.has("client_type") else literal(ONE_CLIENT_TYPE)
    step = Step("count_kinds", f"select event_type, {client}, count(*) from {table} group by all")
    counts: dict[str, int] = {}
    for event_type, client_type, rows in engine.rows(step):
        kind = kind_name(specification, event_type, client_type)
        counts[kind] = counts.get(kind, 0) + rows
    return dict(sorted(counts.items()))


def kind_name(specification: Specification, event_type: str | None, client_type: str | None) -> str:
    """The words for a kind, such as ``Service / Carer``; nothing that is not a listed value."""
    return (
        f"{_listed(specification, 'event_type', event_type)}{_AND}{_listed(specification, 'client_type', client_type)}"
    )


def kinds_in(kinds: Mapping[str, int], specification: Specification, target: Specification) -> dict[str, int]:
    """Events by kind of a version in the words of another."""
    words = wordings_of(target, specification).get("client_type", {})
    if not specification.has("client_type"):
        words = {ONE_CLIENT_TYPE: one_client_type(target)}
    counts: dict[str, int] = {}
    for kind, rows in kinds.items():
        event_type, _, client_type = kind.partition(_AND)
        name = f"{event_type}{_AND}{words.get(client_type, client_type)}"
        counts[name] = counts.get(name, 0) + rows
    return counts


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


def _listed(specification: Specification, field: str, value: str | None) -> str:
    if value is None:
        return _NONE
    known = specification.values(field) if specification.has(field) else (ONE_CLIENT_TYPE,)
    return value if value in known else _OTHER
