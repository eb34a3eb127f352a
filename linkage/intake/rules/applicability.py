"""When a field is applicable and when mandatory, and the statuses that the department's data-quality reports give it.

The matrix is ``configs/rules/tables/applicability.yaml``; the conditions it names are written here.
"""

from functools import cache

from linkage.configs import read_packaged
from linkage.engine import ident, literal
from linkage.errors import InternalError
from linkage.intake.dates import PARSED
from linkage.intake.rules.context import Context
from linkage.intake.rules.model import Rule, found_sql
from linkage.spec import age_years_sql
from pseudo.config_file import ConfigModel

NOT_APPLICABLE, APPLICABLE, MANDATORY = "Not applicable", "Applicable not mandatory", "Mandatory"
UNDETERMINED = "Undetermined"
BLANK_MANDATORY = "blank_mandatory"


class FieldEntry(ConfigModel):
    """One row of the matrix: ``applicable`` is all of its conditions, ``mandatory`` all of any of its lists."""

    module: str
    field: str
    applicable: tuple[str, ...] = ()
    mandatory: tuple[tuple[str, ...], ...] = ()


class MatrixFile(ConfigModel):
    """The form of ``configs/rules/tables/applicability.yaml``."""

    versions: tuple[str, ...]
    fields: tuple[FieldEntry, ...]


@cache
def matrix(version: str) -> tuple[FieldEntry, ...]:
    """The rows for a version, in order; none for a version without a matrix."""
    file = read_packaged("rules/tables/applicability.yaml", MatrixFile)
    return file.fields if version in file.versions else ()


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


def mandatory_sql(entry: FieldEntry, context: Context) -> str:
    """SQL for whether the field is mandatory on a row; never null."""
    ways = ["(" + _all(way, context) + ")" for way in entry.mandatory]
    return "(" + (" or ".join(ways) or "false") + ")"


def status_sql(entry: FieldEntry, context: Context) -> str:
    """SQL for the status of a field on a row. Undetermined: the conditions ask for a client or event type, and the row
    has none that is listed.
    """
    asked = {*entry.applicable, *(name for way in entry.mandatory for name in way)}
    unknown = ["false"]
    if asked & {"has_events", "service_user", "carers"}:
        unknown.append(f"not {context.is_in('service_user', 'carers')}")
    if asked - {"has_events", "service_user", "carers"}:
        unknown.append(
            f"{context.is_in('service_user', 'carer')} and not {context.is_in('request', 'assessment', 'service', 'review')}"
        )
    return f"""case when {" or ".join(f"({test})" for test in unknown)} then {literal(UNDETERMINED)}
        when {mandatory_sql(entry, context)} then {literal(MANDATORY)}
        when {_all(entry.applicable, context)} then {literal(APPLICABLE)} else {literal(NOT_APPLICABLE)} end"""


def blank_mandatory(rule: Rule, context: Context) -> list[str]:
    """SQL for the rule's fields that are blank on rows where the matrix of the version makes them mandatory."""
    return [
        found_sql(BLANK_MANDATORY, entry.field, f"s.{ident(entry.field)} is null and {mandatory_sql(entry, context)}")
        for entry in matrix(context.specification.version)
        if entry.field in rule.entry.mandatory
    ]


def _all(names: tuple[str, ...], context: Context) -> str:
    return " and ".join(condition_sql(name, context) for name in names) or "true"
