"""Rules about services: mechanism, pairs of type and component, providers, equipment, suspensions."""

from functools import cache

from linkage.configs import read_packaged
from linkage.intake.dates import PARSED
from linkage.intake.rules.applicability import wanted_sql
from linkage.intake.rules.context import Context, in_sql
from linkage.intake.rules.listed import listed
from linkage.intake.rules.model import Rule, all_of, found_sql
from linkage.intake.values import wording_key
from pseudo.config_file import ConfigModel

_START, _END = f"event_start_date{PARSED}", f"event_end_date{PARSED}"


class PairEntry(ConfigModel):
    """Components, and how the service types that they go with begin."""

    components: tuple[str, ...]
    types: tuple[str, ...]


class PairsFile(ConfigModel):
    """The form of ``configs/rules/tables/services.yaml``."""

    pairs: tuple[PairEntry, ...]


def s02_type_and_component(_: Rule, context: Context) -> str:
    """Listed components on services of a listed type that they do not go with."""
    selects = []
    for pair in _pairs():
        components = context.worded("service_component", pair.components)
        beginnings = tuple(wording_key(beginning) for beginning in pair.types)
        others = [t for t in context.specification.values("service_type") if not wording_key(t).startswith(beginnings)]
        if components and others:
            where = f"s.service_component in {in_sql(components)} and s.service_type in {in_sql(others)}"
            selects.append(found_sql("pair", "service_component", where))
    return all_of(*selects)


def s03_delivery_mechanism(rule: Rule, context: Context) -> str:
    """A mechanism on community and prison services, with the prefix of its setting where there are prefixes; none on
    other listed services, save carer support.
    """
    field = "delivery_mechanism"
    groups = ("community", "prison", "carer_direct", "carer_involving")
    allowed = [name for group in groups for name in context.values(group)]
    barred = [name for name in context.specification.values("service_type") if name not in allowed]
    service = context.is_in("service")
    prefix = f"starts_with(s.{field}, '{rule.text('community_prefix')}')"
    prison = f"s.service_type in {in_sql(rule.texts('prison_service'))}"
    missing = f"{wanted_sql(context.specification.field(field), context)} and s.{field} is null"
    not_expected = f"{service} and s.service_type in {in_sql(barred)} and s.{field} is not null"
    return all_of(
        found_sql("missing", field, missing),
        found_sql("wrong_prefix", field, f"{service} and {prison} and {prefix}"),
        found_sql("not_expected", field, not_expected),
        listed(rule, context),
    )


def s04_direct_payment(_: Rule, context: Context) -> str:
    """Services paid by direct payment of another component, and the other way round; a blank mechanism is left to S03."""
    component, mechanism = context.is_in("direct_payment_component"), context.is_in("direct_payment")
    service = context.is_in("service")
    other_mechanism = f"{service} and {component} and s.delivery_mechanism is not null and not {mechanism}"
    other_component = f"{service} and {mechanism} and s.service_component is not null and not {component}"
    return all_of(
        found_sql("other_mechanism", "delivery_mechanism", other_mechanism),
        found_sql("other_component", "service_component", other_component),
    )


def s05_provider(rule: Rule, context: Context) -> str:
    """Location identifiers of another form, not in the register, or with another name there; once for each value."""
    code, name = "provider_cqc_location_id", "provider_cqc_location_name"
    by_value = """select min(row_number) as row_number, {part} as part, {field} as field, {value} as value,
        cast({suggestion} as varchar) as suggestion from judged where {where} group by {value}, suggestion"""
    selects = [
        by_value.format(part="'form'", field=f"'{code}'", value="code", suggestion="null", where="not well_formed"),
    ]
    known = "cast(null as varchar)"
    if "cqc_locations" in context.available:
        known = "(select any_value(c.name) from cqc_locations as c where c.code = p.code)"
        selects += [
            by_value.format(
                part="'not_in_register'",
                field=f"'{code}'",
                value="code",
                suggestion="null",
                where="well_formed and known_name is null",
            ),
            by_value.format(
                part="'name'",
                field=f"'{name}'",
                value="name",
                suggestion="known_name",
                where="name_key(name) <> name_key(known_name)",
            ),
        ]
    text = "\nunion all\n".join(selects).replace("name_key(name)", _key("name"))
    return f"""with providers as (
        select {code} as code, {name} as name, min(row_number) as row_number from submission
        where {code} is not null group by all
    ), judged as (
        select p.*, regexp_full_match(p.code, '{rule.text("form")}') as well_formed, {known} as known_name
        from providers as p
    )
    {text.replace("name_key(known_name)", _key("known_name"))}"""


def s06_equipment(_: Rule, context: Context) -> str:
    """Equipment that was there before the period, and more than one row for a person and day (every row but the first)."""
    equipment = context.is_in("equipment")
    earlier = f"{equipment} and s.{_START} < facts.period_start"
    return f"""with items as (
        select s.row_number, s.event_start_date, min(s.row_number) over (
            partition by s.person_unique_identifier, s.{_START}) as first_row
        from submission as s where {equipment} and s.person_unique_identifier is not null and s.{_START} is not null
    )
    select row_number, 'same_day' as part, 'event_start_date' as field, event_start_date as value,
        'row ' || first_row as suggestion
    from items where row_number > first_row
    union all
    {found_sql("started_earlier", "event_start_date", earlier)}"""


def s07_suspension(rule: Rule, _: Context) -> str:
    """Services that follow an identical one of the person after a gap of a few days."""
    return f"""select row_number, 'after_a_gap' as part, 'event_start_date' as field, event_start_date as value,
        'row ' || row_before as suggestion
    from service_sequence
    where {_START} - end_before between 2 and {int(rule.number("longest_gap_days")) + 1}
        and cost is not distinct from cost_before"""


def _key(column: str) -> str:
    return f"regexp_replace(lower({column}), '[^a-z0-9]', '', 'g')"


@cache
def _pairs() -> tuple[PairEntry, ...]:
    return read_packaged("rules/tables/services.yaml", PairsFile).pairs


PREDICATES = {
    "S02": s02_type_and_component,
    "S03": s03_delivery_mechanism,
    "S04": s04_direct_payment,
    "S05": s05_provider,
    "S06": s06_equipment,
    "S07": s07_suspension,
}
