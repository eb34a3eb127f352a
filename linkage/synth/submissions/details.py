"""The person fields of a submission, one row per record and client type: what the case system says of the person."""

import csv
from functools import cache

import numpy as np
import numpy.typing as npt

from linkage.configs import packaged
from linkage.synth.block import Block, Setting
from linkage.synth.care.events import COMMUNITY
from linkage.synth.columns import Columns
from linkage.synth.draws import Draws, Ints, Texts
from linkage.synth.people.places import practice_code
from linkage.synth.submissions.event_fields import pays_full_cost
from linkage.synth.submissions.homes import OWN_HOME
from linkage.synth.world import Weights

SUPPORT_TO_CARER = "Social Support: Support to Carer"
_PRISON_HOME = "Prison / Young offenders institution / detention centre"
_CARE_HOMES = {
    "Long Term Nursing Care": "Registered nursing home",
    "Long Term Residential Care": "Registered care home",
}
_NHS_ETHNIC_NOT_KNOWN = ("Z", "99")


@cache
def ethnicity_wordings() -> dict[str, tuple[str, ...]]:
    """Wordings of the specification for each NHS ethnic category code."""
    with packaged("codelists/ethnic_category.csv").open(encoding="utf-8", newline="") as handle:
        return {row["code"]: tuple(row["cld_wording"].split("|")) for row in csv.DictReader(handle)}


def user_details(setting: Setting, block: Block) -> Columns:
    """Fields of the records, in their order, as for a service user; text except the dates."""
    draws, details = Draws(setting.profile.seed), setting.world.person_details
    records = block.records
    ids = block.people.person_id[records.row]
    older = _older(setting, block)
    own_home = _own_homes(setting, ids, older)
    practice_names = setting.world.practices.names
    practice = block.lives.practice[records.row, 0]
    codes = [a.la_code for a in setting.profile.authorities]
    table: Columns = {
        "person_unique_identifier": records.local_id,
        "nhs_number": records.nhs_number,
        "first_name": records.first_name,
        "last_name": records.last_name,
        "gp_practice_name": np.array(practice_names, dtype=object)[practice % len(practice_names)],
        "gp_practice_code": np.array(
            [practice_code(codes[a], n) for a, n in zip(records.authority.tolist(), practice.tolist(), strict=True)], dtype=object
        ),
        "gender": records.gender,
        "ethnicity": _ethnicities(setting, block, ids),
        "date_of_birth": records.birth,
        "date_of_death": block.lives.death[records.row],
        "primary_support_reason": _reasons(block),
        "postcode": records.postcode,
        "accommodation_status": _accommodation(block, own_home),
        OWN_HOME: own_home,
        "employment_status": np.where(
            older, "Not in Paid Employment (not actively seeking work / retired)",
            draws.choose("employment", ids, details.employment_younger),
        ).astype(object),
        "has_informal_carer": draws.choose("informal_carer", ids, details.has_informal_carer),
        "autism_spectrum_disorder": _by_age(draws, "autism", ids, older, details.autism_younger, details.autism_older),
        "visual_impairment": draws.choose("visual", ids, details.visual),
        "hearing_impairment": draws.choose("hearing", ids, details.hearing),
        "dementia": _by_age(draws, "dementia", ids, older, details.dementia_younger, details.dementia_older),
        "client_funding_status": np.where(
            pays_full_cost(setting, ids), details.full_cost_funding, draws.choose("funding", ids, details.client_funding)
        ).astype(object),
    }  # fmt: skip
    return table


def _older(setting: Setting, block: Block) -> npt.NDArray[np.bool_]:
    end = np.datetime64(setting.profile.period_end, "D")
    return np.asarray((end - block.people.birth[block.records.row]).astype(np.int64) / 365.25 >= 65)


def _by_age(draws: Draws, name: str, ids: Ints, older: npt.NDArray[np.bool_], young: Weights, old: Weights) -> Texts:
    return np.where(older, draws.choose(name, ids, old), draws.choose(name, ids, young)).astype(object)


def _ethnicities(setting: Setting, block: Block, ids: Ints) -> Texts:
    """The specification's wording of the true group; refused or not known for some."""
    draws, details = Draws(setting.profile.seed), setting.world.person_details
    wordings = ethnicity_wordings()
    second = draws.chance("second_wording", ids, details.second_ethnicity_wording)
    groups = block.people.ethnic_group[block.records.row].tolist()
    values = [wordings[code][-1 if other else 0] for code, other in zip(groups, second.tolist(), strict=True)]
    given = 1.0 - sum(details.ethnicity_not_given.values())
    stated = draws.choose("ethnicity_given", ids, {"": given, **details.ethnicity_not_given})
    return np.where(stated == "", np.array(values, dtype=object), stated).astype(object)


def _reasons(block: Block) -> Texts:
    """The user's reason; that of support to carers for people who are carers only."""
    reasons = np.full(len(block.people), SUPPORT_TO_CARER, dtype=object)
    reasons[block.users.row] = block.users.reason
    return reasons[block.records.row]


def _own_homes(setting: Setting, ids: Ints, older: npt.NDArray[np.bool_]) -> Texts:
    """What each person has at home, if they live there."""
    details = setting.world.person_details.accommodation
    return _by_age(Draws(setting.profile.seed), "home", ids, older, details["younger"], details["older"])


def _accommodation(block: Block, own_home: Texts) -> Texts:
    """Care homes and prisons as the person's services say, those to come included; a home of one's own otherwise."""
    home = np.full(len(block.people), "", dtype=object)
    events = block.events
    for component, wording in _CARE_HOMES.items():
        home[events["row"][events["service_component"] == component]] = wording
    prison = np.char.startswith(events["delivery_mechanism"].astype(str), "Prison")
    home[events["row"][prison & (events["service_type"] == COMMUNITY)]] = _PRISON_HOME
    known = home[block.records.row]
    return np.where(known == "", own_home, known).astype(object)
