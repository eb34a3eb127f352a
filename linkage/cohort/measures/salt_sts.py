"""SALT STS001, STS002a and STS002b: what follows requests and short-term support to maximise independence.

Definitions in ``configs/measures/salt_sts001.yaml``, ``salt_sts002a.yaml``, ``salt_sts002b.yaml``; how an episode is made and
what follows it in ``sequels.yaml``.
"""

from linkage.cohort.derive.age import age_band_sql, dhsc_age_sql
from linkage.cohort.derive.sequels import (
    EXISTING,
    NO_REQUEST,
    existing_episodes,
    existing_short_term_steps,
    request_steps,
    short_term_steps,
)
from linkage.cohort.measures.definition import MeasureDefinition, measure_definition
from linkage.cohort.measures.measure import Asked, Measure, label_sql
from linkage.engine import Step, literal


def requests(asked: Asked) -> list[Step]:
    """One row per episode of requests of service users that ends in the year; the event is the request that ends it."""
    definition = measure_definition("salt_sts001")
    rows = """
  select asked.*, found.column_id as sequel, coalesce(found.told_by, 'nothing') as told_by,
    case when found.episode is null then 'existing_client' end as of_client
  from request_episode as asked left join request_sequel as found using (episode)"""
    return [*request_steps(asked.period), _people(definition, rows, asked, f"{_route(definition)}, told_by")]


def short_term_support(asked: Asked) -> list[Step]:
    """One row per episode of short-term support that ends in the year; the event is the service that ends it."""
    definition = measure_definition("salt_sts002a")
    rows = f"""
  select asked.*, found.column_id as sequel, case when found.episode is not null then null
      when asked.event_id in ({existing_episodes("short_term_episode")}) then {literal(EXISTING)}
      else {literal(NO_REQUEST)} end as of_client
  from short_term_episode as asked left join short_term_sequel as found using (episode)"""
    labels = f"{_route(definition)}, {_about_people(definition)}"
    return [*request_steps(asked.period), *short_term_steps(asked.period), _people(definition, rows, asked, labels)]


def existing_clients(asked: Asked) -> list[Step]:
    """One row per episode of short-term support that ends in the year; the event is the service that ends it."""
    definition = measure_definition("salt_sts002b")
    rows = """
  select *, 'episodes' as sequel, case when not is_existing then 'new_client' end as of_client from existing_short_term"""
    return [*existing_short_term_steps(asked.period), _people(definition, rows, asked, _about_people(definition))]


def _people(definition: MeasureDefinition, rows: str, asked: Asked, labels: str) -> Step:
    """Rows with their age on the last day of the year. Without a birth month nobody counts where it is among the reasons."""
    unborn = "when birth_month is null then 'no_birth_month'" if "no_birth_month" in definition.reasons else ""
    sql = f"""
with looked_at as ({rows}
),
judged as (
  select looked_at.*, gender, ethnic_group, primary_support_reason, {dhsc_age_sql("birth_month", "$last")} as age_then,
    case when of_client is not null then of_client {unborn}
      when birth_month > $last or age_then < 18 then 'under_18' end as reason
  from looked_at join person using (la_code, person_key)
)
select la_code, person_key, event_id,
  case when age_then is null then 'not known' else {age_band_sql("age_then", definition.age_bands)} end as age_band,
  {labels}, case when reason is null then sequel end as column_id, reason
from judged"""
    return Step(f"{definition.id}_people", sql, {"last": asked.period.end})


def _route(definition: MeasureDefinition) -> str:
    return f"{label_sql(definition.label('route'), 'place')} as route"


def _about_people(definition: MeasureDefinition) -> str:
    return ",\n  ".join(
        f"{label_sql(definition.label(name), name)} as {name}" for name in ("primary_support_reason", "ethnic_group")
    )


REQUESTS = Measure("salt_sts001", requests)
NEW_CLIENTS = Measure("salt_sts002a", short_term_support)
EXISTING_CLIENTS = Measure("salt_sts002b", existing_clients)
