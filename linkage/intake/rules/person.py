"""Rules about people: identifier, NHS number, sameness over rows, dates of birth and death, postcode."""

from linkage.engine import ident, literal
from linkage.intake.dates import PARSED, written_date_sql
from linkage.intake.rules.circumstances import not_in_directory
from linkage.intake.rules.context import Context, in_sql
from linkage.intake.rules.dates import written_dates
from linkage.intake.rules.model import Rule, all_of, found_sql
from linkage.normalise import nhs_number, postcode

_BIRTH = f"s.date_of_birth{PARSED}"
_DEATH = f"s.date_of_death{PARSED}"


def p01_person_identifier(_: Rule, __: Context) -> str:
    """Rows without a person identifier."""
    return found_sql("missing", "person_unique_identifier", "s.person_unique_identifier is null")


def p02_nhs_number(_: Rule, __: Context) -> str:
    """NHS numbers that are not valid, or valid with separators; a missing one once for each person."""
    return f"""with judged as (
        select row_number, person_unique_identifier, nhs_number, {nhs_number.reason_sql("nhs_number")} as reason,
            {nhs_number.compact_sql("nhs_number")} as digits from submission
    )
    select row_number, case when reason in ('repeated_digits', 'pattern') then 'placeholder' else reason end as part,
        'nhs_number' as field, nhs_number as value, cast(null as varchar) as suggestion
    from judged where reason <> 'missing'
    union all
    select row_number, 'separators', 'nhs_number', nhs_number, digits from judged where reason is null and nhs_number <> digits
    union all
    select min(row_number), 'missing', 'nhs_number', null, null from judged group by person_unique_identifier
    having max(nhs_number) is null"""


def p03_one_number_one_person(_: Rule, __: Context) -> str:
    """Valid NHS numbers on several persons, and persons with several; the first row of each pair."""
    return f"""with pairs as (
        select {nhs_number.clean_sql("nhs_number")} as number, person_unique_identifier as person,
            min(row_number) as row_number
        from submission where nhs_number is not null and person_unique_identifier is not null group by 1, 2
    ), counted as (
        select *, count(*) over (partition by number) as persons, count(*) over (partition by person) as numbers
        from pairs where number is not null
    )
    select row_number, 'shared_number' as part, 'nhs_number' as field, number as value, cast(null as varchar) as suggestion
    from counted where persons > 1
    union all
    select row_number, 'several_numbers', 'nhs_number', number, null from counted where numbers > 1"""


def p04_names(_: Rule, context: Context) -> str:
    """Rows without a first or a last name."""
    fields = [field for field in ("first_name", "last_name") if context.has(field)]
    return all_of(*(found_sql("missing", field, f"s.{field} is null") for field in fields))


def p05_same_details(_: Rule, context: Context) -> str:
    """Person fields that differ from those of the person's latest event.

    Fields for some client types only, and Has Informal Carer, which means something else on a carer's row, are compared
    within the client type.
    """
    person: list[str] = []
    within: list[str] = []
    for field in context.specification.section("person", "person_comorbidity"):
        if field.id in ("person_unique_identifier", "primary_support_reason", "client_type"):
            continue
        by_client = bool(field.client_types) or field.id == "has_informal_carer"
        (within if by_client else person).append(field.id)
    return all_of(
        *_differs(person, "latest_by_person"),
        *_differs(within, "latest_by_client_type", context),
    )


def p06_support_reason(_: Rule, context: Context) -> str:
    """One reason for each person (from v6 for each person and client type); the carers' own reason on carer rows only."""
    field = "primary_support_reason"
    selects = _differs([field], "latest_by_client_type", context)
    if context.has("client_type"):
        reason, carers = context.is_in("carer_reason"), context.is_in("carers")
        selects += [
            found_sql(
                "carer",
                field,
                f"{carers} and s.{field} is not null and not {reason}",
                suggestion=literal(context.values("carer_reason")[0]),
            ),
            found_sql("service_user", field, f"{context.is_in('service_user')} and {reason}"),
        ]
    return all_of(*selects)


def p07_date_of_birth(rule: Rule, __: Context) -> str:
    """A date of birth, written dd/mm/yyyy, of an adult at the end of the reporting period."""
    adult = int(rule.number("minimum_age_years"))
    field = "date_of_birth"
    future = f"{_BIRTH} > facts.as_at"
    younger = _younger_sql(adult, "facts.period_end")
    at_start = f"{_younger_sql(adult, f's.event_start_date{PARSED}')} and not {younger}"
    return all_of(
        found_sql("missing", field, f"s.{field} is null"),
        *written_dates(field),
        found_sql("future", field, future),
        found_sql("under_age", field, f"{_BIRTH} <= facts.as_at and {younger}"),
        found_sql("under_age_at_start", field, at_start),
    )


