"""What a predicate may depend on besides the tables of the check: the version, what it words how, the side inputs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

from linkage.configs import read_packaged
from linkage.engine import ident, literal
from linkage.errors import InternalError
from linkage.intake.values import wording_key
from linkage.spec import Specification
from pseudo.config_file import ConfigModel


class ValueGroup(ConfigModel):
    """Values of one list field that mean the same to the rules, in the wording of every version."""

    name: str
    field: str
    values: tuple[str, ...]


class GroupsFile(ConfigModel):
    """The form of ``configs/rules/tables/groups.yaml``."""

    not_known: tuple[str, ...]
    groups: tuple[ValueGroup, ...]


@dataclass(frozen=True)
class Context:
    """One check. ``available`` names the side inputs that are there (see ``side_inputs``); ``submitted`` is the day
    the file was sent, if it is known.
    """

    specification: Specification
    synthetic: bool
    available: frozenset[str] = frozenset()
    submitted: date | None = None

    def has(self, *field_ids: str) -> bool:
        """Whether this version has all the fields."""
        return all(self.specification.has(field_id) for field_id in field_ids)

    def values(self, group: str) -> tuple[str, ...]:
        """The values of a group in the wording of this version; empty when it has no such field or value."""
        entry = _group(group)
        return self.worded(entry.field, entry.values)

    def not_known(self, field: str) -> tuple[str, ...]:
        """The values of a list field that say that nothing is known, in the wording of this version."""
        return self.worded(field, _groups_file().not_known)

    def worded(self, field: str, wordings: tuple[str, ...]) -> tuple[str, ...]:
        """The values of a list field that are worded so, letter case, spaces and punctuation aside."""
        if not self.specification.has(field):
            return ()
        keys = {wording_key(wording) for wording in wordings}
        return tuple(value for value in self.specification.values(field) if wording_key(value) in keys)

    def is_in(self, *groups: str, row: str = "s") -> str:
        """SQL for whether a row's value is one of the groups' values; never null, false where it has no value."""
        fields = {_group(group).field for group in groups}
        if len(fields) != 1:
            raise InternalError("Groups of values that are asked for together belong to one field.")
        values = [value for group in groups for value in self.values(group)]
        if not values:
            return "false"
        return f"coalesce({row}.{ident(fields.pop())} in {in_sql(values)}, false)"


def in_sql(values: tuple[str, ...] | list[str]) -> str:
    """A bracketed SQL list of constants; one that matches nothing when empty."""
    return "(" + (", ".join(literal(value) for value in values) or "null") + ")"


def _group(name: str) -> ValueGroup:
    if name not in value_groups():
        raise InternalError(f"configs/rules/tables/groups.yaml has no group '{name}'.")
    return value_groups()[name]


@cache
def value_groups() -> Mapping[str, ValueGroup]:
    """Every group by its name."""
    return {group.name: group for group in _groups_file().groups}


@cache
def _groups_file() -> GroupsFile:
    return read_packaged("rules/tables/groups.yaml", GroupsFile)
