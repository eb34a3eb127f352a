"""An authority's own events with their derived variables, a data dictionary and a guide to how they were made."""

import csv
from pathlib import Path

from linkage.cohort.derive.dictionary import HEADINGS, data_dictionary, dictionary_rows, transformation_guide
from linkage.cohort.derive.run import Derivation, derive
from linkage.cohort.derive.source import own_file
from linkage.cohort.derive.variables import POSTCODES, derive_variables
from linkage.engine import EngineOptions, Step, open_engine
from linkage.errors import InputError
from linkage.runs import Manifest, file_record, staged_outputs
from linkage.store import require_columns, require_other_folder

COMMAND = "variables"
EVENTS = "events.parquet"
DATASET = "derived_variables.parquet"
DICTIONARY = "data_dictionary.csv"
GUIDE = "transformation_guide.md"
_ROW = ("la_code", "submission", "row_number")


def write_variables(
    folder: Path,
    out: Path,
    *,
    derivation: Derivation | None = None,
    postcodes: Path | None = None,
    options: EngineOptions | None = None,
) -> dict[str, int]:
    """Derive the variables of the events of a consolidated or processed folder; write them with dictionary and guide.

    The dataset has one row per event row, named by authority, file and row number, and no identifier of a person.
    ``postcodes`` is a Parquet file with the columns postcode, lsoa, ward and la_code. Returns rows and people. Raises InputError
    when a file lacks columns, UsageError when no submission covers the period.
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
        derived = derive(engine, source, choices)
        derive_variables(engine, source, derived.period)
        sql = f"""
select {", ".join(f"row_of.{name}" for name in _ROW)}, derived_variable.* exclude (row_id, la_code)
from {source.rows} as row_of join derived_variable on row_of.{source.row_id} = derived_variable.row_id
order by derived_variable.row_id"""
        engine.write_parquet(Step("write_variables", sql, source.values), staging / DATASET)
        _write_dictionary(staging)
        counts = {
            "rows": engine.count("derived_variable"),
            "events": engine.count("event"),
            "people": engine.count("person"),
        }
        inputs = [file_record(path) for path in (events, *([postcodes] if postcodes else []))]
        settings = {"period": str(derived.period), "person_rule": choices.person_rule, "selection": choices.selection}
        Manifest(COMMAND, inputs, counts, settings).write(staging)
    return counts


def _write_dictionary(folder: Path) -> None:
    with (folder / DICTIONARY).open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(HEADINGS)
        writer.writerows(dictionary_rows())
    guide = f"# How the variables were derived\n\n{data_dictionary()}\n\n## Steps\n\n{transformation_guide()}\n"
    (folder / GUIDE).write_text(guide, encoding="utf-8")
