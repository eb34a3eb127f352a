"""One table of identifiable rows becomes one table of de-identified rows. Rows in = rows out.

Who a row is about is settled in one place: the NHS number of an accepted link, else the local person id, else nobody
known, who gets a pseudonym used once. The kind stands beside every pseudonym.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pseudo.columns import Coded, Source, coded, encode, positions_of, total_order
from pseudo.errors import IdentifierError, PolicyError
from pseudo.keys import DomainKey, RootKey
from pseudo.policy import LA_PERSON_PSEUDONYM, PERSON_ID_TYPE, PERSON_PSEUDONYM, PersonRoles, TablePolicy
from pseudo.pseudonym import la_messages, la_person_id_messages, nhs_number_messages, one_time_messages, pseudonyms
from pseudo.request import ReleaseRequest
from pseudo.treated import treated_column, withheld_rows
from pseudo.treatments import NO_LOOKUPS, Lookups, Pseudonymise, Treatment, needs_directory, shift_days

ID_TYPES = ("nhs_number", "la_person_id", "one_time")
FIELDS = (*ID_TYPES, "event_reference", "date_shift")


@dataclass(frozen=True)
class DomainKeys:
    """The keys of one release, one for each kind of identifier, and the release id that one-time ids are bound to."""

    by_field: Mapping[str, DomainKey]
    release_id: str

    def __getitem__(self, field: str) -> DomainKey:
        return self.by_field[field]

    def close(self) -> None:
        """Drop every key."""
        for key in self.by_field.values():
            key.close()


def derive_keys(root: RootKey, request: ReleaseRequest) -> DomainKeys:
    """The keys of the pseudonyms of one release."""
    return DomainKeys({field: root.derive(request.domain(field)) for field in FIELDS}, request.release_id)


@dataclass(frozen=True)
class Deidentified:
    """A de-identified table in its released order (by person pseudonym, then every other column), and what was done.

    ``counts`` are rows, or people where the name says so.
    """

    columns: Mapping[str, Coded]
    order: npt.NDArray[np.int64]
    counts: Mapping[str, int]
    withheld: Mapping[str, int]

    def rows(self, start: int, stop: int) -> pa.Table:
        """Some rows, in released order."""
        chosen = self.order[start:stop]
        return pa.table({name: column.at(chosen) for name, column in self.columns.items()})


def deidentify(
    source: Source,
    policy: TablePolicy,
    keys: DomainKeys,
    listed: Mapping[str, Sequence[str]],
    lookups: Lookups = NO_LOOKUPS,
) -> Deidentified:
    """Apply a table policy that ``require_all_treated`` has compared with the table.

    A value that does not have the form its treatment needs leaves as null and is counted in ``withheld`` under the
    released name. Raises IdentifierError when local ids or record ids contradict themselves.
    """
    columns, counts = _person_columns(source, policy.person, keys)
    withheld: dict[str, int] = {}
    for released, name, treatment in present_columns(source, policy, lookups):
        if name is None or treatment is None:
            continue
        given = source.column(name)
        if isinstance(treatment, Pseudonymise):
            messages = _messages(source, name, treatment.field, policy.person)
            columns[released] = _pseudonym_column(messages, keys[treatment.field])
        else:
            columns[released] = treated_column(
                source, name, treatment, listed=listed.get(name, ()), lookups=lookups,
                shifts=lambda max_days: _shifts(source, policy.person, keys, max_days),
            )  # fmt: skip
        if treatment.withheld_when:
            columns[released] = _without(columns[released], withheld_rows(source, treatment))
        lost = columns[released].nulls - _nulls(given)
        if lost:
            withheld[released] = lost
    _require_no_numbers(source.name, columns)
    return Deidentified(columns, total_order(list(columns.values())), counts, withheld)


def present_columns(
    source: Source, policy: TablePolicy, lookups: Lookups = NO_LOOKUPS
) -> list[tuple[str, str | None, Treatment | None]]:
    """Released columns of this table as (released name, source column, treatment), optional absent ones left out.

    An area that the release has no directory for is absent too. Source column and treatment are None for the columns
    that stand for the person.
    """
    present = {column.lower() for column in source.columns}
    return [
        (released, name, treatment)
        for released, name, treatment in policy.treated()
        if name is None or (name in present and (treatment is None or _can_be_looked_up(treatment, lookups)))
    ]


def _can_be_looked_up(treatment: Treatment, lookups: Lookups) -> bool:
    return not needs_directory(treatment) or lookups.has(getattr(treatment, "level", ""))


# Ten digits together or in the usual groups. Other codes of ten digits and a hyphen, such as a CQC location id, are not
# NHS numbers although some would pass the check digit.
_NUMBER_AS_WRITTEN = r"^\s*(?:[0-9]{10}|[0-9]{3}[ -][0-9]{3}[ -][0-9]{4})\s*$"


def _require_no_numbers(table: str, columns: Mapping[str, Coded]) -> None:
    """The last gate: no released text is a valid NHS number, whatever a pattern of the policy let through."""
    leaks = []
    for name, column in columns.items():
        if pa.types.is_string(column.values.type):
            written = pc.match_substring_regex(column.values, _NUMBER_AS_WRITTEN)
            numbers = nhs_number_messages(pa.chunked_array([column.values.filter(written)]))
            if numbers.null_count < len(numbers):
                leaks.append(f"{table}.{name}: {len(numbers) - numbers.null_count} values are NHS numbers.")
    if leaks:
        raise PolicyError(
            "The release is stopped: identifiers stand where the policy expects codes. Narrow the pattern of the "
            "column or correct the data.\n" + "\n".join(leaks)
        )


def _person_columns(source: Source, roles: PersonRoles, keys: DomainKeys) -> tuple[dict[str, Coded], dict[str, int]]:
    """The columns that stand for the person, and the counts of how each was found."""
    counts = {"rows_in": source.rows}
    parts = _person_parts(source, roles, keys, counts)
    columns: dict[str, Coded] = {}
    if roles.la_person_id:
        columns[LA_PERSON_PSEUDONYM] = coded(parts[1].dictionary, positions_of(parts[1]))
    person, kinds = _first_of(parts)
    counts |= _id_type_counts(person, kinds)
    first = {PERSON_PSEUDONYM: person, PERSON_ID_TYPE: coded(pa.array(ID_TYPES), kinds)}
    return first | columns, counts


def _person_parts(
    source: Source, roles: PersonRoles, keys: DomainKeys, counts: dict[str, int]
) -> list[pa.DictionaryArray]:
    """The pseudonym of each row by each kind of identifier, in the order in which they stand for the person."""
    parts: list[pa.DictionaryArray] = []
    if roles.nhs_number:
        messages = _accepted_numbers(source, roles, counts)
        parts.append(pseudonyms(messages, keys["nhs_number"]))
    else:
        parts.append(_nobody(source.rows))
    if roles.la_person_id and roles.la_code:
        messages = la_person_id_messages(source.column(roles.la_code), source.column(roles.la_person_id))
        counts["la_person_id_missing"] = messages.null_count
        parts.append(pseudonyms(messages, keys["la_person_id"]))
    else:
        parts.append(_nobody(source.rows))
    parts.append(_one_time(source, roles, _unresolved(parts), keys))
    return parts


def _shifts(source: Source, roles: PersonRoles, keys: DomainKeys, max_days: int) -> npt.NDArray[np.int64]:
    """Days by which the dates of each row move: the person's own message, under the key for shifts."""
    for_shifts = DomainKeys(dict.fromkeys(FIELDS, keys["date_shift"]), keys.release_id)
    person, _ = _first_of(_person_parts(source, roles, for_shifts, {}))
    codes = b"".join(base64.b32decode(f"{code.upper()}======") for code in person.values.to_pylist())
    days: npt.NDArray[np.int64] = shift_days(codes, max_days)[person.positions]
    return days


