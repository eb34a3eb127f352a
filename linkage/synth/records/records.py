"""The people of a submission as their case system holds them: local identifier, details with faults, and the truth.

Faults of one record go together: each record has a trait of carelessness that raises or lowers all of its odds at once.
"""

from dataclasses import dataclass, field

import numpy as np

from linkage.synth.care.clients import Carers, Clients
from linkage.synth.draws import Bools, Days, Draws, Floats, Ints, Texts
from linkage.synth.people.lives import Lives
from linkage.synth.people.names import Names
from linkage.synth.people.population import Households
from linkage.synth.profile import SynthProfile
from linkage.synth.records.birth_faults import given_births
from linkage.synth.records.fault_draws import fault_draws
from linkage.synth.records.name_faults import given_names, unnamed_twins
from linkage.synth.records.number_faults import given_numbers
from linkage.synth.records.postcode_faults import given_genders, given_postcodes
from linkage.synth.world import World

_FIRST_LOCAL_ID = 100_000


@dataclass(frozen=True)
class Records:
    """One row per local identifier. ``row`` is the position among the people, ``duplicate`` marks a second identifier.

    ``birth`` is NaT when blank; ``given_number`` is ok, missing, invalid, anothers or superseded. ``shows`` holds, by
    name of a fault, the records that show it: a fault that another one wiped out, or that changed nothing, is not there.
    ``wanted`` holds the share of records like each that the settings let a fault strike, before it is drawn.
    """

    row: Ints
    record_id: Ints
    local_id: Texts
    authority: Ints
    duplicate: Bools
    absent: Bools
    invalidated: Bools
    nhs_number: Texts
    first_name: Texts
    last_name: Texts
    birth: Days
    postcode: Texts
    gender: Texts
    given_number: Texts
    shows: dict[str, Bools] = field(default_factory=dict)
    wanted: dict[str, Floats] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.row)

    def has(self, *faults: str) -> Bools:
        """The records that show at least one of the faults."""
        nobody = np.zeros(len(self), dtype=bool)
        shown = [self.shows[name] for name in faults if name in self.shows]
        return np.asarray(np.any([nobody, *shown], axis=0))

    @property
    def faults(self) -> list[list[str]]:
        """The names of the faults of each record."""
        listed: list[list[str]] = [[] for _ in range(len(self))]
        for name, struck in self.shows.items():
            for position in np.flatnonzero(struck).tolist():
                listed[position].append(name)
        return listed


def records(
    profile: SynthProfile, world: World, names: Names, people: Households, lives: Lives, users: Clients, carers: Carers
) -> Records:
    """The records of one block's service users and carers, a few of them twice."""
    draws = Draws(profile.seed)
    known = np.unique(np.concatenate([users.row, carers.row]))
    twice = known[draws.chance("duplicate", people.person_id[known], profile.faults.duplicate_local_id)]
    row = np.concatenate([known, twice])
    duplicate = np.concatenate([np.zeros(len(known), dtype=bool), np.ones(len(twice), dtype=bool)])
    made = fault_draws(profile, world, names, people, lives, row, people.person_id[row] * 2 + duplicate)
    absent = draws.chance("absent", made.person_id, profile.register_rates.absent)
    invalidated = ~absent & draws.chance("invalidated", made.person_id, profile.register_rates.invalidated)
    twins = unnamed_twins(made, absent | invalidated)
    bare = made.note("bare_record", made.strikes("bare_record", profile.faults.bare_record, ~invalidated & ~twins))
    number, given, others = given_numbers(made, absent, invalidated, twins | bare)
    with_birth = draws.chance("copies_birth", made.record_id, profile.faults.number.anothers_with_their_birth_date)
    birth = given_births(made, bare, np.where(with_birth, others, -1))
    first, last = given_names(made, twins)
    return Records(
        row=row,
        record_id=made.record_id,
        local_id=_local_ids(profile, people, row, duplicate),
        authority=people.authority[row],
        duplicate=duplicate,
        absent=absent,
        invalidated=invalidated,
        nhs_number=number,
        first_name=first,
        last_name=last,
        birth=birth,
        postcode=given_postcodes(made, bare),
        gender=given_genders(made),
        given_number=given,
        shows={name: struck for name, struck in made.noted.items() if struck.any()},
        wanted=made.wanted,
    )


def _local_ids(profile: SynthProfile, people: Households, row: Ints, duplicate: Bools) -> Texts:
    numbers = _FIRST_LOCAL_ID + 2 * people.number_index[row] + duplicate
    forms = [authority.identifier for authority in profile.authorities]
    places = people.authority[row].tolist()
    return np.array([forms[a].format(n) for a, n in zip(places, numbers.tolist(), strict=True)], dtype=object)
