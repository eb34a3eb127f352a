"""Local authorities: codes and names with the days they were valid, and the invented ones of synthetic data.

Source: the code list of CLD specification v4.2 (February 2021). Authorities created since are not in it.
"""

import csv
from dataclasses import dataclass
from datetime import date
from functools import cache

from linkage.configs import packaged, read_packaged
from linkage.spec.headings import heading_key
from pseudo.config_file import ConfigModel


@dataclass(frozen=True)
class Authority:
    """One local authority. ``valid_from`` and ``valid_to`` are inclusive; None means open at that end."""

    code: str
    name: str
    valid_from: date | None = None
    valid_to: date | None = None
    aliases: tuple[str, ...] = ()
    synthetic: bool = False

    def known_on(self, day: date) -> bool:
        """Whether the code was in use on a day."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)

    @property
    def name_keys(self) -> tuple[str, ...]:
        """The forms of its names that ``heading_key`` gives, for comparison without case and punctuation."""
        return tuple(heading_key(name) for name in (self.name, *self.aliases))


class SyntheticAuthority(ConfigModel):
    """One invented authority."""

    code: str
    name: str


class SyntheticAuthorities(ConfigModel):
    """The form of ``configs/codelists/synthetic_authorities.yaml``."""

    authorities: tuple[SyntheticAuthority, ...]


@cache
def authorities() -> tuple[Authority, ...]:
    """Every authority by code, real ones first; the caller decides whether ``synthetic`` ones may appear."""
    with packaged("codelists/local_authorities.csv").open(encoding="utf-8", newline="") as handle:
        real = tuple(_authority(row) for row in csv.DictReader(handle))
    invented = read_packaged("codelists/synthetic_authorities.yaml", SyntheticAuthorities).authorities
    return real + tuple(Authority(entry.code, entry.name, synthetic=True) for entry in invented)


def _authority(row: dict[str, str]) -> Authority:
    return Authority(
        code=row["code"],
        name=row["name"],
        valid_from=_day(row["valid_from"]),
        valid_to=_day(row["valid_to"]),
        aliases=tuple(alias for alias in row["aliases"].split("|") if alias),
    )


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
