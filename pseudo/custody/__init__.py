"""Where keys are kept, each opened as an opaque handle. One interface (``Custody``); the encrypted file first."""

from pseudo.custody.file import create_keystore, open_keystore
from pseudo.custody.interface import Custody, KeystoreFile, custody_at, open_root
from pseudo.custody.pairs import create_recipient_key, create_signing_key, open_recipient_key, open_signing_key
from pseudo.custody.ring import KeyRing
from pseudo.custody.ring_file import KeyRecord
from pseudo.custody.sealed_file import (
    INSECURE_FAST_FOR_TESTS,
    MINIMUM_PASSPHRASE_BYTES,
    STANDARD,
    KdfProfile,
    KeyFile,
    Passphrase,
    read_key_file,
    require_strength,
)

__all__ = [
    "INSECURE_FAST_FOR_TESTS",
    "MINIMUM_PASSPHRASE_BYTES",
    "STANDARD",
    "Custody",
    "KdfProfile",
    "KeyFile",
    "KeyRecord",
    "KeyRing",
    "KeystoreFile",
    "Passphrase",
    "create_keystore",
    "create_recipient_key",
    "create_signing_key",
    "custody_at",
    "open_keystore",
    "open_recipient_key",
    "open_root",
    "open_signing_key",
    "read_key_file",
    "require_strength",
]
