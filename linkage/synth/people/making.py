"""What the steps that make the lives of one block share."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from linkage.synth.draws import Bools, Draws, Floats, Ints
from linkage.synth.people.names import Names
from linkage.synth.people.population import Households
from linkage.synth.profile import SynthProfile
from linkage.synth.world import World

YEAR = 365.25


@dataclass(frozen=True)
class Making:
    """The draws, the settings and the people of one block."""

    draws: Draws
    profile: SynthProfile
    world: World
    names: Names
    people: Households

    @property
    def end(self) -> np.datetime64:
        return np.datetime64(self.profile.period_end, "D")

    @property
    def birth_years(self) -> Ints:
        return np.asarray(self.people.birth.astype("datetime64[Y]").astype(np.int64) + 1970)

    def ages(self, day: np.datetime64) -> Floats:
        return np.asarray((day - self.people.birth).astype(np.int64) / YEAR)

    def chance(self, name: str, share: npt.ArrayLike) -> Bools:
        return self.draws.chance(name, self.people.person_id, share)

    def by_pattern(self, table: dict[str, float]) -> Floats:
        values = np.array([table.get(pattern, 0.0) for pattern in self.names.patterns], dtype=np.float64)
        return np.asarray(values[self.people.pattern_code])