def p08_approximate_birth(rule: Rule, __: Context) -> str:
    """A date of birth that heaps on 1 January without name and postcode, or makes the person implausibly old."""
    unsupported = "(s.first_name is null or s.last_name is null or s.postcode is null)"
    first_of_january = f"extract(month from {_BIRTH}) = 1 and extract(day from {_BIRTH}) = 1"
    too_old = f"not {_younger_sql(int(rule.number('highest_age_years')) + 1, 'facts.period_end')}"
    return all_of(
        found_sql("approximate", "date_of_birth", f"{first_of_january} and {unsupported}"),
        found_sql("implausible_age", "date_of_birth", too_old),
    )


def p09_date_of_death(_: Rule, __: Context) -> str:
    """A date of death from the date of birth to the end of the reporting period, both inclusive."""
    field = "date_of_death"
    return all_of(
        *written_dates(field),
        found_sql("before_birth", field, f"{_DEATH} < {_BIRTH}"),
        found_sql("after_period_end", field, f"{_DEATH} > facts.period_end and {_DEATH} <= facts.as_at"),
        found_sql("future", field, f"{_DEATH} > facts.as_at"),
    )


def p10_after_death(_: Rule, __: Context) -> str:
    """Events that start after the person's death, and events that go on although the person has died."""
    start, end = f"s.event_start_date{PARSED}", "s.event_end_date"
    return all_of(
        found_sql("starts_after", "event_start_date", f"{start} > {_DEATH}"),
        found_sql(
            "open", "event_end_date", f"{end} is null and {start} <= {_DEATH}", suggestion=written_date_sql(_DEATH)
        ),
    )


def p11_postcode(_: Rule, context: Context) -> str:
    """A postcode in capitals with one space; its area exists. Invented areas pass when the data are synthetic."""
    invented = in_sql(postcode.synthetic_areas() if context.synthetic else ())
    return f"""with canonical as (
        select postcode, {postcode.reason_sql("postcode")} as reason, {postcode.clean_sql("postcode")} as clean
        from (select distinct postcode from submission)
    ), judged as (
        select *, {postcode.is_pseudo_sql("clean")} as pseudo, {postcode.warning_sql("clean")} as warning,
            coalesce({postcode.area_sql("clean")} in {invented}, false) as invented from canonical
    ), parts as (
        select postcode, reason as part, cast(null as varchar) as suggestion from judged where reason is not null
        union all
        select postcode, 'form', clean from judged where postcode <> clean
        union all
        select postcode, case when pseudo then 'pseudo' else warning end, null
        from judged where pseudo or (warning is not null and not invented)
    )
    select s.row_number, parts.part, 'postcode' as field, s.postcode as value, parts.suggestion
    from submission as s join parts on parts.postcode is not distinct from s.postcode
    union all
    {not_in_directory(context)}"""


def _differs(fields: list[str], latest: str, context: Context | None = None) -> list[str]:
    """SQL for the fields of a person's rows that differ from the latest row's; with ``context``, of the same client type."""
    if not fields:
        return []
    same_client = ""
    if context and context.has("client_type"):
        same_client = "and s.client_type is not distinct from latest.client_type"
    columns = ", ".join(f"s.{ident(field)}, latest.{ident(field)} as {ident('last_' + field)}" for field in fields)
    different = " or ".join(f"s.{ident(field)} is distinct from latest.{ident(field)}" for field in fields)
    pairs = f"""select s.row_number, {columns} from submission as s join {latest} as latest
        on s.person_unique_identifier = latest.person_unique_identifier {same_client}
        where s.row_number <> latest.row_number and ({different})"""
    cells = "\nunion all\n".join(
        f"""select row_number, 'differs' as part, '{field}' as field, {ident(field)} as value,
        {ident("last_" + field)} as suggestion from pairs where {ident(field)} is distinct from {ident("last_" + field)}"""
        for field in fields
    )
    return [f"select * from (\nwith pairs as materialized ({pairs})\n{cells}\n) as differing"]


def _younger_sql(years: int, on: str) -> str:
    """SQL for whether somebody has not completed so many years on a day; as the rule of ages in ``linkage.spec.age``."""
    return f"{_BIRTH} > cast({on} - interval {years} year as date)"


PREDICATES = {
    "P01": p01_person_identifier,
    "P02": p02_nhs_number,
    "P03": p03_one_number_one_person,
    "P04": p04_names,
    "P05": p05_same_details,
    "P06": p06_support_reason,
    "P07": p07_date_of_birth,
    "P08": p08_approximate_birth,
    "P09": p09_date_of_death,
    "P10": p10_after_death,
    "P11": p11_postcode,
}
