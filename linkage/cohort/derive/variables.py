"""The derived variables, given back to the authority row by row.

``derived_variable`` has one row per submitted row. What the variables mean is in ``configs/measures/derived_variables.yaml``,
of which the data dictionary and the transformation guide are made.
"""

from functools import cache
from typing import Literal

from pydantic import Field

from linkage.cohort.derive.age import age_band_sql
from linkage.cohort.derive.client_status import existing_clients_sql
from linkage.cohort.derive.definitions import AgeBand, lts001_definition
from linkage.cohort.derive.period import Period, months_later
from linkage.cohort.derive.sequels import sequel_steps
from linkage.cohort.derive.source import CareSource
from linkage.cohort.derive.spells import ANY_SETTING
from linkage.configs import read_packaged
from linkage.engine import Engine, Step, literal
from pseudo.config_file import ConfigModel

POSTCODES = "postcode_lookup"
"""Table of the areas of postcodes: postcode, lsoa, ward, la_code. A user may give one."""
FINE_BANDS = ((18, 24), (25, 44), (45, 64), (65, 74), (75, 84), (85, 94), (95, None))
_RANKED = {
    "nursing": "bool_or(setting = 'nursing')",
    "residential": "bool_or(setting = 'residential')",
    "community_direct_payment": "bool_or(is_direct) and not bool_or(is_other)",
    "community_part_direct_payment": "bool_or(is_direct)",
    "community_managed": "bool_or(is_managed)",
    "community_commissioned": "bool_or(is_other)",
    "community_not_known": "bool_or(setting = 'community')",
    "prison": "bool_or(setting = 'prison')",
}


class Variable(ConfigModel):
    """One derived variable: its columns with what they hold, and where it comes from. ``number`` is its place among the 22."""

    title: str
    of: Literal["row", "event", "person"]
    columns: dict[str, str] = Field(min_length=1)
    definition: str
    source: str
    certainty: Literal["certain", "implied", "inferred", "design"]
    step: str
    number: int | None = None


class Variables(ConfigModel):
    """The derived variables, in the order of the dataset."""

    variables: tuple[Variable, ...]


@cache
def derived_variables() -> tuple[Variable, ...]:
    """The packaged definitions."""
    return read_packaged("measures/derived_variables.yaml", Variables).variables


def derive_variables(engine: Engine, source: CareSource, period: Period) -> None:
    """Make ``derived_variable`` after ``derive`` with ``keep_steps``: one row per submitted row, in the order of the source.

    Areas are those of the table ``postcode_lookup`` where it is in the engine; else null.
    """
    there = {row[0] for row in engine.rows(Step("tables", "select table_name from duckdb_tables()"))}
    engine.run_all(
        [
            long_term_column("lts001a", period),
            long_term_column("lts001b", Period(period.end, period.end)),
            person_variable(period),
            *sequel_steps(period),
            event_variable(),
            row_variable(source, with_areas=POSTCODES in there),
            derived_variable(),
        ]
    )


def long_term_column(name: str, window: Period) -> Step:
    """Variables 15 to 17, one row per (authority, service user) with long-term support in the window: the LTS001 column.

    Part direct payment: a direct payment and other community support at any time in the window (design).
    """
    whens = " ".join(f"when {_RANKED[column.id]} then {literal(column.id)}" for column in lts001_definition().columns)
    sql = f"""
with scope as (
  select la_code, person_key, setting,
    setting = 'community' and coalesce(mechanism_group = 'direct_payment', false) as is_direct,
    setting = 'community' and coalesce(mechanism_group = 'managed', false) as is_managed,
    setting = 'community' and coalesce(mechanism_group in ('managed', 'commissioned'), false) as is_other
  from event
  where setting is not null and client_type_group = 'service_user'
    and start_date <= $window_end and (end_date is null or end_date >= $window_start)
)
select la_code, person_key, case {whens} end as column_id,
  case when bool_or(setting = 'community') then case when bool_or(is_direct) and bool_or(is_other)
      then 'part_direct_payment' when bool_or(is_direct) then 'direct_payment' when bool_or(is_managed) then 'managed'
      when bool_or(is_other) then 'commissioned' else 'not_known' end end as mechanism
from scope group by la_code, person_key"""
    return Step(f"{name}_column", sql, {"window_start": window.start, "window_end": window.end})


