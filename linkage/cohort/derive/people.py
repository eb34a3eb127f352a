"""Steps 10 and 11: the latest details of a person, accommodation that services tell, carers, age."""

from collections.abc import Callable, Collection, Sequence
from datetime import date

from linkage.cohort.derive.age import dhsc_age_sql
from linkage.cohort.derive.coded import DETAILS
from linkage.cohort.derive.grouped import enum_sql, group_type, meanings, value_type, values
from linkage.cohort.derive.settings import InferredAccommodation, derivation_settings, grouped_values
from linkage.cohort.derive.source import NO_ID, CareSource
from linkage.cohort.derive.wording import wording_key
from linkage.engine import Step, ident, literal

_UNKNOWN = "unknown"
# Days are counted from here in 17 bits, so that submission, end and start of a row are one number that sorts like the three;
# with 7 bits more for a value, the greatest number tells the place and the value.
_DAY_ZERO = "date '1900-01-01'"
_DAYS = 2**17
_VALUES = 2**7
# Where every day must be told apart, it is one of the years 1 to 9999.
_YEAR_1 = "date '0001-01-01'"
_ALL_DAYS = 2**22


# What ``person`` has beside a detail → the detail that it is made of.
_MADE_OF = {
    "ethnic_group": "ethnicity",
    "employment_group": "employment_status",
    "learning_disability": "primary_support_reason",
    "stated_accommodation": "accommodation_status",
    "accommodation": "accommodation_status",
    "accommodation_inferred": "accommodation_status",
    "settled_dhsc": "accommodation_status",
    "settled_salt": "accommodation_status",
    "has_carer": "has_informal_carer",
}


def details_named(columns: Collection[str]) -> list[str]:
    """The details that these columns of ``person`` are, or are made of.

    >>> details_named({"age", "gender", "settled_dhsc"})
    ['gender', 'accommodation_status']
    """
    made_of = {_MADE_OF.get(column, column) for column in columns}
    return [field for field in DETAILS if field in made_of]


def _day(day: str) -> str:
    return f"cast(greatest(0, least({_DAYS - 1}, coalesce({day} - {_DAY_ZERO}, 0))) as bigint)"


def latest_detail(details: Sequence[str] = DETAILS) -> Step:
    """Step 11, one row per (authority, person) of the chosen submissions: each of the details as last known.

    Rows without event count too: a carer known by association has none. Known goes before unknown, then the later submission
    (its stated end), the later effective end (open last), the later start; two known values in one place are in conflict and
    make it unknown; blank everywhere is null. Primary support reason: of rows as a service user first, for a carer's rows have
    the carer's own. Birth month: of the latest submission that has one before its end, the earliest there. Date of death: the
    latest stated. Source: DHSC step 11; service user first and date of death: design.

    Each detail of a row is one number, its place and the code of its value (0: unknown), so that the greatest number is the
    detail as last known, and the greatest with the bits of the code turned over tells whether another is in the same place.
    The numbers are made without ``case``, within which DuckDB would count every place again for each detail.
    """
    open_last = "coalesce(end_date, date '9999-12-31')"
    end = f"case when start_date is null then 0 else {_day(open_last)} end"
    sql = f"""
with stated_on as (select distinct submission_no, stated_end from chosen_submission),
placed as (
  select la_code, person_key, date_of_death, {"".join(f"{field}, " for field in details)}
    case when birth_month <= stated_end
      then {_day("stated_end")} * {2 * _ALL_DAYS} + {_ALL_DAYS} - (birth_month - {_YEAR_1}) end as born,
    ({_day("stated_end")} * {_DAYS} + {end}) * {_DAYS} + {_day("start_date")} + 1 as place,
    place + case when client_type_group = 'service_user' then {_DAYS**3} else 0 end as own_place
  from submitted join stated_on using (submission_no) where person_key is not null and not without_number
),
said as (
  select la_code, person_key, date_of_death, born{_each(_said, details)}
  from placed
),
top as (
  select la_code, person_key, max(date_of_death) as date_of_death, max(born) as born{_each(_tops, details)}
  from said group by la_code, person_key
)
select la_code, person_key, {_YEAR_1} + cast({_ALL_DAYS} - born % {2 * _ALL_DAYS} as integer) as birth_month,
  date_of_death{_each(_picked, details)}
from top"""
    return Step("latest_detail", sql)


