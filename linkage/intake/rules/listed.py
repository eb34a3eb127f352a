"""Rules about listed values and the fields that events of a type must have."""

from linkage.engine import ident
from linkage.intake.rules.context import Context, in_sql
from linkage.intake.rules.model import Rule, all_of, found_sql
from linkage.intake.values import UNLISTED


def listed(rule: Rule, context: Context) -> str:
    """Values of the rule's fields that are not in their list and not close to one of its values (an open list apart)."""
    fields = [field for field in rule.fields(context) if field not in context.specification.open_fields]
    return f"""select row_number, part, field, value, suggestion from list_findings
        where part = '{UNLISTED}' and field in {in_sql(fields)}"""


def required(rule: Rule, context: Context) -> str:
    """The rule's fields listed, and filled on every event of their type."""
    selects = []
    for field_id in rule.fields(context):
        of_its_type = f"s.event_type in {in_sql(context.specification.field(field_id).event_types)}"
        selects.append(found_sql("missing", field_id, f"{of_its_type} and s.{ident(field_id)} is null"))
    return all_of(*selects, listed(rule, context))


PREDICATES = {
    "Q01": required,
    "A01": required,
    "S01": required,
    "V01": required,
}
