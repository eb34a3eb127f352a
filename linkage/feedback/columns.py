"""The columns of feedback: read from ``configs/trace/feedback.yaml``."""

from collections.abc import Mapping
from functools import cache
from typing import Literal

from linkage.configs import read_packaged
from pseudo.config_file import ConfigModel


class FeedbackColumn(ConfigModel):
    """One column: its width in the workbook, where its values come from, what it means."""

    width: int
    source: Literal["given", "link", "decision"]
    meaning: str


class _Columns(ConfigModel):
    columns: Mapping[str, FeedbackColumn]


@cache
def feedback_columns() -> Mapping[str, FeedbackColumn]:
    """Every column by name, in order."""
    return read_packaged("trace/feedback.yaml", _Columns).columns
