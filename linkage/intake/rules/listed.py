"""Rules about listed values and the fields that events of a type must have."""

from linkage.engine import ident
from linkage.intake.rules.model import Context, Rule, all_of, found_sql, in_sql
from linkage.intake.values import UNLISTED


def listed(rule: Rule, context: Context) -> str:
    """Values of the rule's fields that are not in their list and not close to one of its values (an open list apart)."""
    fields = [field for field in context.fields(rule) if field not in context.specification.open_fields]
    return f"""select row_number, part, field, value, suggestion from list_findings
        where part = '{UNLISTED}' and field in {in_sql(fields)}"""


def required(rule: Rule, context: Context) -> str:
    """The rule's fields listed, and filled on every event of their type."""
    selects = []
    for field_id in context.fields(rule):
        of_its_type = f"s.event_type in {in_sql(context.specification.field(field_id).event_types)}"
        selects.append(found_sql("missing", field_id, f"{of_its_type} and s.{ident(field_id)} is null"))
    return all_of(*selects, listed(rule, context))


def s03_delivery_mechanism(rule: Rule, context: Context) -> str:
    """A mechanism on community and prison services, with the prefix of its setting where there are prefixes; none on
    other listed services, save carer support.
    """
    field = "delivery_mechanism"
    needs = rule.texts("required_for")
    barred = [
        name for name in context.specification.values("service_type") if name not in needs + rule.texts("allowed_for")
    ]
    service = f"s.event_type in {in_sql(context.specification.field(field).event_types)}"
    prison = f"s.service_type in {in_sql(rule.texts('prison_service'))}"
    missing = f"{service} and s.service_type in {in_sql(needs)} and s.{field} is null"
    wrong_prefix = f"{service} and {prison} and starts_with(s.{field}, '{rule.text('community_prefix')}')"
    not_expected = f"{service} and s.service_type in {in_sql(barred)} and s.{field} is not null"
    return all_of(
        found_sql("missing", field, missing),
        found_sql("wrong_prefix", field, wrong_prefix),
        found_sql("not_expected", field, not_expected),
        listed(rule, context),
    )


PREDICATES = {
    "P15": listed,
    "E08": listed,
    "Q01": required,
    "A01": required,
    "A03": listed,
    "A04": listed,
    "S01": required,
    "S03": s03_delivery_mechanism,
    "V01": required,
    "V03": listed,
    "C04": listed,
    "C06": listed,
}
