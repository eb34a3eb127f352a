"""From people and events to the rows of a submission: every field of the specification as text, in its order."""

from collections.abc import Mapping

import numpy as np

from linkage.spec import Specification, authorities
from linkage.synth.draws import Draws, Texts
from linkage.synth.oracle.cast import Cast
from linkage.synth.oracle.journeys import Journeys
from linkage.synth.oracle.rows import Rows, filled, texts
from linkage.synth.oracle.settings import OracleSettings
from linkage.synth.submissions.details import ethnicity_wordings

_GENDERS = {1: "Male", 2: "Female"}
_EVENT_PLACES = 64
_RETIRED = "Not in Paid Employment (not actively seeking work / retired)"
_OLDER = "older"
_HOMES = {"nursing": "Registered nursing home", "residential": "Registered care home"}


def with_every_field(
    settings: OracleSettings, cast: Cast, people: Rows, journeys: Journeys, events: Rows, spec: Specification
) -> Rows:
    """The events in the order of the file, with person, event, cost and submission fields; dates are still days."""
    order = np.lexsort((events["service_component"].astype(str), events["event_type"].astype(str), events["event_start_date"],
                        events["row"]))  # fmt: skip
    events = {name: values[order] for name, values in events.items()}
    row = events["row"].astype(np.int64)
    run = np.arange(len(row)) - np.searchsorted(row, row)
    event_id = events["number"].astype(np.int64) * _EVENT_PLACES + run
    table = {field: filled("", len(row)) for field in spec.ids} | events | {"event_id": event_id}
    details = {**people, **person_details(settings, cast, people, journeys)}
    table |= {name: values[row] for name, values in details.items()}
    table["event_reference"] = texts(f"E{number}" for number in event_id.tolist())
    table |= cost_fields(settings, table) | _providers(settings, table)
    return table | {name: filled(value, len(row)) for name, value in _submission(settings).items()}


def person_details(settings: OracleSettings, cast: Cast, people: Rows, journeys: Journeys) -> Rows:
    """The person fields of the specification, one row per person."""
    draws, details, ids = Draws(settings.seed), settings.world.person_details, cast.number
    older = np.array([settings.age_groups[band] == _OLDER for band in cast.age_band.tolist()], dtype=bool)
    employed = draws.choose("employment", ids, details.employment_younger)
    wordings = ethnicity_wordings()

    def by_age(name: str, younger: Mapping[str, float], elder: Mapping[str, float]) -> Texts:
        return np.where(older, draws.choose(name, ids, elder), draws.choose(name, ids, younger)).astype(object)

    return {
        "first_name": people["given_name"],
        "last_name": people["family_name"],
        "gender": texts(_GENDERS[sex] for sex in people["sex"].tolist()),
        "ethnicity": texts(wordings[code][0] for code in people["ethnic_group"].tolist()),
        "primary_support_reason": cast.reason,
        "accommodation_status": _accommodation(
            settings, journeys, by_age("home", details.accommodation["younger"], details.accommodation["older"])
        ),
        "employment_status": np.where(older, _RETIRED, employed).astype(object),
        "has_informal_carer": draws.choose("informal_carer", ids, details.has_informal_carer),
        "autism_spectrum_disorder": by_age("autism", details.autism_younger, details.autism_older),
        "visual_impairment": draws.choose("visual", ids, details.visual),
        "hearing_impairment": draws.choose("hearing", ids, details.hearing),
        "dementia": by_age("dementia", details.dementia_younger, details.dementia_older),
    }


def cost_fields(settings: OracleSettings, table: Rows, draw: str = "cost") -> Rows:
    """Costs of long-term services that are not commissioned and of costed short-term ones: unit, frequency, units a week.

    ``draw`` names the price drawn: another name gives another price.
    """
    draws, care, ids = Draws(settings.seed), settings.world.care, table["event_id"].astype(np.int64)
    costed = {support.component for support in care.short_term_services if support.costed}
    commissioned = settings.supports["C"].mechanism
    amount, units = draws.uniform(draw, ids).tolist(), draws.uniform("units", ids).tolist()
    written = []
    columns = (
        table["service_type"].tolist(),
        table["service_component"].tolist(),
        table["delivery_mechanism"].tolist(),
    )
    for kind, component, mechanism, a, u in zip(*columns, amount, units, strict=True):
        applies = (kind.startswith("Long Term") and mechanism != commissioned) or component in costed
        cost = care.costs.get(component) if applies else None
        if cost is None:
            written.append(("", "", ""))
            continue
        low, high = cost.low_units, cost.high_units
        halves = "" if low is None or high is None else f"{round(2 * (low + (high - low) * u)) / 2:.2f}"
        price = f"{cost.low + (cost.high - cost.low) * a:.2f}"
        written.append((price, cost.frequency, halves))
    full = draws.chance("full_cost", table["number"].astype(np.int64), care.full_cost_client)
    payer = np.array([price != "" for price, _, _ in written], dtype=bool)
    names = ("unit_cost", "cost_frequency", "planned_units_per_week")
    fields: Rows = {name: texts(row[place] for row in written) for place, name in enumerate(names)}
    return fields | {"full_cost_client": np.where(payer, np.where(full, "Yes", "No"), "").astype(object)}


def as_texts(table: Rows, spec: Specification) -> list[tuple[str, ...]]:
    """The rows of the file: the fields of the specification in its order, dates as dd/mm/yyyy, blank for none."""
    columns = [day_texts(table[name]) if table[name].dtype.kind == "M" else table[name].tolist() for name in spec.ids]
    return list(zip(*columns, strict=True))


def day_texts(days: Rows | object) -> list[str]:
    """Dates as dd/mm/yyyy; an empty text for NaT."""
    written = np.datetime_as_string(np.asarray(days, dtype="datetime64[D]")).tolist()
    return ["" if text == "NaT" else f"{text[8:]}/{text[5:7]}/{text[:4]}" for text in written]


def _accommodation(settings: OracleSettings, journeys: Journeys, otherwise: Texts) -> Texts:
    """A care home for those whose last stage of support is in one."""
    status = otherwise.copy()
    for row, stages in enumerate(journeys.stages.tolist()):
        last = next((stage for stage in reversed(stages) if stage), "")
        column = settings.supports[last[0]].column if last else ""
        if column in _HOMES:
            status[row] = _HOMES[column]
    return status


def _providers(settings: OracleSettings, table: Rows) -> Rows:
    """A registered provider for the components that have one; the same for a person's services of one component."""
    providers = settings.world.care.providers
    codes = {name: code for code, name in enumerate(sorted({n for group in providers.values() for n in group}))}
    spread = Draws(settings.seed).between("provider", table["number"].astype(np.int64), 0, 999).tolist()
    names = []
    for component, turn in zip(table["service_component"].tolist(), spread, strict=True):
        choices = providers.get(component, ())
        names.append(choices[turn % len(choices)] if choices else "")
    return {
        "provider_cqc_location_name": texts(names),
        "provider_cqc_location_id": texts(f"1-99{codes[name]:07d}" if name else "" for name in names),
    }


def _submission(settings: OracleSettings) -> dict[str, str]:
    start, end = settings.period_start, settings.period_end
    return {
        "la_code": settings.la_code,
        "la_name": next(entry.name for entry in authorities() if entry.code == settings.la_code),
        "reporting_year": f"{start.year}/{end.year % 100:02d}",
        "reporting_period_start_date": f"{start:%d/%m/%Y}",
        "reporting_period_end_date": f"{end:%d/%m/%Y}",
    }
