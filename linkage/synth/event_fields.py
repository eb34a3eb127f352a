"""The event fields of a submission that depend on the specification's version: who took part, costs, providers, carers."""

import numpy as np
import numpy.typing as npt

from linkage.spec import Specification
from linkage.synth.block import Block, Setting
from linkage.synth.care import COMMISSIONED, Columns
from linkage.synth.clients import ASSOCIATED, CARER, USER
from linkage.synth.draws import Draws, Ints

Texts = npt.NDArray[np.object_]

# The field of v4.2 and its successor in v6, and how each says who took part.
_INVOLVED, _METHOD = "informal_carer_involved_in_assessment", "method_of_assessment_or_review"
_PARTICIPANTS = {
    _INVOLVED: {"alone": "No", "with_carer": "Yes", "carer": "Yes", "": "Don't know"},
    _METHOD: {"alone": "Service User only", "with_carer": "Service User and carer", "carer": "Carer only", "": ""},
}
_LINKED = ("adult_1_linked_person_id", "adult_2_linked_person_id", "adult_3_linked_person_id")


def with_event_fields(setting: Setting, block: Block, events: Columns, spec: Specification) -> Columns:
    """Events with every field of the specification's event, cost and carer sections that they need."""
    ids = events["event_id"].astype(np.int64)
    table = events | {
        "event_reference": np.array([f"E{event:d}" for event in ids.tolist()], dtype=object),
        "event_description": _descriptions(setting, events, ids),
    }
    table |= _participants(events, spec)
    table |= _providers(setting, events)
    table |= _costs(setting, events, ids)
    if spec.has("client_type"):
        table |= _caring(setting, block, events)
    nothing = events["client_type"] == ASSOCIATED
    for name in ("event_reference", "event_description"):
        table[name] = np.where(nothing, "", table[name]).astype(object)
    return table


def _descriptions(setting: Setting, events: Columns, ids: Ints) -> Texts:
    described = Draws(setting.profile.seed).chance("described", ids, setting.world.care.described) & (
        events["event_type"] == "Service"
    )
    texts = [f"Package, {component}" for component in events["service_component"].tolist()]
    return np.where(described, np.array(texts, dtype=object), "").astype(object)


def _participants(events: Columns, spec: Specification) -> Columns:
    field = next(name for name in (_METHOD, _INVOLVED) if spec.has(name))
    words = _PARTICIPANTS[field]
    applies = np.isin(events["event_type"], spec.field(field).event_types)
    values = np.array([words.get(who, "") for who in events["participants"].tolist()], dtype=object)
    return {field: np.where(applies, values, "").astype(object)}


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


def _costs(setting: Setting, events: Columns, ids: Ints) -> Columns:
    """Costs of long-term support that is not commissioned, of costed short-term support, and of carers' services."""
    care, draws = setting.world.care, Draws(setting.profile.seed)
    component = events["service_component"].tolist()
    short = {kind.component for kind in care.short_term_services if kind.costed}
    long_term = ~np.char.startswith(events["service_type"].astype(str), "Short Term")
    commissioned = np.char.endswith(events["delivery_mechanism"].astype(str), COMMISSIONED)
    costed = (
        np.array([part in care.costs for part in component], dtype=bool)
        & (long_term | np.isin(component, list(short)))
        & ~commissioned
    )
    amount, units = draws.uniform("cost", ids).tolist(), draws.uniform("units", ids).tolist()
    rows = [
        _cost(setting, part, a, u) if yes else ("", "", "")
        for part, yes, a, u in zip(component, costed.tolist(), amount, units, strict=True)
    ]
    columns = [np.array(column, dtype=object) for column in zip(*rows, strict=True)] or [np.empty(0, dtype=object)] * 3
    full = draws.chance("full_cost", events["person_id"].astype(np.int64), care.full_cost_client)
    payer = costed & (events["client_type"] == USER)
    return {
        "unit_cost": columns[0],
        "cost_frequency": columns[1],
        "planned_units_per_week": columns[2],
        "full_cost_client": np.where(payer, np.where(full, "Yes", "No"), "").astype(object),
    }


def _cost(setting: Setting, component: str, amount: float, units: float) -> tuple[str, str, str]:
    cost = setting.world.care.costs[component]
    price = f"{cost.low + (cost.high - cost.low) * amount:.2f}"
    if cost.low_units is None or cost.high_units is None:
        return price, cost.frequency, ""
    halves = round(2 * (cost.low_units + (cost.high_units - cost.low_units) * units))
    return price, cost.frequency, f"{halves / 2:.2f}"


def _caring(setting: Setting, block: Block, events: Columns) -> Columns:
    """Hours, number and identifiers of the people a carer cares for, on carer rows only."""
    draws, carers = Draws(setting.profile.seed), block.carers
    cares = np.isin(events["client_type"], [CARER, ASSOCIATED])
    cared_for = np.full(len(block.people), -1)
    cared_for[carers.row] = carers.cares_for
    local = np.full(len(block.people), "", dtype=object)
    own = ~block.records.duplicate
    local[block.records.row[own]] = block.records.local_id[own]
    person = cared_for[events["row"].astype(np.int64)]
    linked = np.where(cares & (person >= 0), local[person], "").astype(object)
    ids = events["person_id"].astype(np.int64)
    number = np.where(draws.chance("cares_for_two", ids, setting.world.carers.cares_for_two), "2", "1")
    table: Columns = {
        "total_hours_caring_per_week": np.where(
            cares, draws.choose("hours", ids, setting.world.carers.hours), ""
        ).astype(object),
        "number_of_adults_cared_for": np.where(cares, number, "").astype(object),
        _LINKED[0]: linked,
    }
    return table
