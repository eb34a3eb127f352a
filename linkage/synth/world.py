"""The invented country as configuration: households, ethnic groups, names, lives, care and health.

Keys of the ``*_a_year`` and ``*_mean`` tables are ages in completed years: a value holds from its age up to the next.
"""

from functools import cache, cached_property
from typing import Annotated

from pydantic import Field

from linkage.configs import read_packaged
from pseudo.config_file import ConfigModel

Weights = dict[str, float]


class AgeBand(ConfigModel):
    """Ages ``from`` to ``to``, both included, in completed years, and the weight of the band."""

    low: int = Field(alias="from")
    high: int = Field(alias="to")
    weight: float


class Range(ConfigModel):
    """A whole number drawn evenly from ``low`` to ``high``, both included."""

    low: int
    high: int


class HouseholdKind(ConfigModel):
    """One kind of household: its weight, the ages of its first adult (a table of ``ages``) and who lives there.

    ``children`` are under 18, ``adult_children`` 18 or older, both as number → weight; ``others`` are further adults,
    related to the first or not.
    """

    weight: float
    ages: str
    couple: bool = False
    children: dict[str, float] = Field(default={"0": 1.0})
    adult_children: dict[str, float] = Field(default={"0": 1.0})
    grandparent: bool = False
    others: Range = Range(low=0, high=0)
    related: bool = True


class Households(ConfigModel):
    """Kinds of household, the ages of their people and how alike they are. ``women`` is the share by age."""

    kinds: dict[str, HouseholdKind]
    ages: dict[str, tuple[AgeBand, ...]]
    care_home_residents: Range
    addresses_per_postcode: int
    partner_age_gap_years: int
    generation_years: Range
    same_sex_couple: float
    women: Weights
    twins_same_sex: float
    twins_among_children: float
    twins_among_adult_children: float
    twins_among_siblings: float
    twins_same_initial: float
    named_after_parent: float
    couple_born_same_day: float


class EthnicGroup(ConfigModel):
    """Share of a group among households, and the naming patterns within it."""

    weight: float
    patterns: Weights


class MixedFamilies(ConfigModel):
    """Couples of two ethnic groups: their share of couples, and the group of their children by the group of the parent
    who is not in group A (another code where both are not)."""

    share: float
    children: dict[str, str]
    children_otherwise: str


class Naming(ConfigModel):
    """How names are put together, by naming pattern.

    ``rare_surnames`` is the share of people whose surname comes from the generated tail; ``rare_given_names`` the same for
    given names of people born before 1950, from 1950 to 1979, and from 1980.
    """

    rare_name_exponent: float
    rare_surnames: Weights
    rare_given_names: dict[str, tuple[float, float, float]]
    second_given_name: Weights
    single_name: Weights
    own_family_name: Weights
    double_family_name: Weights
    double_joiner: dict[str, str]


class Lives(ConfigModel):
    """Marriage and divorce, moves, practices, care-home admission, death, new identities."""

    takes_partner_name: Weights
    hyphenates: float
    marriage_age_years: Range
    once_married: Weights
    divorced_among_once_married: float
    marriage_years: Range
    reverts_after_divorce: float
    names_dated_from_year: int
    moves_a_year: Weights
    moves_known_for_years: int
    care_home_stay_years: int
    changes_practice_on_move: float
    changes_practice_in_period: float
    practice_elsewhere: float
    deaths_a_year: Weights
    care_home_death_factor: float
    deaths_before_start_years: int
    no_fixed_abode: float
    register_years: int
    adopted: float
    changed_gender: float


class Practices(ConfigModel):
    """General practices of each authority."""

    per_authority: int
    names: tuple[str, ...]


class ShortTermService(ConfigModel):
    """One kind of short-term support; its length in days is drawn evenly between the two."""

    type: str
    component: str
    weight: float
    low_days: int
    high_days: int
    costed: bool


class Cost(ConfigModel):
    """Cost of one unit in pounds, its frequency, and units a week where the unit recurs more often than weekly."""

    low: float
    high: float
    frequency: str
    low_units: float | None = None
    high_units: float | None = None


class Care(ConfigModel):
    """Pathways through adult social care. ``younger`` is 18 to 64, ``older`` 65 and over."""

    pathways: dict[str, Weights]
    established_years: float
    primary_support_reasons: dict[str, Weights]
    reason_not_known_after_contact: float
    nursing_among_care_home: float
    moves_into_care_home_during_year: float
    arrangements: dict[str, Weights]
    community_components: dict[str, Weights]
    second_service: float
    ended_in_year: float
    ended_outcomes: Weights
    review_in_year: float
    unplanned_review: float
    unplanned_reasons: Weights
    review_outcomes: Weights
    review_outcomes_achieved: Weights
    routes: dict[str, Weights]
    contact_outcomes: Weights
    advised_after_contact: float
    needs_of_advised: Weights
    assessment_participants: Weights
    review_participants: Weights
    reablement_from_hospital: float
    reablement_wait_days: int
    reablement_stops_early: float
    reablement_days: Range
    reablement_leads_to_long_term: float
    short_term_services: tuple[ShortTermService, ...]
    costs: dict[str, Cost]
    providers: dict[str, tuple[str, ...]]
    financial_assessment: float
    financial_assessment_days: Range
    full_cost_client: float
    described: float


