"""Which DSCRO an authority's submissions go to, and which authorities came after one that is no more."""

import csv
from dataclasses import dataclass
from datetime import date

from linkage.configs import packaged
from linkage.errors import UsageError
from linkage.spec import authorities


@dataclass(frozen=True)
class Dscro:
    """A data services for commissioners regional office."""

    code: str
    name: str


@dataclass(frozen=True)
class Successor:
    """An authority that came in place of another. ``la_code`` is None where the code in submissions is not known here."""

    name: str
    since: date
    gss_code: str
    la_code: str | None


@dataclass(frozen=True)
class Route:
    """Where the submissions of an authority go, as of 2021; ``until`` is the authority's last day, if it has ended."""

    la_code: str
    la_name: str
    dscros: tuple[Dscro, ...]
    until: date | None
    successors: tuple[Successor, ...]


def route(la_code: str) -> Route:
    """The route of an authority by its code or its exact name. Raises UsageError when there is none."""
    authority = next((one for one in authorities() if la_code in (one.code, one.name) and not one.synthetic), None)
    if authority is None:
        raise UsageError(f"There is no authority {la_code} in the list of 2021. Codes are in docs/reference/.")
    [row] = [row for row in _rows("la_dscro.csv") if row["la_code"] == authority.code]
    dscros = tuple(Dscro(row[f"dscro_code_{n}"], row[f"dscro_name_{n}"]) for n in (1, 2) if row[f"dscro_code_{n}"])
    successors = tuple(
        Successor(row["name"], date.fromisoformat(row["valid_from"]), row["gss_code"], row["la_code"] or None)
        for row in _rows("successor_authorities.csv")
        if row["predecessor_code"] == authority.code
    )
    return Route(authority.code, authority.name, dscros, authority.valid_to, successors)


def _rows(name: str) -> list[dict[str, str]]:
    with packaged(f"codelists/{name}").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))
