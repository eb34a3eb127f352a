"""The keys of one release, one for each kind of identifier, and the processes that make codes under them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from pseudo.columns import Source
from pseudo.errors import SourceError
from pseudo.hashing import Hasher
from pseudo.keys import DomainKey, RootKey
from pseudo.messages import nhs_number_messages
from pseudo.rendering import Codes, require_distinct_int63
from pseudo.request import ReleaseRequest

_PART_ROWS = 1 << 22

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

    def know(self, everyone: Source) -> None:
        """Add the people of a table by its column ``nhs_number``, such as a whole register, whether or not released.

        Raises SourceError when the table has no such column.
        """
        if "nhs_number" not in [column.lower() for column in everyone.columns]:
            raise SourceError(f"{everyone.name}: the table of everyone known has no column nhs_number.")
        for part in everyone.parts(["nhs_number"], _PART_ROWS):
            messages = nhs_number_messages(part.column("nhs_number"))
            self.known.append(self.hashers["nhs_number"].codes(messages.dictionary))

    def require_distinct_numbers(self, codes: Codes) -> int:
        """How many people these and those known so far are. Raises IdentifierError when two share one whole number."""
        everyone = np.concatenate([*self.known, codes])
        self.known[:] = [everyone]
        return require_distinct_int63(everyone)

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
