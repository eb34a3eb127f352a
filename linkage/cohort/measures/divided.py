"""Labels that many measures divide people by: fine age bands, gender, ethnic group."""

from linkage.cohort.derive.age import age_band_sql
from linkage.cohort.measures.definition import MeasureDefinition
from linkage.cohort.measures.measure import label_sql


def divided_sql(definition: MeasureDefinition, age: str) -> str:
    """SQL for ``age_band``, ``gender`` and ``ethnic_group`` from the age expression and the columns of ``person``."""
    return f"""case when {age} is null then 'not known' else {age_band_sql(age, definition.age_bands)} end as age_band,
    {label_sql(definition.label("gender"), "gender")} as gender,
    {label_sql(definition.label("ethnic_group"), "ethnic_group")} as ethnic_group"""
