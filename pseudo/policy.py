"""A release policy: for every table and every column, what leaves and in which form. What is not named does not leave.

A policy is data (``configs/release/*.yaml``); this module reads it, refuses unsafe ones, and compares it with the
tables of a release before anything is written.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pseudo.config_file import config_hash, read_config
from pseudo.errors import PolicyError
from pseudo.policy_checks import is_identifier_name, unsafe
from pseudo.policy_model import (
    LA_PERSON_INT63,
    LA_PERSON_PSEUDONYM,
    PERSON_ID_TYPE,
    PERSON_INT63,
    PERSON_PSEUDONYM,
    PersonRoles,
    ReleasePolicy,
    TablePolicy,
)
from pseudo.treatments import (
    NO_LOOKUPS,
    Lookups,
    Treatment,
    needs_directory,
    needs_list,
    needs_reference_date,
    other_columns,
)

__all__ = [
    "LA_PERSON_INT63",
    "LA_PERSON_PSEUDONYM",
    "PERSON_ID_TYPE",
    "PERSON_INT63",
    "PERSON_PSEUDONYM",
    "LoadedPolicy",
    "PersonRoles",
    "ReleasePolicy",
    "TablePolicy",
    "is_identifier_name",
    "load_policy",
    "require_all_treated",
]


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
    faults = unsafe(policy)
    if faults:
        raise PolicyError(f"{path}: this policy is refused.\n" + "\n".join(faults))
    return LoadedPolicy(policy, config_hash(path))


def require_all_treated(
    policy: ReleasePolicy,
    tables: Mapping[str, Sequence[str]],
    listed: Mapping[str, Mapping[str, object]],
    lookups: Lookups = NO_LOOKUPS,
) -> None:
    """Compare a policy with the tables of a release: ``tables`` gives the columns of each, ``listed`` the value lists.

    Raises PolicyError that names, all at once, every table and column without a treatment, every treatment of a column
    that its table lacks (unless optional), every column of listed values for which no list was given, and every
    treatment that needs a postcode directory or a reference date that this release does not have.
    """
    faults: list[str] = []
    for name, columns in tables.items():
        if name not in policy.tables:
            faults.append(f"{name}: the policy has no such table. Leave it out, or add it to the policy.")
            continue
        lower = [column.lower() for column in columns]
        faults += _column_faults(name, policy.tables[name], lower)
        faults += _need_faults(name, policy.tables[name], lower, listed.get(name, {}), lookups)
    if faults:
        raise PolicyError(f"The release is stopped by the policy '{policy.name}'.\n" + "\n".join(faults))


def _column_faults(name: str, table: TablePolicy, columns: Sequence[str]) -> list[str]:
    untreated = [column for column in columns if column not in table.columns]
    lacking = [column for column, rule in table.columns.items() if column not in columns and not rule.optional]
    twice = sorted({column for column in columns if columns.count(column) > 1})
    faults = [f"{name}.{column}: no treatment. Say in the policy what is to happen to it." for column in untreated]
    faults += [f"{name}.{column}: the table has no such column. Correct the policy or the table." for column in lacking]
    return faults + [f"{name}.{column}: two columns of this name, differing in case only." for column in twice]


def _need_faults(
    name: str, table: TablePolicy, columns: Sequence[str], listed: Mapping[str, object], lookups: Lookups
) -> Iterator[str]:
    for released, source, treatment in table.treated():
        if source is None or treatment is None or source not in columns:
            continue
        if needs_list(treatment) and source not in listed:
            yield f"{name}.{source}: kept by list, and no list of allowed values was given for it."
        if needs_directory(treatment) and not treatment.optional and not lookups.has(_level(treatment)):
            lacks = "has no such areas" if lookups.directory else "was not given"
            yield f"{name}.{released}: needs a postcode directory, and it {lacks}. Give one, or take the column out."
        if needs_reference_date(treatment) and lookups.reference_date is None:
            yield (
                f"{name}.{released}: takes ages on the reference date of the release, and there is none. State the period in "
                "the request, or give the treatment a day ('on')."
            )
        yield from (
            f"{name}.{released}: reads the column {other}, which the table lacks. Correct the policy or the table."
            for other in other_columns(treatment)
            if other not in columns
        )


def _level(treatment: Treatment) -> str:
    return str(getattr(treatment, "level", ""))
