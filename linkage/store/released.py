"""The one place where releases are opened: verified by ``pseudo.release``, and of one pseudonym domain."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from linkage.errors import InputError
from pseudo.release import Release, open_release
from pseudo.signing import PublicKey

PERSON_FIELD = "nhs_number"


@dataclass(frozen=True)
class Released:
    """The Parquet file of each released table, and the domain of the pseudonyms that join them.

    Pseudonyms join only within one domain. ``domain`` holds what tells domains apart: recipient, project, opt-out policy,
    key version, and the check value of the key of NHS numbers. All tables of a release are made with one set of keys.
    ``signers`` are the fingerprints of the keys that signed.
    """

    release_ids: Sequence[str]
    signers: Sequence[str]
    tables: Mapping[str, Path]
    domain: Mapping[str, str]


def opened_releases(folders: Sequence[Path], public_key: PublicKey, as_at: date | None = None) -> Released:
    """Verify releases of one project and say where their tables are.

    Raises ReleaseError when a file is altered, missing or added, or another key than ``public_key`` signed; PolicyError when
    a release has expired on ``as_at`` (default: today); InputError when a manifest does not say which key made the
    pseudonyms, two releases are not of one domain, or both have one table.
    """
    opened = [(folder, open_release(folder, public_key=public_key, as_at=as_at)) for folder in folders]
    domains = [_domain(folder, release) for folder, release in opened]
    tables: dict[str, Path] = {}
    for (folder, release), domain in zip(opened, domains, strict=True):
        different = [name for name, value in domain.items() if domains[0][name] != value]
        if different:
            raise InputError(
                f"{folder}: the pseudonyms are of another domain than those of {folders[0]} ({', '.join(different)} differ) and "
                "cannot be joined. Ask for both under one project, opt-out treatment and key version."
            )
        twice = sorted(set(tables) & set(release.tables))
        if twice:
            raise InputError(
                f"{folder}: {', '.join(twice)} is in another of these releases too. Leave one of them out."
            )
        tables |= release.tables
    signers = sorted({release.signer for _, release in opened})
    return Released([release.release_id for _, release in opened], signers, tables, domains[0])


def _domain(folder: Path, release: Release) -> dict[str, str]:
    key = release.manifest["key"]
    check_value = key.get("key_check_values", {}).get(PERSON_FIELD)
    if not check_value:
        raise InputError(f"{folder}: the manifest gives no check value of the key of NHS numbers. Ask for it again.")
    return {**release.domain, "suite": str(key.get("suite", "")), "key_check_value": check_value}
