"""Tables as columns: numpy arrays of one length by name (text as objects, days as dates, counts as whole numbers)."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from linkage.synth.draws import Bools, Ints

Columns = dict[str, npt.NDArray[Any]]


def joined(parts: Sequence[Columns]) -> Columns:
    """Event tables one after the other."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def chosen(columns: Columns, rows: Bools | Ints) -> Columns:
    """Some rows of a table of columns."""
    return {name: values[rows] for name, values in columns.items()}