class PersonDetails(ConfigModel):
    """Person fields of a submission that no other source holds."""

    accommodation: dict[str, Weights]
    employment_younger: Weights
    has_informal_carer: Weights
    autism_younger: Weights
    autism_older: Weights
    visual: Weights
    hearing: Weights
    dementia_older: Weights
    dementia_younger: Weights
    second_ethnicity_wording: float
    ethnicity_not_given: Weights
    full_cost_funding: str
    client_funding: Weights


class CarerRates(ConfigModel):
    """What carers receive."""

    services: Weights
    hours: Weights
    participants: Weights
    managed_not_commissioned: float
    review_outcomes_achieved: Weights
    cares_for_two: float
    second_person_known: float
    service_among_carers: float
    review_among_carers: float


class Onset(ConfigModel):
    """Ages in years at which a condition is first recorded: never before ``earliest``, usually between the others."""

    earliest: int
    since: int = Field(alias="from")
    to: int


class Conditions(ConfigModel):
    """Long-term conditions: mean number by age, factor by quintile of deprivation (1 = most deprived), kinds by age.

    ``shape`` is that of the gamma factor between people (small = uneven); ``most`` the highest number anybody has;
    ``before_usual_onset`` the frequency of a year of age before the usual ones against one of those.
    """

    mean: Weights
    deprivation_factor: Weights
    shape: float
    most: int
    kinds: dict[str, Weights]
    before_usual_onset: float = Field(gt=0, le=1)
    onset: dict[str, Onset]


class Appointments(ConfigModel):
    """Appointments with the practice: number a year by sex and age, and codes for people at home and in a care home.

    ``closed`` are days of the year (MM-DD) without appointments, besides weekends.
    """

    a_year: dict[str, Weights]
    shape: float
    closed: tuple[Annotated[str, Field(pattern=r"^[01][0-9]-[0-3][0-9]$")], ...]
    modes: dict[str, Weights]
    settings: dict[str, Weights]
    staff_types: dict[str, Weights]
    statuses: dict[str, Weights]


class Frailty(ConfigModel):
    """Frailty from 60. ``moderate_or_severe`` is the share by support and age (of men where there is support).

    ``above`` holds the scores above which frailty is mild, moderate and severe; ``falls_a_year`` goes from fit to severe.
    """

    moderate_or_severe: dict[str, Weights]
    severe_among_frail: float
    mild_among_others: float
    above: tuple[float, float, float]
    highest: float
    recorded: float
    falls_a_year: tuple[float, float, float, float]


class BodyMassIndex(ConfigModel):
    """Body mass index of adults, in kg/m²: mean, standard deviation, and share recorded within the period."""

    mean: float
    deviation: float
    recorded: float


class Smoking(ConfigModel):
    """Smoking status of adults, and share recorded within the period."""

    statuses: Weights
    recorded: float


class Prescribing(ConfigModel):
    """Regular medicines for each long-term condition, their issues a quarter, and medicines prescribed once."""

    regular_per_condition: float
    issues_a_quarter: Range
    once_a_quarter: float


class ContactRates(ConfigModel):
    """Contacts with teams: share on a team's list by age, factor with long-term support, contacts a year of those listed."""

    on_list: Weights
    with_long_term_support: float
    a_year: float
    teams: dict[str, Weights]
    modes: dict[str, Weights]
    attended: float


class Health(ConfigModel):
    """Admissions, conditions, registration, and what practices and community services record.

    ``emergency_nights`` is the scale of the nights of stays that are not of one day (one night and a waiting time of
    that mean); ``urinary_infection`` the share among emergencies by sex.
    """

    emergency_a_year: Weights
    emergency_male_factor: float
    emergency_group_factor: Weights
    elective_a_year: Weights
    emergency_methods: Weights
    elective_methods: Weights
    day_case: float
    emergency_same_day: float
    emergency_nights: float
    elective_nights: float
    readmission_30_days: float
    second_episode: float
    urinary_infection: Weights
    emergency_diagnoses: dict[str, Weights]
    elective_diagnoses: dict[str, Weights]
    second_diagnoses: dict[str, Weights]
    one_sex: dict[str, tuple[str, ...]]
    conditions: Conditions
    gp_appointments: Appointments
    frailty: Frailty
    body_mass_index: BodyMassIndex
    smoking: Smoking
    prescribing: Prescribing
    community_contacts: ContactRates
    mental_health_contacts: ContactRates
    causes_of_death: dict[str, Weights]
    ethnicity_not_stated: float
    number_missing: float
    registration_ended: float


class World(ConfigModel):
    """Everything about the invented country that profiles share."""

    households: Households
    ethnic_groups: dict[str, EthnicGroup]
    mixed_families: MixedFamilies
    naming: Naming
    lives: Lives
    practices: Practices
    care: Care
    person_details: PersonDetails
    carers: CarerRates
    health: Health

    @cached_property
    def group_codes(self) -> tuple[str, ...]:
        """NHS ethnic category codes of the groups, in the order that the people tables count them."""
        return tuple(self.ethnic_groups)


class SyntheticPostcodeAreas(ConfigModel):
    """The form of ``configs/codelists/synthetic_postcode_areas.yaml``: areas that do not exist."""

    areas: tuple[str, ...]


@cache
def synthetic_postcode_areas() -> tuple[str, ...]:
    """Postcode areas that stand for no real place."""
    return read_packaged("codelists/synthetic_postcode_areas.yaml", SyntheticPostcodeAreas).areas
