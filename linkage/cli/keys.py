"""Commands of keys: keys create, keys show."""

from typing import Annotated

import typer

from linkage.cli.options import Json
from linkage.cli.output import emit
from linkage.cli.passphrase import Keystore, PassphraseFd, PassphraseFile, read_passphrase

keys_app = typer.Typer(no_args_is_help=True, help="Make and look at root keys. Key bytes are never shown.")


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

    passphrase = read_passphrase(passphrase_file, passphrase_fd, confirm=True)
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

    with open_keystore(keystore, read_passphrase(passphrase_file, passphrase_fd)) as key:
        emit("keys show", {"key_id": key.key_id, "key_check_value": key.kcv}, as_json=json)
