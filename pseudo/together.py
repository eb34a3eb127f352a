"""What may never stand together in a release (``configs/deidentification/never_together.yaml``), held against a policy."""

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import product
from typing import Literal

from pydantic import Field

from pseudo.conditions import Anonymity
from pseudo.config_file import ConfigModel, read_config
from pseudo.shipped import shipped
from pseudo.treatments import Area, Keep, Treatment, When

Released = Mapping[str, list[tuple[str, str | None, Treatment | None]]]  # table → name, source column, treatment
Kinds = dict[str, list[tuple[str, str]]]  # kind → the (table, released column) pairs of that kind


class Together(ConfigModel):
    """One kind of each list in ``all_of`` may not be released with the others, in the ``environments`` named."""

    all_of: list[list[str]] = Field(min_length=2)
    environments: list[Literal["secure", "open"]] = Field(default=["secure", "open"])
    unless: Literal["k_anonymity"] | None = None
    say: str
    instead: str


class Coarser(ConfigModel):
    """Columns of these kinds are withheld from the rows whose ``column`` is one of ``values``, or a date before a day."""

    of: list[str] = Field(min_length=1)
    column: str
    values: list[str] = Field(default_factory=list)
    before: bool = False
    say: str


class Rules(ConfigModel):
    """The rules, and how the columns that have no treatment of their own are known."""

    named: dict[str, list[str]]
    not_events: list[str]
    together: list[Together]
    coarser: list[Coarser]


@cache
def rules() -> Rules:
    """The shipped rules."""
    return read_config(shipped("deidentification/never_together.yaml"), Rules)


def kinds_of(source: str | None, treatment: Treatment | None) -> Iterator[str]:
    """The kinds, in the words of the rules, that a released column is of."""
    if treatment is None or source is None:
        return
    if isinstance(treatment, Area):
        yield treatment.level
    elif isinstance(treatment, Keep):
        yield from (kind for kind, names in rules().named.items() if source in names)
        if treatment.type == "date" and source not in rules().not_events:
            yield "exact_date"
    elif treatment.treatment in ("birth_month", "birth_year", "age_at", "age_band"):
        yield treatment.treatment


def faults(released: Released, columns: Mapping[str, Mapping[str, Treatment]], anonymity: Anonymity | None,
           environment: str) -> list[str]:  # fmt: skip
    """Every way in which a policy breaks the rules, each with what to do instead.

    ``columns`` gives all columns of each table: a coarser form can be asked of a table only by a column that it has.
    """
    found = _kinds(released)
    return [*_together_faults(found, anonymity, environment), *_coarser_faults(released, columns)]


def _kinds(released: Released) -> Kinds:
    found: Kinds = {}
    for table, treated in released.items():
        for name, source, treatment in treated:
            for kind in kinds_of(source, treatment):
                found.setdefault(kind, []).append((table, name))
    return found


def _together_faults(found: Kinds, anonymity: Anonymity | None, environment: str) -> Iterator[str]:
    for rule in rules().together:
        if environment not in rule.environments:
            continue
        for kinds in product(*rule.all_of):
            there = [place for kind in kinds for place in found.get(kind, [])]
            if all(kind in found for kind in kinds) and not (rule.unless and _held(kinds, found, anonymity)):
                names = ", ".join(sorted({f"{table}.{name}" for table, name in there}))
                condition = " Or make k-anonymity over them a condition for everyone." if rule.unless else ""
                yield f"{names}: may not stand together: {rule.say}. {rule.instead}{condition}"


def _held(kinds: tuple[str, ...], found: Kinds, anonymity: Anonymity | None) -> bool:
    """Whether every column of these kinds is a quasi-identifier of one and the same table, and nobody may be below k."""
    if anonymity is None or anonymity.share_below > 0:
        return False
    places = [place for kind in kinds if kind != "exact_date" for place in found[kind]]
    tables = {table for table, _ in places}
    condition = anonymity.tables.get(min(tables))
    return len(tables) == 1 and condition is not None and {name for _, name in places} <= {*condition.quasi_identifiers}


def _coarser_faults(released: Released, columns: Mapping[str, Mapping[str, Treatment]]) -> Iterator[str]:
    for rule in rules().coarser:
        for table, treated in released.items():
            for name, source, treatment in treated:
                asked = rule.column in columns[table] and set(kinds_of(source, treatment)) & {*rule.of}
                if asked and treatment and not any(_covers(when, rule) for when in treatment.withheld_when):
                    form = "before: a day" if rule.before else f"values: [{', '.join(rule.values)}]"
                    yield (
                        f"{table}.{name}: {rule.say} need a coarser form. Add to it withheld_when: "
                        f"[{{column: {rule.column}, {form}}}], and release the coarser form beside it."
                    )


def _covers(when: When, rule: Coarser) -> bool:
    if when.column != rule.column:
        return False
    return when.before is not None if rule.before else {*rule.values} <= {*when.values}
