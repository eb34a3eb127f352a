"""Settings of tracing, read from ``configs/trace/``: profiles, the frozen model, blocking limits."""

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from linkage.configs import configs_dir
from linkage.errors import UsageError
from linkage.trace.comparisons import COMPARISONS, FREQUENCY_COLUMNS
from pseudo.config_file import ConfigModel, read_config

_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")


class Profile(ConfigModel):
    """How evidence becomes a decision. Weights and gaps are in bits (log2 Bayes factor, the prior included).

    With ``cascade`` the national cascade runs alone, by rules of its own (``configs/trace/mps.yaml``).
    """

    name: str
    version: int = Field(ge=1)
    description: str
    model: str
    min_weight: float
    min_gap: float = Field(ge=0)
    min_weight_to_correct: float
    review_weight: float
    cascade: Literal["mps"] | None = None


class RegisterSettings(ConfigModel):
    """How a register is prepared (``configs/trace/register.yaml``).

    ``baseline_u`` and ``baseline_frequency`` stand for ``baseline_pairs`` pairs and ``baseline_people`` people beside
    the register's own.
    """

    max_people_per_key: int = Field(ge=1)
    most_rows_of_a_small_register: int = Field(ge=0)
    confidentiality: Mapping[str, Literal["sensitive", "invalidated", "ordinary"]]
    u_sample_people: int = Field(ge=1)
    u_sample_pairs: int = Field(ge=1)
    baseline_pairs: int = Field(ge=1)
    baseline_u: Mapping[str, Mapping[str, float]]
    fixed_u: Mapping[str, Mapping[str, float]]
    baseline_people: int = Field(ge=1)
    baseline_frequency: Mapping[str, float]

    @model_validator(mode="after")
    def _complete(self) -> "RegisterSettings":
        for comparison in COMPARISONS:
            if set(self.baseline_u.get(comparison.field, {})) != set(comparison.level_names):
                raise ValueError(f"baseline_u.{comparison.field} needs exactly {', '.join(comparison.level_names)}")
        if set(self.baseline_frequency) != set(FREQUENCY_COLUMNS):
            raise ValueError(f"baseline_frequency needs exactly {', '.join(FREQUENCY_COLUMNS)}")
        return self


class WeightCaps(ConfigModel):
    """The most that a match can weigh, in bits, when the rival is a relative and not a random person.

    ``twin``: the given name is unlike any of the person's, or only similar while the number does not agree. ``copied``: it
    is unlike, and so is the gender, or the number agrees and the family name is unlike too (a spouse's or lodger's number
    and date of birth). ``copied_unnamed``: the gender differs and the given name is not the person's for certain.
    ``copied_untold``: the number agrees, there is no given name to compare, and no gender or another family name; or only an
    initial in the wrong field, and no place that agrees.
    ``unnamed``: there is no given name to compare. ``namesake``: the date of birth is another or agrees in part, or two
    details are not quite the person's (``decide``): date and given name, both names, a name and the place, or no date and
    any of them.
    ``undated``: there is no date to compare. ``undated_child``: nor is the person of age. The last four do not hold when
    the NHS number agrees.

    Three are no caps. ``together`` is taken off: both names agree, the postcode and the number do not (names of one origin
    and time go together); ``together_in_area`` where the postcode area does agree (and live together). ``exchanged`` is
    added: both names stand in each other's field, which is one slip and not two.
    """

    twin: float
    unnamed: float
    copied: float
    copied_unnamed: float
    copied_untold: float
    namesake: float
    undated: float
    undated_child: float
    together: float
    together_in_area: float
    exchanged: float


class TraceModel(ConfigModel):
    """The frozen model: for each comparison the probability of each level when both records are one person (m)."""

    name: str
    version: int = Field(ge=1)
    trained_on: str
    share_in_register: float = Field(gt=0, le=1)
    caps: WeightCaps
    m: Mapping[str, Mapping[str, float]]

    @model_validator(mode="after")
    def _complete(self) -> "TraceModel":
        for comparison in COMPARISONS:
            given = self.m.get(comparison.field, {})
            if set(given) != set(comparison.level_names):
                raise ValueError(f"m.{comparison.field} needs exactly the levels {', '.join(comparison.level_names)}")
            if not all(0 < value < 1 for value in given.values()):
                raise ValueError(f"m.{comparison.field}: every probability must lie between 0 and 1")
            if abs(sum(given.values()) - 1) > 0.001:
                raise ValueError(f"m.{comparison.field}: the probabilities must add up to 1")
        return self


def load_profile(name: str) -> Profile:
    """A packaged profile by name, or one's own by the path of a YAML file. Raises UsageError on an unknown name."""
    return read_config(_path(name, "profile"), Profile)


def load_model(name: str) -> TraceModel:
    """A packaged model by name, or one's own by path."""
    return read_config(_path(name, "model"), TraceModel)


def model_sha256(model: TraceModel) -> str:
    """The SHA-256 of what the model says: the same for the same probabilities and caps, however its file is laid out.

    Name, version and ``trained_on`` do not count.
    """
    says = model.model_dump(exclude={"name", "version", "trained_on"})
    return hashlib.sha256(json.dumps(says, sort_keys=True).encode()).hexdigest()


def model_identity(model: TraceModel) -> dict[str, str | int]:
    """What a manifest says of the model that was used."""
    return {"name": model.name, "version": model.version, "sha256": model_sha256(model)}


def require_name(name: str) -> None:
    """Raise UsageError unless ``name`` can name a profile or model."""
    if not _NAME.fullmatch(name):
        raise UsageError("A name has 1 to 40 letters, digits, hyphens and underscores.")


def load_register_settings() -> RegisterSettings:
    """The packaged settings of register preparation."""
    return read_config(configs_dir() / "trace" / "register.yaml", RegisterSettings)


def _path(name: str, kind: str) -> Path:
    if name.endswith((".yaml", ".yml")):
        return Path(name)
    folder = configs_dir() / "trace"
    prefix = f"{kind}_"
    known = sorted(path.stem.removeprefix(prefix) for path in folder.glob(f"{prefix}*.yaml"))
    if not _NAME.fullmatch(name) or name not in known:
        raise UsageError(
            f"There is no {kind} of that name. Known: {', '.join(known)}; or give the path of a YAML file."
        )
    return folder / f"{prefix}{name}.yaml"
