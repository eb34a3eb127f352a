"""cldlink: check, trace, pseudonymise and link English adult social care Client Level Data.

The public Python API is the functions named here; each command of ``cldlink`` is a thin call of one of them. They are
loaded when first used, so that the command line starts quickly and can be stopped from its first moment on.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

# The subpackage of this name is loaded before the function of the same name takes its place.
import linkage.trace  # noqa: F401

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Unpack

    import pandas as pd
    import pyarrow as pa

    from linkage.api import (
        TraceOptions,
        check,
        consolidate_submissions,
        traced,
        train,
    )
    from linkage.cohort.official import tables_official
    from linkage.cohort.study.run import study_run
    from linkage.cohort.tables import tables_salt
    from linkage.engine import EngineOptions
    from linkage.explaining import explain
    from linkage.feedback.pack import PackSources, write_feedback
    from linkage.feedback.processed import write_processed
    from linkage.opened import open_register
    from linkage.releasing import ReleaseInputs, read_request, release
    from linkage.store.linking import link
    from linkage.trace.evaluate import evaluate_trace
    from linkage.trace.register import build_register

__version__ = "0.1.0"

_HOMES = {
    "PackSources": "linkage.feedback.pack",
    "ReleaseInputs": "linkage.releasing",
    "build_register": "linkage.trace.register",
    "check": "linkage.api",
    "consolidate_submissions": "linkage.api",
    "evaluate_trace": "linkage.trace.evaluate",
    "explain": "linkage.explaining",
    "link": "linkage.store.linking",
    "open_register": "linkage.opened",
    "read_request": "linkage.releasing",
    "release": "linkage.releasing",
    "study_run": "linkage.cohort.study.run",
    "tables_official": "linkage.cohort.official",
    "tables_salt": "linkage.cohort.tables",
    "traced": "linkage.api",
    "train": "linkage.api",
    "write_feedback": "linkage.feedback.pack",
    "write_processed": "linkage.feedback.processed",
}

__all__ = [
    "PackSources",
    "ReleaseInputs",
    "build_register",
    "check",
    "consolidate_submissions",
    "evaluate_trace",
    "explain",
    "link",
    "open_register",
    "read_request",
    "release",
    "study_run",
    "tables_official",
    "tables_salt",
    "trace",
    "traced",
    "train",
    "write_feedback",
    "write_processed",
]


def trace(
    queries: "Path | str | pd.DataFrame | pa.Table",
    register: "Path | str",
    *,
    out: "Path | str | None" = None,
    engine: "EngineOptions | None" = None,
    **how: "Unpack[TraceOptions]",
) -> "pd.DataFrame":
    """Trace people against a prepared register: see ``linkage.api.trace``, which this is."""
    from linkage.api import trace as run

    return run(queries, register, out=out, engine=engine, **how)


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'linkage' has no attribute {name!r}")
