"""The public Python API: what the commands call, in the order of the main job."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa

from linkage.engine import EngineOptions
from linkage.trace.run import Queries, TraceResult


@dataclass(frozen=True)
class TraceRequest:
    """How a file is to be traced; the defaults are those of the command line."""

    id_column: str | None = None
    columns: str | Mapping[str, str] | None = None
    profile: str = "default"
    min_weight: float | None = None
    min_gap: float | None = None
    csv: bool = False
    synthetic: bool = False


def trace(
    queries: Path | str | pd.DataFrame | pa.Table,
    register: Path | str,
    *,
    out: Path | str | None = None,
    request: TraceRequest | None = None,
    options: EngineOptions | None = None,
) -> pd.DataFrame:
    """Trace people against a prepared register; return the trace table, one row per query, in the order given.

    ``queries`` is a file (a CLD submission or any CSV or Parquet) or a table with the link fields ``nhs_number``,
    ``given_name``, ``family_name``, ``date_of_birth``, ``postcode``, ``gender`` and, if wanted, ``query_id``. With ``out``
    the files of ``cldlink trace`` are written as well.
    """
    result = _traced(queries, Path(register), Path(out) if out else None, request or TraceRequest(), options)
    return result.table.to_pandas()


def trace_file(
    queries: Path, register: Path, out: Path, *, request: TraceRequest, options: EngineOptions | None = None
) -> dict[str, int]:
    """Trace a file and write the result to ``out``; return the counts by step and outcome."""
    return _traced(queries, register, out, request, options).counts


def _traced(
    queries: Path | str | pd.DataFrame | pa.Table,
    register: Path,
    out: Path | None,
    request: TraceRequest,
    options: EngineOptions | None,
) -> "TraceResult":
    from linkage.trace.run import trace_queries
    from linkage.trace.settings import load_profile

    changes = {"min_weight": request.min_weight, "min_gap": request.min_gap}
    profile = load_profile(request.profile).model_copy(update={k: v for k, v in changes.items() if v is not None})
    return trace_queries(_queries(queries, request), register, out, profile=profile, csv=request.csv, options=options)


def _queries(queries: Path | str | pd.DataFrame | pa.Table, request: TraceRequest) -> "Queries":
    from linkage.trace.records import LINK_FIELDS
    from linkage.trace.run import Queries
    from linkage.trace.source import ColumnMap, parse_column_map

    if isinstance(queries, pd.DataFrame):
        queries = pa.Table.from_pandas(queries, preserve_index=False)
    if isinstance(queries, pa.Table):
        return Queries(table=queries)
    known = (*LINK_FIELDS, "other_given_name")
    given = request.columns
    columns = ColumnMap(dict(given)) if isinstance(given, Mapping) else parse_column_map(given, known)
    return Queries(path=Path(queries), columns=columns, id_column=request.id_column)
