"""SQL as named steps.

A step is one query with a name and bound values; running it makes a table of that name. Identifiers go through
``ident``; text that must stand in the SQL (a constant from ``configs/``, never data) goes through ``literal``.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from linkage.errors import InternalError

Value = str | int | float | bool | date | list[str] | list[int] | None

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True)
class Step:
    """One named query. ``values`` are bound as ``$name``; ``sql`` holds no data."""

    name: str
    sql: str
    values: Mapping[str, Value] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise InternalError("A step needs a plain name of letters, digits and underscores.")

    def __str__(self) -> str:
        """The step as readable SQL. Bound values are shown by name only, never by content."""
        return f"-- {self.name}\n{self.sql.strip()};\n"


def ident(name: str) -> str:
    """A quoted SQL identifier.

    >>> ident('Unit Cost (£)')
    '"Unit Cost (£)"'
    >>> ident('a"b')
    '"a""b"'
    """
    if not name or "\x00" in name:
        raise InternalError("An SQL identifier cannot be empty or hold a null character.")
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A quoted SQL text constant, for lists that come from ``configs/``.

    >>> literal("O'Brien")
    "'O''Brien'"
    """
    if "\x00" in text:
        raise InternalError("An SQL constant cannot hold a null character.")
    return "'" + text.replace("'", "''") + "'"
