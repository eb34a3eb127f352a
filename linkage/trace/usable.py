"""A field of which not one value can be read: a sign that another column was mapped, not that the data are poor."""

from collections.abc import Mapping

from linkage.engine import Engine, Step
from linkage.errors import InputError
from linkage.normalise import date_of_birth, nhs_number, postcode
from linkage.trace.records import PostcodeKind

ENOUGH = 20
"""So many values of which none can be read are no chance. (design)"""

_MEANT = {"nhs_number": "an NHS number", "date_of_birth": "a date of birth", "postcode": "a British postcode"}


def refuse_unusable(readable: Mapping[str, tuple[int, int]], advice: str) -> None:
    """Raise InputError when of a field at least ``ENOUGH`` values were given and none could be read.

    ``readable`` has both counts for each field; ``advice`` says how to go on when the column is the right one.
    """
    for field, (given, usable) in readable.items():
        if given >= ENOUGH and not usable:
            raise InputError(
                f"None of the {given} values of the field {field} can be read as {_MEANT[field]}. Probably another column is "
                f"mapped: name the right one with --columns {field}=YOUR_HEADING. {advice}"
            )


def readable_queries(engine: Engine, postcode_as: PostcodeKind) -> dict[str, tuple[int, int]]:
    """Values of ``query_source`` given and readable, by field: a placeholder is readable, though it tells nothing."""
    usable = {
        "nhs_number": f"{nhs_number.clean_sql('nhs_number')} is not null",
        "date_of_birth": f"try_cast({date_of_birth.iso_sql('date_of_birth')} as date) is not null",
        "postcode": postcode.is_valid_sql("postcode") if postcode_as == "uk" else "postcode is not null",
    }
    return _counted(engine, "query_source", usable)


def readable_extract(engine: Engine, postcode_as: PostcodeKind) -> dict[str, tuple[int, int]]:
    """Values of an extract's rows in ``source``, where whole dates and postcodes are in canonical form already."""
    usable = {
        "date_of_birth": "try_cast(date_of_birth as date) is not null",
        "postcode": "regexp_full_match(postcode, '[A-Z0-9]{2,4} [0-9][A-Z]{2}')" if postcode_as == "uk" else "true",
    }
    return _counted(engine, "source where source_row >= 0", usable)


def _counted(engine: Engine, table: str, usable: Mapping[str, str]) -> dict[str, tuple[int, int]]:
    counts = ", ".join(f"count({field}), count(*) filter (where {test})" for field, test in usable.items())
    values = engine.rows(Step("count_readable", f"select {counts} from {table}"))[0]
    return {field: (values[2 * place], values[2 * place + 1]) for place, field in enumerate(usable)}
