"""Which DSCRO an authority's submissions go to, and which authorities came after one that is no more."""

import csv
from dataclasses import dataclass
from datetime import date

from linkage.configs import packaged
from linkage.errors import UsageError
from linkage.spec import Successor, authorities, successors


@dataclass(frozen=True)
class Dscro:
    """A data services for commissioners regional office."""

    code: str
    name: str


@dataclass(frozen=True)
class Route:
    """Where the submissions of an authority go, as of 2021; ``until`` is the authority's last day, if it has ended."""

    la_code: str
    la_name: str
    dscros: tuple[Dscro, ...]
    until: date | None
    successors: tuple[Successor, ...]


def route(la_code: str) -> Route:
    """The route of an authority by its code or its exact name; that of an authority that replaced one of 2021 is the
    replaced one's. Raises UsageError when there is none.
    """
    authority = next((one for one in authorities() if la_code in (one.code, one.name) and not one.synthetic), None)
    if authority is None:
        raise UsageError(f"There is no authority {la_code} in the list of 2021. Codes are in docs/reference/.")
    listed = {row["la_code"]: row for row in _rows()}
    before = [one.predecessor for one in successors() if one.la_code == authority.code]
    row = next(listed[code] for code in (authority.code, *before) if code in listed)
    dscros = tuple(Dscro(row[f"dscro_code_{n}"], row[f"dscro_name_{n}"]) for n in (1, 2) if row[f"dscro_code_{n}"])
    later = tuple(one for one in successors() if one.predecessor == authority.code)
    return Route(authority.code, authority.name, dscros, authority.valid_to, later)


def _rows() -> list[dict[str, str]]:
    with packaged("codelists/la_dscro.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))
