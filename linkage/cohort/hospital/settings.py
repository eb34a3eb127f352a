"""How admitted patient care is read: ``configs/measures/hospital.yaml``."""

from functools import cache
from typing import Literal

from linkage.configs import read_packaged
from pseudo.config_file import ConfigModel

Management = Literal["EM", "NE"]


class LeftOut(ConfigModel):
    """Discharges that are left out, by code; a treatment function also by how it begins."""

    admission_methods: tuple[str, ...]
    discharge_methods: tuple[str, ...]
    destinations: tuple[str, ...]
    treatment_functions: tuple[str, ...]
    treatment_function_beginnings: tuple[str, ...]


class Readmission(ConfigModel):
    """Kinds of stay that are emergency readmissions, and ways in which none of them ended."""

    management: tuple[Management, ...]
    discharge_methods: tuple[str, ...]


class Reablement(ConfigModel):
    """When reablement is taken to follow a discharge, of people of what age, and for how long its outcome is looked for."""

    from_age: int
    join_days: int
    days_before: int
    days_after: int
    follow_up_days: int
    admitted_months_before: int
    look_back_months: int


class HospitalSettings(ConfigModel):
    """Everything that decides what a stay and a discharge are."""

    no_episode_order: tuple[int, ...]
    management: dict[Management, tuple[str, ...]]
    regular_attenders: tuple[str, ...]
    discharge: LeftOut
    readmission: Readmission
    reablement: Reablement
    high_confidence: tuple[str, ...]


@cache
def hospital_settings() -> HospitalSettings:
    """The packaged settings."""
    return read_packaged("measures/hospital.yaml", HospitalSettings)
