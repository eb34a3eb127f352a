"""How a value is shown: the same in tables, figures and charts."""

import math
import re
from collections.abc import Sequence
from datetime import date

from linkage.report.document import Cell

NOTHING = "–"
_MOST_DECIMALS = 6
_NUMBER_LIKE = re.compile(r"[-+−]?[\d,]*\.?\d+ ?%?|[<>≤≥]\d+ ?%?|[\d.,]+ \([\d.,]+ (?:to|–) [\d.,]+\)")
_MARKS = {"", NOTHING, "*", "**", "c", "[c]", "[x]", "[z]", ":", "-", "n/a"}


def shown(cell: Cell, decimals: int | None = None) -> str:
    """The text of a value: thousands separators, ISO dates, a dash for nothing.

    ``decimals`` of a decimal number are chosen by its size unless given. A number that is not 0 or 1 is never rounded to it:
    it gets more decimals, as far as six.

    >>> shown(12345), shown(0.99931), shown(2.5), shown(1234.5), shown(None), shown(True)
    ('12,345', '0.999', '2.50', '1,234', '–', 'yes')
    >>> shown(0.99996), shown(0.00004)
    ('0.99996', '0.00004')
    """
    if cell is None or (isinstance(cell, float) and not math.isfinite(cell)):
        return NOTHING
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, int):
        return f"{cell:,}"
    if isinstance(cell, float):
        return _decimal(cell, decimals_for(cell) if decimals is None else decimals)
    return cell.isoformat() if isinstance(cell, date) else cell


def shown_column(cells: Sequence[Cell]) -> list[str]:
    """The texts of a column: its decimal numbers have the same number of decimals.

    >>> shown_column([1.0, 0.98, "*"])
    ['1.000', '0.980', '*']
    """
    sizes = [abs(cell) for cell in cells if isinstance(cell, float) and math.isfinite(cell)]
    decimals = decimals_for(max(sizes)) if sizes else None
    return [shown(cell, decimals) for cell in cells]


def decimals_for(size: float) -> int:
    """Decimals that suit a number: three up to 1, two up to 100, one up to 1,000, none above."""
    limits = ((1, 3), (100, 2), (1000, 1))
    return next((decimals for limit, decimals in limits if abs(size) <= limit), 0)


def number(cell: Cell) -> float | None:
    """The value as a number, for drawing; None for text that is none, such as the mark of a hidden cell.

    >>> number("1,230"), number("*")
    (1230.0, None)
    """
    if cell is None or isinstance(cell, bool | date):
        return None
    try:
        value = float(cell.replace(",", "") if isinstance(cell, str) else cell)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def is_numeric(texts: Sequence[str]) -> bool:
    """Whether a column as shown is one of numbers, marks of hidden cells aside: it is then aligned to the right."""
    numbers = [text for text in texts if text not in _MARKS]
    return any(texts) and all(_NUMBER_LIKE.fullmatch(text) for text in numbers)


def _decimal(value: float, decimals: int) -> str:
    while decimals < _MOST_DECIMALS and round(value, decimals) in (0, 1, -1) and round(value, decimals) != value:
        decimals += 1
    return f"{value:,.{decimals}f}"
