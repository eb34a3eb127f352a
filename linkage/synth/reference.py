"""Reference tables of the invented country: a postcode directory and the population by authority, sex and age."""

from collections import Counter

import numpy as np

from linkage.synth.block import Block, Setting
from linkage.synth.columns import Columns, joined
from linkage.synth.people.lives import alive_at
from linkage.synth.people.places import SLOTS, deprivation_quintile, lsoa_codes, postcode_numbers, postcode_texts
from linkage.synth.people.population import HOUSEHOLDS_PER_BLOCK
from linkage.synth.source import Source

POSTCODE_COLUMNS = ("pcds", "la_code", "lsoa_code", "imd_quintile")
POPULATION_COLUMNS = ("la_code", "sex", "age", "population")
POPULATION_FILE = "reference/population"
# Days from the start of a year that begins in April to 30 June, the day of mid-year estimates; ages from here are one row.
_MID_YEAR_DAYS, _OPEN_AGE = 90, 90
_YEAR = 365.25


def postcode_rows(setting: Setting, block: Block) -> Columns:
    """One row per postcode that begins in this block, for each authority: a directory in the manner of the ONS one."""
    per_postcode = setting.world.households.addresses_per_postcode
    first = -(-block.number * HOUSEHOLDS_PER_BLOCK // per_postcode)
    order = np.arange(first, -(-(block.number + 1) * HOUSEHOLDS_PER_BLOCK // per_postcode), dtype=np.int64)
    parts = []
    for authority in setting.profile.authorities:
        # Beyond the slots of its areas an authority's postcodes come round again.
        numbers = postcode_numbers(authority.postcode_areas, order[order < SLOTS * len(authority.postcode_areas)])
        parts.append(
            {
                "pcds": postcode_texts(numbers),
                "la_code": np.full(len(numbers), authority.la_code, dtype=object),
                "lsoa_code": lsoa_codes(numbers),
                "imd_quintile": deprivation_quintile(numbers),
            }
        )
    return joined(parts)


def population_counts(setting: Setting, block: Block) -> Counter[tuple[str, int, int]]:
    """People of each authority, sex and age in completed years who are alive at mid-year (30 June)."""
    day = np.datetime64(setting.profile.period_start, "D") + _MID_YEAR_DAYS
    people = block.people
    there = np.flatnonzero(alive_at(block.lives, day) & (people.birth <= day))
    age = np.minimum(np.floor((day - people.birth[there]).astype(np.int64) / _YEAR), _OPEN_AGE).astype(np.int64)
    codes = [authority.la_code for authority in setting.profile.authorities]
    keys = zip(people.authority[there].tolist(), people.sex[there].tolist(), age.tolist(), strict=True)
    return Counter((codes[place], sex, years) for place, sex, years in keys)


def population_table(counts: Counter[tuple[str, int, int]]) -> Columns:
    """The counts as rows, in order; ages from 90 in one row."""
    keys = sorted(counts)
    return {
        "la_code": np.array([key[0] for key in keys], dtype=object),
        "sex": np.array([key[1] for key in keys], dtype=np.int64),
        "age": np.array([key[2] for key in keys], dtype=np.int64),
        "population": np.array([counts[key] for key in keys], dtype=np.int64),
    }


POSTCODES = Source("reference/postcodes", POSTCODE_COLUMNS, postcode_rows)
