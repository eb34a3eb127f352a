"""The settings of a synthetic world: one profile (size, seed, authorities, fault rates, planted effects) and the world
it stands in (``configs/synth/world.yaml``: how people live, are named, are cared for and fall ill).

Shares are probabilities from 0 to 1; weights are relative to their own list.
"""

from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import Field

from linkage.configs import packaged, read_packaged
from linkage.errors import UsageError
from linkage.synth.world import World
from pseudo.config_file import ConfigModel, read_config

Share = Annotated[float, Field(ge=0, le=1)]


class AuthorityProfile(ConfigModel):
    """One invented authority and the habits of its case system.

    ``share`` is its part of the households; ``identifier`` the format of its person identifiers; quarters count from 1.
    """

    la_code: str
    spec: str
    share: Share
    postcode_areas: tuple[str, ...]
    identifier: str
    upper_case_names: Share
    midnight_event_types: tuple[str, ...]
    windows_1252_quarters: tuple[int, ...]
    byte_order_mark_quarters: tuple[int, ...]
    carers: bool


class Coverage(ConfigModel):
    """Who is in a submission. ``by_age`` gives the chance from that age (completed years) up to the next one."""

    by_age: dict[str, Share]
    care_home: Share
    carer_in_household: Share
    known_by_association: Share
    carer_is_also_user: Share


class RegisterRates(ConfigModel):
    """The register's own cases. ``absent`` and ``invalidated`` are shares of the submitted people."""

    absent: Share
    invalidated: Share
    superseded: Share
    superseded_twice: Share
    sensitive: dict[str, Share]


class NumberFaults(ConfigModel):
    """Shares of records whose NHS number is missing, fails its check digit, or belongs to somebody else."""

    missing: Share
    invalid: Share
    anothers: Share


class FaultRates(ConfigModel):
    """Faults of the person details in a submission.

    ``carelessness`` is the standard deviation, in log-odds, of the trait that makes one record's faults go together;
    ``pattern_factor`` multiplies the odds by naming pattern.
    """

    carelessness: float
    pattern_factor: dict[str, float]
    number: NumberFaults
    anothers_with_their_birth_date: Share
    number_missing_when_absent: Share
    number_superseded_given: Share
    number_spaced: Share
    twin_placeholder: Share
    bare_record: Share
    given_name_typo: Share
    family_name_typo: Share
    nickname: Share
    initial_only: Share
    given_name_placeholder: Share
    names_swapped: Share
    previous_family_name: Share
    day_month_swapped: Share
    birth_digit: Share
    birth_placeholder: Share
    stale_postcode: Share
    care_home_postcode_early: Share
    postcode_typo: Share
    postcode_missing: Share
    postcode_unspaced: Share
    gender_wrong: Share
    gender_unknown: Share
    duplicate_local_id: Share
    birth_placeholder_written: Share
    birth_placeholder_date: date
    no_fixed_abode_postcode: str


class SubmissionFaults(ConfigModel):
    """Faults of event rows and of the succession of quarterly files."""

    number_known_at_once: Share
    recorded_late: Share
    corrected_later: Share
    withdrawn_later: Share
    end_before_start: Share
    duplicate_row: Share
    reference_missing: Share
    reference_repeated: Share
    mechanism_missing: Share
    outcome_missing: Share
    guidance_wording: Share
    case_or_spaces: Share
    field_blank: Share
    details_disagree: Share


class Planted(ConfigModel):
    """Effects that an analysis must recover: here the rate ratio of emergency admission of long-term support users."""

    emergency_rate_ratio: float


class SynthProfile(ConfigModel):
    """One synthetic world. ``people`` is the number of adults, met to within one household; ``story`` goes into its README."""

    name: str
    seed: int = Field(ge=0)
    people: int = Field(ge=1)
    period_start: date
    period_end: date
    world: str
    story: str
    care_homes_per_household: Share
    authorities: tuple[AuthorityProfile, ...]
    coverage: Coverage
    register_rates: RegisterRates = Field(alias="register")
    faults: FaultRates
    submission: SubmissionFaults
    planted: Planted

    def load_world(self) -> World:
        """The world this profile stands in."""
        return read_packaged(self.world, World)


def profile_names() -> tuple[str, ...]:
    """The profiles that come with cldlink."""
    return tuple(sorted(path.stem for path in packaged("synth").glob("*.yaml") if path.stem != "world"))


def load_profile(name: str) -> SynthProfile:
    """A packaged profile by name, or one's own by path to a YAML file. Raises UsageError when there is neither."""
    if name in profile_names():
        return read_packaged(f"synth/{name}.yaml", SynthProfile)
    if Path(name).suffix in {".yaml", ".yml"}:
        return read_config(Path(name), SynthProfile)
    raise UsageError(f"There is no synth profile '{name}'. Known profiles: {', '.join(profile_names())}.")
