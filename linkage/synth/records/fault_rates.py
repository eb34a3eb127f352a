"""Settings of the faults of person details: how often each strikes, whom it strikes more, and what is written instead.

A rate is the share of records struck among those that the fault can strike, for people whose odds factors are all 1.
Weights are relative to their own list.
"""

from typing import Annotated, Literal

from pydantic import Field

from pseudo.config_file import ConfigModel

Share = Annotated[float, Field(ge=0, le=1)]
Factor = Annotated[float, Field(gt=0)]
Weights = dict[str, Annotated[float, Field(ge=0)]]


class OddsFactors(ConfigModel):
    """What multiplies the odds of a fault. Whatever is not named has the factor 1.

    ``authority`` is by code, ``pattern`` by naming pattern; ``age`` holds from an age (completed years at the end of the
    period) up to the next; ``deprivation`` is by quintile of the small area, 1 the most deprived fifth.
    """

    authority: dict[str, Factor] = Field(default_factory=dict)
    pattern: dict[str, Factor] = Field(default_factory=dict)
    age: dict[str, Factor] = Field(default_factory=dict)
    sex: dict[Literal["female", "male"], Factor] = Field(default_factory=dict)
    deprivation: dict[str, Factor] = Field(default_factory=dict)
    no_fixed_abode: Factor = 1.0


class NumberFaults(ConfigModel):
    """NHS numbers that are missing, fail their check digit, or belong to somebody else.

    ``anothers_is_spouses`` is the share that comes from the spouse where there is one; ``missing_factor`` multiplies the
    odds of a missing number beside the factors of all faults.
    """

    missing: Share
    missing_factor: OddsFactors
    invalid: Share
    invalid_kinds: Weights
    anothers: Share
    anothers_is_spouses: Share
    anothers_with_their_birth_date: Share
    missing_when_absent: Share
    superseded_given: Share
    spaced: Share


class NameFaults(ConfigModel):
    """Faults of names. ``goes_by_nickname`` and ``goes_by_other_given_name`` are traits of the person, not of the record:
    ``usual_name_written`` is the share of such a person's records that follow it. ``inverted`` (family name first) is by
    naming pattern; ``single`` weighs the ways to write somebody who has one name only: the field it stands in (given or
    family), a space, and what stands in the other (nothing, a text, or ``same`` for the name again).
    """

    given_typo: Share
    family_typo: Share
    typo_kinds: Weights
    goes_by_nickname: Share
    goes_by_other_given_name: Share
    usual_name_written: Share
    initial_only: Share
    given_placeholder: Share
    family_placeholder: Share
    both_placeholder: Share
    twin_placeholder: Share
    placeholders: dict[Literal["given", "family", "both"], Weights]
    swapped: Share
    inverted: dict[str, Share]
    single: Weights
    previous_family: Share
    double_reduced: Share
    double_reduced_to_second: Share
    accents_lost: Share
    punctuation_lost: Share
    cut: Share
    cut_to_letters: int = Field(ge=2)
    title: Share
    titles: dict[Literal["female", "male"], Weights]
    suffix: Share
    suffixes: Weights
    deceased_in_name: Share
    deceased_text: str


class BirthFaults(ConfigModel):
    """Faults of the date of birth. ``missing`` is blank or a placeholder (``missing_as``; an empty text is blank);
    ``system_default`` a date that no reader can know to be one; ``year_only`` the first of January of the true year.
    """

    missing: Share
    missing_as: Weights
    system_default: Share
    system_defaults: Weights
    year_only: Share
    day_month_swapped: Share
    digit_wrong: Share
    digit_kinds: Weights


class PostcodeFaults(ConfigModel):
    """Faults of the postcode. ``stale_by_moves`` weighs the addresses of one, two, … moves ago that a stale one may be;
    ``{town}`` in a placeholder is the name of the authority's area.
    """

    stale: Share
    stale_by_moves: tuple[float, ...]
    care_home_early: Share
    no_fixed_abode_written: Share
    no_fixed_abode_as: str
    placeholder: Share
    placeholders: Weights
    typo: Share
    typo_kinds: Weights
    partial: Share
    missing: Share
    unspaced: Share


class GenderFaults(ConfigModel):
    """Gender recorded wrongly, or as not known."""

    wrong: Share
    unknown: Share


class FaultRates(ConfigModel):
    """Faults of the person details in a submission.

    ``carelessness`` is the standard deviation, in log-odds, of the trait that makes one record's faults go together.
    ``bare_record`` has name and gender only: no number, no date of birth, no postcode.
    """

    carelessness: float = Field(ge=0, le=4)
    factor: OddsFactors
    duplicate_local_id: Share
    bare_record: Share
    number: NumberFaults
    name: NameFaults
    birth: BirthFaults
    postcode: PostcodeFaults
    gender: GenderFaults
