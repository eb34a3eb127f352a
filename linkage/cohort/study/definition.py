"""The definition of a study, read from ``configs/studies/*.yaml`` or a file of one's own."""

import csv
from datetime import date
from pathlib import Path

from pydantic import Field

from linkage.cohort.derive.definitions import AgeBand
from linkage.configs import packaged
from linkage.errors import UsageError
from pseudo.config_file import ConfigModel, read_config


class NotKnown(ConfigModel):
    """The category of people without a listed code."""

    sex: str
    ethnic_group: str


class StudyDefinition(ConfigModel):
    """A comparison of long-term service users with other registered adults over the months after ``start``."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    start: date | None
    months: int = Field(ge=1, le=120)
    admission_methods: tuple[str, ...] = Field(min_length=1)
    age_bands: tuple[AgeBand, ...] = Field(min_length=1)
    sexes: dict[str, str]
    ethnic_groups: str
    not_known: NotKnown
    registration_gap_days: int = Field(ge=0)
    disclosure_policy: str


def study_definition(study: Path | str) -> StudyDefinition:
    """Read a study file, or the packaged study of that name. Raises UsageError when there is neither."""
    own = Path(study)
    shipped = packaged(f"studies/{study}.yaml")
    if own.suffix in (".yaml", ".yml"):
        return read_config(own, StudyDefinition)
    if not shipped.is_file():
        names = ", ".join(sorted(path.stem for path in packaged("studies").glob("*.yaml")))
        raise UsageError(f"{study}: no packaged study has this name. There are: {names}; or give a .yaml file.")
    return read_config(shipped, StudyDefinition)


def ethnic_groups(definition: StudyDefinition) -> dict[str, tuple[str, ...]]:
    """Group → codes, from the columns ``code`` and ``group5`` of the study's packaged code list."""
    groups: dict[str, list[str]] = {}
    with packaged(definition.ethnic_groups).open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            if row["group5"]:
                groups.setdefault(row["group5"], []).append(row["code"])
    return {group: tuple(codes) for group, codes in groups.items()}
