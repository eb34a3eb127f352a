"""The two layouts of the national services' files, and what their codes say: ``configs/trace/national.yaml``."""

from collections.abc import Mapping
from functools import cache
from typing import Literal

from linkage.configs import read_packaged
from linkage.errors import UsageError
from pseudo.config_file import ConfigModel

REFERENCE = "UNIQUE REFERENCE"
# What marks an answer made by cldlink from a local register: it must never pass for that of the national service.
LOCAL_WORKFLOW, LOCAL_COLUMN = "LOCAL_MPT_RESPONSE", "ANSWERED_LOCALLY"


class Layout(ConfigModel):
    """One file form. ``header``: the first row holds counts (MPT) or the names of the columns (PDS MESH)."""

    title: str
    workflow: str
    response_workflows: tuple[str, ...]
    header: Literal["counts", "names"]
    request: tuple[str, ...]
    response: tuple[str, ...]


class NationalStep(ConfigModel):
    """A step of the national cascade: its name in our trace table and how a reason tells it."""

    name: str
    says: str


class NationalFiles(ConfigModel):
    """Layouts, limits and codes."""

    max_rows: int
    layouts: Mapping[str, Layout]
    also_written: Mapping[str, str]
    lengths: Mapping[str, int]
    file_codes: Mapping[str, str]
    record_codes: Mapping[str, str]
    sentinels: Mapping[str, str]
    steps: Mapping[str, NationalStep]


@cache
def national_files() -> NationalFiles:
    """The packaged layouts and codes."""
    return read_packaged("trace/national.yaml", NationalFiles)


def layout(name: str) -> Layout:
    """A layout by name. Raises UsageError when there is none of that name."""
    known = national_files().layouts
    if name not in known:
        raise UsageError(f"There is no national file layout of that name. Known: {', '.join(known)}.")
    return known[name]
