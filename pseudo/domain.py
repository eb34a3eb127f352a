"""The domain of a key: for whom, for what and under which treatment pseudonyms are made.

Two pseudonyms can be joined only if all eight values are the same. Changing any one of them gives another key, and so
pseudonyms that nobody can join without the keys.
"""

import re
from dataclasses import dataclass, fields

from pseudo.errors import PolicyError

LABEL = "cldlink-kdf-1"
SUITE = "hmac-sha256"

_VALUE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def require_name(what: str, value: str) -> str:
    """``value`` itself when it is a plain name: 1 to 64 of A-Z a-z 0-9 . _ - and no punctuation first.

    Raises PolicyError otherwise; the message names ``what`` and never the value.
    """
    if not isinstance(value, str) or not _VALUE.fullmatch(value):
        raise PolicyError(
            f"{what}: give 1 to 64 characters of A-Z, a-z, 0-9, full stop, hyphen and underscore, "
            "starting with a letter or digit."
        )
    return value


@dataclass(frozen=True, kw_only=True)
class Domain:
    """The eight values that a domain key is bound to. Case matters; an empty value is an error.

    ``field`` says what kind of identifier is hashed, ``opt_out`` names the opt-out *policy* (not the date of its list),
    ``key_version`` is raised to rotate this domain only. Raises PolicyError for a value of another form.
    """

    label: str = LABEL
    suite: str = SUITE
    controller: str
    recipient: str
    project: str
    field: str
    opt_out: str
    key_version: str

    def __post_init__(self) -> None:
        for part in fields(self):
            require_name(part.name, getattr(self, part.name))

    def info(self) -> bytes:
        """The values as bytes for HKDF: each preceded by its length (2 bytes, big-endian), so that none can run over.

        >>> Domain(controller="a", recipient="b", project="c", field="d", opt_out="none", key_version="1").info()[:15]
        b'\\x00\\rcldlink-kdf-1'
        """
        encoded = [getattr(self, part.name).encode("ascii") for part in fields(self)]
        return b"".join(len(value).to_bytes(2, "big") + value for value in encoded)
