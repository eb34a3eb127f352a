"""The figures of an evaluation, from five people whose truth is known."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from linkage.errors import InputError
from linkage.trace.evaluate import Proportion, evaluate_trace

A, B, C = "9000000009", "9000000017", "9000000025"


def trace_file(folder: Path) -> Path:
    rows = [
        ("1", A, A, "confirmed"),  # right
        ("2", None, C, "found"),  # wrong: the truth is B
        ("3", None, None, "not_found"),  # missed
        ("4", B, B, "confirmed"),  # another's number, confirmed
        ("5", None, A, "found"),  # nobody in the register
    ]
    names = ("query_id", "nhs_number_given", "nhs_number", "outcome")
    columns = {name: [row[i] for row in rows] for i, name in enumerate(names)}
    told = {"step": ["none"] * 5, "sensitive": [False] * 5, "reason": ["as it is"] * 5}
    table = pa.table(columns | told)
    pq.write_table(table, folder / "trace.parquet")
    return folder / "trace.parquet"


TRUTH = f"""query_id,true_nhs_number,difficulty,given_number
1,{A},exact,ok
2,{B},hard,missing
3,{C},hard,missing
4,{A},hard,anothers
5,,absent,missing
"""


def test_every_figure_counts_what_it_says(tmp_path: Path) -> None:
    (tmp_path / "truth.csv").write_text(TRUTH, encoding="utf-8")
    quality = evaluate_trace(trace_file(tmp_path), tmp_path / "truth.csv")
    assert quality.people == 5
    assert quality.precision == Proportion(1, 4)
    assert quality.recall == Proportion(1, 4)
    assert quality.absent_linked == Proportion(1, 1)
    assert quality.right_numbers_changed == Proportion(0, 1)
    assert quality.wrong_numbers_confirmed == Proportion(1, 1)
    assert quality.by_difficulty == {"exact": Proportion(1, 1), "hard": Proportion(0, 3)}


def test_a_truth_file_needs_its_columns(tmp_path: Path) -> None:
    (tmp_path / "truth.csv").write_text("person,number\n1,2\n", encoding="utf-8")
    with pytest.raises(InputError, match="true_nhs_number"):
        evaluate_trace(trace_file(tmp_path), tmp_path / "truth.csv")


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"), [(0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1.0)]
)
def test_wilson_interval(part: int, whole: int, low: float, high: float) -> None:
    """Values from Newcombe (1998), method 3."""
    assert Proportion(part, whole).interval == pytest.approx((low, high), abs=0.0001)


def test_nobody_concerned_gives_no_figure() -> None:
    assert (Proportion(0, 0).value, Proportion(0, 0).interval) == (None, None)
    assert "none concerned" in str(Proportion(0, 0))
