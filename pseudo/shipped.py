"""Where the configuration that ``pseudo`` itself reads is: the rules that every policy is held against."""

from pathlib import Path

from pseudo.errors import ConfigError


def shipped(relative: str) -> Path:
    """A configuration file by its path, in a checkout (``configs``) or an installed wheel (``linkage/configs``).

    Raises ConfigError when the installation lacks it: nothing is released without the rules.
    """
    root = Path(__file__).resolve().parents[1]
    for folder in (root / "linkage" / "configs", root / "configs"):
        if (folder / relative).is_file():
            return folder / relative
    raise ConfigError(f"The file configs/{relative} is missing from this installation of cldlink. Install it again.")
