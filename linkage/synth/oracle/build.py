"""Making and writing the oracle: one submission, a register that knows everybody, the truth, README and manifest."""

import csv
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from linkage.errors import RefusedError, UsageError
from linkage.runs import staged_outputs
from linkage.spec import load_specification
from linkage.synth.oracle.cast import Cast, births, cast_of
from linkage.synth.oracle.dirt import Faults, dirtied, fault_texts
from linkage.synth.oracle.dirty_settings import dirty_settings
from linkage.synth.oracle.events import other_events
from linkage.synth.oracle.identity import identities
from linkage.synth.oracle.journeys import NEVER, journeys, plans
from linkage.synth.oracle.newsletter import cells, exact, people
from linkage.synth.oracle.readme import readme_text
from linkage.synth.oracle.rows import Rows, filled, joined, texts
from linkage.synth.oracle.services import long_term_services
from linkage.synth.oracle.settings import OracleSettings, oracle_settings
from linkage.synth.oracle.submission import as_texts, with_every_field
from linkage.synth.register import COLUMNS as REGISTER_COLUMNS
from linkage.synth.writing import write_manifest, write_table, write_text

SUBMISSION = "submissions/{la_code}_{year}_Q4_synthetic.csv"
PEOPLE_COLUMNS = (
    "la_code", "person_unique_identifier", "true_nhs_number", "person", "age_band", "primary_support_reason",
    "column_in_year", "column_at_year_end", "over_12_months", "faults",
)  # fmt: skip
FIGURE_COLUMNS = ("table", "age_band", "primary_support_reason", "column", "people", "printed")


@dataclass(frozen=True)
class Oracle:
    """The cast with its identities (one row per person) and the rows of the submission, dates still as days."""

    settings: OracleSettings
    cast: Cast
    people: Rows
    rows: Rows
    faults: Faults = field(default_factory=Faults)


def synth_lts001(out: Path, *, dirty: bool = False, seed: int | None = None, synthetic: bool) -> dict[str, int]:
    """Write the LTS001 oracle to ``out``; return its counts (people, and rows by file).

    ``dirty``: with the faults of real files. ``synthetic`` must be true: it says that the caller knows that the authority is
    invented. Raises RefusedError without it, UsageError for a negative seed, MachineError when the folder cannot be written.
    """
    if not synthetic:
        raise RefusedError(
            "This makes data of an invented authority. Give --synthetic to say that this is what you want."
        )
    if seed is not None and seed < 0:
        raise UsageError("--seed must be at least 0.")
    settings = oracle_settings()
    if seed is not None:
        settings = settings.model_copy(update={"seed": seed})
    oracle = make_oracle(settings, dirty=dirty)
    with staged_outputs(out) as folder:
        counts = {"people": len(oracle.cast), "people_in_the_tables": int(oracle.cast.counted.sum())}
        counts |= _write_submission(folder, oracle)
        counts["register.csv"] = write_table(folder / "register.csv", REGISTER_COLUMNS, register_rows(oracle))
        counts["truth/people.csv"] = write_table(folder / "truth" / "people.csv", PEOPLE_COLUMNS, truth_rows(oracle))
        counts["truth/lts001.csv"] = write_table(folder / "truth" / "lts001.csv", FIGURE_COLUMNS, figure_rows())
        write_text(folder / "README.md", readme_text(settings, counts, dirty=dirty))
        write_manifest(folder, {"oracle": settings.name, "dirty": dirty, "seed": settings.seed}, counts, "synth lts001")
    return counts


def make_oracle(settings: OracleSettings, *, dirty: bool = False) -> Oracle:
    """The people of the published tables, and others, with the submission that holds them."""
    cast, spec = cast_of(settings), load_specification(settings.spec)
    plan = plans(settings, cast)
    birth = births(settings, cast, plan.has_history)
    lived = journeys(settings, cast, plan, birth)
    who = identities(settings, cast, lived, birth)
    events = joined([*long_term_services(settings, cast, lived), *other_events(settings, cast, plan, lived)])
    rows = with_every_field(settings, cast, who, lived, events, spec)
    if not dirty:
        return Oracle(settings, cast, who, rows)
    return Oracle(settings, cast, who, *dirtied(settings, dirty_settings(), cast, rows, spec))


def register_rows(oracle: Oracle) -> Rows:
    """Everybody once, as the national register would have them: the true identity, valid from birth."""
    people = oracle.people
    size = len(oracle.cast)
    return {
        **people,
        "other_given_name": filled("", size),
        "gender": people["sex"].astype(str).astype(object),
        "valid_from": people["date_of_birth"],
        "valid_to": np.full(size, NEVER),
        "confidentiality": filled("", size),
        "superseded_by": filled("", size),
    }


def truth_rows(oracle: Oracle) -> Rows:
    """One row per local identifier in the submission: the person behind it, the place in the tables, the faults."""
    settings, cast = oracle.settings, oracle.cast
    identifiers, first = np.unique(oracle.rows["person_unique_identifier"].astype(str), return_index=True)
    row = oracle.rows["row"][first].astype(np.int64)
    numbers = cast.number[row]
    return {
        "la_code": filled(settings.la_code, len(row)),
        "person_unique_identifier": identifiers.astype(object),
        "true_nhs_number": oracle.people["nhs_number"][row],
        "person": numbers,
        "age_band": cast.age_band[row],
        "primary_support_reason": cast.reason[row],
        "column_in_year": cast.in_year[row],
        "column_at_year_end": cast.at_end[row],
        "over_12_months": np.where(cast.over_12_months[row], "yes", "no").astype(object),
        "faults": texts(fault_texts(oracle.faults, numbers.tolist())),
    }


def figure_rows() -> Rows:
    """Every figure of the three tables: how many people stand behind it, and how it is printed (0: a hyphen)."""
    listed = cells()
    return {
        "table": texts(cell.table for cell in listed),
        "age_band": texts(cell.age_band for cell in listed),
        "primary_support_reason": texts(cell.reason for cell in listed),
        "column": texts(cell.column for cell in listed),
        "people": np.array([exact(cell, people()) for cell in listed]),
        "printed": np.array([cell.printed for cell in listed]),
    }


def submission_path(settings: OracleSettings) -> str:
    """Where the submission stands in the folder."""
    first, last = settings.period_start.year, settings.period_end.year % 100
    return SUBMISSION.format(la_code=settings.la_code, year=f"{first}-{last:02d}")


def _write_submission(folder: Path, oracle: Oracle) -> dict[str, int]:
    """The submission as the authority would send it: UTF-8, CRLF."""
    spec, name = load_specification(oracle.settings.spec), submission_path(oracle.settings)
    path = folder / name
    path.parent.mkdir(parents=True)
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\r\n")
        writer.writerow(spec.headings)
        rows = as_texts(oracle.rows, spec)
        writer.writerows(rows)
    return {name: len(rows)}
