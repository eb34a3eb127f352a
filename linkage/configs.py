"""Where the packaged configuration lives, and how it is read.

In an installed wheel the files are at ``linkage/configs``; in a checkout (an editable install) at ``configs``.
"""

from functools import cache
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from linkage.errors import InternalError
from pseudo.config_file import read_config

Model = TypeVar("Model", bound=BaseModel)


@cache
def configs_dir() -> Path:
    """The folder of the packaged configuration. Raises InternalError when the installation lacks it."""
    package = Path(__file__).resolve().parent
    for folder in (package / "configs", package.parent / "configs"):
        if folder.is_dir():
            return folder
    raise InternalError("The configuration files of cldlink are missing from this installation. Install it again.")


def packaged(relative: str) -> Path:
    """Path of a packaged configuration file, such as ``specs/v4.2.yaml``."""
    return configs_dir() / relative


def read_packaged(relative: str, model: type[Model]) -> Model:
    """Read a packaged configuration file into its model."""
    return read_config(packaged(relative), model)
