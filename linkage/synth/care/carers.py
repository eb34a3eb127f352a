"""Care events of carers in their own right, as version 6 of the specification collects them."""

import numpy as np

from linkage.synth.care.clients import ASSOCIATED, CARER, Carers, window_day
from linkage.synth.care.events import (
    ADVISED,
    COMMISSIONED,
    DIRECT_PAYMENT,
    ELIGIBLE,
    MANAGED,
    PLANNING,
    events_of,
    settled,
)
from linkage.synth.care.pathways import first_day
from linkage.synth.columns import Columns, chosen, joined
from linkage.synth.draws import NEVER, Days, Draws
from linkage.synth.profile import SynthProfile
from linkage.synth.world import World

NOT_ELIGIBLE = "Non-eligible needs identified"
DIRECT_TO_CARER = "Carer Support: Direct to Carer"


def carer_events(profile: SynthProfile, world: World, carers: Carers) -> Columns:
    """Assessments, services and reviews of carers; one row without an event for each carer known by association."""
    draws, ids = Draws(profile.seed), carers.person_id
    since = first_day(profile)[carers.authority]
    start = window_day(draws, profile, "carer_assessed", ids, since, (0, 5))
    end = start + draws.between("carer_assessment_days", ids, 0, 28)
    supported = draws.chance("carer_service", ids, world.carers.service_among_carers)
    assessment = events_of(
        carers.row, ids, "Assessment", start, end,
        event_outcome=np.where(supported, PLANNING, ADVISED).astype(object),
        assessment_type="Long Term Assessment", client_type=CARER,
        eligible_needs_identified=np.where(supported, ELIGIBLE, NOT_ELIGIBLE).astype(object),
        participants=draws.choose("carer_participants", ids, world.carers.participants),
    )  # fmt: skip
    own = carers.client_type == CARER
    reviewed = own & draws.chance("carer_reviewed", ids, world.carers.review_among_carers)
    table = joined([
        chosen(assessment, own),
        chosen(_services(draws, world, carers, end), own & supported),
        chosen(_reviews(draws, profile, world, carers), reviewed),
    ])  # fmt: skip
    never = np.full(len(ids), NEVER)
    associated = chosen(events_of(carers.row, ids, "", never, never, client_type=ASSOCIATED), ~own)
    return joined([settled(table, carers.row, carers.death, since, profile), associated])


def _services(draws: Draws, world: World, carers: Carers, ready: Days) -> Columns:
    ids = carers.person_id
    component = draws.choose("carer_component", ids, world.carers.services)
    managed = np.where(draws.chance("carer_managed", ids, world.carers.managed_not_commissioned), MANAGED, COMMISSIONED)
    return events_of(
        carers.row, ids, "Service", ready + draws.between("carer_wait", ids, 0, 20), np.full(len(ids), NEVER),
        service_type=DIRECT_TO_CARER, service_component=component, client_type=CARER,
        delivery_mechanism=np.where(component == DIRECT_PAYMENT, DIRECT_PAYMENT, managed).astype(object),
    )  # fmt: skip


def _reviews(draws: Draws, profile: SynthProfile, world: World, carers: Carers) -> Columns:
    ids = carers.person_id
    start = window_day(draws, profile, "carer_review", ids, first_day(profile)[carers.authority], (0, 2))
    return events_of(
        carers.row, ids, "Review", start, start + draws.between("carer_review_days", ids, 0, 7),
        event_outcome="No change in package", review_reason="Planned", client_type=CARER,
        review_outcomes_achieved=draws.choose("carer_achieved", ids, world.carers.review_outcomes_achieved),
        participants=draws.choose("carer_review_participants", ids, world.carers.participants),
    )  # fmt: skip
