"""Listed wordings as SQL: compared without regard to case and to repeated or outer spaces."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from linkage.engine import ident, literal

Group = TypeVar("Group", bound=str)


def wording_key(text: str) -> str:
    """The form in which two wordings are compared.

    >>> wording_key("  Long  term support: Nursing care ")
    'long term support: nursing care'
    """
    return " ".join(text.lower().split())


def wording_sql(column: str) -> str:
    """SQL for the comparison form of a text column. Null stays null."""
    return rf"lower(trim(regexp_replace(cast({ident(column)} as varchar), '\s+', ' ', 'g')))"


def is_one_of_sql(column: str, wordings: Iterable[str]) -> str:
    """SQL that is true when the column holds one of the wordings, false when it holds another or is null."""
    listed = ", ".join(literal(wording_key(wording)) for wording in wordings)
    return f"coalesce({wording_sql(column)} in ({listed}), false)"


def grouped_sql(column: str, groups: Mapping[Group, Iterable[str]]) -> str:
    """SQL that maps listed wordings to the name of their group; null for any other wording."""
    whens = "\n".join(
        f"    when {is_one_of_sql(column, wordings)} then {literal(group)}" for group, wordings in groups.items()
    )
    return f"case\n{whens}\n    end"


def listed_sql(names: Sequence[str]) -> str:
    """SQL: the names as text, for ``in (...)`` and lists."""
    return ", ".join(literal(name) for name in names)
