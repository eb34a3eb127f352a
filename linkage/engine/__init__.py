"""Where SQL runs: named steps, bound values, quoted identifiers. No domain words here."""

from linkage.engine.duckdb import Engine, EngineOptions, open_engine, translate_cause
from linkage.engine.side_by_side import side_by_side
from linkage.engine.sql import Step, Value, ident, literal

__all__ = [
    "Engine",
    "EngineOptions",
    "Step",
    "Value",
    "ident",
    "literal",
    "open_engine",
    "side_by_side",
    "translate_cause",
]
