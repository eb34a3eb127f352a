"""Who the oracle's people are: invented names, numbers that are never issued, postcodes of areas that do not exist."""

import numpy as np

from linkage.synth.draws import Days, Draws, Ints, Texts, by_age
from linkage.synth.oracle.cast import Cast
from linkage.synth.oracle.journeys import Journeys
from linkage.synth.oracle.rows import Rows, texts
from linkage.synth.oracle.settings import OracleSettings
from linkage.synth.people.names import load_names
from linkage.synth.people.nhs_numbers import nhs_numbers
from linkage.synth.people.nhs_numbers import text as number_texts
from linkage.synth.people.places import postcode_numbers, postcode_texts, practice_code

_MALE, _FEMALE = 1, 2
_CARE_HOMES = 60
_YEAR = 365.25


def identities(settings: OracleSettings, cast: Cast, journeys: Journeys, birth: Days) -> Rows:
    """One row per person: identifier, number, names, sex (1 male, 2 female), ethnic group, birth, death, postcode, practice."""
    draws, world, ids = Draws(settings.seed), settings.world, cast.number
    years = (np.datetime64(settings.period_end, "D") - birth).astype(np.int64) / _YEAR
    sex = np.where(draws.chance("sex", ids, by_age(world.households.women, years)), _FEMALE, _MALE)
    group = draws.choose("ethnic_group", ids, {code: part.weight for code, part in world.ethnic_groups.items()})
    given, family = _names(settings, cast, group, sex, birth)
    practice = draws.between("practice", ids, 0, world.practices.per_authority - 1)
    names = world.practices.names
    return {
        "person_unique_identifier": texts(settings.identifier.format(number) for number in ids.tolist()),
        "nhs_number": number_texts(nhs_numbers(settings.seed, ids)),
        "given_name": given,
        "family_name": family,
        "sex": sex,
        "ethnic_group": group,
        "date_of_birth": birth,
        "date_of_death": journeys.died,
        "postcode": postcode_texts(postcode_numbers(settings.postcode_areas, _addresses(settings, cast, journeys))),
        "gp_practice_name": texts(names[number % len(names)] for number in practice.tolist()),
        "gp_practice_code": texts(practice_code(settings.la_code, number) for number in practice.tolist()),
    }


def _names(settings: OracleSettings, cast: Cast, group: Texts, sex: Ints, birth: Days) -> tuple[Texts, Texts]:
    """Given and family names by the naming pattern of the ethnic group."""
    draws, names = Draws(settings.seed), load_names(settings.world.naming)
    pattern = np.full(len(cast), "", dtype=object)
    for code, part in settings.world.ethnic_groups.items():
        of = group == code
        pattern[of] = draws.choose("naming_pattern", cast.number[of], part.patterns)
    codes = np.array([names.patterns.index(name) for name in pattern.tolist()], dtype=np.int64)
    years = birth.astype("datetime64[Y]").astype(np.int64) + 1970
    given = names.draw_given(draws, "given", cast.number, codes, sex, years)
    family = names.draw_family(draws, "family", cast.number, codes)
    return names.given[given], names.family[family]


def _addresses(settings: OracleSettings, cast: Cast, journeys: Journeys) -> Ints:
    """The place of each person's postcode: care homes first, then private addresses, a few to a postcode."""
    homes = np.array([settings.supports[letter].type for letter in ("N", "R")])
    last = np.array(
        [([stage for stage in row if stage] or [""])[-1][:1] for row in journeys.stages.tolist()], dtype=object
    )
    in_home = np.array([bool(x) and settings.supports[x].type in homes for x in last.tolist()], dtype=bool)
    home = Draws(settings.seed).between("care_home", cast.number, 0, _CARE_HOMES - 1)
    private = _CARE_HOMES + cast.number // settings.world.households.addresses_per_postcode
    return np.asarray(np.where(in_home, home, private))
