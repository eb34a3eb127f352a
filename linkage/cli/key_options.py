"""Options that the commands of keys share, and how they say what was done."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from linkage.cli.output import emit

if TYPE_CHECKING:
    from linkage.audited import Asked
    from pseudo.custody import KeyRecord

Ring = Annotated[Path, typer.Option("--ring", help="The folder of the key ring.")]
KeyId = Annotated[str, typer.Option("--key-id", help="The name of the key, such as root-2026a.")]
Backup = Annotated[Path, typer.Option("--backup", help="The backup: a file that 'cldlink keys backup' wrote.")]
KeyAudit = Annotated[
    Path | None, typer.Option("--audit", help="Folder of the audit log; else 'audit' beside the ring or key file.")
]
KeyPurpose = Annotated[
    str | None, typer.Option("--purpose", metavar="TEXT", help="Why, for the audit log, in words that identify nobody.")
]


def asked_by(by: str | None, audit: Path | None, purpose: str | None) -> "Asked":
    """Who asks and why; what is not said is filled in for keys."""
    from linkage.audited import Asked

    return Asked(purpose, by=by, audit=audit)


def tell(command: str, record: "KeyRecord", json: bool) -> None:
    """Print how a key stands now."""
    facts = facts_of(record)
    emit(command, facts if json else {name: value for name, value in facts.items() if value}, as_json=json)


def facts_of(record: "KeyRecord") -> dict[str, str | None]:
    """A key as a result; nothing secret."""
    return {"key_id": record.key_id, "key_check_value": record.kcv, "state": record.state, "drilled": record.drilled}


def state_lines(records: "Sequence[KeyRecord]") -> list[str]:
    """A line for each key."""
    return [f"{record.key_id:<24} {record.kcv}  {record.state:<10}  made {record.created[:10]}" for record in records]
