"""Small synthetic worlds in memory for tests of submissions: three authorities, one per layout, with chosen habits."""

from datetime import date
from functools import cache
from typing import Any

import numpy as np

from linkage.synth.block import Block, Setting, load_setting, make_blocks
from linkage.synth.columns import Columns
from linkage.synth.profile import AuthorityProfile, SynthProfile, load_profile
from linkage.synth.submissions.files import block_submissions

PLACES = {"v4.2": 0, "v6": 1, "release1": 2}
_BASE = {
    "share": 1 / 3,
    "upper_case_names": 0.0,
    "midnight_event_types": (),
    "windows_1252_quarters": (),
    "byte_order_mark_quarters": (),
}
_AUTHORITIES = (
    {"la_code": "991", "spec": "v4.2", "postcode_areas": ("ZX",), "identifier": "SY{:06d}", "carers": False},
    {"la_code": "992", "spec": "v6", "postcode_areas": ("XQ",), "identifier": "{:09d}", "carers": True},
    {"la_code": "993", "spec": "release1", "postcode_areas": ("QZ",), "identifier": "EB-{:07d}", "carers": True},
)
World = tuple[Setting, tuple[Block, ...]]
# Files by authority place and quarter.
Files = dict[tuple[int, int], Columns]


def faultless(profile: SynthProfile) -> SynthProfile:
    """The profile without faults of event rows and without changes from file to file, save that time passes."""
    rates = dict.fromkeys(type(profile.submission).model_fields, 0.0) | {"number_known_at_once": 1.0}
    return profile.model_copy(update={"submission": type(profile.submission).model_validate(rates)})


def with_rates(profile: SynthProfile, **rates: float) -> SynthProfile:
    """The profile with other rates of submission faults."""
    return profile.model_copy(update={"submission": profile.submission.model_copy(update=rates)})


def three_authorities(habits: dict[str, Any] | None = None) -> SynthProfile:
    """A profile of the year 2023/24 without submission faults; ``habits`` go to all three authorities."""
    authorities = tuple(AuthorityProfile.model_validate(_BASE | one | (habits or {})) for one in _AUTHORITIES)
    year = {"period_start": date(2023, 4, 1), "period_end": date(2024, 3, 31)}
    return faultless(load_profile("sample")).model_copy(update={**year, "authorities": authorities, "people": 5000})


def world(profile: SynthProfile) -> World:
    """The blocks of a profile."""
    setting = load_setting(profile)
    return setting, tuple(make_blocks(setting))


@cache
def plain_world() -> World:
    """A world of three authorities without submission faults or habits."""
    return world(three_authorities())


def files(made: World) -> Files:
    """Every file of a world."""
    setting, blocks = made
    parts: dict[tuple[int, int], list[Columns]] = {}
    for block in blocks:
        for file, rows in block_submissions(setting, block):
            parts.setdefault((file.place, file.quarter), []).append(rows)
    return {
        key: {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}
        for key, tables in parts.items()
    }


@cache
def plain_files() -> Files:
    """The files of the plain world."""
    return files(plain_world())


def days(texts: Any) -> Any:
    """Days from dd/mm/yyyy; NaT for a blank."""
    return np.array([f"{t[6:10]}-{t[3:5]}-{t[:2]}" if t else "NaT" for t in texts], dtype="datetime64[D]")
