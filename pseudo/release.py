"""A release: a folder of de-identified tables, a dictionary of their columns, a manifest that proves them, a signature.

The manifest holds the hash of every file and its own digest; the signature vouches for the manifest. Whoever has the
custodian's public key can tell that a release is whole and whose it is; no secret is needed for that.
"""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pseudo import anonymity, attack
from pseudo.columns import open_source
from pseudo.deidentify import DomainKeys, derive_keys
from pseudo.errors import KeyCustodyError, ReleaseError, ReleasePathError
from pseudo.grounds import Grounds
from pseudo.keys import RootKey
from pseudo.policy import LoadedPolicy, ReleasePolicy, is_identifier_name, require_all_treated
from pseudo.release_csv import write_csv
from pseudo.release_dictionary import Listed, write_dictionary
from pseudo.release_manifest import (
    DICTIONARY,
    MANIFEST,
    SIGNATURE,
    faults_of,
    file_record,
    read_manifest,
    refuse_destroyed,
    request_of,
    signer_of,
    write_signed,
)
from pseudo.release_tables import write_table
from pseudo.request import ReleaseRequest
from pseudo.scope import require_in_scope
from pseudo.signing import PublicKey, SigningKey
from pseudo.staging import staged_folder
from pseudo.treatments import NO_LOOKUPS, Lookups

_DOMAIN = ("controller", "recipient", "project", "opt_out", "key_version")
_NO_GROUNDS = Grounds()


@dataclass(frozen=True)
class Release:
    """A verified release. ``tables`` gives the Parquet file of each table."""

    folder: Path
    manifest: Mapping[str, Any]
    tables: Mapping[str, Path]

    @property
    def release_id(self) -> str:
        """The name of the delivery."""
        return str(self.manifest["request"]["release_id"])

    @property
    def signer(self) -> str:
        """The fingerprint of the key that signed it."""
        return signer_of(self.folder).fingerprint

    @property
    def domain(self) -> Mapping[str, str]:
        """The values that its pseudonyms are bound to, whatever the field; equal domains can be joined."""
        return {name: self.manifest["request"][name] for name in _DOMAIN}

    def table(self, name: str) -> pa.Table:
        """One table, in memory. Raises ReleaseError when the release has no such table."""
        if name not in self.tables:
            raise ReleaseError(f"{self.folder}: this release has no table {name}.")
        with pq.ParquetFile(self.tables[name]) as file:
            return file.read()


def make_release(
    tables: Mapping[str, Path | pa.Table],
    policy: LoadedPolicy,
    *,
    root_key: RootKey,
    signing_key: SigningKey,
    request: ReleaseRequest,
    out_dir: Path,
    listed_values: Listed | None = None,
    lookups: Lookups = NO_LOOKUPS,
    grounds: Grounds = _NO_GROUNDS,
    everyone: Path | None = None,
    with_csv: bool = False,
    as_at: date | None = None,
) -> Release:
    """De-identify tables under a policy and write them as a signed release to ``out_dir``, whole or not at all.

    ``tables`` are Arrow tables, Parquet or CSV files, one for each table name of the policy (not all need be given).
    ``listed_values[table][column]`` are the listed values of columns that the policy keeps by list, ``lookups`` what
    treatments look up. With the approved request in ``grounds`` nothing outside it is released. ``with_csv`` writes each
    table as CSV too. ``everyone`` is a table of everybody known to the domain (its column ``nhs_number``, such as the
    register's): where pseudonyms leave as whole numbers too, no two of them and of the release may share one. ``as_at``
    (default: today) is compared with the expiry. The same input, keys and request give the same files, byte for byte, but
    for the ``run`` block and the digest over it in the manifest, and the signature.

    Raises PolicyError (expired, outside the approval, untreated columns, identifiers found in the result, people who could
    be known), SourceError and IdentifierError (tables that cannot be read or contradict themselves), ReleaseError (the
    folder cannot be written).
    """
    request.require_current(as_at or datetime.now(UTC).date())
    listed = listed_values or {}
    sources = {name: open_source(name, table) for name, table in tables.items()}
    require_all_treated(policy.policy, {name: source.columns for name, source in sources.items()}, listed, lookups)
    if grounds.approved:
        require_in_scope(grounds.approved.document, policy, sources, lookups)
    with (
        staged_folder(out_dir, may_replace=lambda old: _is_delivery(old, request)) as folder,
        closing(derive_keys(root_key, request)) as keys,
    ):
        if everyone and any(table.person.integers for table in policy.policy.tables.values()):
            keys.know(open_source("everyone", everyone))
        records = {
            name: write_table(
                folder, source, policy.policy.tables[name], keys=keys, listed=listed.get(name, {}), lookups=lookups
            )
            for name, source in sorted(sources.items())
        }
        held = _held_back(folder, records, policy.policy)
        if with_csv:
            for name in records:
                write_csv(folder / f"{name}.parquet")
        write_dictionary(folder / DICTIONARY, sources, policy.policy, listed, lookups)
        document = _document(policy, request, keys, records) | held | grounds.record() | {"lookups": lookups.record()}
        document["key"] |= {"key_id": root_key.key_id, "root_key_check_value": root_key.kcv}
        document["files"] = [file_record(path) for path in sorted(folder.iterdir())]
        write_signed(folder, document, signing_key)
    return open_release(out_dir, public_key=signing_key.public, as_at=as_at)


