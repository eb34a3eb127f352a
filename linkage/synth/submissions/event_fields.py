"""The event fields of a submission that depend on the specification's version: who took part, costs, providers, carers."""

import numpy as np
import numpy.typing as npt

from linkage.spec import Specification
from linkage.synth.block import Block, Setting
from linkage.synth.care.clients import ASSOCIATED, CARER, USER
from linkage.synth.care.events import COMMISSIONED, COMMUNITY
from linkage.synth.columns import Columns
from linkage.synth.draws import Bools, Draws, Texts

# Fields that say who took part in each version, and the words they say it in.
_INVOLVED = {"alone": "No", "with_carer": "Yes", "carer": "Yes", "": "Don't know"}
_METHOD = {"alone": "Service User only", "with_carer": "Service User and carer", "carer": "Carer only", "": ""}
_PARTICIPANTS = {
    "informal_carer_involved_in_assessment": _INVOLVED,
    "method_of_assessment_or_review": _METHOD,
    "method_of_assessment": _METHOD,
    "method_of_review": _METHOD,
}
_PRISON, _PRISON_SERVICE = "Prison: ", "Long Term Support: Prison"


def with_event_fields(setting: Setting, events: Columns, spec: Specification) -> Columns:
    """Events with every field of the specification's event, service and cost sections that they need."""
    ids = events["event_id"].astype(np.int64)
    table = events | _prison_services(events, spec)
    table |= {
        "event_reference": np.array([f"E{event:d}" for event in ids.tolist()], dtype=object),
        "event_description": _descriptions(setting, events),
    }
    table |= _participants(events, spec) | _providers(setting, events) | _costs(setting, events)
    nothing = events["client_type"] == ASSOCIATED
    for name in ("event_reference", "event_description"):
        table[name] = np.where(nothing, "", table[name]).astype(object)
    return table


def is_costed(setting: Setting, events: Columns) -> Bools:
    """Services that carry a cost: long-term support that is not commissioned, costed short-term support, carers' services."""
    care = setting.world.care
    component = events["service_component"]
    short = [kind.component for kind in care.short_term_services if kind.costed]
    long_term = ~np.char.startswith(events["service_type"].astype(str), "Short Term")
    commissioned = np.char.endswith(events["delivery_mechanism"].astype(str), COMMISSIONED)
    return np.asarray(
        np.isin(component, list(care.costs)) & (long_term | np.isin(component, short)) & ~commissioned, dtype=bool
    )


def pays_full_cost(setting: Setting, person_id: npt.NDArray[np.generic]) -> Bools:
    """Whether each person pays the full cost of their support."""
    return Draws(setting.profile.seed).chance("full_cost", person_id, setting.world.care.full_cost_client)


def caring(setting: Setting, block: Block, events: Columns) -> Columns:
    """Hours of care and number of people cared for, on carer rows only; ``linked``: positions among the people of those
    cared for (three columns, -1 for none). Some also care for a person whom the authority does not know.
    """
    draws, rates, carers = Draws(setting.profile.seed), setting.world.carers, block.carers
    cares = np.isin(events["client_type"], [CARER, ASSOCIATED])
    cared_for = np.full((len(block.people), 3), -1)
    cared_for[carers.row, 0] = carers.cares_for
    cared_for[carers.row, 1:] = carers.also_cares_for
    linked = np.where(cares[:, None], cared_for[events["row"].astype(np.int64)], -1)
    ids = events["person_id"].astype(np.int64)
    number = np.maximum((linked >= 0).sum(axis=1), 1 + draws.chance("cares_for_two", ids, rates.cares_for_two))
    return {
        "total_hours_caring_per_week": np.where(cares, draws.choose("hours", ids, rates.hours), "").astype(object),
        "number_of_adults_cared_for": np.where(cares, number.astype(str).astype(object), "").astype(object),
        "linked": linked,
    }


def _prison_services(events: Columns, spec: Specification) -> Columns:
    """Support in prison as versions with a service type of its own have it: the mechanism without its prefix."""
    if _PRISON_SERVICE not in spec.values("service_type"):
        return {}
    mechanism = events["delivery_mechanism"].tolist()
    inside = np.array([text.startswith(_PRISON) for text in mechanism], dtype=bool) & (
        events["service_type"] == COMMUNITY
    )
    return {
        "service_type": np.where(inside, _PRISON_SERVICE, events["service_type"]).astype(object),
        "delivery_mechanism": np.array([text.removeprefix(_PRISON) for text in mechanism], dtype=object),
    }


def _descriptions(setting: Setting, events: Columns) -> Texts:
    described = Draws(setting.profile.seed).chance("described", events["service_id"], setting.world.care.described)
    texts = np.array([f"Package, {component}" for component in events["service_component"].tolist()], dtype=object)
    return np.where(described & (events["event_type"] == "Service"), texts, "").astype(object)


def _participants(events: Columns, spec: Specification) -> Columns:
    table: Columns = {}
    for name, words in _PARTICIPANTS.items():
        if spec.has(name):
            applies = np.isin(events["event_type"], spec.field(name).event_types)
            values = np.array([words.get(who, "") for who in events["participants"].tolist()], dtype=object)
            table[name] = np.where(applies, values, "").astype(object)
    return table


def _providers(setting: Setting, events: Columns) -> Columns:
    """A registered provider for the components that have one; the same for a person's services of one component."""
    providers = setting.world.care.providers
    names, codes = [], []
    component = events["service_component"].tolist()
    spread = Draws(setting.profile.seed).between("provider", events["person_id"].astype(np.int64), 0, 999).tolist()
    numbering = {name: number for number, name in enumerate(sorted({n for group in providers.values() for n in group}))}
    for part, turn in zip(component, spread, strict=True):
        choices = providers.get(part, ())
        name = choices[turn % len(choices)] if choices else ""
        names.append(name)
        codes.append(f"1-99{numbering[name]:07d}" if name else "")
    return {
        "provider_cqc_location_name": np.array(names, dtype=object),
        "provider_cqc_location_id": np.array(codes, dtype=object),
    }


def _costs(setting: Setting, events: Columns) -> Columns:
    """Price, unit and units of costed services, and (before Release 1) whether the person pays all of it."""
    draws, ids = Draws(setting.profile.seed), events["service_id"].astype(np.int64)
    costed = is_costed(setting, events)
    amount, units = draws.uniform("cost", ids).tolist(), draws.uniform("units", ids).tolist()
    factor = events["price_factor"].tolist()
    rows = [
        _cost(setting, part, a, u, f) if yes else ("", "", "")
        for part, yes, a, u, f in zip(
            events["service_component"].tolist(), costed.tolist(), amount, units, factor, strict=True
        )
    ]
    columns = [np.array(column, dtype=object) for column in zip(*rows, strict=True)] or [np.empty(0, dtype=object)] * 3
    payer = costed & (events["client_type"] == USER)
    full = np.where(pays_full_cost(setting, events["person_id"].astype(np.int64)), "Yes", "No")
    return {
        "unit_cost": columns[0],
        "cost_frequency": columns[1],
        "planned_units_per_week": columns[2],
        "full_cost_client": np.where(payer, full, "").astype(object),
    }


def _cost(setting: Setting, component: str, amount: float, units: float, factor: float) -> tuple[str, str, str]:
    cost = setting.world.care.costs[component]
    price = f"{(cost.low + (cost.high - cost.low) * amount) * factor:.2f}"
    if cost.low_units is None or cost.high_units is None:
        return price, cost.frequency, ""
    halves = round(2 * (cost.low_units + (cost.high_units - cost.low_units) * units))
    return price, cost.frequency, f"{halves / 2:.2f}"
