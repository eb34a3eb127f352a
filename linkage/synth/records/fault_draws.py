"""Which records a fault strikes, and which faults each record has in the end."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from linkage.synth.draws import Bools, Draws, Floats, Ints
from linkage.synth.people.lives import Lives
from linkage.synth.people.names import Names
from linkage.synth.people.population import RESIDENT, Households
from linkage.synth.profile import SynthProfile
from linkage.synth.records.odds import age_at_end, factors, raised, spread_out
from linkage.synth.world import World

_OLD_AGE_YEARS = 70


@dataclass(frozen=True)
class FaultDraws:
    """What the makers of a block's records share. Arrays have one entry per record.

    ``row`` is the position among the people; ``roofless`` marks people of no fixed abode; ``noted`` collects, by name of
    the fault, the records that show it, and ``wanted`` the share of records like each that the settings let it strike.
    """

    draws: Draws
    profile: SynthProfile
    world: World
    names: Names
    people: Households
    lives: Lives
    row: Ints
    record_id: Ints
    roofless: Bools
    careless: Floats
    factor: Floats
    noted: dict[str, Bools] = field(default_factory=dict)
    wanted: dict[str, Floats] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.row)

    @property
    def person_id(self) -> Ints:
        return self.people.person_id[self.row]

    def strikes(self, name: str, rate: float, among: Bools | None = None, factor: Floats | None = None) -> Bools:
        """The records that a fault strikes at a rate, raised by their factors (and ``factor``) and their carelessness."""
        return self.draws.chance(f"fault/{name}", self.record_id, self._chances(name, rate, among, factor))

    def one_of(self, name: str, faults: Mapping[str, tuple[float, Bools, Floats | None]]) -> dict[str, Bools]:
        """At most one of several faults for each record: rate, records it can strike and factor of each.

        Each strikes at its own rate; the last gives way for records so careless that their chances add up to more than 1.
        """
        place, start = self.draws.uniform(f"fault/{name}", self.record_id), np.zeros(len(self))
        struck = {}
        for fault, (rate, among, factor) in faults.items():
            end = start + self._chances(fault, rate, among, factor)
            struck[fault] = (place >= start) & (place < end)
            start = end
        return struck

    def _chances(self, name: str, rate: float, among: Bools | None, factor: Floats | None) -> Floats:
        if rate <= 0:
            return np.zeros(len(self))
        share = raised(rate, self.factor if factor is None else self.factor * factor)
        share = share if among is None else share * among
        self.wanted[name] = self.wanted.get(name, 0.0) + share
        return spread_out(share, self.careless, self.profile.faults.carelessness)

    def note(self, name: str, struck: Bools) -> Bools:
        """Remember that these records show the fault; give them back."""
        self.noted[name] = self.noted.get(name, self.nobody()) | struck
        return struck

    def nobody(self) -> Bools:
        """No record at all."""
        return np.zeros(len(self.row), dtype=bool)


def fault_draws(
    profile: SynthProfile, world: World, names: Names, people: Households, lives: Lives, row: Ints, record_id: Ints
) -> FaultDraws:
    """The draws for some records of a block."""
    draws = Draws(profile.seed)
    young = (age_at_end(profile, people, row) < _OLD_AGE_YEARS) & (people.role[row] != RESIDENT)
    roofless = young & draws.chance("no_fixed_abode", people.person_id[row], world.lives.no_fixed_abode)
    return FaultDraws(
        draws=draws,
        profile=profile,
        world=world,
        names=names,
        people=people,
        lives=lives,
        row=row,
        record_id=record_id,
        roofless=roofless,
        careless=draws.bell("carelessness", record_id),
        factor=factors(profile.faults.factor, profile, people, lives, row, roofless),
    )
