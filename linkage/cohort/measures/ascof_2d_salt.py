"""ASCOF 2D as it was until 2022/23, from SALT's STS002a (``configs/measures/ascof_2d_salt.yaml``)."""

from linkage.cohort.measures.measure import Asked, Measure
from linkage.cohort.measures.salt_sts import NEW_CLIENTS
from linkage.engine import Step, ident


def lower_support(asked: Asked) -> list[Step]:
    """One row per episode of short-term support that ends in the year, where STS002a puts it."""
    sql = f"select la_code, person_key, event_id, age_band, column_id, reason from {ident(NEW_CLIENTS.people)}"
    return [*NEW_CLIENTS.steps(asked), Step("ascof_2d_salt_people", sql)]


MEASURE = Measure("ascof_2d_salt", lower_support)
