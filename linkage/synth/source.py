"""One table of the synthetic world: its name, its columns, and how a block fills it."""

from collections.abc import Callable
from dataclasses import dataclass

from linkage.synth.block import Block, Setting
from linkage.synth.columns import Columns


@dataclass(frozen=True)
class Source:
    """A table that every block adds rows to. ``name`` is its path without a suffix, such as ``health/admissions``."""

    name: str
    columns: tuple[str, ...]
    rows: Callable[[Setting, Block], Columns]
