"""A validation rule: a permanent code, its parts with severity and sentence, and a predicate that finds what breaks it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from linkage.engine import Step, literal
from linkage.errors import InternalError
from linkage.intake.rules.context import Context, in_sql
from pseudo.config_file import ConfigModel

Severity = Literal["R", "E", "W", "I"]
SEVERITIES: tuple[Severity, ...] = ("R", "E", "W", "I")
SEVERITY_NAMES: Mapping[str, str] = {"R": "not accepted", "E": "error", "W": "warning", "I": "information"}
Parameter = int | float | str | tuple[str, ...]


class PartEntry(ConfigModel):
    """One way to break a rule. ``needs`` names the side input without which it cannot be checked."""

    part: str
    severity: Severity
    sentence: str
    rejects_row: bool = False
    needs: str = ""


class RuleEntry(ConfigModel):
    """One rule of ``configs/rules/``.

    ``last``: it looks at what the other rules leave out. ``reason`` says why it matters. ``lists`` are the list fields whose
    values it answers for, ``mandatory`` the fields that it finds blank where the matrix of the version makes them mandatory.
    ``fixed`` says why neither its severity can be changed nor the rule be switched off.
    """

    code: str
    title: str
    reason: str = ""
    basis: str
    certainty: Literal["base", "implied", "inferred", "own knowledge", "design"]
    note: str = ""
    fixed: str = ""
    last: bool = False
    lists: tuple[str, ...] = ()
    mandatory: tuple[str, ...] = ()
    parameters: dict[str, Parameter] = Field(default_factory=dict)
    parts: tuple[PartEntry, ...]


class RulesFile(ConfigModel):
    """The form of a file in ``configs/rules/``."""

    rules: tuple[RuleEntry, ...]


@dataclass(frozen=True)
class Rule:
    """One rule. Its predicate gives SQL whose rows are findings: row_number, part, field, value, suggestion.

    ``row_number`` is null for a finding about the file. ``field`` is a canonical column id (or a heading that is none).
    """

    entry: RuleEntry
    predicate: Callable[["Rule", Context], str]

    @property
    def code(self) -> str:
        """The permanent code, such as ``P02``."""
        return self.entry.code

    @property
    def severity(self) -> Severity:
        """The most serious severity among its parts."""
        return min((part.severity for part in self.entry.parts), key=SEVERITIES.index)

    def fields(self, context: Context) -> list[str]:
        """The rule's list fields that this version has."""
        return [field for field in self.entry.lists if context.has(field)]

    def unchecked(self, context: Context) -> tuple[PartEntry, ...]:
        """The parts whose side input is not there."""
        return tuple(part for part in self.entry.parts if part.needs and part.needs not in context.available)

    def step(self, context: Context) -> Step:
        """The named step that finds what breaks the rule; parts that cannot be checked find nothing."""
        left_out = self.unchecked(context)
        if len(left_out) == len(self.entry.parts):
            return Step(f"rule_{self.code.lower()}", all_of())
        sql = self.predicate(self, context)
        if left_out:
            sql = f"select * from (\n{sql}\n) as found where part not in {in_sql([part.part for part in left_out])}"
        return Step(f"rule_{self.code.lower()}", sql)

    def number(self, name: str) -> float:
        """A numeric parameter."""
        value = self._parameter(name)
        if isinstance(value, str | tuple):
            raise InternalError(f"Rule {self.code}: parameter '{name}' should be a number.")
        return value

    def text(self, name: str) -> str:
        """A text parameter."""
        return str(self._parameter(name))

    def texts(self, name: str) -> tuple[str, ...]:
        """A parameter that is a list of texts."""
        value = self._parameter(name)
        return value if isinstance(value, tuple) else (str(value),)

    def _parameter(self, name: str) -> Parameter:
        if name not in self.entry.parameters:
            raise InternalError(f"Rule {self.code} has no parameter '{name}' in configs/rules/.")
        return self.entry.parameters[name]


def found_sql(part: str, field: str, where: str, *, value: str | None = None, suggestion: str = "null") -> str:
    """SQL for the rows of the submission (``s``, with the file's ``facts``) that break one part of a rule in one field.

    ``value`` is the SQL of the value to show; by default what stands in the field.
    """
    return f"""select s.row_number, {literal(part)} as part, {literal(field)} as field,
        cast({value or f's."{field}"'} as varchar) as value, cast({suggestion} as varchar) as suggestion
        from submission as s cross join submission_facts as facts where {where}"""


def file_found_sql(part: str, field: str, value: str, rest: str) -> str:
    """SQL for a finding about the file: ``value`` and ``rest`` (from, where, having) are SQL."""
    return f"""select cast(null as bigint) as row_number, {literal(part)} as part, {literal(field)} as field,
        cast({value} as varchar) as value, cast(null as varchar) as suggestion {rest}"""


def all_of(*selects: str) -> str:
    """SQL for the findings of several selects together; no findings when there is none."""
    nothing = """select cast(null as bigint) as row_number, '' as part, '' as field,
        cast(null as varchar) as value, cast(null as varchar) as suggestion where false"""
    return "\nunion all\n".join(selects or (nothing,))
