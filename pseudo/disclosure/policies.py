"""Disclosure policies: named rules for figures, read from ``configs/disclosure/policies.yaml``, which explains the keys."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from pseudo.config_file import ConfigModel, read_config
from pseudo.errors import PolicyError

DEFAULT_POLICY = "hes_subnational"
Label = Literal["certain", "implied", "inferred", "design"]


class DisclosurePolicy(ConfigModel):
    """A named rule for figures; the keys are explained in ``configs/disclosure/policies.yaml``."""

    name: str = ""
    version: str
    description: str
    source: str
    label: dict[str, Label]
    threshold: int = Field(ge=1)
    hidden: str
    hide_zero: bool
    zero_text: str
    round_to: int = Field(ge=1)
    totals: Literal["own_rule", "sum_of_shown"]
    secondary: Literal["none", "complementary"]
    amount_threshold: int = Field(ge=1)
    amount_people: int = Field(ge=1, default=1)
    amount_figures: int = Field(ge=1, default=15)
    percentage_points: float = Field(gt=0, default=100.0)
    extremes: Literal["refused", "shown"]
    inside: bool = False

    @model_validator(mode="after")
    def _hidden_numbers_stay_hidden(self) -> "DisclosurePolicy":
        exact_and_hiding = self.round_to == 1 and self.threshold > 1
        if exact_and_hiding != (self.secondary == "complementary"):
            raise ValueError(
                "secondary must be complementary where numbers are hidden and the others exact, and only there"
            )
        return self

    def rounded(self, counts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Counts to the nearest multiple of ``round_to``; a half, which only an even multiple has, goes up."""
        made: npt.NDArray[np.int64] = self.round_to * ((counts + self.round_to // 2) // self.round_to)
        return made

    def stands_for(self, shown: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """The least and the most that is shown as these numbers."""
        below, above = self.round_to // 2, (self.round_to - 1) // 2
        of_zero = above if self.threshold <= above else 0
        return np.where(shown > 0, shown - below, 0.0), np.where(shown > 0, shown + above, float(of_zero))

    def as_dict(self) -> dict[str, str | int]:
        """The rule as it stands in the record of an output."""
        return {
            "name": self.name,
            "version": self.version,
            "threshold": self.threshold,
            "amount_threshold": self.amount_threshold,
            "amounts": self._amounts_said(),
            "round_base": self.round_to,
            "zero": "hidden" if self.hide_zero else f"shown as {self.zero_text}",
            "totals": "exact then rule" if self.totals == "own_rule" else "sum of the cells as shown",
            "percentages": self._percentages_said(),
            "secondary": "none needed" if self.secondary == "none" else self.secondary,
            "minimum_and_maximum": self.extremes,
        }

    def _amounts_said(self) -> str:
        if self.inside:
            return "exact"
        return f"to {self.amount_people} average people, at most {self.amount_figures} figures; sums from averages as shown"

    def _percentages_said(self) -> str:
        if self.round_to == 1:
            return "from the numbers as shown"
        return f"from the numbers as shown, left out where rounding could move one by over {self.percentage_points:g} points"


class _Policies(ConfigModel):
    policies: dict[str, DisclosurePolicy]


def load_policies(path: Path) -> Mapping[str, DisclosurePolicy]:
    """The disclosure policies of a file, by name. Raises ConfigError."""
    read = read_config(path, _Policies).policies
    return {name: policy.model_copy(update={"name": name}) for name, policy in read.items()}


def choose_policy(policies: Mapping[str, DisclosurePolicy], name: str = DEFAULT_POLICY) -> DisclosurePolicy:
    """One policy by name. Raises PolicyError, listing the names there are."""
    if name not in policies:
        raise PolicyError(f"There is no disclosure policy of that name. There are: {', '.join(sorted(policies))}.")
    return policies[name]