def _without(column: Coded, rows: npt.NDArray[np.bool_]) -> Coded:
    """A column with null in some rows."""
    return coded(column.values, np.where(rows, -1, column.positions))


def _accepted_numbers(source: Source, roles: PersonRoles, counts: dict[str, int]) -> pa.DictionaryArray:
    """Messages of the valid NHS numbers of accepted links; counts the others by reason."""
    given = source.column(str(roles.nhs_number))
    messages = nhs_number_messages(given)
    counts["nhs_number_given"] = len(given) - _nulls(given)
    counts["nhs_number_invalid"] = counts["nhs_number_given"] - (len(messages) - messages.null_count)
    if roles.link_quality is None:
        return messages
    quality = source.column(roles.link_quality).cast(pa.string())
    accepted = pc.fill_null(pc.is_in(quality, value_set=pa.array(roles.accepted_links)), False).combine_chunks()
    counts["nhs_number_not_accepted"] = pc.sum(pc.and_(messages.is_valid(), pc.invert(accepted))).as_py() or 0
    indices = pc.if_else(accepted, messages.indices, None)
    return pa.DictionaryArray.from_arrays(indices, messages.dictionary)


def _one_time(
    source: Source, roles: PersonRoles, unresolved: npt.NDArray[np.bool_], keys: DomainKeys
) -> pa.DictionaryArray:
    """Pseudonyms used once, for the rows of nobody known. Without a record id the row number stands for it."""
    rows = np.flatnonzero(unresolved)
    if roles.record_id:
        ids = source.column(roles.record_id).cast(pa.string()).take(pa.array(rows))
    else:
        ids = pa.chunked_array([pc.binary_join_element_wise("row", pa.array(rows + 1).cast(pa.string()), "-")])
    codes = pseudonyms(one_time_messages(keys.release_id, source.name, ids), keys["one_time"])
    if codes.null_count or len(codes.dictionary) != len(rows):
        raise IdentifierError(
            f"{source.name}: {len(rows) - len(codes.dictionary)} rows of people without any identifier have no record "
            "id of their own (blank or used twice), and would be taken for one person. Number the records."
        )
    positions = np.full(source.rows, -1, dtype=np.int32)
    positions[rows] = np.asarray(codes.indices)
    return pa.DictionaryArray.from_arrays(pa.array(positions, mask=positions < 0), codes.dictionary)


