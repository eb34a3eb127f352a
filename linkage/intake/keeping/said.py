"""What people write beside a submission: comments and reasons, which go to manifests and the log as they are."""

import re

from linkage.errors import UsageError

_LIKE_AN_NHS_NUMBER = re.compile(r"(?<!\d)\d{3}[ -]?\d{3}[ -]?\d{4}(?!\d)")


def refuse_numbers(text: str, option: str) -> None:
    """Raise UsageError when a text holds ten digits, written together or as 3-3-4, as NHS numbers are.

    Whether the check digit is right does not matter: a mistyped number leads to a person all the same.
    """
    if _LIKE_AN_NHS_NUMBER.search(text):
        raise UsageError(f"{option} holds ten digits like an NHS number. It is kept as it is: name nobody in it.")
