"""An authority's own events with their derived variables, a data dictionary and a guide to how they were made."""

import csv
from collections.abc import Sequence
from pathlib import Path

from linkage.cohort.derive.covered import covered_days, require_all_covered
from linkage.cohort.derive.dictionary import HEADINGS, data_dictionary, dictionary_rows, transformation_guide
from linkage.cohort.derive.run import Derivation, derive
from linkage.cohort.derive.source import CareSource, own_file
from linkage.cohort.derive.variables import POSTCODES, derive_variables, derived_variables
from linkage.engine import Engine, EngineOptions, Step, Value, ident, open_engine
from linkage.errors import InputError
from linkage.runs import Manifest, file_record, staged_outputs
from linkage.store import require_columns, require_other_folder

COMMAND = "tables dataset"
EVENTS = "events.parquet"
DATASET = "derived_variables.parquet"
IDENTIFIABLE = "dataset_IDENTIFIABLE"
DICTIONARY = "data_dictionary.csv"
GUIDE = "transformation_guide.md"
_ROW = ("la_code", "submission", "row_number")


def write_variables(
    folder: Path,
    out: Path,
    *,
    derivation: Derivation | None = None,
    postcodes: Path | None = None,
    with_submitted: bool = False,
    options: EngineOptions | None = None,
) -> dict[str, int]:
    """Derive the variables of the events of a consolidated or processed folder; write them with dictionary and guide.

    The dataset has one row per event row, named by authority, file and row number, and no identifier of a person.
    ``with_submitted``: it has everything that was submitted too, so it identifies people; as Parquet and as CSV.
    ``postcodes`` is a Parquet file with the columns postcode, lsoa, ward and la_code. Returns rows and people. Raises
    InputError when a file lacks columns, UsageError when the submissions do not cover the period.
    """
    require_other_folder(out, folder)
    events = folder / EVENTS
    if not events.is_file():
        raise InputError(f"{folder}: there is no {EVENTS}. Give the folder of 'cldlink submission consolidate'.")
    choices = derivation or Derivation()
    choices = Derivation(**{**choices.__dict__, "keep_steps": True})
    places = [folder, *([postcodes.parent] if postcodes else [])]
    with staged_outputs(out) as staging, open_engine(options, [*places, staging]) as engine:
        source = own_file(engine, events)
        if postcodes:
            engine.read_parquet(POSTCODES, [postcodes])
            require_columns(engine, POSTCODES, ("postcode", "lsoa", "ward", "la_code"))
        if choices.period:
            require_all_covered(covered_days(engine, source), choices.period)
        derived = derive(engine, source, choices)
        derive_variables(engine, source, derived.period)
        if with_submitted:
            _write_with_submitted(engine, source, staging)
        else:
            engine.write_parquet(_joined(source, ", ".join(f"row_of.{name}" for name in _ROW)), staging / DATASET)
        _write_dictionary(staging, _submitted(source) if with_submitted else [])
        counts = {
            "rows": engine.count("derived_variable"),
            "events": engine.count("event"),
            "people": engine.count("person"),
        }
        inputs = [file_record(path) for path in (events, *([postcodes] if postcodes else []))]
        settings = {"period": str(derived.period), "person_rule": choices.person_rule, "selection": choices.selection}
        Manifest(COMMAND, inputs, counts, settings).write(staging)
    return counts


def _joined(source: CareSource, row: str) -> Step:
    """One row per event row in the order of the file: ``row`` (SQL) of what was submitted, and the derived variables."""
    sql = f"""
select {row}, derived_variable.* exclude (row_id, la_code)
from {source.rows} as row_of join derived_variable on row_of.{source.row_id} = derived_variable.row_id
order by derived_variable.row_id"""
    return Step("write_variables", sql, source.values)


def _submitted(source: CareSource) -> list[str]:
    """The submitted columns, without those that a derived variable is named like."""
    derived = {name for variable in derived_variables() for name in variable.columns}
    return [name for name in source.columns if name != "file_row_number" and name not in derived]


def _write_with_submitted(engine: Engine, source: CareSource, folder: Path) -> None:
    """Parquet, and a CSV in which no text is taken for a formula by a spreadsheet."""
    parquet = folder / f"{IDENTIFIABLE}.parquet"
    engine.write_parquet(_joined(source, ", ".join(f"row_of.{ident(name)}" for name in _submitted(source))), parquet)
    rows = "read_parquet($dataset, file_row_number = true)"
    written: dict[str, Value] = {"dataset": str(parquet)}
    described = engine.rows(
        Step("describe_dataset", f"describe select * exclude (file_row_number) from {rows}", written)
    )
    guarded = "regexp_replace({0}, '^([=+@\\t\\r]|-.)', chr(39) || '\\1') as {0}"
    cells = ", ".join(guarded.format(ident(name)) if kind == "VARCHAR" else ident(name) for name, kind, *_ in described)
    engine.write_csv(
        Step("write_dataset", f"select {cells} from {rows} order by file_row_number", written),
        folder / f"{IDENTIFIABLE}.csv",
    )


def _write_dictionary(folder: Path, submitted: Sequence[str]) -> None:
    with (folder / DICTIONARY).open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(HEADINGS)
        rest = [""] * (len(HEADINGS) - 5)
        writer.writerows([name, "As submitted", "", "row", "the value as submitted", *rest] for name in submitted)
        writer.writerows(dictionary_rows())
    guide = f"# How the variables were derived\n\n{data_dictionary()}\n\n## Steps\n\n{transformation_guide()}\n"
    (folder / GUIDE).write_text(guide, encoding="utf-8")
