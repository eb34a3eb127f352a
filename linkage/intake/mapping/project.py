"""The mapping project: one YAML file that says where local tables are and what each column of theirs means.

Paths in it are relative to the project file. Fields are named by their canonical ids (``cldlink spec show VERSION``),
columns by the headings of the local tables.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from pseudo.config_file import ConfigModel, read_config

DateFormat = Literal[
    "dd/mm/yyyy", "mm/dd/yyyy", "dd-mm-yyyy", "dd.mm.yyyy", "dd-mon-yyyy", "dd mon yyyy", "yyyy-mm-dd", "yyyymmdd"
]
Operator = Literal["in", "not_in", "blank", "not_blank", "starts_with", "contains", "before", "after"]
Name = Field(pattern=r"^[A-Za-z][A-Za-z0-9_ -]*$")
COST_PARTS = ("amount", "frequency", "unit", "units", "starts")


class FileEntry(ConfigModel):
    """A file, and the worksheet to read where it is an Excel workbook (the first one if not named)."""

    file: str
    worksheet: str | None = None


class Condition(ConfigModel):
    """A named filter: rows whose ``column`` meets the condition are left out and counted under ``name``.

    Texts are compared without blanks at their ends, otherwise letter by letter. ``before`` and ``after`` take one day
    (YYYY-MM-DD), itself not included.
    """

    name: str = Name
    column: str
    operator: Operator
    values: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _values_fit(self) -> "Condition":
        needed = {"blank": 0, "not_blank": 0, "before": 1, "after": 1}.get(self.operator)
        if needed is not None and len(self.values) != needed:
            raise ValueError(f"the operator {self.operator} takes {needed or 'no'} values")
        if needed is None and not self.values:
            raise ValueError(f"the operator {self.operator} needs at least one value")
        if self.operator in ("before", "after"):
            try:
                date.fromisoformat(self.values[0])
            except ValueError:
                raise ValueError(f"the operator {self.operator} needs a day as YYYY-MM-DD") from None
        return self


class LocalTable(FileEntry):
    """A local table and the meaning of its columns.

    ``columns``: field → heading. ``sheets``: field → mapping sheet. ``constants``: field → the value of every row.
    ``defaults``: field → the value where the column is blank (counted in the report). ``old_ids``: its person
    identifiers are those of before the crosswalk.
    """

    name: str = Name
    date_format: DateFormat = "dd/mm/yyyy"
    leave_out: tuple[Condition, ...] = ()
    columns: dict[str, str] = Field(default_factory=dict)
    sheets: dict[str, str] = Field(default_factory=dict)
    constants: dict[str, str] = Field(default_factory=dict)
    defaults: dict[str, str] = Field(default_factory=dict)
    old_ids: bool = False

    @property
    def fields(self) -> tuple[str, ...]:
        """Ids of the fields that this table fills, each once."""
        return tuple(dict.fromkeys((*self.columns, *self.constants)))

    @property
    def headings(self) -> tuple[str, ...]:
        """Headings that the file must have, each once."""
        return tuple(dict.fromkeys((*self.columns.values(), *(condition.column for condition in self.leave_out))))


class PeopleTable(LocalTable):
    """Details of persons: one row per person. Of several rows the last in the file counts."""

    person: str

    @property
    def headings(self) -> tuple[str, ...]:
        """Headings that the file must have, each once."""
        return tuple(dict.fromkeys((self.person, *super().headings)))


class OneRow(ConfigModel):
    """Several rows of one event: those with the same texts in the columns ``by``.

    ``keep``: the first or the last by start date, then by row. ``start``: the kept row's own start date, or the earliest
    of all (for services that the system splits when a price rises).
    """

    by: tuple[str, ...] = Field(min_length=1)
    keep: Literal["first", "last"]
    start: Literal["own", "earliest"] = "own"


class EventTable(LocalTable):
    """Events of one type, or people without events of their own (``event_type`` left out: known by association).

    ``people`` names the table with their details, ``person`` the heading with the key to it. ``key`` is the heading that
    finance rows refer to. ``reference_from``: headings that tell events of one person, type and day apart.
    """

    event_type: str | None = None
    people: str
    person: str
    key: str | None = None
    one_row_for: OneRow | None = None
    reference_from: tuple[str, ...] = ()

    @property
    def headings(self) -> tuple[str, ...]:
        """Headings that the file must have, each once."""
        grouped = self.one_row_for.by if self.one_row_for else ()
        others = (self.person, *([self.key] if self.key else []), *grouped, *self.reference_from)
        return tuple(dict.fromkeys((*others, *super().headings)))


class CostTable(LocalTable):
    """Finance rows of one table of services. Its fields are those of ``COST_PARTS`` (see ``costs``)."""

    services: str
    key: str

    @property
    def headings(self) -> tuple[str, ...]:
        """Headings that the file must have, each once."""
        return tuple(dict.fromkeys((self.key, *super().headings)))


class ProjectFile(ConfigModel):
    """The form of a project file. ``unmapped``: what stands in the submission for a value without a national one."""

    specification: str
    authority: str
    period_start: date
    period_end: date
    unmapped: Literal["blank", "as_given"] = "blank"
    crosswalk: FileEntry | None = None
    sheets: dict[str, FileEntry] = Field(default_factory=dict)
    people: tuple[PeopleTable, ...] = Field(min_length=1)
    events: tuple[EventTable, ...] = Field(min_length=1)
    costs: tuple[CostTable, ...] = ()


@dataclass(frozen=True)
class Project:
    """A project file and where it lies."""

    path: Path
    file: ProjectFile

    def locate(self, entry: FileEntry) -> Path:
        """The path of a file of the project."""
        return self.path.parent / entry.file

    @property
    def tables(self) -> tuple[LocalTable, ...]:
        """Every local table: people, events, costs."""
        return (*self.file.people, *self.file.events, *self.file.costs)


def load_project(path: Path) -> Project:
    """Read a project file. Raises ConfigError with every fault of its form."""
    return Project(path, read_config(path, ProjectFile))
