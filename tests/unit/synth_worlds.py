"""Small synthetic worlds as one table of people, joined by the truth: what the tests of planted effects look at."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from linkage.synth import load_profile
from linkage.synth.block import Block, Setting, load_setting, make_blocks
from linkage.synth.care.clients import age_years
from linkage.synth.health import SOURCES, admission_rows, appointment_rows, condition_rows, observation_rows
from linkage.synth.health.support import in_home_from, support_at_start
from linkage.synth.people.places import deprivation_quintile
from linkage.synth.register import on_register

Array = npt.NDArray[np.generic]
Table = dict[str, Array]


@dataclass(frozen=True, eq=False)
class SynthWorld:
    """``people`` has one row per person; the other tables count people by their row there (``person``).

    Worlds are equal only if they are the same one, so that what was fitted to one can be kept.
    """

    setting: Setting
    people: Table
    stays: Table
    appointments: Table
    scores: Table

    @property
    def start(self) -> np.datetime64:
        return np.datetime64(self.setting.profile.period_start, "D")

    @property
    def end(self) -> np.datetime64:
        return np.datetime64(self.setting.profile.period_end, "D")


def synth_world(seed: int, people: int, profile: str = "sample") -> SynthWorld:
    """A world in memory, from its blocks."""
    setting = load_setting(load_profile(profile).model_copy(update={"seed": seed, "people": people}))
    parts: list[tuple[Table, ...]] = []
    offset = 0
    for block in make_blocks(setting):
        tables = (_stays(setting, block), appointment_rows(setting, block), _scores(setting, block))
        counted = tuple(table | {"person": table["row"] + offset} for table in tables)
        parts.append((_people(setting, block), *counted))
        offset += len(block.people)
    joined = [{name: np.concatenate([part[k][name] for part in parts]) for name in parts[0][k]} for k in range(4)]
    return SynthWorld(setting, *joined)


def source_rows(setting: Setting, block: Block) -> dict[str, Table]:
    """Every health source of one block."""
    return {source.name: source.rows(setting, block) for source in SOURCES}


def _people(setting: Setting, block: Block) -> Table:
    start, end = (np.datetime64(day, "D") for day in (setting.profile.period_start, setting.profile.period_end))
    lives, users = block.lives, block.users
    size = len(block.people)
    last = np.where(np.isnat(lives.death), end, lives.death)
    reablement = block.events["service_component"] == "Reablement"
    days = np.full((3, size), np.datetime64("NaT", "D"))
    days[0, block.events["row"][reablement]] = block.events["event_start_date"][reablement]
    days[1, block.events["row"][reablement]] = block.events["event_end_date"][reablement]
    days[2, users.row] = users.discharged
    return {
        "age": age_years(block.people, start),
        "woman": block.people.sex == 2,
        "white": np.isin(block.people.ethnic_group.astype(str), setting.world.group_codes[:3]),
        "there": on_register(block) & ~(lives.death < start) & (block.people.birth <= start),
        "years": ((last - start).astype(np.int64) + 1) / 365.25,
        "private": ~block.people.in_care_home & np.isnat(in_home_from(block)),
        "user": np.isin(np.arange(size), users.row),
        "support": support_at_start(setting, block),
        "conditions": np.bincount(condition_rows(setting, block)["row"], minlength=size),
        "quintile": deprivation_quintile(lives.postcode[:, 0]),
        "reablement_start": days[0],
        "reablement_end": days[1],
        "discharged": days[2],
        "death": lives.death.astype("datetime64[D]"),
    }


def _stays(setting: Setting, block: Block) -> Table:
    table = admission_rows(setting, block)
    first = table["EPIORDER"] == "1"
    return {
        "row": table["row"][first],
        "emergency": np.char.startswith(table["ADMIMETH"][first].astype(str), "2"),
        "admitted": table["ADMIDATE"][first],
        # NaT while still in hospital at the end of the period.
        "discharged": table["DISDATE"][first],
        "infection": table["DIAG_4_01"][first] == "N390",
    }


def _scores(setting: Setting, block: Block) -> Table:
    table = observation_rows(setting, block)
    score = table["observation"] == "EFI"
    return {"row": table["row"][score], "score": table["value"][score].astype(float)}
