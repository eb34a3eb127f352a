"""Coded columns of submitted rows: each submitted wording looked up in a list of all that were submitted.

A look-up by constant lists is one function of one column, which DuckDB works out once for each entry of the column's
dictionary in a Parquet file; a join would look at every row's text.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from linkage.cohort.derive.grouped import group_type, present_columns, value_type
from linkage.engine import Engine, Step, Value

DETAILS = (
    "gender",
    "ethnicity",
    "primary_support_reason",
    "accommodation_status",
    "employment_status",
    "has_informal_carer",
    "autism_spectrum_disorder",
    "visual_impairment",
    "hearing_impairment",
    "dementia",
    "client_funding_status",
)
"""Fields that describe a person and not an event."""

# Fields of an event → the column of its group.
GROUP_COLUMNS = {
    "client_type": "client_type_group",
    "event_type": "event_type",
    "event_outcome": "outcome_group",
    "route_of_access": "route_group",
    "assessment_type": "assessment_group",
    "service_type": "service_group",
    "service_component": "component_group",
    "delivery_mechanism": "mechanism_group",
    "review_reason": "review_group",
    "method_of_review": "review_method_group",
    "cost_frequency": "cost_frequency_group",
}
_NUMBERED = (
    "client_type",
    "route_of_access",
    "assessment_type",
    "service_type",
    "service_component",
    "delivery_mechanism",
    "cost_frequency",
)
"""Fields whose submitted wordings tell events apart (step 7)."""
_NO_VALUE = ("event_type", "client_type")
_HELD = ("field", "submitted", "raw_no", "value_no", "value", "group_id", "outcome_rank")


@dataclass(frozen=True)
class Coded:
    """A column of ``submitted``: of each submitted wording of a field what ``submitted_value`` has in the column ``holds``."""

    name: str
    field: str
    type: str
    holds: str

    def sql(self, columns: Sequence[str]) -> str:
        """SQL for the column in a table with these columns; null where a row has no wording, or the table none of the field's."""
        look_up = f"map(cast(${self.name}_from as varchar[]), cast(${self.name}_to as {self.type}[]))"
        found = [f"{look_up}[cast({column} as varchar)]" for column in present_columns(self.field, columns)]
        return f"coalesce({', '.join(found)})" if found else f"cast(null as {self.type})"


def coded_columns(*, cleaned: bool) -> list[Coded]:
    """Every coded column: values and groups of events, values of people, numbers of wordings, place of an outcome.

    ``cleaned``: all wordings of one value have one number.
    """
    valued = [field for field in (*GROUP_COLUMNS, *DETAILS) if field not in _NO_VALUE]
    number = "value_no" if cleaned else "raw_no"
    return [
        *(Coded(field, field, value_type(field), "value") for field in valued),
        *(Coded(f"{field}_no", field, "smallint", number) for field in _NUMBERED),
        *(Coded(group, field, group_type(field), "group_id") for field, group in GROUP_COLUMNS.items()),
        Coded("outcome_rank", "event_outcome", "tinyint", "outcome_rank"),
    ]


def coded_fields(named: frozenset[str] | None) -> list[str]:
    """The fields that these columns of ``submitted`` (None: all) are made of; those that tell events apart always."""
    coded = coded_columns(cleaned=False)
    return list(
        dict.fromkeys(one.field for one in coded if named is None or one.name in named or one.field in _NUMBERED)
    )


def coding_values(engine: Engine, columns: Sequence[str], *, cleaned: bool) -> dict[str, Value]:
    """What ``Coded.sql`` binds, from ``submitted_value``: the wordings of each column with what they stand for."""
    sql = f"select {', '.join(_HELD)} from submitted_value order by field, submitted"
    found = [dict(zip(_HELD, row, strict=True)) for row in engine.rows(Step("wordings", sql))]
    values: dict[str, Value] = {}
    for coded in coded_columns(cleaned=cleaned):
        if present_columns(coded.field, columns):
            told = [row for row in found if row["field"] == coded.field and row[coded.holds] is not None]
            values[f"{coded.name}_from"] = [row["submitted"] for row in told]
            values[f"{coded.name}_to"] = [row[coded.holds] for row in told]
    return values
