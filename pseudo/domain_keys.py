"""The keys of one release, one for each kind of identifier, and the processes that make codes under them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from pseudo.hashing import Hasher
from pseudo.keys import DomainKey, RootKey
from pseudo.messages import nhs_number_messages
from pseudo.rendering import Codes, require_distinct_int63
from pseudo.request import ReleaseRequest

FIELDS = ("nhs_number", "la_person_id", "one_time", "event_reference", "date_shift")


@dataclass(frozen=True)
class DomainKeys:
    """One key for each kind of identifier, and the release id that one-time ids are bound to.

    ``known`` are the codes of everyone known to the domain so far: where pseudonyms also leave as whole numbers, no two
    people may share one.
    """

    by_field: Mapping[str, DomainKey]
    release_id: str
    known: list[Codes] = field(default_factory=list, repr=False)
    hashers: dict[str, Hasher] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.hashers.update({name: Hasher(key) for name, key in self.by_field.items()})

    def __getitem__(self, field: str) -> DomainKey:
        return self.by_field[field]

    def know(self, numbers: pa.ChunkedArray) -> None:
        """Add people by their NHS numbers, such as those of a whole register, whether or not they are released."""
        self.known.append(self.hashers["nhs_number"].codes(nhs_number_messages(numbers).dictionary))

    def require_distinct_numbers(self, codes: Codes) -> None:
        """Raise IdentifierError when any two of these people and those known so far share one whole number."""
        everyone = np.concatenate([*self.known, codes])
        require_distinct_int63(everyone)
        self.known[:] = [everyone]

    def rest(self) -> None:
        """End the processes that make codes, not the keys."""
        for hasher in self.hashers.values():
            hasher.close()

    def close(self) -> None:
        """Drop every key."""
        self.rest()
        for key in self.by_field.values():
            key.close()


def derive_keys(root: RootKey, request: ReleaseRequest) -> DomainKeys:
    """The keys of the pseudonyms of one release."""
    return DomainKeys({name: root.derive(request.domain(name)) for name in FIELDS}, request.release_id)