def person_variable(period: Period) -> Step:
    """One row per (authority, person): the variables of a person."""
    fine = [
        AgeBand.model_validate({"label": f"{low} to {high}" if high else f"{low}+", "from": low, "to": high})
        for low, high in FINE_BANDS
    ]
    sql = f"""
with open_spell as (
  select la_code, person_key, min(start_date) as start_date from spell
  where setting = {literal(ANY_SETTING)} and start_date <= $period_end and (end_date is null or end_date >= $period_end)
  group by la_code, person_key
),
reviewed as (
  select la_code, person_key, case when bool_or(review_group = 'planned') and bool_or(review_group = 'unplanned')
      then 'both' else min(review_group::varchar) end as review_type
  from event where review_group in ('planned', 'unplanned') and end_date between $period_start and $period_end
  group by la_code, person_key
)
select la_code, person_key, age, {age_band_sql("age", lts001_definition().age_bands)} as age_band,
  {age_band_sql("age", fine)} as fine_age_band, primary_support_reason as latest_primary_support_reason,
  accommodation as latest_accommodation, accommodation_inferred, employment_status as latest_employment,
  lts001a_column.mechanism as mechanism_in_period, lts001a_column.column_id as lts001a_column,
  lts001b_column.column_id as lts001b_column, open_spell.start_date as continuous_support_start,
  open_spell.start_date < $long_before as continuous_over_12_months, review_type, has_carer, settled_dhsc, settled_salt
from person left join lts001a_column using (la_code, person_key) left join lts001b_column using (la_code, person_key)
left join open_spell using (la_code, person_key) left join reviewed using (la_code, person_key)"""
    months = lts001_definition().continuous_months
    values = {"period_start": period.start, "period_end": period.end, "long_before": months_later(period.end, -months)}
    return Step("person_variable", sql, values)


def event_variable() -> Step:
    """One row per kept event: the variables of an event, with the sequels of requests and of short-term services."""
    sql = f"""
with existing as ({existing_clients_sql("event")}),
first_assessment as (
  select arg_min(event_id, (start_date, event_id)) as event_id from event
  where event_type = 'assessment' group by la_code, person_key
)
select event_id, case when existing.event_id is null then 'new' else 'existing' end as client_status,
  event.setting, service_group, sts001_sequel.sequel as request_sequel, sts002_sequel.sequel as short_term_sequel,
  weekly_cost, period_cost,
  case when event_type = 'assessment' then first_assessment.event_id is not null end as is_first_assessment,
  event.end_date, is_cropped
from event left join existing using (event_id) left join first_assessment using (event_id)
left join sts001_sequel using (event_id) left join sts002_sequel using (event_id)"""
    return Step("event_variable", sql)


def row_variable(source: CareSource, *, with_areas: bool) -> Step:
    """One row per submitted row: trace status, and the areas of its postcode where a lookup is there."""
    status = source.optional("trace_outcome", source.optional("link_quality", "null::varchar"))
    postcode = f"upper(regexp_replace(cast({source.optional('postcode')} as varchar), '\\s', '', 'g'))"
    areas = "null::varchar as lsoa, null::varchar as ward, null::varchar as la_of_residence"
    join = ""
    if with_areas:
        areas = "area.lsoa, area.ward, area.la_code as la_of_residence"
        join = f"""
left join (
  select upper(regexp_replace(postcode, '\\s', '', 'g')) as postcode_key, any_value(lsoa) as lsoa, any_value(ward) as ward,
    any_value(la_code) as la_code from {POSTCODES} group by all) as area using (postcode_key)"""
    sql = f"""
with row_of as (
  select cast({source.row_id} as bigint) as row_id, coalesce(cast({status} as varchar), 'none') as trace_status,
    {postcode} as postcode_key
  from {source.rows}
)
select row_id, trace_status, {areas} from row_of{join}"""
    return Step("row_variable", sql, source.values)


def derived_variable() -> Step:
    """One row per submitted row, ``row_id`` in the order of the source, with every derived variable. Rows in = rows out."""
    names = [name for variable in derived_variables() for name in variable.columns]
    sql = f"""
with fate as (
  select row_id, not_kept.row_id is not null as is_superseded, left_out::varchar as left_out,
    case when left_out is null then coalesce(kept_row, row_id) end as event_key,
    coalesce(cropped.end_date, events_in_period.end_date) as effective_end_date
  from events_in_period left join not_kept using (row_id, reference_no) left join cropped using (row_id, reference_no)
  qualify row_number() over (
    partition by row_id order by left_out is null desc, not_kept.row_id is null desc, reference_no desc) = 1
)
select row_id, submitted.la_code, {", ".join(names)}
from (select row_id, la_code, person_key, person_key_source from submitted) as submitted
left join fate using (row_id) left join row_variable using (row_id)
left join (select event_id as row_id, * exclude (event_id, end_date) from event_variable) as of_event
  using (row_id)
left join (select * from person_variable) as of_person using (la_code, person_key)
order by row_id"""
    return Step("derived_variable", sql)
