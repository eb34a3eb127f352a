"""Health extracts of the people on the register. All carry the true current NHS number, about one in a hundred none.

Causes come in one order: long-term conditions, use of social care, then appointments, admissions, frailty and the rest.
"""

from linkage.synth.health.conditions import COLUMNS as CONDITION_COLUMNS
from linkage.synth.health.conditions import SOURCE as _CONDITIONS
from linkage.synth.health.conditions import condition_rows
from linkage.synth.health.contacts import COMMUNITY, MENTAL_HEALTH
from linkage.synth.health.deaths import SOURCE as _DEATHS
from linkage.synth.health.gp import SOURCE as _APPOINTMENTS
from linkage.synth.health.gp import appointment_rows
from linkage.synth.health.observations import SOURCE as _OBSERVATIONS
from linkage.synth.health.observations import frailty_categories, observation_rows
from linkage.synth.health.prescribing import SOURCE as _PRESCRIBING
from linkage.synth.health.registrations import COLUMNS as REGISTRATION_COLUMNS
from linkage.synth.health.registrations import SOURCE as _REGISTRATIONS
from linkage.synth.health.registrations import registration_rows
from linkage.synth.health.spells import COLUMNS as ADMISSION_COLUMNS
from linkage.synth.health.spells import SOURCE as _ADMISSIONS
from linkage.synth.health.spells import admission_rows
from linkage.synth.health.support import long_term_at_start, support_at_start
from linkage.synth.source import Source

SOURCES: tuple[Source, ...] = (
    _ADMISSIONS, _REGISTRATIONS, _CONDITIONS, _APPOINTMENTS, _OBSERVATIONS, _PRESCRIBING, COMMUNITY, MENTAL_HEALTH, _DEATHS,
)  # fmt: skip

__all__ = [
    "ADMISSION_COLUMNS", "CONDITION_COLUMNS", "REGISTRATION_COLUMNS", "SOURCES", "admission_rows", "appointment_rows",
    "condition_rows", "frailty_categories", "long_term_at_start", "observation_rows", "registration_rows",
    "support_at_start",
]  # fmt: skip
