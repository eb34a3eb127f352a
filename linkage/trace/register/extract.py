"""Reading extracts into slices: every row under its NHS number's hash, its text in the register's written form."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from linkage.engine import Engine, Step, Value, ident
from linkage.errors import InputError, LinkageError, UsageError
from linkage.normalise import date_of_birth, nhs_number, postcode
from linkage.trace.records import LINK_FIELDS, PostcodeKind
from linkage.trace.register.confidentiality import kept_code_sql
from linkage.trace.register.folder import slice_sql
from linkage.trace.source import ColumnMap, Source, is_parquet, scan_source

REGISTER_FIELDS = (
    *LINK_FIELDS,
    "other_given_name",
    "valid_from",
    "valid_to",
    "date_of_death",
    "confidentiality",
    "superseded_by",
    "gp_practice_code",
)
FORMER = ("given_name", "family_name", "postcode")
_MOST_FORMER = 9
FORMER_FIELDS = tuple(f"{field}_{n}" for n in range(2, _MOST_FORMER + 1) for field in FORMER)
"""Former values beside the present one, in a row that is all of a person (``postcode_2`` to ``postcode_9``, …)."""

TEXT_FIELDS = (
    "given_name",
    "other_given_name",
    "family_name",
    "date_of_birth",
    "gender",
    "postcode",
    "gp_practice_code",
    "valid_from",
    "valid_to",
    "date_of_death",
    "confidentiality",
    "superseded_by",
)
"""The fields of a version beside the NHS number, in the order in which they are kept."""

_DATES = ("date_of_birth", "valid_from", "valid_to", "date_of_death")
_REQUIRED = ("nhs_number", "date_of_birth")
_ROWS_OF_A_SLICE = 1_500_000
_MOST_SLICES = 256
_ROWS_OF_A_CUT = 5_000_000
# A rough length of one version in a CSV file, and in a Parquet file: only the number of slices depends on it.
_BYTES_OF_A_ROW = {True: 25, False: 110}
PART = 1 << 40
"""Rows are numbered on by this from file to file; no file has more."""


@dataclass(frozen=True)
class Extract:
    """Files of one extract. ``as_at``: the day (yyyy-mm-dd) on which it was taken, if known."""

    sources: Sequence[Path]
    columns: ColumnMap
    postcode_as: PostcodeKind
    as_at: str | None = None


@dataclass(frozen=True)
class Cut:
    """What is read of an extract at one go: a file, by its place among the sources, or the rows of it from ``after`` (not
    itself) to ``until``.
    """

    source: int
    after: int = 0
    until: int | None = None


def cuts_of(engine: Engine, sources: Sequence[Path]) -> list[Cut]:
    """All of an extract. A large Parquet file is read in parts, for they can be read side by side; a CSV file cannot."""
    cuts = []
    for place, path in enumerate(sources):
        rows = _rows_of_parquet(engine, path)
        starts = range(0, rows, _ROWS_OF_A_CUT) if rows > _ROWS_OF_A_CUT else ()
        cuts += [Cut(place, start, start + _ROWS_OF_A_CUT) for start in starts] or [Cut(place)]
    return cuts


def _rows_of_parquet(engine: Engine, path: Path) -> int:
    """0 of any other file, and of one that cannot be read: whoever reads it says why."""
    if not is_parquet(path):
        return 0
    try:
        return int(engine.value(Step("count_extract", "select count(*) from read_parquet($path)", {"path": str(path)})))
    except LinkageError:
        return 0


def slices_for(sources: Sequence[Path]) -> int:
    """How many slices an extract is cut into so that each fits in little memory: a power of two, by the files' sizes."""
    rows = sum(path.stat().st_size // _BYTES_OF_A_ROW[is_parquet(path)] for path in sources)
    slices = 1
    while slices < _MOST_SLICES and slices * _ROWS_OF_A_SLICE < rows:
        slices *= 2
    return slices


def write_slices(engine: Engine, extract: Extract, cut: Cut, folder: Path, slices: int) -> None:
    """Write a cut of an extract to ``folder`` as ``slice=0`` … ``slice=N``; slice N holds rows without a valid number.

    Raises InputError when a needed field is not there, UsageError when former values come without a date to end them.
    """
    source = Source(extract.sources[cut.source], extract.columns, folder.parent)
    scan = scan_source(engine, source, (*REGISTER_FIELDS, *FORMER_FIELDS))
    lacking = [field for field in _REQUIRED if field not in scan.found]
    if lacking:
        raise InputError(
            f"{source.path}: no column for {' and '.join(lacking)}. Name it with --columns {lacking[0]}=YOUR_HEADING."
        )
    former = [field for field in FORMER_FIELDS if field in scan.found]
    if former and not extract.as_at and "valid_from" not in scan.found:
        raise UsageError(
            f"{source.path}: {former[0]} is a former value, and nothing says until when it may have been true. "
            "Give the day of the extract with --as-at, or the column valid_from."
        )
    read = scan.sql
    if cut.until is not None:
        read = f"select * from ({read}) where row_number > {int(cut.after)} and row_number <= {int(cut.until)}"
    rows = f"select *, 0 as layer from ({read})" if not former else _layered_sql(read, former)
    values: dict[str, Value] = {**scan.values}
    if former:
        values["as_at"] = extract.as_at
    with scan.reading():
        engine.write_partitions(
            Step("write_slices", _sliced_sql(rows, cut.source, slices, extract, scan.dates), values), folder, "slice"
        )


def _sliced_sql(rows: str, source: int, slices: int, extract: Extract, dates: Sequence[str]) -> str:
    written = ",\n  ".join(
        f"{field if field in dates else _written_sql(field, extract.postcode_as)} as {field}" for field in TEXT_FIELDS
    )
    return f"""
select cast({source * PART} + row_number as bigint) as source_row, cast(layer as tinyint) as layer, number as nhs_number,
  {written},
  case when number is null then {slices} else {slice_sql("number", slices)} end as slice
from (select *, {nhs_number.clean_sql("nhs_number")} as number from ({rows}))"""


def _written_sql(field: str, postcode_as: PostcodeKind) -> str:
    """A field as the register keeps it: whole dates and postcodes in canonical form, other text as it stands, a
    confidentiality code that is not known too.
    """
    if field in _DATES:
        return date_of_birth.iso_sql(field)
    if field == "postcode" and postcode_as == "uk":
        return f"coalesce({postcode.clean_sql(field)}, {field})"
    if field == "confidentiality":
        return kept_code_sql(field, unknown=field)
    return field


def _layered_sql(rows: str, former: Sequence[str]) -> str:
    """The row itself, and one more row for each set of former values, ended where the present ones start."""
    layers = sorted({int(field.rsplit("_", 1)[1]) for field in former})
    replaced = {field: _of_layer(field, former) for field in FORMER}
    replaced["valid_to"] = "case when layer = 0 then valid_to else coalesce(valid_from, $as_at) end"
    replaced["valid_from"] = "case when layer = 0 then valid_from end"
    changes = ", ".join(f"{sql} as {ident(field)}" for field, sql in replaced.items())
    there = " ".join(
        f"when {n} then coalesce({', '.join(f for f in former if f.endswith(f'_{n}'))}) is not null" for n in layers
    )
    return f"""
select * replace ({changes}) from (select *, unnest({[0, *layers]}) as layer from ({rows}))
where case layer when 0 then true {there} end"""


def _of_layer(field: str, former: Sequence[str]) -> str:
    cases = " ".join(f"when {f.rsplit('_', 1)[1]} then coalesce({f}, {field})" for f in former if f[:-2] == field)
    return f"case layer {cases} else {field} end" if cases else field
