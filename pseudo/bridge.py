"""A bridge: which new pseudonym stands for which old one, for one recipient and project, after a key was rotated.

Made where the key and the identifiers are, from both: HMAC pseudonyms cannot be turned into others without the identifier.
It holds only pseudonyms that the recipient already has, no identifier, sorted by the new pseudonym. A bridge between two
recipients or projects would undo their separation and is refused. Pseudonyms that were made for one release only (nobody
known) have no successor, and neither have those of event references.
"""

import json
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from pseudo.audit_entry import canonical, utc_now
from pseudo.columns import Source
from pseudo.errors import KeyCustodyError, PolicyError, ReleaseError, SourceError
from pseudo.keys import DomainKey, RootKey
from pseudo.policy import LA_PERSON_PSEUDONYM, PERSON_PSEUDONYM
from pseudo.pseudonym import la_messages, nhs_number_messages, pseudonyms
from pseudo.recipient import RecipientPublicKey
from pseudo.release import Release
from pseudo.release_manifest import file_record
from pseudo.request import ReleaseRequest
from pseudo.sealing import seal_folder
from pseudo.signing import BRIDGE, PublicKey, Signature, SigningKey

FORMAT = BRIDGE
DOCUMENT, TABLE = "bridge.json", "bridge.csv"
_NUMBERS = ("traced_nhs_number", "nhs_number")
_LOCAL = ("la_code", "person_unique_identifier")
_SEPARATED = ("controller", "recipient", "project", "opt_out")
_SCHEMA = pa.schema([(name, pa.string()) for name in ("old_pseudonym", "new_pseudonym", "id_type")])


@dataclass(frozen=True)
class BridgeEnd:
    """One side of a bridge: a root key and the request whose domain the pseudonyms are of."""

    root: RootKey
    request: ReleaseRequest


@dataclass(frozen=True)
class Bridge:
    """What was made: pairs by kind of identifier, and old pseudonyms of the releases that got no pair."""

    counts: dict[str, int]
    without: int


def make_bridge(
    people: Sequence[Source],
    releases: Sequence[Release],
    *,
    old: BridgeEnd,
    new: BridgeEnd,
    signer: SigningKey,
    recipient: RecipientPublicKey,
    out: Path,
) -> Bridge:
    """Write the bridge from ``old`` to ``new``, signed and sealed for the recipient, to the file ``out``.

    ``people`` are tables with ``nhs_number`` (or ``traced_nhs_number``), ``la_code`` with ``person_unique_identifier``, or
    both; ``releases`` what the recipient has. Raises PolicyError when the two sides are not of one recipient, project and
    opt-out treatment or do not differ, KeyCustodyError when a release was not made under the old key, SourceError when a
    table holds no identifiers.
    """
    _require_one_project(old, new)
    for release in releases:
        _require_made_under(release, old)
    held = _held(releases)
    pairs = _pairs(people, old, new)
    table = pairs.filter(pc.is_in(pairs["old_pseudonym"], value_set=held)).sort_by("new_pseudonym")
    counts = {str(row["values"]): int(row["counts"]) for row in pc.value_counts(table["id_type"]).to_pylist()}
    without = len(held) - table.num_rows
    with tempfile.TemporaryDirectory(prefix=".bridge-", dir=_folder_of(out)) as scratch:
        folder = Path(scratch)
        pyarrow.csv.write_csv(table, folder / TABLE, pyarrow.csv.WriteOptions(quoting_style="needed"))
        document = _document(old, new, counts, without, folder / TABLE)
        signed = {**document, "signature": signer.sign(BRIDGE, canonical(document)).as_dict()}
        (folder / DOCUMENT).write_text(json.dumps(signed, indent=1) + "\n", encoding="utf-8")
        name = f"{new.request.project}-v{new.request.key_version}"[:64]
        seal_folder(folder, recipient, out, package=name, signer=signer)
    return Bridge(counts, without)


def read_bridge(folder: Path, signer: PublicKey) -> pa.Table:
    """The pairs of an unsealed bridge. Raises ReleaseError when it was altered or is not signed by ``signer``."""
    try:
        document: dict[str, Any] = json.loads((folder / DOCUMENT).read_bytes())
        signature = Signature.from_dict(document.pop("signature"))
        whole = document["format"] == FORMAT and signer.verify(BRIDGE, canonical(document), signature)
        if whole and file_record(folder / TABLE) == document["file"]:
            return pyarrow.csv.read_csv(
                folder / TABLE, convert_options=pyarrow.csv.ConvertOptions(column_types=_SCHEMA)
            )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, KeyCustodyError, pa.ArrowException):
        pass
    raise ReleaseError(f"{folder}: this bridge was altered, or is not signed by the holder of the public key given.")


