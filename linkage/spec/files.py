"""The form of the files in ``configs/specs/``: a complete version, or a version based on another with its changes."""

from typing import Literal

from pseudo.config_file import ConfigModel

Section = Literal[
    "submission",
    "person",
    "person_comorbidity",
    "event",
    "request",
    "assessment",
    "carer",
    "service",
    "review",
    "cost",
]
Requirement = Literal["mandatory", "voluntary", "not_stated"]
DataType = Literal["identifier", "integer", "alphanumeric", "text", "date", "number", "list"]
Certainty = Literal["base", "inferred"]
ValueCertainty = Literal["certain", "implied", "inferred", "carried"]


class ValueEntry(ConfigModel):
    """One value of a list; ``from_base`` are the wordings it stands for in the version that this one is based on.

    ``certainty``: the specification or its owner's code has the value, another public source has it, or it is a reading.
    """

    value: str
    aliases: tuple[str, ...] = ()
    from_base: tuple[str, ...] = ()
    guidance_only: bool = False
    certainty: ValueCertainty = "certain"


class ListEntry(ConfigModel):
    """A list; with ``adds_to_base`` the values of the same list in the version it is based on stay, save those reworded
    here, and the new ones follow.

    ``open``: the list is not completely known, so a value outside it may be right, and a value that stayed is unconfirmed.
    """

    values: tuple[ValueEntry, ...] = ()
    adds_to_base: bool = False
    open: bool = False


class FieldEntry(ConfigModel):
    """One column of a submission."""

    id: str
    heading: str
    heading_aliases: tuple[str, ...] = ()
    section: Section
    requirement: Requirement
    type: DataType
    list: str | None = None
    event_types: tuple[str, ...] = ()
    client_types: tuple[str, ...] = ()
    condition: str = ""
    note: str = ""
    certainty: Certainty = "base"


class AddedEntry(FieldEntry):
    """A new column, the column it stands after and the columns of the version before that it takes the place of."""

    after: str
    replaces: tuple[str, ...] = ()


class AmendedEntry(ConfigModel):
    """A column that changed: what changed in words, and the keys that take another value."""

    field: str
    change: str
    id: str | None = None
    heading: str | None = None
    heading_aliases: tuple[str, ...] | None = None
    list: str | None = None
    event_types: tuple[str, ...] | None = None
    condition: str | None = None


class HeadingEntry(ConfigModel):
    """A column that is only headed otherwise."""

    field: str
    heading: str
    heading_aliases: tuple[str, ...] = ()


class ClientTypesEntry(ConfigModel):
    """Columns that are filled for some client types only."""

    client_types: tuple[str, ...]
    fields: tuple[str, ...]


class ChangesEntry(ConfigModel):
    """What changed since the version this one is based on. ``may_stay``: removed columns that a file may have all the same."""

    removed: tuple[str, ...] = ()
    may_stay: tuple[str, ...] = ()
    added: tuple[AddedEntry, ...] = ()
    amended: tuple[AmendedEntry, ...] = ()
    headings: tuple[HeadingEntry, ...] = ()
    client_types: tuple[ClientTypesEntry, ...] = ()


class SpecificationFile(ConfigModel):
    """One file of ``configs/specs/``, or of a user's own.

    ``effective_from`` is the first day of the events it is for, ``submitted_from`` the first day on which files follow it.
    A version that gives ``fields`` gives all of them, in the order of the file; without, it takes those of the version it
    is based on with its ``changes``.
    """

    version: str
    title: str
    source: str
    published: str
    effective_from: str | None
    submitted_from: str | None = None
    period: Literal["year_to_date", "rolling_12_months"]
    based_on: str | None = None
    lists: dict[str, ListEntry]
    fields: tuple[FieldEntry, ...] = ()
    changes: ChangesEntry = ChangesEntry()
