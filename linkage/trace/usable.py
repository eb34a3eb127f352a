"""A field of which next to no value can be read: a sign that another column was mapped, not that the data are poor."""

from collections.abc import Mapping
from functools import cache

from pydantic import Field

from linkage.configs import read_packaged
from linkage.engine import Engine, Step
from linkage.errors import InputError
from linkage.normalise import date_of_birth, gender, nhs_number, postcode
from linkage.trace.records import PostcodeKind
from pseudo.config_file import ConfigModel


class ReadableSettings(ConfigModel):
    """When a column is taken for the wrong one (``configs/trace/readable.yaml``)."""

    enough: int = Field(ge=1)
    least_share: float = Field(gt=0, le=1)
    rows_of_a_slice: int = Field(ge=1)
    meant: Mapping[str, str]


@cache
def _settings() -> ReadableSettings:
    return read_packaged("trace/readable.yaml", ReadableSettings)


def next_to_none(given: int, usable: int) -> bool:
    """Whether so many values were given, and so few of them are usable, that it is no chance."""
    return given >= _settings().enough and usable < given * _settings().least_share


def refuse_unusable(readable: Mapping[str, tuple[int, int]], advice: str) -> None:
    """Raise InputError when of a field many values were given and next to none could be read.

    ``readable`` has both counts for each field; ``advice`` says how to go on when the column is the right one.
    """
    for field, (given, usable) in readable.items():
        if next_to_none(given, usable):
            raise InputError(
                f"{f'Only {usable}' if usable else 'None'} of the {given} values of the field {field} can be read as "
                f"{_settings().meant[field]}. Probably another column is mapped: name the right one with "
                f"--columns {field}=YOUR_HEADING. {advice}"
            )


def readable_queries(engine: Engine, postcode_as: PostcodeKind) -> dict[str, tuple[int, int]]:
    """Values of ``query_source`` given and readable, by field: a placeholder is readable, though it tells nothing.

    Nothing of fewer people than tell anything.
    """
    if engine.count("query_source") < _settings().enough:
        return {}
    usable = {
        "nhs_number": f"{nhs_number.clean_sql('nhs_number')} is not null",
        "date_of_birth": f"try_cast({date_of_birth.iso_sql('date_of_birth')} as date) is not null",
        "postcode": postcode.is_valid_sql("postcode") if postcode_as == "uk" else "postcode is not null",
    }
    return _counted(engine, "query_source", usable | _PLAIN)


def readable_extract(engine: Engine, postcode_as: PostcodeKind) -> dict[str, tuple[int, int]]:
    """Values of an extract's first rows in ``source`` (``rows_of_a_slice``), where whole dates and postcodes are in canonical
    form already.
    """
    dates = ("date_of_birth", "valid_from", "valid_to", "date_of_death")
    usable = {field: f"try_cast({field} as date) is not null" for field in dates} | {
        "postcode": "regexp_full_match(postcode, '[A-Z0-9]{2,4} [0-9][A-Z]{2}')" if postcode_as == "uk" else "true",
        "superseded_by": f"{nhs_number.clean_sql('superseded_by')} <> nhs_number",
    }
    first = f"(select * from source where source_row >= 0 limit {_settings().rows_of_a_slice})"
    return _counted(engine, first, usable | _PLAIN)


def _name_sql(field: str) -> str:
    """SQL of whether a text may be a name: letters, no digits, and not what stands for a gender."""
    plain = f"regexp_full_match({field}, '[^0-9]*\\pL[^0-9]*')"
    return f"{plain} and coalesce({gender.clean_sql(field)}, '') not in ('1', '2')"


_PLAIN = {field: _name_sql(field) for field in ("given_name", "family_name")} | {
    "gender": gender.is_valid_sql("gender")
}
"""Whether a value of a field is readable, for fields that are kept as they were written."""


def _counted(engine: Engine, table: str, usable: Mapping[str, str]) -> dict[str, tuple[int, int]]:
    counts = ", ".join(f"count({field}), count(*) filter (where {test})" for field, test in usable.items())
    values = engine.rows(Step("count_readable", f"select {counts} from {table}"))[0]
    return {field: (values[2 * place], values[2 * place + 1]) for place, field in enumerate(usable)}
