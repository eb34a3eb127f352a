"""A release: a folder of de-identified tables, a dictionary of their columns and a manifest that proves them.

The manifest holds the hash of every file, its own digest, and a code under a key of the custodian. Anyone can see that
a release is whole; the custodian can also prove that nobody wrote it anew.
"""

import csv
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pseudo.columns import Source, open_source
from pseudo.deidentify import DomainKeys, derive_keys, present_columns
from pseudo.errors import ReleaseError, ReleasePathError
from pseudo.keys import RootKey
from pseudo.policy import LoadedPolicy, is_identifier_name, require_all_treated
from pseudo.release_manifest import (
    DICTIONARY,
    MANIFEST,
    faults_of,
    file_record,
    read_manifest,
    request_of,
    sealed,
)
from pseudo.release_tables import treatment_name, write_table
from pseudo.request import ReleaseRequest
from pseudo.staging import staged_folder
from pseudo.treatments import allowed_values

Listed = Mapping[str, Mapping[str, Sequence[str]]]

_DICTIONARY_HEADINGS = ("table", "column", "type", "treatment", "source_column", "description", "allowed_values")
_PERSON_DESCRIPTIONS = {
    "person_pseudonym": "Who the row is about. Joins the tables of this project only.",
    "person_id_type": "What the pseudonym stands for: an NHS number, a local person id, or nobody known (used once).",
    "la_person_pseudonym": "The local person id of the row's own authority, where there is one.",
}


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
    def domain(self) -> Mapping[str, str]:
        """The values that its pseudonyms are bound to, whatever the field; equal domains can be joined."""
        names = ("controller", "recipient", "project", "opt_out", "key_version")
        return {name: self.manifest["request"][name] for name in names}

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
    request: ReleaseRequest,
    out_dir: Path,
    listed_values: Listed | None = None,
    as_at: date | None = None,
) -> Release:
    """De-identify tables under a policy and write them as a release to ``out_dir``, which appears whole or not at all.

    ``tables`` are Arrow tables, Parquet or CSV files, one for each table name of the policy (not all need be given).
    ``listed_values[table][column]`` are the listed values of columns that the policy keeps by list. ``as_at``
    (default: today) is compared with the expiry of the request. The same input, key and request give the same files,
    byte for byte, but for the ``run`` block and the digest and code over it in the manifest.

    Raises PolicyError (expired, untreated columns, identifiers found in the result), SourceError and IdentifierError
    (tables that cannot be read or contradict themselves), ReleaseError (the folder cannot be written).
    """
    request.require_current(as_at or datetime.now(UTC).date())
    listed = listed_values or {}
    sources = {name: open_source(name, table) for name, table in tables.items()}
    require_all_treated(policy.policy, {name: source.columns for name, source in sources.items()}, listed)
    with (
        staged_folder(out_dir, may_replace=lambda old: _is_delivery(old, request)) as folder,
        closing(derive_keys(root_key, request)) as keys,
    ):
        records = {
            name: write_table(folder, source, policy.policy.tables[name], keys=keys, listed=listed.get(name, {}))
            for name, source in sorted(sources.items())
        }
        _write_dictionary(folder / DICTIONARY, sources, policy, listed)
        document = _document(policy, request, keys, records)
        document["key"] |= {"key_id": root_key.key_id, "root_key_check_value": root_key.kcv}
        document["files"] = [file_record(path) for path in sorted(folder.iterdir())]
        with root_key.derive(request.domain("manifest")) as seal:
            (folder / MANIFEST).write_bytes(sealed(document, seal))
    return open_release(out_dir, root_key=root_key, as_at=as_at)


def verify_release(folder: Path, root_key: RootKey | None = None) -> list[str]:
    """What is wrong with a release, file by file; empty when every byte is as it was written.

    With the root key it also finds a release that somebody altered and gave fitting hashes. Raises ReleasePathError when
    there is no such folder.
    """
    if not folder.is_dir():
        raise ReleasePathError(f"{folder}: there is no such folder.")
    return faults_of(folder, root_key)


def open_release(folder: Path, *, root_key: RootKey | None = None, as_at: date | None = None) -> Release:
    """Open a release for reading.

    Raises ReleaseError when any file is altered, missing or added, or a column bears the name of an identifier or is
    not in the manifest; PolicyError when the request has expired.
    """
    faults = verify_release(folder, root_key)
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
    known = {MANIFEST, *(record["name"] for record in manifest["files"])}
    return bool(manifest["request"] == request.record()) and {path.name for path in folder.iterdir()} <= known


def _write_dictionary(path: Path, sources: Mapping[str, Source], policy: LoadedPolicy, listed: Listed) -> None:
    """One row per released column. Allowed values are separated by ``|``."""
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(_DICTIONARY_HEADINGS)
        for table, source in sorted(sources.items()):
            for name, column, treatment in present_columns(source, policy.policy.tables[table]):
                values = allowed_values(treatment, listed.get(table, {}).get(column or "", ()))
                writer.writerow(_dictionary_row(table, name, column, treatment, values))


def _dictionary_row(table: str, name: str, column: str | None, treatment: Any, values: Sequence[str]) -> list[str]:
    kind = treatment.type if getattr(treatment, "type", None) else "text"
    description = treatment.description if treatment else _PERSON_DESCRIPTIONS[name]
    return [table, name, kind, treatment_name(treatment), column or "", description, "|".join(values)]


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
