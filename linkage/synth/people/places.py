"""Places that do not exist: postcodes in areas that are not in use, and the practices of invented authorities.

A postcode is carried as a whole number (area, then a slot within it) and becomes text when a file is written.
"""

import numpy as np

from linkage.synth.draws import Ints, Texts, mix
from linkage.synth.world import synthetic_postcode_areas

# Letters of the inward code (C I K M O V are not used) and the districts of an area: 1 to 98, so that no ZZ99 can arise.
_LETTERS = "ABDEFGHJLNPQRSTUWXYZ"
_DISTRICTS, _SECTORS = 98, 10
SLOTS = _DISTRICTS * _SECTORS * len(_LETTERS) ** 2
_STRIDE = 7919
# The number that undoes the stride, and the neighbouring postcodes that make up one small area.
_UNDO, _POSTCODES_PER_AREA = pow(_STRIDE, -1, SLOTS), 40


def postcode_numbers(areas: tuple[str, ...], order: Ints) -> Ints:
    """The postcode of each place in an authority: its areas in turn, slots scattered so that neighbours differ."""
    known = synthetic_postcode_areas()
    area = np.array([known.index(name) for name in areas], dtype=np.int64)[order % len(areas)]
    return area * SLOTS + (order // len(areas)) * _STRIDE % SLOTS


def postcode_texts(numbers: Ints) -> Texts:
    """Postcodes in the spaced form; an empty text for a negative number (none)."""
    distinct, places = np.unique(numbers, return_inverse=True)
    return np.array([_postcode(number) for number in distinct.tolist()], dtype=object)[places]


def lsoa_numbers(postcodes: Ints) -> Ints:
    """The small area of each postcode (about forty postcodes); -1 for none."""
    order = postcodes % SLOTS * _UNDO % SLOTS
    area = postcodes // SLOTS * (SLOTS // _POSTCODES_PER_AREA + 1) + order // _POSTCODES_PER_AREA
    return np.asarray(np.where(postcodes >= 0, area, -1))


def lsoa_codes(postcodes: Ints) -> Texts:
    """Codes of the small areas, in the form of an LSOA code with a letter that no country uses; empty for none."""
    return np.array(
        [f"X{number:08d}" if number >= 0 else "" for number in lsoa_numbers(postcodes).tolist()], dtype=object
    )


def deprivation_quintile(postcodes: Ints) -> Ints:
    """Quintile of deprivation of the small area of each postcode: 1 the most deprived fifth, 5 the least; 0 for none."""
    area = lsoa_numbers(postcodes)
    quintile = (mix(area.astype(np.uint64)) % np.uint64(5)).astype(np.int64) + 1
    return np.asarray(np.where(area >= 0, quintile, 0))


def practice_code(la_code: str, number: int) -> str:
    """Code of a practice. No real practice code starts with X."""
    return f"X{la_code}{number + 1:02d}"


def _postcode(number: int) -> str:
    if number < 0:
        return ""
    area, slot = divmod(number, SLOTS)
    rest, last = divmod(slot, len(_LETTERS))
    rest, first = divmod(rest, len(_LETTERS))
    district, sector = divmod(rest, _SECTORS)
    return f"{synthetic_postcode_areas()[area]}{district + 1} {sector}{_LETTERS[first]}{_LETTERS[last]}"
