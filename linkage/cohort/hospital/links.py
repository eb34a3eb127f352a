"""How sure it is that social care and health data are about one person."""

from linkage.cohort.derive.source import CareSource
from linkage.cohort.derive.wording import listed_sql
from linkage.cohort.hospital.settings import hospital_settings
from linkage.engine import Step


def link_confidence(source: CareSource) -> Step:
    """One row per (authority, person): ``confidence`` of the link, by the outcome of tracing that stands on the person's rows.

    high: every outcome stated is one of high confidence; other: one is not; null: none is stated, or the release has none.
    """
    quality = source.optional("link_quality", "null::varchar")
    high = listed_sql(hospital_settings().high_confidence)
    sql = f"""
with stated as (
  select la_code, coalesce({source.traced}, {source.given}, {source.local}) as person_pseudonym,
    case when bool_and({quality} in ({high})) then 'high' when count({quality}) > 0 then 'other' end as confidence
  from {source.rows} group by all having person_pseudonym is not null
)
select la_code, person_key, confidence from stated join person_key using (person_pseudonym)"""
    return Step("link_confidence", sql, source.values)
