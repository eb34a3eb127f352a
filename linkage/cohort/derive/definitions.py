"""The definition of long-term support and of the LTS001 tables, read from ``configs/measures/lts001.yaml``."""

from functools import cache
from typing import Literal

from pydantic import Field, model_validator

from linkage.configs import read_packaged
from pseudo.config_file import ConfigModel

Setting = Literal["nursing", "residential", "community", "prison"]
Mechanism = Literal["direct_payment", "managed", "commissioned"]
PartDirectPayment = Literal["same_period", "same_day"]
ColumnId = Literal[
    "nursing",
    "residential",
    "community_direct_payment",
    "community_part_direct_payment",
    "community_managed",
    "community_commissioned",
    "community_not_known",
    "prison",
]


class AgeBand(ConfigModel):
    """Completed years, both ends inclusive; no ``to``: and over."""

    label: str
    first: int = Field(alias="from", ge=0)
    last: int | None = Field(alias="to", default=None)


class Column(ConfigModel):
    """One column of the table; its place in the list is its rank. ``short`` is its heading where space is scarce."""

    id: ColumnId
    label: str
    short: str


class Lts001Definition(ConfigModel):
    """Everything that decides who stands where in LTS001a, b and c."""

    name: str
    title: str
    event_type: str
    client_types: tuple[str, ...]
    settings: dict[Setting, tuple[str, ...]]
    prison_mechanisms: tuple[str, ...]
    mechanisms: dict[Mechanism, tuple[str, ...]]
    columns: tuple[Column, ...]
    part_direct_payment: PartDirectPayment
    primary_support_reasons: tuple[str, ...]
    primary_support_reason_not_known: str
    age_bands: tuple[AgeBand, ...] = Field(min_length=1)
    continuous_months: int = Field(ge=1)
    gap_days: int = Field(ge=0)

    @model_validator(mode="after")
    def _columns_complete(self) -> "Lts001Definition":
        ids = [column.id for column in self.columns]
        if sorted(ids) != sorted(ColumnId.__args__):  # type: ignore[attr-defined]
            raise ValueError("every column must be listed once: " + ", ".join(ColumnId.__args__))  # type: ignore[attr-defined]
        return self


@cache
def lts001_definition() -> Lts001Definition:
    """The packaged definition."""
    return read_packaged("measures/lts001.yaml", Lts001Definition)
