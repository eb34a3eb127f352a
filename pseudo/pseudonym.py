"""A person key that is not an identifier: value + domain → pseudonym, a column at a time.

A pseudonym is the first 16 bytes of HMAC-SHA-256 of a *message* under the key of one domain. ``pseudo.messages`` turns
columns of identifiers into messages, ``pseudo.hashing`` hashes every distinct message once, ``pseudo.rendering`` writes
the codes as text or whole numbers.
"""

import pyarrow as pa

from pseudo.domain import LABEL, SUITE, Domain
from pseudo.hashing import Hasher
from pseudo.keys import DomainKey
from pseudo.messages import la_messages, la_person_id_messages, nhs_number_messages, one_time_messages
from pseudo.rendering import TextForm, text_of

__all__ = [
    "LABEL",
    "SUITE",
    "Domain",
    "la_messages",
    "la_person_id_messages",
    "nhs_number_messages",
    "nhs_number_pseudonyms",
    "one_time_messages",
    "pseudonyms",
]


_MOST = 1 << 26  # pseudonyms that surely fit in an Arrow array of short texts


def pseudonyms(
    messages: pa.DictionaryArray, key: DomainKey, *, form: TextForm = "base32", workers: int | None = None
) -> pa.DictionaryArray:
    """The pseudonym of every message as text; null where the message is null.

    Each distinct message is hashed once, by several processes when there are many (``workers`` says how many for any
    number). One row in, one row out, in the same order.
    """
    with Hasher(key, workers) as hasher:
        return _as_text(hasher, messages, form)


def nhs_number_pseudonyms(
    values: pa.ChunkedArray, key: DomainKey, *, form: TextForm = "base32", workers: int | None = None
) -> pa.DictionaryArray:
    """``pseudonyms`` of ``nhs_number_messages``; the processes start while the numbers are read."""
    with Hasher(key, workers) as hasher:
        hasher.expect(len(values))
        return _as_text(hasher, nhs_number_messages(values), form)


def _as_text(hasher: Hasher, messages: pa.DictionaryArray, form: TextForm) -> pa.DictionaryArray:
    texts = pa.chunked_array([text_of(codes, form) for codes in hasher.codes_in_turn(messages.dictionary)], pa.string())
    whole = texts if len(texts) < _MOST else texts.cast(pa.large_string())
    return pa.DictionaryArray.from_arrays(messages.indices, whole.combine_chunks())