def _held_back(folder: Path, records: dict[str, dict[str, Any]], policy: ReleasePolicy) -> dict[str, Any]:
    """Hold the written tables to the policy's conditions on all their rows; what was done, and what an insider could tell.

    The rows of each table in ``records`` become those that are left.
    """
    paths = {name: folder / f"{name}.parquet" for name in records}
    done = anonymity.require(paths, policy)
    for name, path in paths.items():
        records[name]["counts"] |= {"rows_out": pq.read_metadata(path).num_rows}
    return {"anonymity": done, "insider": attack.measure(paths, policy)}


def verify_release(folder: Path, public_key: PublicKey | None = None) -> list[str]:
    """What is wrong with a release, file by file; empty when every byte is as it was written.

    With the custodian's public key it also finds a release that somebody altered and signed anew. Raises ReleasePathError
    when there is no such folder, ReleaseError when the release was destroyed.
    """
    if not folder.is_dir():
        raise ReleasePathError(f"{folder}: there is no such folder.")
    refuse_destroyed(folder)
    return faults_of(folder, public_key)


def open_release(folder: Path, *, public_key: PublicKey, as_at: date | None = None) -> Release:
    """Open a release for reading that the holder of a key signed whom the reader trusts.

    Raises KeyCustodyError without a ``public_key``, ReleaseError when any file is altered, missing or added, another key
    signed, a column bears the name of an identifier or is not in the manifest, or the release was destroyed; PolicyError
    when the request has expired.
    """
    if not isinstance(public_key, PublicKey):
        raise KeyCustodyError(
            f"{folder}: give the sender's public key; anybody can sign a release with a key of their own."
        )
    return _opened(folder, public_key, as_at)


def open_unvouched(folder: Path, *, as_at: date | None = None) -> Release:
    """Open a release that is whole, whoever signed it: for a custodian's own folders, never for analysis.

    Raises as ``open_release`` does, but for the key.
    """
    return _opened(folder, None, as_at)


def _opened(folder: Path, public_key: PublicKey | None, as_at: date | None) -> Release:
    faults = verify_release(folder, public_key)
    if faults:
        raise ReleaseError(f"{folder}: this release does not verify and is not opened.\n" + "\n".join(faults))
    manifest = read_manifest(folder)
    request_of(manifest).require_current(as_at or datetime.now(UTC).date())
    tables = {name: folder / f"{name}.parquet" for name in manifest["tables"]}
    for name, path in tables.items():
        _require_columns(path, [column["name"] for column in manifest["tables"][name]["columns"]])
    return Release(folder, manifest, tables)


def _require_columns(path: Path, expected: Sequence[str]) -> None:
    names = pq.read_schema(path).names
    if names != list(expected):
        raise ReleaseError(f"{path.name}: its columns are not those of the manifest.")
    identifiers = [name for name in names if is_identifier_name(name)]
    if identifiers:
        raise ReleaseError(f"{path.name}: columns with the names of identifiers: {', '.join(identifiers)}.")


def _is_delivery(folder: Path, request: ReleaseRequest) -> bool:
    """Whether a folder holds this very delivery, made before, and nothing else."""
    try:
        manifest = read_manifest(folder)
    except ReleaseError:
        return False
    known = {MANIFEST, SIGNATURE, *(record["name"] for record in manifest["files"])}
    return bool(manifest["request"] == request.record()) and {path.name for path in folder.iterdir()} <= known


def _document(
    policy: LoadedPolicy, request: ReleaseRequest, keys: DomainKeys, tables: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "cldlink": version("cldlink"),
        "libraries": {name: version(name) for name in ("cryptography", "pyarrow")},
        "request": request.record(),
        "policy": {"name": policy.policy.name, "version": policy.policy.version, "sha256": policy.sha256},
        "key": {
            "definition": keys["nhs_number"].domain.label,
            "suite": keys["nhs_number"].domain.suite,
            "key_check_values": {field: key.kcv for field, key in sorted(keys.by_field.items())},
        },
        "tables": dict(tables),
        "run": {"finished_utc": datetime.now(UTC).isoformat(timespec="seconds")},
    }
