"""On which rows a field is applicable, mandatory and wanted, and its status in the department's data-quality reports.

The statement of it is ``configs/rules/tables/applicability.yaml``; the conditions it names are written here.
"""

from collections.abc import Mapping
from functools import cache
from typing import Literal

from linkage.configs import read_packaged
from linkage.engine import ident, literal
from linkage.errors import InternalError
from linkage.intake.dates import PARSED
from linkage.intake.rules.context import Context, in_sql
from linkage.intake.rules.model import Rule, found_sql
from linkage.spec import Field, age_years_sql
from pseudo.config_file import ConfigModel

NOT_APPLICABLE, APPLICABLE, MANDATORY = "Not applicable", "Applicable not mandatory", "Mandatory"
UNDETERMINED = "Undetermined"
BLANK_MANDATORY = "blank_mandatory"
EVENT_SECTIONS = ("event", "request", "assessment", "service", "review", "cost")
Certainty = Literal["certain", "base", "implied", "inferred", "design"]


class FieldEntry(ConfigModel):
    """One row of the matrix: ``mandatory`` is all of the conditions of any of its lists."""

    module: str
    field: str
    mandatory: tuple[tuple[str, ...], ...] = ()


class WantedOnly(ConfigModel):
    """A field that is wanted only where all of the conditions hold."""

    field: str
    conditions: tuple[str, ...]
    certainty: Certainty


class BlankHasMeaning(ConfigModel):
    """A field that says something by being blank; with ``wider_matrix`` also where the matrix makes it mandatory."""

    field: str
    wider_matrix: bool = False
    certainty: Certainty


class ApplicabilityFile(ConfigModel):
    """The form of ``configs/rules/tables/applicability.yaml``; ``certainty`` of the matrix, by the versions that have one."""

    wanted_only: tuple[WantedOnly, ...]
    blank_has_meaning: tuple[BlankHasMeaning, ...]
    certainty: Mapping[str, Certainty]
    fields: tuple[FieldEntry, ...]


@cache
def applicability() -> ApplicabilityFile:
    """The packaged statement."""
    return read_packaged("rules/tables/applicability.yaml", ApplicabilityFile)


def matrix(version: str) -> tuple[FieldEntry, ...]:
    """The rows for a version, in order; none for a version without a matrix."""
    return applicability().fields if version in applicability().certainty else ()


def costed_sql(context: Context) -> str:
    """SQL for whether a service (row ``s``) should have a cost: all long-term support that is not commissioned by the
    authority, short stays in care homes, and carer support.
    """
    kind = f"({context.is_in('long_term', 'carer_direct', 'carer_involving')} or {context.is_in('costed_component')})"
    return f"({context.is_in('service')} and not {context.is_in('commissioned')} and {kind})"


def condition_sql(name: str, context: Context) -> str:
    """SQL (row ``s``, the file's ``facts``) for a condition of the matrix; never null."""
    between = f"{age_years_sql(f's.date_of_birth{PARSED}', 'facts.period_end')} between 18 and 64"
    known = {
        "has_events": f"not {context.is_in('carer_by_association')}",
        "service_user": context.is_in("service_user"),
        "carers": context.is_in("carers"),
        "deceased": "s.date_of_death is not null",
        "ended": f"s.event_end_date{PARSED} is not null",
        "community_or_prison": context.is_in("community", "prison"),
        "learning_disability_18_to_64": f"({context.is_in('learning_disability')} and coalesce({between}, false))",
        "costed_service": costed_sql(context),
        "not_request": f"not {context.is_in('request')}",
        "not_service": f"not {context.is_in('service')}",
        "not_financial_assessment": f"not {context.is_in('financial_assessment')}",
        **{
            group: context.is_in(group)
            for group in ("request", "assessment", "service", "review", "financial_assessment", "planned_review")
        },
    }
    if name not in known:
        raise InternalError(f"configs/rules/tables/applicability.yaml names a condition '{name}' that is not written.")
    return known[name]


def applicable_sql(field: Field, context: Context) -> str:
    """SQL for whether a field belongs to a row (``s``), by its event and client types; never null."""
    tests = [condition_sql("has_events", context)] if field.section in EVENT_SECTIONS else []
    if field.event_types:
        tests.append(f"coalesce(s.event_type in {in_sql(field.event_types)}, false)")
    if field.client_types:
        tests.append(f"coalesce(s.client_type in {in_sql(field.client_types)}, false)")
    return "(" + (" and ".join(tests) or "true") + ")"


def wanted_sql(field: Field, context: Context) -> str:
    """SQL (row ``s``, the file's ``facts``) for whether a blank would be a gap on a row; never null."""
    entry = _mandatory_entry(field, context)
    if entry:
        return mandatory_sql(entry, context)
    narrowed = [name for only in applicability().wanted_only if only.field == field.id for name in only.conditions]
    return " and ".join([applicable_sql(field, context), *(condition_sql(name, context) for name in narrowed)])


def to_be_filled(field: Field, context: Context) -> bool:
    """Whether a field is mandatory on the rows that want it, and its blank says nothing."""
    in_matrix = _mandatory_entry(field, context) is not None
    says = any(
        one.field == field.id and (one.wider_matrix or not in_matrix) for one in applicability().blank_has_meaning
    )
    return (in_matrix or field.requirement == "mandatory") and not says


def mandatory_sql(entry: FieldEntry, context: Context) -> str:
    """SQL for whether the field is mandatory on a row; never null."""
    ways = ["(" + _all(way, context) + ")" for way in entry.mandatory]
    return "(" + (" or ".join(ways) or "false") + ")"


def status_sql(entry: FieldEntry, context: Context) -> str:
    """SQL for the status of a field on a row. Undetermined: the conditions ask for a client or event type, and the row
    has none that is listed.
    """
    field = context.specification.field(entry.field)
    asked, of_client = {name for way in entry.mandatory for name in way}, {"has_events", "service_user"}
    unknown = ["false"]
    if asked & of_client or field.client_types or field.section in EVENT_SECTIONS:
        unknown.append(f"not {context.is_in('service_user', 'carers')}")
    if asked - of_client or field.event_types:
        unknown.append(
            f"{context.is_in('service_user', 'carer')} and not {context.is_in('request', 'assessment', 'service', 'review')}"
        )
    return f"""case when {" or ".join(f"({test})" for test in unknown)} then {literal(UNDETERMINED)}
        when {mandatory_sql(entry, context)} then {literal(MANDATORY)}
        when {applicable_sql(field, context)} then {literal(APPLICABLE)} else {literal(NOT_APPLICABLE)} end"""


def blank_mandatory(rule: Rule, context: Context) -> list[str]:
    """SQL for the rule's fields that are blank on rows where the matrix of the version makes them mandatory."""
    return [
        found_sql(BLANK_MANDATORY, entry.field, f"s.{ident(entry.field)} is null and {mandatory_sql(entry, context)}")
        for entry in matrix(context.specification.version)
        if entry.field in rule.entry.mandatory
    ]


def _mandatory_entry(field: Field, context: Context) -> FieldEntry | None:
    """The row of the version's matrix that makes the field mandatory somewhere, if there is one."""
    entries = matrix(context.specification.version)
    return next((entry for entry in entries if entry.field == field.id and entry.mandatory), None)


def _all(names: tuple[str, ...], context: Context) -> str:
    return " and ".join(condition_sql(name, context) for name in names) or "true"
