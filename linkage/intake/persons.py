"""The people of a submission, one row each, for tracing."""

from collections.abc import Mapping, Sequence

from linkage.engine import Step, ident
from linkage.intake.dates import PARSED, written_date_sql
from linkage.intake.prepare import latest_rows_step

_TEXTS: Mapping[str, str] = {
    "nhs_number": "nhs_number",
    "given_name": "first_name",
    "family_name": "last_name",
    "postcode": "postcode",
    "gender": "gender",
}


def persons_steps() -> Sequence[Step]:
    """Steps from ``current_rows`` to ``persons``: one row per (la_code, person_unique_identifier), ordered by query_id.

    Columns: query_id, la_code, person_unique_identifier, nhs_number, given_name, family_name, date_of_birth, postcode,
    gender; text as given without blanks at its ends, null for blank. A date of birth that can be read is written
    dd/mm/yyyy, any other is as given. Where a person's rows disagree the latest event's values stand (by start date, then
    reporting period and row number; rows without a start date are earliest); rule P05 reports it.
    """
    texts = ", ".join(f"{ident(column)} as {ident(name)}" for name, column in _TEXTS.items())
    birth = f"coalesce({written_date_sql('date_of_birth' + PARSED)}, date_of_birth) as date_of_birth"
    return (
        latest_rows_step("latest_rows", "current_rows", ["la_code", "person_unique_identifier"], "row_id"),
        Step("named_persons", f"select la_code, person_unique_identifier, {texts}, {birth} from latest_rows"),
        Step(
            "persons",
            """select la_code || '/' || person_unique_identifier as query_id, la_code, person_unique_identifier, nhs_number,
    given_name, family_name, date_of_birth, postcode, gender
from named_persons order by query_id""",
        ),
    )
