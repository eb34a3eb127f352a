"""The rates of the dirty file (``configs/synth/lts001/dirty.yaml``). Shares are probabilities from 0 to 1."""

from datetime import date

from linkage.configs import read_packaged
from linkage.synth.profile import Share
from linkage.synth.world import Range
from pseudo.config_file import ConfigModel


class PersonShares(ConfigModel):
    """Shares of people (of those whose support ended for ``closed_late``, of those with a second identifier for its number)."""

    number_missing: Share
    second_identifier: Share
    second_identifier_without_number: Share
    closed_late: Share
    birth_missing: Share
    birth_placeholder: Share
    reason_changed: Share
    ended_before_year: Share


class Uplift(ConfigModel):
    """Services split by a change of price: their share, the day, and how the two rows meet (else on the next day)."""

    share: Share
    usual_day: date
    on_usual_day: Share
    overlap: Share
    overlap_days: Range
    gap: Share
    reset: Share


class RowShares(ConfigModel):
    """Shares of rows that the fault can strike."""

    repeated: Share
    guidance_wording: Share
    case_or_spaces: Share
    mechanism_missing: Share
    end_before_start: Share
    start_day_month_swapped: Share


class Tolerance(ConfigModel):
    """How far the dirty tables may be from the clean ones, in per cent of the clean figure."""

    total_percent: float
    column_percent: float
    small_number: int


class DirtySettings(ConfigModel):
    """Everything that spoils the clean submission."""

    people: PersonShares
    birth_placeholder_date: date
    uplift: Uplift
    rows: RowShares
    tolerance: Tolerance


def dirty_settings() -> DirtySettings:
    """The packaged rates."""
    return read_packaged("synth/lts001/dirty.yaml", DirtySettings)
