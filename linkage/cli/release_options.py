"""Options that the commands of requests, opt-outs and releases share, and how they open what these name."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from linkage.cli.passphrase import read_passphrase
from linkage.errors import UsageError

if TYPE_CHECKING:
    from linkage.releasing import ReleaseInputs
    from pseudo.signing import PublicKey, SigningKey

Tables = Annotated[
    list[str],
    typer.Option("--table", metavar="NAME=FILE", help="A table of the policy and its CSV or Parquet file. Repeatable."),
]
Identifiers = Annotated[
    list[str] | None,
    typer.Option(
        "--identifiers",
        metavar="NAME=FILE",
        help="NHS numbers of a table that comes without: record id and number. Repeatable.",
    ),
]
TraceFolder = Annotated[Path | None, typer.Option("--trace", help="Folder of the trace of the people in social_care.")]
Policy = Annotated[str, typer.Option("--policy", help="A packaged policy, or the path of one's own YAML file.")]
Signing = Annotated[Path, typer.Option("--signing-key", help="The file of the key that signs.")]
SigningPassphraseFile = Annotated[
    list[Path] | None,
    typer.Option(
        "--signing-passphrase-file",
        help="File whose first line is the passphrase of the signing key, where it is another than that of --passphrase-file.",
    ),
]
PublicKeyFile = Annotated[
    Path | None, typer.Option("--public-key", help="The sender's public key; without it the signature is not checked.")
]


def release_inputs(
    table: list[str], trace: Path | None, policy: str, identifiers: list[str] | None, postcodes: Path | None = None
) -> "ReleaseInputs":
    """What a release is made of, as the options say it."""
    from linkage.releasing import ReleaseInputs

    return ReleaseInputs(named("--table", table), policy, trace, named("--identifiers", identifiers or []), postcodes)


def named(option: str, given: list[str]) -> dict[str, Path]:
    """NAME=FILE options by name."""
    files: dict[str, Path] = {}
    for part in given:
        name, equals, path = part.partition("=")
        if not equals or not name or not path:
            raise UsageError(f"{option} is NAME=FILE, such as admissions=hes.csv.")
        if name in files:
            raise UsageError(f"{option} gives '{name}' twice.")
        files[name] = Path(path)
    return files


def signing_key(
    path: Path, passphrase_files: Sequence[Path] | None, descriptors: Sequence[int] | None = None
) -> "SigningKey":
    """The signing key of a file, after asking for its passphrase where no file gives it."""
    from pseudo.custody import open_signing_key

    return open_signing_key(path, read_passphrase(passphrase_files, descriptors, of=path))


def public_key(path: Path | None) -> "PublicKey | None":
    """The public key of a file, if one was given."""
    from pseudo.signing import read_public_key

    return read_public_key(path) if path else None