def _each(made: Callable[[str], str], details: Sequence[str]) -> str:
    return "".join(f",\n    {made(field)}" for field in details)


def _said(field: str) -> str:
    """SQL: the place and the code of a known value, 0 for one that says nothing, null for blank."""
    unknown = {meaning.value: None for meaning in meanings(field).values() if meaning.group == _UNKNOWN}
    known = " and ".join(f"{field} <> {literal(value)}" for value in (*unknown, grouped_values().not_mapped))
    place = "own_place" if field == "primary_support_reason" else "place"
    return f"cast({known} as bigint) * ({place} * {_VALUES} + enum_code({field})) as {field}"


def _tops(field: str) -> str:
    """SQL: the latest place with the last of its known values, and with the first of them (its code turned over)."""
    return f"max({field}) as {field}_last, max(xor({field}, {_VALUES - 1})) as {field}_first"


def _picked(field: str) -> str:
    return (
        f"case when {field}_last > 0 and {field}_last = xor({field}_first, {_VALUES - 1}) "
        f"then {_of_code(values(field), value_type(field))}[{field}_last % {_VALUES} + 1] "
        f"when {field}_last is not null then cast({literal(_unknown_value(field))} as {value_type(field)}) end as {field}"
    )


def _unknown_value(field: str) -> str:
    """The value of a field that says that nothing is known."""
    return next(meaning.value for meaning in meanings(field).values() if meaning.group == _UNKNOWN)


def _of_code(names: Sequence[str | None], kind: str) -> str:
    """SQL list of these texts, of the enumerated type ``kind``: looked up by place, they are never handled as texts."""
    listed = ", ".join("null" if name is None else literal(name) for name in names)
    return f"cast([{listed}] as {kind}[])"


def inferred_accommodation(rules: tuple[InferredAccommodation, ...], events: str = "event") -> Step:
    """One row per (authority, person) whose latest services tell where the person lives: the first rule that fits them.

    Latest: open or ending last, then starting last; services that tie are looked at together. Source: DHSC step 11. End, start
    and the rules from last to first are one number, whose greatest is what the latest services tell. ``events``: a table.
    """
    places = len(rules) + 1  # 0: no rule fits
    whens = " ".join(f"when {_fits(rule)} then {len(rules) - place}" for place, rule in enumerate(rules))
    names = [None, *(rule.accommodation for rule in reversed(rules))]
    sql = f"""
with told as (
  select la_code, person_key, max(
    (coalesce(end_date - {_YEAR_1}, {_ALL_DAYS - 1}) * {_ALL_DAYS} + (start_date - {_YEAR_1})) * {places}
    + case {whens} else 0 end) % {places} as rule
  from {events} where event_type = 'service' and client_type_group = 'service_user' group by la_code, person_key
)
select la_code, person_key, {_of_code(names, _lives_type())}[rule + 1] as accommodation from told where rule > 0"""
    return Step("inferred_accommodation", sql)


def _fits(rule: InferredAccommodation) -> str:
    conditions = [
        f"{column} = {literal(group)}"
        for column, group in (("service_group", rule.service_group), ("component_group", rule.component_group))
        if group
    ]
    return " and ".join([*conditions, *(["service_component is null"] if rule.no_component else [])])


def cared_for(source: CareSource) -> Step:
    """One row per (authority, person) whom a carer's row names as cared for; none where the source has no such columns."""
    linked = [column for column in source.linked if source.local_id != NO_ID]
    if not linked:
        return Step("cared_for", "select '' as la_code, 0 as person_key where false")
    named = "\n  union\n".join(
        f"  select la_code, cast({ident(column)} as varchar) as local_id from {source.rows} where {ident(column)} is not null"
        for column in linked
    )
    sql = f"""
with named as (
{named}
),
row_of as (
  select la_code, {source.local_id} as local_id, coalesce({source.traced}, {source.given}, {source.local}) as person_pseudonym
  from {source.rows}
),
known as (select distinct la_code, person_pseudonym from row_of semi join named using (la_code, local_id))
select la_code, person_key from known join person_key using (person_pseudonym)"""
    return Step("cared_for", sql, source.values)


