"""The settings of a synthetic world: one profile (size, seed, authorities, fault rates, planted effects) and the world
it stands in (``configs/synth/world.yaml``: how people live, are named, are cared for and fall ill).

Shares are probabilities from 0 to 1; weights are relative to their own list.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import ConfigDict, Field, model_validator

from linkage.configs import packaged, read_packaged
from linkage.errors import UsageError
from linkage.spec import authorities, versions
from linkage.synth.records.fault_rates import FaultRates
from linkage.synth.world import World, synthetic_postcode_areas
from pseudo.config_file import ConfigModel, read_config

Share = Annotated[float, Field(ge=0, le=1)]


class AuthorityProfile(ConfigModel):
    """One invented authority and the habits of its case system.

    ``share`` is its part of the households; ``identifier`` the format of its person identifiers; quarters count from 1.
    From ``renumbered_from_quarter`` on, after a change of case system, everybody has an identifier of the form
    ``new_identifier`` instead. Files of ``excel_quarters`` were saved by a spreadsheet, those of ``sql_export_quarters``
    written by a database tool. ``uplift_from``, a first of a month, is the day of new prices that a second row records.
    ``never_closed`` is the share of ended services whose end is never recorded.
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
    renumbered_from_quarter: int | None = None
    new_identifier: str = ""
    excel_quarters: tuple[int, ...] = ()
    sql_export_quarters: tuple[int, ...] = ()
    uplift_from: date | None = None
    never_closed: Share = 0.0

    @model_validator(mode="after")
    def _makes_sense(self) -> "AuthorityProfile":
        if not _distinguishes(self.identifier):
            raise ValueError("identifier needs one place for a number, such as 'SY{:06d}'")
        if self.renumbered_from_quarter and not _distinguishes(self.new_identifier):
            raise ValueError("renumbered_from_quarter needs a new_identifier such as 'P{:09d}'")
        quarters = {*self.windows_1252_quarters, *self.byte_order_mark_quarters, *self.excel_quarters}
        if not {*quarters, *self.sql_export_quarters, self.renumbered_from_quarter or 1} <= {1, 2, 3, 4}:
            raise ValueError("quarters are 1 to 4")
        unknown = sorted(set(self.postcode_areas) - set(synthetic_postcode_areas()))
        if unknown or not self.postcode_areas:
            known = ", ".join(synthetic_postcode_areas())
            raise ValueError(f"postcode_areas must be areas that do not exist: some of {known}")
        if self.la_code not in {authority.code for authority in authorities() if authority.synthetic}:
            raise ValueError(
                "la_code must be that of an invented authority (configs/codelists/synthetic_authorities.yaml)"
            )
        if self.spec not in versions():
            raise ValueError(f"spec is one of {', '.join(versions())}")
        return self


def _distinguishes(form: str) -> bool:
    """Whether a format makes different texts of different numbers."""
    try:
        return form.format(1) != form.format(2)
    except (IndexError, KeyError, ValueError):
        return False


class Coverage(ConfigModel):
    """Who is in a submission. ``by_age`` gives the chance of an adult in a private household who has no long-term
    condition, from that age (completed years) up to the next one; conditions multiply its odds by the planted ratios."""

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


class SubmissionFaults(ConfigModel):
    """Faults of event rows and of the succession of quarterly files.

    ``withdrawn_later``: in its first file only. ``lost_later``: missing from one later file. ``uplift_rows``: long-term
    services with a cost that a new price splits into two rows; ``uplift_left_open``: of these, whose old row stays as it
    was. ``uplift_percent``: how much more the new price is. The ``excel_`` shares are of the rows of a damaged file.
    """

    number_known_at_once: Share
    recorded_late: Share
    corrected_later: Share
    withdrawn_later: Share
    lost_later: Share = 0.0
    uplift_rows: Share = 0.0
    uplift_left_open: Share = 0.0
    uplift_percent: float = 0.0
    excel_scientific: Share = 0.0
    excel_no_break_space: Share = 0.0
    excel_point_zero: Share = 0.0
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
    """Effects that an analysis must recover; ``truth/planted.yaml`` says among whom and over which time.

    ``use_odds_ratio_by_conditions`` is for 0, 1, 2, ... long-term conditions, the last for that many or more;
    ``gp_rate_ratio`` is by long-term support on the first day of the period.
    """

    emergency_rate_ratio: float = Field(ge=1)
    use_odds_ratio_by_conditions: tuple[float, ...]
    gp_rate_ratio: dict[str, float]
    gp_rate_ratio_after_reablement: Share
    readmission_30_days_after_reablement: Share
    frailty_odds_ratio_women_with_support: float
    urinary_infection_in_care_homes_from_90: Share


class SynthProfile(ConfigModel):
    """One synthetic world. ``people`` is its number of people; ``story`` goes into its README.

    A profile ``based_on`` another packaged one says only what differs: mappings are merged key by key, everything else
    (lists too) is replaced.
    """

    name: str
    based_on: str | None = None
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

    @model_validator(mode="after")
    def _can_be_made(self) -> "SynthProfile":
        codes = [authority.la_code for authority in self.authorities]
        if not codes or len(set(codes)) < len(codes) or sum(a.share for a in self.authorities) <= 0:
            raise ValueError("authorities: name at least one, each once, with shares that are not all 0")
        start, end = self.period_start, self.period_end
        if start.day != 1 or date(start.year + 1, start.month, 1) - timedelta(days=1) != end:
            raise ValueError(
                "the period is one year that starts on the first of a month, such as 2023-04-01 to 2024-03-31"
            )
        return self

    @model_validator(mode="before")
    @classmethod
    def _on_its_base(cls, document: Any) -> Any:
        base = document.get("based_on") if isinstance(document, dict) else None
        return document if base is None else _merged(_document(base), document)

    def with_absent(self, share: float) -> "SynthProfile":
        """This profile with another share of the submitted people absent from the register. Raises UsageError outside
        0 to 1.
        """
        if not 0 <= share <= 1:
            raise UsageError("The share of people absent from the register must lie between 0 and 1.")
        return self.model_copy(update={"register_rates": self.register_rates.model_copy(update={"absent": share})})

    def load_world(self) -> World:
        """The world this profile stands in."""
        return read_packaged(self.world, World)


class _Document(ConfigModel):
    """A profile as it is written, before it is known to be whole."""

    model_config = ConfigDict(extra="allow")


def _document(name: str) -> dict[str, Any]:
    """What a packaged profile says, with what it is based on."""
    if name not in profile_names():
        raise ValueError(f"is based on '{name}', which is none of {', '.join(profile_names())}")
    written = dict(read_packaged(f"synth/{name}.yaml", _Document).model_extra or {})
    return _merged(_document(written.pop("based_on")), written) if "based_on" in written else written


def _merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    both = {
        key: _merged(base[key], value)
        for key, value in changes.items()
        if isinstance(value, dict) and isinstance(base.get(key), dict)
    }
    return {**base, **changes, **both}


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
