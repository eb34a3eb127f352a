"""The released columns of some rows of a table, part after part: every treatment, and the pseudonyms of references."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pyarrow as pa

from pseudo.columns import Answers, Source
from pseudo.distinct import positions_of
from pseudo.domain_keys import DomainKeys
from pseudo.gathering import (
    CodeColumn,
    Column,
    IntegerColumn,
    OrderedValues,
    PersonColumn,
    ValueColumn,
)
from pseudo.keys import MAC_BYTES
from pseudo.messages import la_messages, nhs_number_messages
from pseudo.partitions import Array
from pseudo.people import ID_TYPES, People
from pseudo.policy import (
    LA_PERSON_INT63,
    LA_PERSON_PSEUDONYM,
    PERSON_ID_TYPE,
    PERSON_INT63,
    PERSON_PSEUDONYM,
    PersonRoles,
)
from pseudo.rendering import Codes
from pseudo.treated import Shifts, treated_column, withheld_rows
from pseudo.treatments import Lookups, Pseudonymise, Shift, Treatment, arrow_type, other_columns, value_rule

Treated = tuple[str, str, Treatment]


class Treating:
    """Treats a table part by part. ``columns``: (released name, source column, treatment) of all but the person columns.

    ``shifts``: whether a treatment needs the people first. ``withheld`` counts, under the released name, the values that
    did not have the form their treatment needs.
    """

    def __init__(
        self,
        columns: Sequence[Treated],
        roles: PersonRoles,
        keys: DomainKeys,
        listed: Mapping[str, Sequence[str]],
        lookups: Lookups,
    ) -> None:
        self._columns = columns
        self._roles = roles
        self._keys = keys
        self._listed = listed
        self._lookups = lookups
        self._values = {
            released: ValueColumn(arrow_type(treatment))
            for released, _, treatment in columns
            if not isinstance(treatment, Pseudonymise)
        }
        self._answers = {
            released: Answers(value_rule(treatment, listed.get(name, ()), lookups), arrow_type(treatment))
            for released, name, treatment in columns
            if not isinstance(treatment, Pseudonymise)
        }
        self.shifts = any(isinstance(treatment, Shift) for _, _, treatment in columns)
        self.withheld = dict.fromkeys((released for released, _, _ in columns), 0)

    def parts(self, source: Source, rows: int, people: People | None) -> Iterator[tuple[slice, dict[str, Array]]]:
        """The treated columns as they are held, ``rows`` rows at a time, and where in the table these rows stand."""
        start = 0
        for part in source.parts(self._needed(), rows):
            here = slice(start, start + part.rows)
            yield here, self._part(part, here, people)
            start += part.rows

    def _needed(self) -> set[str]:
        """The source columns that the treatments read; one at least, for the number of rows."""
        needed = {name for _, name, _ in self._columns} or {str(self._roles.nhs_number or self._roles.la_person_id)}
        for _, _, treatment in self._columns:
            needed |= {*other_columns(treatment)}
            if isinstance(treatment, Pseudonymise) and treatment.field != "nhs_number":
                needed.add(str(self._roles.la_code))
        return needed

    def _part(self, part: Source, rows: slice, people: People | None) -> dict[str, Array]:
        held: dict[str, Array] = {}
        for released, name, treatment in self._columns:
            if isinstance(treatment, Pseudonymise):
                held[_own(released)] = self._codes(part, released, name, treatment)
            else:
                shifts = (lambda max_days: people.days(max_days, rows)) if people else None
                held[_own(released)] = self._treated(part, released, name, treatment, shifts)
        return held

    def columns(self, people: People) -> dict[str, tuple[str, Column]]:
        """Every released column in order, with the name that its rows are held under, when every part was treated."""
        codes, form = people.codes, self._roles.text
        person, whole = PersonColumn(codes, form), IntegerColumn(codes)
        made: dict[str, tuple[str, Column]] = {PERSON_PSEUDONYM: ("person", person)}
        if self._roles.integers:
            made[PERSON_INT63] = ("person", whole)
        made[PERSON_ID_TYPE] = ("kind", _kinds())
        if self._roles.la_person_id:
            made[LA_PERSON_PSEUDONYM] = ("local", person)
            if self._roles.integers:
                made[LA_PERSON_INT63] = ("local", whole)
        for released, _, _ in self._columns:
            values = self._values.get(released)
            made[released] = (_own(released), values.ordered() if values else CodeColumn(form))
        return made

    def _treated(self, part: Source, released: str, name: str, treatment: Treatment, shifts: Shifts | None) -> Array:
        made = treated_column(
            part,
            name,
            treatment,
            listed=self._listed.get(name, ()),
            lookups=self._lookups,
            shifts=shifts,
            answers=self._answers[released],
        )
        held: Array = np.concatenate([self._values[released].add(rows) for rows in made])
        if treatment.withheld_when:
            held[withheld_rows(part, treatment)] = -1
        self.withheld[released] += int(np.count_nonzero(held < 0)) - part.column(name).null_count
        return held

    def _codes(self, part: Source, released: str, name: str, treatment: Pseudonymise) -> Codes:
        messages = _messages(part, name, treatment.field, self._roles)
        made = self._keys.hashers[treatment.field].codes(messages.dictionary)
        held: Codes = np.concatenate([made, np.zeros((1, MAC_BYTES), dtype=np.uint8)])[positions_of(messages)]
        if treatment.withheld_when:
            held[withheld_rows(part, treatment)] = 0
        self.withheld[released] += int((~held.any(axis=1)).sum()) - part.column(name).null_count
        return held


def _messages(part: Source, column: str, field: str, roles: PersonRoles) -> pa.DictionaryArray:
    if field == "nhs_number":
        return nhs_number_messages(part.column(column))
    return la_messages(part.column(str(roles.la_code)), part.column(column))


def _kinds() -> OrderedValues:
    """The kinds of id as a column of values."""
    names = sorted(ID_TYPES)
    rank = np.array([*(names.index(name) for name in ID_TYPES), -1], dtype=np.int8)
    return OrderedValues(pa.array(names), rank)


def _own(released: str) -> str:
    return f"column {released}"
