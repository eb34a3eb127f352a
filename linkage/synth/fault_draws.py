"""Which records a fault strikes, and which faults each record has in the end."""

from dataclasses import dataclass, field

import numpy as np

from linkage.synth.draws import Bools, Draws, Floats, Ints
from linkage.synth.lives import Lives
from linkage.synth.names import Names
from linkage.synth.odds import age_at_end, factors, raised, spread_out
from linkage.synth.population import RESIDENT, Households
from linkage.synth.profile import SynthProfile
from linkage.synth.world import World

_OLD_AGE_YEARS = 70


@dataclass(frozen=True)
class FaultDraws:
    """What the makers of a block's records share. Arrays have one entry per record.

    ``row`` is the position among the people; ``roofless`` marks people of no fixed abode; ``noted`` collects, by name of
    the fault, the records that show it.
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

    def __len__(self) -> int:
        return len(self.row)

    @property
    def person_id(self) -> Ints:
        return self.people.person_id[self.row]

    def strikes(self, name: str, rate: float, among: Bools | None = None, factor: Floats | None = None) -> Bools:
        """The records that a fault strikes at a rate, raised by their factors (and ``factor``) and their carelessness."""
        if rate <= 0:
            return self.nobody()
        share = raised(rate, self.factor if factor is None else self.factor * factor)
        chances = spread_out(share, self.careless, self.profile.faults.carelessness)
        struck = self.draws.chance(f"fault/{name}", self.record_id, chances)
        return struck if among is None else struck & among

    def note(self, name: str, struck: Bools) -> Bools:
        """Remember that these records show the fault; give them back."""
        self.noted[name] = self.noted.get(name, self.nobody()) | struck
        return struck

    def has(self, name: str) -> Bools:
        """The records that show a fault, as far as they are made."""
        return self.noted.get(name, self.nobody())

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
