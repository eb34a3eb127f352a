"""Commands of keys and releases: keys create, keys show, release make, release verify."""

import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from linkage.cli.options import Json, Out
from linkage.cli.output import emit
from linkage.errors import ExitCode, UsageError

keys_app = typer.Typer(no_args_is_help=True, help="Make and look at root keys. Key bytes are never shown.")
release_app = typer.Typer(
    no_args_is_help=True, help="De-identify tables for one recipient, and prove what was released."
)

Keystore = Annotated[Path, typer.Option("--keystore", help="The key file.")]
PassphraseFile = Annotated[
    Path | None, typer.Option("--passphrase-file", help="File whose first line is the passphrase; else you are asked.")
]
PassphraseFd = Annotated[
    int | None, typer.Option("--passphrase-fd", help="Open file descriptor to read the passphrase from.")
]


@keys_app.command("create")
def keys_create(
    keystore: Keystore,
    key_id: Annotated[str, typer.Option("--key-id", help="A name for the key, such as root-2026a.")],
    passphrase_file: PassphraseFile = None,
    passphrase_fd: PassphraseFd = None,
    json: Json = False,
) -> None:
    """Make a root key in a new encrypted key file.

    The passphrase comes from a prompt, a file or a file descriptor; never from an argument or the environment. Without
    the passphrase the key cannot be opened by anyone: keep it, and a copy of the file, apart and safe.

    Example: cldlink keys create --keystore root.keystore --key-id root-2026a
    """
    from pseudo.custody import create_keystore

    passphrase = _passphrase(passphrase_file, passphrase_fd, confirm=True)
    with create_keystore(keystore, passphrase, key_id=key_id) as key:
        emit("keys create", {"key_id": key.key_id, "key_check_value": key.kcv}, as_json=json)


@keys_app.command("show")
def keys_show(
    keystore: Keystore,
    passphrase_file: PassphraseFile = None,
    passphrase_fd: PassphraseFd = None,
    json: Json = False,
) -> None:
    """Open a key file and show the key's name and check value: proof that the passphrase fits.

    Example: cldlink keys show --keystore root.keystore
    """
    from pseudo.custody import open_keystore

    with open_keystore(keystore, _passphrase(passphrase_file, passphrase_fd)) as key:
        emit("keys show", {"key_id": key.key_id, "key_check_value": key.kcv}, as_json=json)


@release_app.command("make")
def release_make(
    out: Out,
    request: Annotated[Path, typer.Option("--request", help="The approved request: a YAML file.")],
    keystore: Keystore,
    table: Annotated[
        list[str],
        typer.Option("--table", metavar="NAME=FILE", help="A table of the policy and its CSV or Parquet file."),
    ],
    trace: Annotated[
        Path | None, typer.Option("--trace", help="Folder of the trace of the people in social_care.")
    ] = None,
    policy: Annotated[str, typer.Option(help="A packaged policy, or the path of one's own YAML file.")] = "secure",
    passphrase_file: PassphraseFile = None,
    passphrase_fd: PassphraseFd = None,
    as_at: Annotated[
        datetime | None, typer.Option("--as-at", formats=["%Y-%m-%d"], help="The day to judge the expiry by.")
    ] = None,
    json: Json = False,
) -> None:
    """Make a release: pseudonyms of this recipient and project, every column treated as the policy says.

    Example: cldlink release make --request request.yaml --keystore root.keystore --trace traced
    --table social_care=current/events.parquet --table admissions=hes.csv --out release

    Next: cldlink release verify release
    """
    from linkage import releasing
    from pseudo.custody import open_keystore

    tables = _tables(table)
    approved = releasing.read_request(request)
    with open_keystore(keystore, _passphrase(passphrase_file, passphrase_fd)) as key:
        day = as_at.date() if as_at else None
        made = releasing.release(tables, out, request=approved, root_key=key, policy=policy, traced_in=trace, as_at=day)
    rows = {f"{name}_rows": record["counts"]["rows_out"] for name, record in made.manifest["tables"].items()}
    emit("release make", rows, as_json=json)


@release_app.command("verify")
def release_verify(
    folder: Annotated[Path, typer.Argument(help="A release.")],
    keystore: Annotated[
        Path | None, typer.Option("--keystore", help="With the key, also finds a release forged with fitting hashes.")
    ] = None,
    passphrase_file: PassphraseFile = None,
    passphrase_fd: PassphraseFd = None,
    json: Json = False,
) -> None:
    """Verify a release: every byte of every file as it was written, or exactly which file was altered. Code 6 if not.

    Example: cldlink release verify release --keystore root.keystore

    Next: cldlink link release --out linked
    """
    from pseudo.custody import open_keystore
    from pseudo.release import verify_release

    if keystore:
        with open_keystore(keystore, _passphrase(passphrase_file, passphrase_fd)) as key:
            faults = verify_release(folder, key)
    else:
        faults = verify_release(folder)
    emit(
        "release verify",
        {"faults": faults},
        as_json=json,
        lines=faults or ["verified: every file is as it was written"],
    )
    if faults:
        raise typer.Exit(ExitCode.KEY)


def _tables(given: list[str]) -> dict[str, Path]:
    tables: dict[str, Path] = {}
    for part in given:
        name, equals, path = part.partition("=")
        if not equals or not name or not path:
            raise UsageError("--table is NAME=FILE, such as admissions=hes.csv.")
        if name in tables:
            raise UsageError(f"--table gives '{name}' twice.")
        tables[name] = Path(path)
    return tables


def _passphrase(file: Path | None, descriptor: int | None, *, confirm: bool = False) -> bytes:
    """The passphrase from a file, a descriptor or the prompt, without the line's end."""
    if file and descriptor is not None:
        raise UsageError("Give --passphrase-file or --passphrase-fd, not both.")
    try:
        if file:
            return _first_line(file.read_bytes())
        if descriptor is not None:
            with os.fdopen(descriptor, "rb") as handle:
                return _first_line(handle.read())
    except OSError:
        raise UsageError("The passphrase could not be read. Check the path of the file or the descriptor.") from None
    if not sys.stdin.isatty():
        raise UsageError("There is no terminal to ask for the passphrase. Give --passphrase-file or --passphrase-fd.")
    try:
        typed: str = typer.prompt("Passphrase", hide_input=True, confirmation_prompt=confirm, err=True)
    except typer.Abort:
        raise KeyboardInterrupt from None
    return typed.encode()


def _first_line(content: bytes) -> bytes:
    return content.splitlines()[0] if content else b""
