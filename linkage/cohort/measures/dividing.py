"""Any measure by any variable of its people, of the event that puts them there, or of their area.

The variables are in ``configs/measures/by_variables.yaml``. A measure divided by one has a further table: the variable, with
the labels of the measure's own table that have no total.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

from pydantic import Field

from linkage.cohort.derive.age import age_band_sql, dhsc_age_sql
from linkage.cohort.derive.definitions import AgeBand
from linkage.cohort.derive.grouped import meanings, values
from linkage.cohort.derive.source import CareSource
from linkage.cohort.derive.wording import wording_key
from linkage.cohort.measures.definition import Label
from linkage.cohort.measures.measure import Asked, Measure, label_sql
from linkage.configs import read_packaged
from linkage.engine import Engine, Step, Value, ident
from linkage.errors import InputError, UsageError
from pseudo.config_file import ConfigModel

NOT_KNOWN = "not known"
_SHOWN = "Not known"
AGE_10 = "age_10"
"""The variable of ages in bands of 10 years, by which a population can be divided too."""
_AREAS = "person_area"


class Variable(ConfigModel):
    """A variable that people can be divided by. Its values are listed, those of a field, bands of ages, or what the areas of
    the release are."""

    name: str
    title: str
    of: Literal["person", "event", "area"]
    column: str = ""
    field: str = ""
    values: dict[str, str] = Field(default_factory=dict)
    bands: tuple[AgeBand, ...] = ()


class Variables(ConfigModel):
    """The variables, in the order in which they are listed to a user."""

    variables: tuple[Variable, ...]


@dataclass(frozen=True)
class Divider:
    """A variable with the values that it has here."""

    variable: Variable
    label: Label

    @property
    def sql(self) -> str:
        """SQL for the value of a row of ``placed``, joined with person, event and area; "not known" for none of the values."""
        if self.variable.bands:
            return label_sql(
                self.label, age_band_sql(dhsc_age_sql("person.birth_month", "$by_end"), self.variable.bands)
            )
        table = _AREAS if self.variable.of == "area" else self.variable.of
        return label_sql(self.label, f"{table}.{ident(self.variable.column)}")


@cache
def variables() -> dict[str, Variable]:
    """The packaged variables by name."""
    return {one.name: one for one in read_packaged("measures/by_variables.yaml", Variables).variables}


def dividers(engine: Engine, source: CareSource, names: Sequence[str]) -> list[Divider]:
    """The variables of these names, each once. Raises UsageError, listing what there is, for an unknown name, and InputError
    when the release lacks the column of an area."""
    unknown = [name for name in names if name not in variables()]
    if unknown:
        raise UsageError(f"Nothing can be divided by {', '.join(unknown)}. Known: {', '.join(variables())}.")
    chosen = [variables()[name] for name in dict.fromkeys(names)]
    lacking = [one.column for one in chosen if one.of == "area" and one.column not in source.columns]
    if lacking:
        raise InputError(
            f"The social care table lacks {', '.join(lacking)}. Ask for a release that has it, or divide by something else."
        )
    return [Divider(one, _label(one, _values(engine, source, one))) for one in chosen]


def _label(variable: Variable, listed: dict[str, str]) -> Label:
    return Label(name=variable.name, title=variable.title, values=listed | {NOT_KNOWN: _SHOWN})


def _values(engine: Engine, source: CareSource, variable: Variable) -> dict[str, str]:
    if variable.of == "area":
        column = f"nullif(trim(cast({ident(variable.column)} as varchar)), '')"
        sql = f"""
select area from (select distinct {column} as area from {source.rows}) where area is not null
order by try_cast(area as integer), area"""
        return {row[0]: row[0] for row in engine.rows(Step("areas", sql, source.values))}
    if variable.field:
        groups = {value: meanings(variable.field)[wording_key(value)].group for value in values(variable.field)}
        return {value: value for value, group in groups.items() if group != "unknown"}
    return variable.values or {band.label: band.label for band in variable.bands}


def area_steps(chosen: Sequence[Divider], source: CareSource) -> list[Step]:
    """``person_area``, one row per (authority, person): each area of the row whose event started last of those that have one.

    Of rows that started on one day, the area that comes last by name. After the derivation, which makes ``person``.
    """
    columns = [one.variable.column for one in chosen if one.variable.of == "area"]
    if not columns:
        return []
    latest = ",\n  ".join(
        f"arg_max({area}, (start_date, {area})) filter ({area} is not null) as {area}" for area in map(ident, columns)
    )
    texts = ", ".join(f"nullif(trim(cast({area} as varchar)), '') as {area}" for area in map(ident, columns))
    sql = f"""
with lived as (
  select la_code, coalesce({source.traced}, {source.given}, {source.local}) as pseudonym,
    coalesce(try_cast(event_start_date as date), date '0001-01-01') as start_date, {texts}
  from {source.rows}
)
select person.la_code, person_key,
  {latest}
from lived join person on person.la_code = lived.la_code and person.person_pseudonym = lived.pseudonym
group by person.la_code, person_key"""
    return [Step(_AREAS, sql, source.values)]


def divided(measure: Measure, chosen: Sequence[Divider]) -> Measure:
    """The measure with one table more for each variable that it does not divide its people by already."""
    definition = measure.definition
    added = [one for one in chosen if one.variable.name not in {label.name for label in definition.labels}]
    if not chosen:
        return measure
    always = tuple(name for name in definition.breakdowns["main"] if not definition.label(name).total)
    tables = {names: name for name, names in definition.breakdowns.items()}
    wanted = {one.variable.name: (*always, one.variable.name) for one in chosen}
    more = {
        name: labels for name, labels in wanted.items() if labels not in tables and name not in definition.breakdowns
    }
    own = definition.model_copy(
        update={
            "labels": (*definition.labels, *(one.label for one in added)),
            "breakdowns": {**definition.breakdowns, **more},
        }
    )
    return replace(measure, own=own, steps=lambda asked: _divided_steps(measure, added, asked))


def _divided_steps(measure: Measure, added: Sequence[Divider], asked: Asked) -> list[Step]:
    *before, last = measure.steps(asked)
    if not added:
        return [*before, last]
    placed = replace(last, name=f"{measure.id}_placed")
    columns = ",\n  ".join(f"{one.sql} as {ident(one.variable.name)}" for one in added)
    joins = _joined("person") + (_joined(_AREAS) if any(one.variable.of == "area" for one in added) else "")
    sql = f"""
select placed.*,
  {columns}
from {placed.name} as placed left join event on event.event_id = placed.event_id{joins}"""
    bound: dict[str, Value] = {"by_end": asked.period.end} if any(one.variable.bands for one in added) else {}
    return [*before, placed, Step(measure.people, sql, bound)]


def _joined(table: str) -> str:
    return f"\nleft join {table} on {table}.la_code = placed.la_code and {table}.person_key = placed.person_key"