def _require_one_project(old: BridgeEnd, new: BridgeEnd) -> None:
    differing = [name for name in _SEPARATED if getattr(old.request, name) != getattr(new.request, name)]
    if differing:
        raise PolicyError(
            f"A bridge joins pseudonyms of one recipient, project and opt-out treatment; here differ: {', '.join(differing)}. "
            "It would undo their separation and is not made."
        )
    if (old.root.kcv, old.request.key_version) == (new.root.kcv, new.request.key_version):
        raise PolicyError("Old and new pseudonyms are the same: neither the root key nor the key version was changed.")


def _require_made_under(release: Release, old: BridgeEnd) -> None:
    named = {name: getattr(old.request, name) for name in (*_SEPARATED, "key_version")}
    if dict(release.domain) != named:
        raise PolicyError(
            f"{release.folder}: this release is of another recipient, project, opt-out treatment or version."
        )
    if release.manifest["key"].get("root_key_check_value") != old.root.kcv:
        raise KeyCustodyError(f"{release.folder}: this release was made under another root key than the old one given.")


def _held(releases: Sequence[Release]) -> pa.Array:
    """The distinct pseudonyms of known people in releases; those of nobody known, used once, are left out."""
    found = [pa.array([], pa.string())]
    for release in releases:
        for path in release.tables.values():
            with pq.ParquetFile(path) as file:
                names = {*file.schema_arrow.names}
                for column in sorted(names & {PERSON_PSEUDONYM, LA_PERSON_PSEUDONYM}):
                    found.append(_known(file, column, names))
    return pc.drop_null(pc.unique(pa.concat_arrays(found)))


def _known(file: Any, column: str, names: set[str]) -> pa.Array:
    kind = "person_id_type"
    if column != PERSON_PSEUDONYM or kind not in names:
        return pc.unique(file.read([column])[column].cast(pa.string()).combine_chunks())
    table = file.read([column, kind])
    known = table.filter(pc.not_equal(table[kind].cast(pa.string()), "one_time"))
    return pc.unique(known[column].cast(pa.string()).combine_chunks())


def _pairs(people: Sequence[Source], old: BridgeEnd, new: BridgeEnd) -> pa.Table:
    """Every old pseudonym and its successor, each once."""
    found = [_SCHEMA.empty_table()]
    with ExitStack() as stack:
        keys = {
            field: tuple(stack.enter_context(end.root.derive(end.request.domain(field))) for end in (old, new))
            for field in ("nhs_number", "la_person_id")
        }
        for source in people:
            names = {column.lower() for column in source.columns}
            numbers = [name for name in _NUMBERS if name in names]
            for name in numbers:
                found.append(_paired(nhs_number_messages(source.column(name)), "nhs_number", *keys["nhs_number"]))
            if names >= {*_LOCAL}:
                messages = la_messages(*(source.column(name) for name in _LOCAL))
                found.append(_paired(messages, "la_person_id", *keys["la_person_id"]))
            elif not numbers:
                raise SourceError(
                    f"{source.name}: neither NHS numbers nor local person ids with their LA code are in it."
                )
    return pa.concat_tables(found).group_by(_SCHEMA.names).aggregate([]).select(_SCHEMA.names)


def _paired(messages: pa.DictionaryArray, kind: str, old: DomainKey, new: DomainKey) -> pa.Table:
    distinct = pa.DictionaryArray.from_arrays(
        pa.array(np.arange(len(messages.dictionary)), pa.int32()), messages.dictionary
    )
    columns = [pseudonyms(distinct, key).cast(pa.string()) for key in (old, new)]
    return pa.table([*columns, pa.array([kind] * len(distinct), pa.string())], schema=_SCHEMA)


def _document(old: BridgeEnd, new: BridgeEnd, counts: dict[str, int], without: int, table: Path) -> dict[str, Any]:
    return {
        "format": FORMAT,
        **{name: getattr(new.request, name) for name in _SEPARATED},
        "old": _end(old),
        "new": _end(new),
        "counts": counts,
        "without_successor": without,
        "file": file_record(table),
        "made": utc_now(),
    }


def _end(end: BridgeEnd) -> dict[str, str]:
    return {
        "key_id": end.root.key_id,
        "root_key_check_value": end.root.kcv,
        "key_version": end.request.key_version,
    }


def _folder_of(out: Path) -> Path:
    out.parent.mkdir(parents=True, exist_ok=True)
    return out.parent
