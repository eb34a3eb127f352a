"""Where root keys are kept. One interface: create and open, each giving an opaque ``RootKey``. First: a file."""

from pseudo.custody.file import (
    INSECURE_FAST_FOR_TESTS,
    MINIMUM_PASSPHRASE_BYTES,
    STANDARD,
    KdfProfile,
    create_keystore,
    open_keystore,
)

__all__ = [
    "INSECURE_FAST_FOR_TESTS",
    "MINIMUM_PASSPHRASE_BYTES",
    "STANDARD",
    "KdfProfile",
    "create_keystore",
    "open_keystore",
]
