"""A release policy: for every table and every column, what leaves and in which form. What is not named does not leave.

A policy is data (``configs/release/*.yaml``); this module reads it, refuses unsafe ones, and compares it with the
tables of a release before anything is written.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field, model_validator

from pseudo.config_file import ConfigModel, config_hash, read_config
from pseudo.errors import PolicyError
from pseudo.treatments import Area, BirthMonth, Keep, Pseudonymise, Treatment, output_name

PERSON_PSEUDONYM = "person_pseudonym"
PERSON_ID_TYPE = "person_id_type"
LA_PERSON_PSEUDONYM = "la_person_pseudonym"

# Names under which identifiers are known, compared without case and punctuation. It stands in code, not in a policy
# file, because a policy is what it guards against.
_IDENTIFIER_NAMES = re.compile(
    r"(traced|true|new|given)?nhs(no|number)(given)?|newnhsno|supersededby|"
    r"(other)?given(first|second)?names?|(first|last|middle|family|full|sur|fore|person|patient)names?|surname|forename|"
    r"dateofbirth|birthdate|dob|mydob|postcode|homepostcode|address(line)?[0-9]*|uprn|telephone|phone|mobile|email|"
    r"personuniqueidentifier|lapersonuniqueidentifier|adult[0-9]*linkedpersonid|linkedpersonid|"
    r"eventreference|eventdescription|gppracticename|provider(cqc)?locationname|epikey|hesid|queryid|recordid|"
    r"submission|rownumber"
)


def is_identifier_name(column: str) -> bool:
    """Whether a column of this name holds something that identifies a person, or the place of a row in its source.

    >>> is_identifier_name("First Name"), is_identifier_name("NEWNHSNO"), is_identifier_name("gender")
    (True, True, False)
    """
    return _IDENTIFIER_NAMES.fullmatch(re.sub(r"[^a-z0-9]", "", column.lower())) is not None


class PersonRoles(ConfigModel):
    """Which columns say who a row is about.

    ``nhs_number`` holds the number of an accepted link. Where ``link_quality`` is given, a number counts only in rows
    whose link quality is one of ``accepted_links``.
    """

    nhs_number: str | None = None
    la_code: str | None = None
    la_person_id: str | None = None
    record_id: str | None = None
    link_quality: str | None = None
    accepted_links: list[str] = Field(default_factory=list)

    @model_validator(mode="after")
    def _complete(self) -> "PersonRoles":
        if self.nhs_number is None and self.la_person_id is None:
            raise ValueError("give 'nhs_number', 'la_person_id' or both")
        if self.la_person_id is not None and self.la_code is None:
            raise ValueError("'la_person_id' means something within one authority only: give 'la_code'")
        if (self.link_quality is None) != (not self.accepted_links):
            raise ValueError("'link_quality' and 'accepted_links' go together")
        return self

    def columns(self) -> list[str]:
        """The columns named."""
        names = (self.nhs_number, self.la_code, self.la_person_id, self.record_id, self.link_quality)
        return [name for name in names if name is not None]


class TablePolicy(ConfigModel):
    """The treatment of every column of one table. Column names are lower case and match any case in the source."""

    description: str
    person: PersonRoles
    columns: dict[str, Treatment]
    derived: dict[str, Treatment] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _consistent(self) -> "TablePolicy":
        untreated = [name for name in self.person.columns() if name not in self.columns]
        if untreated:
            raise ValueError(f"no treatment for the person columns {', '.join(untreated)}")
        if any(name != name.lower() for name in self.columns):
            raise ValueError("column names are written in lower case")
        released = [name for name, _ in self.released()]
        twice = sorted({name for name in released if released.count(name) > 1})
        if twice:
            raise ValueError(f"two columns would be released as {', '.join(twice)}; give one an 'output' name")
        return self

    def treated(self) -> list[tuple[str, str | None, Treatment | None]]:
        """Released columns in order as (released name, source column, treatment).

        Source column and treatment are None for the columns that stand for the person. Derived columns come last.
        """
        first = [PERSON_PSEUDONYM, PERSON_ID_TYPE]
        if self.person.la_person_id:
            first.append(LA_PERSON_PSEUDONYM)
        person = {self.person.nhs_number, self.person.la_person_id}
        rest = [
            (output_name(name, treatment), name, treatment)
            for name, treatment in self.columns.items()
            if treatment.treatment != "drop" and name not in person
        ]
        derived = [(name, treatment.source, treatment) for name, treatment in self.derived.items()]
        return [*((name, None, None) for name in first), *rest, *derived]

    def released(self) -> list[tuple[str, str | None]]:
        """Released column names in order, each with its source column (None for the columns that stand for the person)."""
        return [(released, name) for released, name, _ in self.treated()]


class ReleasePolicy(ConfigModel):
    """A named, versioned set of table policies."""

    name: str
    version: str
    description: str
    tables: dict[str, TablePolicy]


@dataclass(frozen=True)
class LoadedPolicy:
    """A policy that has passed its checks, with the SHA-256 of the file it was read from."""

    policy: ReleasePolicy
    sha256: str


def load_policy(path: Path) -> LoadedPolicy:
    """Read a policy file.

    Raises ConfigError when the file does not have the form of a policy; PolicyError, naming every fault, when it would
    let an identifier out or puts together what may not stand together.
    """
    policy = read_config(path, ReleasePolicy)
    faults = [fault for name, table in policy.tables.items() for fault in _unsafe(name, table)]
    if faults:
        raise PolicyError(f"{path}: this policy is refused.\n" + "\n".join(faults))
    return LoadedPolicy(policy, config_hash(path))


def _unsafe(name: str, table: TablePolicy) -> list[str]:
    faults = [
        f"{name}.{column}: an identifier may not be kept; drop it, pseudonymise it or make it coarser."
        for column, treatment in table.columns.items()
        if isinstance(treatment, Keep) and is_identifier_name(column)
    ]
    faults += [
        f"{name}: a column may not be released under the name {released}, which is the name of an identifier."
        for released, _ in table.released()
        if is_identifier_name(released)
    ]
    faults += _unsafe_pseudonyms(name, table)
    kinds = list(table.columns.values())
    district = any(isinstance(kind, Area) and kind.level == "postcode_district" for kind in kinds)
    if district and any(isinstance(kind, BirthMonth) for kind in kinds):
        faults.append(
            f"{name}: birth month and postcode district may not stand together: few people share both. "
            "Release the birth year or the postcode area."
        )
    return faults


def _unsafe_pseudonyms(name: str, table: TablePolicy) -> list[str]:
    """Pseudonym columns that would be made of the wrong thing, or would need an LA code that is not given."""
    faults = []
    person = {"nhs_number": table.person.nhs_number, "la_person_id": table.person.la_person_id}
    for field, column in person.items():
        treatment = table.columns[column] if column else None
        if treatment and not (isinstance(treatment, Pseudonymise) and treatment.field == field):
            faults.append(f"{name}.{column}: holds the person's {field}; its treatment must be to pseudonymise that.")
    for column, treatment in table.columns.items():
        if isinstance(treatment, Pseudonymise) and column not in person.values():
            if treatment.output is None:
                faults.append(f"{name}.{column}: give the pseudonym an 'output' name.")
            if treatment.field != "nhs_number" and table.person.la_code is None:
                faults.append(f"{name}.{column}: a local identifier needs the role 'la_code'.")
    return faults


def require_all_treated(
    policy: ReleasePolicy, tables: Mapping[str, Sequence[str]], listed: Mapping[str, Mapping[str, object]]
) -> None:
    """Compare a policy with the tables of a release: ``tables`` gives the columns of each, ``listed`` the value lists.

    Raises PolicyError that names, all at once, every table and column without a treatment, every treatment of a column
    that its table lacks (unless optional), and every column kept by list for which no list was given.
    """
    faults: list[str] = []
    for name, columns in tables.items():
        if name not in policy.tables:
            faults.append(f"{name}: the policy has no such table.")
            continue
        faults += _column_faults(name, policy.tables[name], [column.lower() for column in columns])
        faults += _list_faults(name, policy.tables[name], columns, listed.get(name, {}))
    if faults:
        raise PolicyError(f"The release is stopped by the policy '{policy.name}'.\n" + "\n".join(faults))


def _column_faults(name: str, table: TablePolicy, columns: Sequence[str]) -> list[str]:
    untreated = [column for column in columns if column not in table.columns]
    lacking = [column for column, rule in table.columns.items() if column not in columns and not rule.optional]
    twice = sorted({column for column in columns if columns.count(column) > 1})
    faults = [f"{name}.{column}: no treatment. Say in the policy what is to happen to it." for column in untreated]
    faults += [f"{name}.{column}: the table has no such column. Correct the policy or the table." for column in lacking]
    return faults + [f"{name}.{column}: two columns of this name, differing in case only." for column in twice]


def _list_faults(name: str, table: TablePolicy, columns: Sequence[str], listed: Mapping[str, object]) -> list[str]:
    present = {column.lower() for column in columns}
    return [
        f"{name}.{column}: kept by list, and no list of allowed values was given for it."
        for column, treatment in table.columns.items()
        if isinstance(treatment, Keep) and treatment.values == "listed" and column in present and column not in listed
    ]
