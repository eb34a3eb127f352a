"""How a submission stands by field, in the words of the department's data-quality reports: status and validity."""

from linkage.engine import Engine, Step, ident, literal
from linkage.intake.dates import PARSED
from linkage.intake.rules.applicability import FieldEntry, matrix, status_sql
from linkage.intake.rules.context import Context, in_sql
from linkage.intake.values import SIMILAR, UNLISTED
from linkage.normalise import nhs_number, postcode

PASSED_VALID, PASSED_BLANK = "Passed valid", "Passed blank (not mandatory)"
FAILED_BLANK, FAILED_INVALID = "Failed blank (mandatory)", "Failed invalid"
FAILED_BEFORE = "Failed Release 1"
TABLE = "field_status"
_NUMBERS = ("unit_cost", "planned_units_per_week", "number_of_adults_cared_for")


def make_field_status(engine: Engine, context: Context) -> None:
    """Make ``field_status``; the tables of the check must be there. No row for a version without a matrix."""
    worded = engine.rows(Step("read_worded_fields", "select distinct field from list_findings"))
    engine.run(field_status_step(context, frozenset(field for (field,) in worded)))


def field_status_step(context: Context, worded_otherwise: frozenset[str]) -> Step:
    """Rows of the file by module, field (its heading), status and validity.

    Invalid are values that are not worded as listed (of an open list: only those that are near a listed one in spelling),
    dates, numbers, NHS numbers and postcodes that are none, and unknown authorities. From Release 2 values worded as
    in Release 1 are told apart. ``worded_otherwise`` are the list fields with a value that is not worded as listed.
    """
    selects = [
        _field_sql(position, entry, context, entry.field in worded_otherwise)
        for position, entry in enumerate(matrix(context.specification.version))
        if context.has(entry.field)
    ]
    nothing = (
        "select 0 as position, '' as module, '' as field, '' as status, '' as validity, 0::bigint as rows where false"
    )
    rows = "\nunion all\n".join(selects or [nothing])
    order = "order by position, status, validity"
    return Step(TABLE, f"select module, field, status, validity, rows from (\n{rows}\n) as counted {order}")


def _field_sql(position: int, entry: FieldEntry, context: Context, worded_otherwise: bool) -> str:
    field = ident(entry.field)
    heading = literal(context.specification.field(entry.field).heading)
    before = _before_sql(entry, context, worded_otherwise)
    return f"""select {position} as position, {literal(entry.module)} as module, {heading} as field, status, case
        when blank and status = 'Mandatory' then {literal(FAILED_BLANK)}
        when blank then {literal(PASSED_BLANK)}
        when before then {literal(FAILED_BEFORE)}
        when invalid then {literal(FAILED_INVALID)} else {literal(PASSED_VALID)} end as validity, sum(cells)::bigint as rows
    from (
        select {status_sql(entry, context)} as status, s.{field} is null as blank, {before} as before,
            coalesce({_invalid_sql(entry, context, worded_otherwise)}, false) as invalid, count(*) as cells
        from submission as s cross join submission_facts as facts group by all
    ) as judged group by all"""


def _before_sql(entry: FieldEntry, context: Context, worded_otherwise: bool) -> str:
    value_list = context.specification.field(entry.field).value_list
    if value_list is None or not worded_otherwise or context.specification.version != "release2":
        return "false"
    before = sorted(set(value_list.from_base) - set(value_list.names))
    worded = f"select row_number from list_findings where field = {literal(entry.field)} and value in {in_sql(before)}"
    return f"s.row_number in ({worded})" if before else "false"


def _invalid_sql(entry: FieldEntry, context: Context, worded_otherwise: bool) -> str:
    field = context.specification.field(entry.field)
    given = f"s.{ident(field.id)}"
    if field.value_list is not None:
        if not worded_otherwise:
            return "false"
        unsure = f" and part not in {in_sql((UNLISTED, SIMILAR))}" if field.value_list.open else ""
        return f"s.row_number in (select row_number from list_findings where field = {literal(field.id)}{unsure})"
    if field.data_type == "date":
        return f"{given} is not null and s.{ident(field.id + PARSED)} is null"
    if field.id in _NUMBERS:
        return f"{given} is not null and try_cast({given} as double) is null"
    reasons = {"nhs_number": nhs_number.reason_sql, "postcode": postcode.reason_sql}
    if field.id in reasons:
        return f"{given} is not null and {reasons[field.id](given)} is not null"
    return f"{given} not in (select code from known_authorities)" if field.id == "la_code" else "false"
