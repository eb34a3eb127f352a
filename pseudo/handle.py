"""What every key handle is: opaque, closable, never pickled or copied."""

from types import TracebackType
from typing import NoReturn

from pseudo.errors import KeyCustodyError


class Handle:
    """A key that shows its name and its check value and nothing else; closing it drops the key.

    Python cannot reliably wipe memory, so handles should be short-lived.
    """

    __slots__ = ()

    def __reduce__(self) -> NoReturn:
        raise KeyCustodyError("A key handle cannot be pickled or copied. Open the keystore where the key is needed.")

    def close(self) -> None:
        """Drop the key. Any later use of the handle raises KeyCustodyError."""
        raise KeyCustodyError("This handle holds no key.")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()
