"""Where keys are kept, each opened as an opaque handle. One interface (``Custody``); the encrypted file first."""

from pseudo.custody.file import create_keystore, open_keystore
from pseudo.custody.pairs import create_recipient_key, create_signing_key, open_recipient_key, open_signing_key
from pseudo.custody.sealed_file import (
    INSECURE_FAST_FOR_TESTS,
    MINIMUM_PASSPHRASE_BYTES,
    STANDARD,
    KdfProfile,
    KeyFile,
    Passphrase,
    read_key_file,
)

__all__ = [
    "INSECURE_FAST_FOR_TESTS",
    "MINIMUM_PASSPHRASE_BYTES",
    "STANDARD",
    "KdfProfile",
    "KeyFile",
    "Passphrase",
    "create_keystore",
    "create_recipient_key",
    "create_signing_key",
    "open_keystore",
    "open_recipient_key",
    "open_signing_key",
    "read_key_file",
]