def person(period_end: date, details: Sequence[str] = DETAILS) -> Step:
    """One row per (authority, person): latest details, with accommodation inferred where unknown, carers, age and flags.

    ``age``: DHSC's, at the end of the period, null without birth month. ``settled_dhsc``: null where the accommodation is
    unknown; ``settled_salt``: of the stated accommodation, unknown being unsettled. ``has_carer``: stated, or a carer's row
    names the person. Source: DHSC steps 10 and 11; settled: SALT. ``details``: those of ``latest_detail``; what is made of
    another is not there.
    """
    made = {
        "ethnic_group": _group_sql("ethnicity"),
        "employment_group": _group_sql("employment_status"),
        "learning_disability": f"coalesce(primary_support_reason = {literal(_learning_disability())}, false)",
        **_accommodation_columns(),
        "has_carer": f"coalesce(has_informal_carer = {literal(_yes('has_informal_carer'))}, false)"
        " or cared_for.person_key is not null",
    }
    columns = [field for field in details if field != "accommodation_status"]
    columns += [f"{sql} as {name}" for name, sql in made.items() if _MADE_OF[name] in details]
    told = "(select la_code, person_key, accommodation as told from inferred_accommodation)"
    homes = f"left join {told} using (la_code, person_key)"
    carers = "left join cared_for using (la_code, person_key)"
    sql = f"""
select la_code, person_key, person_pseudonym, birth_month, {dhsc_age_sql("birth_month", "$period_end")} as age,
  {", ".join(["date_of_death", *columns])}
from latest_detail join person_key using (person_key)
{homes if "accommodation_status" in details else ""} {carers if "has_informal_carer" in details else ""}"""
    return Step("person", sql, {"period_end": period_end})


def _accommodation_columns() -> dict[str, str]:
    """SQL of what ``person`` tells of where somebody lives: what services ``told`` where the stated status tells nothing."""
    settings = derivation_settings()
    settled = _texts(settings.settled_accommodation)
    settled_inferred = _texts(settings.settled_when_inferred)
    unmapped = grouped_values().not_mapped
    nowhere = _texts((_unknown_value("accommodation_status"), unmapped))
    stated = _of_code((*values("accommodation_status"), unmapped), _lives_type())
    return {
        "stated_accommodation": "accommodation_status",
        "accommodation_inferred": f"told is not null and coalesce(accommodation_status in ({nowhere}), true)",
        "accommodation": "case when accommodation_inferred then told"
        f" else {stated}[enum_code(accommodation_status) + 1] end",
        "settled_dhsc": f"""case when accommodation in ({settled}, {settled_inferred}) then true
    when accommodation in ({nowhere}) then null when accommodation is not null then false end""",
        "settled_salt": f"coalesce(accommodation_status in ({settled}), false)",
    }


def _lives_type() -> str:
    """SQL type of the accommodation of a person: stated, or presumed from services."""
    settings = derivation_settings()
    presumed = (*settings.settled_when_inferred, *settings.unsettled_when_inferred)
    return enum_sql([*values("accommodation_status"), *presumed, grouped_values().not_mapped])


def _texts(names: Sequence[str]) -> str:
    return ", ".join(literal(name) for name in names)


def _group_sql(field: str) -> str:
    """SQL for the group of a field's value."""
    group_of = [meanings(field)[wording_key(value)].group for value in values(field)]
    groups = [*group_of, grouped_values().not_mapped]
    return f"{_of_code(groups, group_type(field))}[enum_code({field}) + 1]"


def _learning_disability() -> str:
    return grouped_values().fields["primary_support_reason"].groups["learning_disability"][0]


def _yes(field: str) -> str:
    return grouped_values().fields[field].groups["yes"][0]
