"""One block of the synthetic world: its people, their lives, their care and the records that care systems hold."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from linkage.synth.care.carers import carer_events
from linkage.synth.care.clients import Carers, Clients, carers, clients
from linkage.synth.care.events import care_events
from linkage.synth.columns import Columns
from linkage.synth.people.lives import Lives, admitted_to_homes, lives
from linkage.synth.people.names import Names, load_names
from linkage.synth.people.population import Households, cut, households
from linkage.synth.profile import SynthProfile
from linkage.synth.records.records import Records, records
from linkage.synth.world import World


@dataclass(frozen=True)
class Setting:
    """What every block shares."""

    profile: SynthProfile
    world: World
    names: Names


@dataclass(frozen=True)
class Block:
    """Everything about one block; all tables count people by their position in ``people``.

    What only some files need is made when it is first asked for.
    """

    setting: Setting
    number: int
    people: Households
    lives: Lives
    users: Clients
    carers: Carers

    @cached_property
    def records(self) -> Records:
        """The records of service users and carers in the case systems."""
        setting = self.setting
        return records(setting.profile, setting.world, setting.names, self.people, self.lives, self.users, self.carers)

    @cached_property
    def events(self) -> Columns:
        """The care events of service users."""
        return care_events(self.setting.profile, self.setting.world, self.users)

    @cached_property
    def carer_events(self) -> Columns:
        """The care events of carers in their own right."""
        return carer_events(self.setting.profile, self.setting.world, self.carers)


def load_setting(profile: SynthProfile) -> Setting:
    """The profile with its world and name pools."""
    world = profile.load_world()
    return Setting(profile, world, load_names(world.naming))


def make_block(setting: Setting, number: int, limit: int) -> Block | None:
    """Block ``number``, cut to its first ``limit`` people; None when that is nobody."""
    profile, world = setting.profile, setting.world
    if limit < 1:
        return None
    people = cut(households(profile, world, number), limit)
    lived = lives(profile, world, setting.names, people)
    users = clients(profile, world, people, lived)
    into_home = np.flatnonzero(~np.isnat(users.moves_into_home))
    lived = admitted_to_homes(lived, people, users.row[into_home], users.moves_into_home[into_home], profile.seed)
    return Block(setting, number, people, lived, users, carers(profile, world, people, lived, users))


def make_blocks(setting: Setting) -> list[Block]:
    """As many blocks as the profile's number of people needs."""
    blocks: list[Block] = []
    left = setting.profile.people
    while left > 0:
        block = make_block(setting, len(blocks), left)
        if block is None:
            break
        blocks.append(block)
        left -= len(block.people)
    return blocks
