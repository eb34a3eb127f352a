"""The one place where a release is opened: verified by ``pseudo.release``, and of one pseudonym domain."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from linkage.errors import InputError
from pseudo.release import open_release

PERSON_FIELD = "nhs_number"


@dataclass(frozen=True)
class Released:
    """The Parquet file of each released table, and the domain of the pseudonyms that join them.

    Pseudonyms join only within one domain. ``domain`` holds what tells domains apart: recipient, project, opt-out policy,
    key version, and the check value of the key of NHS numbers. All tables of a release are made with one set of keys.
    """

    release_id: str
    tables: Mapping[str, Path]
    domain: Mapping[str, str]


def opened_release(folder: Path, as_at: date | None = None) -> Released:
    """Verify a release and say where its tables are.

    Raises ReleaseError when a file is altered, missing or added, PolicyError when the release has expired on ``as_at``
    (default: today), InputError when its manifest does not say which key made the pseudonyms.
    """
    release = open_release(folder, as_at=as_at)
    request, key = release.manifest["request"], release.manifest["key"]
    check_value = key.get("key_check_values", {}).get(PERSON_FIELD)
    if not check_value:
        raise InputError(f"{folder}: the manifest gives no check value of the key of NHS numbers. Ask for it again.")
    names = ("controller", "recipient", "project", "opt_out", "key_version")
    domain = {name: str(request[name]) for name in names if name in request}
    domain |= {"suite": str(key.get("suite", "")), "key_check_value": check_value}
    return Released(release.release_id, release.tables, domain)