def _messages(source: Source, column: str, field: str, roles: PersonRoles) -> pa.DictionaryArray:
    if field == "nhs_number":
        return nhs_number_messages(source.column(column))
    return la_messages(source.column(str(roles.la_code)), source.column(column))


def _pseudonym_column(messages: pa.DictionaryArray, key: DomainKey) -> Coded:
    made = pseudonyms(messages, key)
    return coded(made.dictionary, positions_of(made))


def _unresolved(parts: Sequence[pa.DictionaryArray]) -> npt.NDArray[np.bool_]:
    known = np.zeros(len(parts[0]), dtype=np.bool_)
    for part in parts:
        known |= np.asarray(part.is_valid())
    return ~known


def _first_of(parts: Sequence[pa.DictionaryArray]) -> tuple[Coded, npt.NDArray[np.int8]]:
    """The first pseudonym that each row has, and the place in ``parts`` that it came from."""
    positions = np.full(len(parts[0]), -1, dtype=np.int64)
    kinds = np.full(len(parts[0]), -1, dtype=np.int8)
    offset = 0
    for place, part in enumerate(parts):
        here = positions_of(part)
        mine = (positions < 0) & (here >= 0)
        positions[mine] = here[mine] + offset
        kinds[mine] = place
        offset += len(part.dictionary)
    return coded(pa.concat_arrays([part.dictionary for part in parts]), positions), kinds


def _id_type_counts(person: Coded, kinds: npt.NDArray[np.int8]) -> dict[str, int]:
    counts = {}
    for place, kind in enumerate(ID_TYPES):
        mine = kinds == place
        counts[f"rows_{kind}"] = int(mine.sum())
        counts[f"people_{kind}"] = len(np.unique(person.positions[mine]))
    return counts | {"rows_out": len(kinds)}


def _nobody(rows: int) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.nulls(rows, pa.int32()), pa.array([], pa.string()))


def _nulls(column: pa.ChunkedArray) -> int:
    """Rows without a value, whether or not the column is dictionary-encoded."""
    return encode(column).null_count if pa.types.is_dictionary(column.type) else int(column.null_count)
