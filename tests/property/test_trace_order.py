"""A trace does not depend on the order of the rows, of the register or of the queries, nor on threads or chunks."""

import csv
import random
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from linkage.engine import EngineOptions
from linkage.trace.queries import Queries
from linkage.trace.register import build_register
from linkage.trace.run import trace_queries
from tests.unit.test_trace_hard_cases import CASES, FIELDS, HISTORY, REGISTER, background


def register(folder: Path, shuffled_by: int | None) -> Path:
    rows = REGISTER + background()
    if shuffled_by is not None:
        random.Random(shuffled_by).shuffle(rows)
    folder.mkdir()
    with (folder / "people.csv").open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, FIELDS + HISTORY, restval="")
        writer.writeheader()
        writer.writerows(rows)
    build_register([folder / "people.csv"], folder / "prepared")
    return folder / "prepared"


def traced(prepared: Path, shuffled_by: int | None, *, threads: int, chunk: int) -> pd.DataFrame:
    asked = [{"query_id": name} | query for _, name, query, *_ in CASES]
    if shuffled_by is not None:
        random.Random(shuffled_by).shuffle(asked)
    table = pa.Table.from_pylist(asked)
    result = trace_queries(Queries(table=table), prepared, None, options=EngineOptions(threads=threads), chunk=chunk)
    frame: pd.DataFrame = result.table.to_pandas()
    return frame.sort_values("query_id", ignore_index=True)


@pytest.fixture(scope="module")
def in_order(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, pd.DataFrame]:
    prepared = register(tmp_path_factory.mktemp("in_order") / "register", None)
    return prepared, traced(prepared, None, threads=1, chunk=100_000)


@pytest.mark.parametrize(("seed", "threads", "chunk"), [(1, 1, 100_000), (2, 2, 7)])
def test_the_order_of_the_queries_threads_and_chunks_do_not_matter(
    in_order: tuple[Path, pd.DataFrame], seed: int, threads: int, chunk: int
) -> None:
    prepared, expected = in_order
    pd.testing.assert_frame_equal(traced(prepared, seed, threads=threads, chunk=chunk), expected)


def test_the_order_of_the_register_does_not_matter(in_order: tuple[Path, pd.DataFrame], tmp_path: Path) -> None:
    prepared = register(tmp_path / "register", 3)
    pd.testing.assert_frame_equal(traced(prepared, None, threads=2, chunk=100_000), in_order[1])
