"""The people of the current record, one row each, for tracing."""

from linkage.engine import Step, ident
from linkage.intake.dates import written_date_sql
from linkage.intake.keeping.kept import GIVEN

_COLUMNS = (
    "query_id", "la_code", "person_unique_identifier", "nhs_number", "given_name", "family_name", "date_of_birth", "postcode",
    "gender",
)  # fmt: skip


def persons_step(name: str = "persons") -> Step:
    """From ``people_rows`` to one row per (la_code, person_unique_identifier), ordered by query_id.

    Columns: query_id, la_code, person_unique_identifier, nhs_number, given_name, family_name, date_of_birth, postcode,
    gender; text as given without blanks at its ends, null for blank. A date of birth that can be read is written
    dd/mm/yyyy, any other is as given. Where a person's rows disagree the latest event's values stand (by start date, then
    reporting period and row number; rows without a start date are earliest); rule P05 reports it.
    """
    birth = f"coalesce({written_date_sql('date_of_birth')}, date_of_birth{GIVEN}) as date_of_birth"
    return Step(
        name,
        f"""with ranked as (
    select *, row_number() over (
        partition by la_code, person_unique_identifier order by event_start_date desc nulls last, number desc, row_number desc
    ) as rank
    from people_rows where la_code is not null
), named as (
    select la_code || '/' || person_unique_identifier as query_id, la_code, person_unique_identifier, nhs_number,
        first_name as given_name, last_name as family_name, {birth}, postcode, gender
    from ranked where rank = 1
)
select {", ".join(map(ident, _COLUMNS))} from named order by query_id""",
    )
