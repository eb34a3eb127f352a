"""A submission specification as frozen values: fields in the order of the file, and the lists their values come from."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from linkage.errors import UsageError


@dataclass(frozen=True)
class ListValue:
    """One value of a list in the specification's own wording.

    ``aliases`` are the wordings of the guidance (or a flag left in the workbook's cell): understood, never canonical.
    ``guidance_only`` marks a value that the guidance lists and the workbook does not. ``from_base`` are the wordings of
    the version this one is based on, where they differ. ``certainty``: ``certain`` (stated by the specification or used by
    its owner's code), ``implied`` (another public source has it), ``inferred`` (a reading) or ``carried`` (of the version
    before, and not confirmed for this one).
    """

    value: str
    aliases: tuple[str, ...] = ()
    guidance_only: bool = False
    from_base: tuple[str, ...] = ()
    certainty: str = "certain"


@dataclass(frozen=True)
class ValueList:
    """The values a field may take, in the specification's order; of an ``open`` list not all are known."""

    name: str
    values: tuple[ListValue, ...]
    open: bool = False

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The canonical wordings, in order, values of the guidance alone included."""
        return tuple(value.value for value in self.values)

    @cached_property
    def wordings(self) -> frozenset[str]:
        """The wordings that are exactly those of the specification's list."""
        return frozenset(value.value for value in self.values if not value.guidance_only)

    @cached_property
    def meanings(self) -> Mapping[str, str]:
        """Every wording that is understood, aliases included, with the canonical one."""
        return {wording: value.value for value in self.values for wording in (value.value, *value.aliases)}

    @cached_property
    def understood(self) -> frozenset[str]:
        """Every wording that is understood, aliases included."""
        return frozenset(self.meanings)

    @cached_property
    def from_base(self) -> Mapping[str, str]:
        """The wording here of each reworded value of the version this one is based on; other values keep theirs."""
        return {before: value.value for value in self.values for before in value.from_base}

    def after(self, wording: str) -> str | None:
        """The wording here of a value of the version this one is based on; None when none is known."""
        return self.from_base.get(wording, wording if wording in self.names else None)


@dataclass(frozen=True)
class Field:
    """One column of a submission.

    ``event_types`` and ``client_types`` name the rows it may be filled on; empty means every row. ``requirement`` is
    ``mandatory``, ``voluntary`` or ``not_stated``. ``certainty`` is ``base`` where the specification states the field,
    ``inferred`` where part of it is read into it.
    """

    id: str
    heading: str
    heading_aliases: tuple[str, ...]
    section: str
    requirement: str
    data_type: str
    value_list: ValueList | None
    event_types: tuple[str, ...]
    client_types: tuple[str, ...]
    condition: str
    note: str
    certainty: str


@dataclass(frozen=True)
class Change:
    """One difference from the version before: ``kind`` is ``added``, ``amended``, ``removed`` or ``heading``."""

    kind: str
    field: str
    text: str


@dataclass(frozen=True)
class Specification:
    """One version. ``effective_from`` is the first day of the events it is for and ``submitted_from`` the first day on
    which files follow it, as ISO dates; None where the sources give none (``submitted_from``: the same day).

    ``period``: a file covers the ``year_to_date`` (from 1 April), or the ``rolling_12_months`` to its last day. ``base`` is
    the version this one is based on; ``may_stay`` are headings of it that are no longer listed, and that a file may have all
    the same; ``origins`` gives each field that it had with its id there, ``replaces`` each new
    field that takes the place of one with that one's id.
    """

    version: str
    title: str
    source: str
    published: str
    effective_from: str | None
    period: str
    fields: tuple[Field, ...]
    changes: tuple[Change, ...] = ()
    submitted_from: str | None = None
    base: "Specification | None" = None
    origins: tuple[tuple[str, str], ...] = ()
    replaces: tuple[tuple[str, str], ...] = ()
    may_stay: tuple[str, ...] = ()

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """Canonical column ids, in the order of the file."""
        return tuple(field.id for field in self.fields)

    @cached_property
    def headings(self) -> tuple[str, ...]:
        """Headings as the specification words them, in the order of the file."""
        return tuple(field.heading for field in self.fields)

    @cached_property
    def list_fields(self) -> tuple[Field, ...]:
        """The fields whose values come from a list."""
        return tuple(field for field in self.fields if field.value_list is not None)

    @cached_property
    def open_fields(self) -> tuple[str, ...]:
        """Ids of the fields whose list is not completely known in this version."""
        return tuple(field.id for field in self.list_fields if field.value_list and field.value_list.open)

    @cached_property
    def date_fields(self) -> tuple[Field, ...]:
        """The fields that hold dates."""
        return tuple(field for field in self.fields if field.data_type == "date")

    @cached_property
    def successor_wordings(self) -> Mapping[str, Mapping[str, str]]:
        """For each field whose list was reworded: every wording of an older version that this one does not have, with the
        wording it has here. The nearest version decides where two mean different things by one wording.
        """
        found: dict[str, dict[str, str]] = {}
        older = self.base
        while older is not None:
            for field_id, words in self.rewordings(older).items():
                value_list = self.field(field_id).value_list
                current = value_list.understood if value_list else frozenset()
                known = found.setdefault(field_id, {})
                known.update({old: new for old, new in words.items() if old not in current and old not in known})
            older = older.base
        return {field_id: words for field_id, words in found.items() if words}

    def rewordings(self, older: "Specification") -> Mapping[str, Mapping[str, str]]:
        """Every value of ``older``, and every alias it understands, with its wording here where one is known: by field id
        here, unchanged wordings included. ``older`` is a version this one is based on, itself or through others; else
        UsageError.
        """
        if older.version == self.version:
            return {field.id: field.value_list.meanings for field in self.list_fields if field.value_list}
        if self.base is None:
            raise UsageError(
                f"Specification {self.version} is not based on {older.version}; give the older version first."
            )
        earlier, origins = self.base.rewordings(older), dict(self.origins + self.replaces)
        found = {}
        for field in self.list_fields:
            before = earlier.get(origins.get(field.id, ""), {})
            step = {old: field.value_list.after(word) for old, word in before.items()} if field.value_list else {}
            found[field.id] = {old: new for old, new in step.items() if new is not None}
        return found

    def follows(self, other: "Specification") -> bool:
        """Whether this version is based on ``other``, itself or through others."""
        return self.base is not None and (self.base.version == other.version or self.base.follows(other))

    @cached_property
    def _by_id(self) -> dict[str, Field]:
        return {field.id: field for field in self.fields}

    def has(self, field_id: str) -> bool:
        """Whether this version has the field."""
        return field_id in self._by_id

    def field(self, field_id: str) -> Field:
        """The field with this canonical id. Raises UsageError when this version has none."""
        if field_id not in self._by_id:
            raise UsageError(f"Specification {self.version} has no field '{field_id}'. See 'cldlink spec show'.")
        return self._by_id[field_id]

    def section(self, *names: str) -> tuple[Field, ...]:
        """The fields of the named sections, in the order of the file."""
        return tuple(field for field in self.fields if field.section in names)

    def values(self, field_id: str) -> tuple[str, ...]:
        """The canonical values of a list field, in the specification's order; empty for any other field."""
        value_list = self.field(field_id).value_list
        return value_list.names if value_list else ()
