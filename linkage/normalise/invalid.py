"""The one error of the normalisers: a value without a canonical form, told by its reason and never shown."""

from linkage.errors import InputError


class InvalidValueError(InputError):
    """A value is not what its field needs. ``reason`` is the code, the message a sentence; neither holds the value."""

    def __init__(self, field: str, reason: str, sentence: str) -> None:
        super().__init__(f"{field}: {sentence}")
        self.reason = reason
