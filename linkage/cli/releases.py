"""Commands of releases: release make, release verify."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from linkage.cli.options import Json, Out
from linkage.cli.output import emit
from linkage.cli.passphrase import Keystore, PassphraseFd, PassphraseFile, read_passphrase
from linkage.errors import ExitCode, UsageError

release_app = typer.Typer(
    no_args_is_help=True, help="De-identify tables for one recipient, and prove what was released."
)


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
    with open_keystore(keystore, read_passphrase(passphrase_file, passphrase_fd)) as key:
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
        with open_keystore(keystore, read_passphrase(passphrase_file, passphrase_fd)) as key:
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
