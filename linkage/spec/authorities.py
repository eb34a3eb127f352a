"""Local authorities: codes and names with the days they were valid, and the invented ones of synthetic data.

Source: the code list of CLD specification v4.2 (February 2021). Authorities created since are in
``configs/codelists/successor_authorities.csv``; they count as known once their LA Code is stated there.
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


@dataclass(frozen=True)
class Successor:
    """An authority that came in place of another. ``la_code`` is None where the code in submissions is not known here."""

    predecessor: str
    name: str
    since: date
    gss_code: str
    la_code: str | None


class SyntheticAuthority(ConfigModel):
    """One invented authority."""

    code: str
    name: str


class SyntheticAuthorities(ConfigModel):
    """The form of ``configs/codelists/synthetic_authorities.yaml``."""

    authorities: tuple[SyntheticAuthority, ...]


@cache
def authorities() -> tuple[Authority, ...]:
    """Every authority by code, real ones first; the caller decides whether ``synthetic`` ones may appear.

    Successors with a code stand after those of 2021; one that took over a code of 2021 is that authority.
    """
    real = tuple(_authority(row) for row in _rows("local_authorities.csv"))
    codes = {authority.code for authority in real}
    later = {one.la_code: one for one in successors() if one.la_code and one.la_code not in codes}
    real += tuple(Authority(code, one.name, valid_from=one.since) for code, one in later.items())
    invented = read_packaged("codelists/synthetic_authorities.yaml", SyntheticAuthorities).authorities
    return real + tuple(Authority(entry.code, entry.name, synthetic=True) for entry in invented)


@cache
def successors() -> tuple[Successor, ...]:
    """The authorities that came in place of one of 2021, one for each that it replaced."""
    return tuple(
        Successor(
            predecessor=row["predecessor_code"],
            name=row["name"],
            since=date.fromisoformat(row["valid_from"]),
            gss_code=row["gss_code"],
            la_code=row["la_code"] or None,
        )
        for row in _rows("successor_authorities.csv")
    )


def _authority(row: dict[str, str]) -> Authority:
    return Authority(
        code=row["code"],
        name=row["name"],
        valid_from=_day(row["valid_from"]),
        valid_to=_day(row["valid_to"]),
        aliases=tuple(alias for alias in row["aliases"].split("|") if alias),
    )


def _rows(name: str) -> list[dict[str, str]]:
    with packaged(f"codelists/{name}").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
