"""Run a study on linked tables: population, follow-up, rates, models; written as the disclosure gate shows them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa

from linkage.cohort.derive.definitions import lts001_definition
from linkage.cohort.derive.long_term_support import long_term_steps, prepare_social_care
from linkage.cohort.derive.period import Period, covered_period, months_later, require_covered
from linkage.cohort.shown import Figures, Showing, disclosure_policy
from linkage.cohort.study.definition import StudyDefinition, study_definition
from linkage.cohort.study.poisson import Fit, fit_poisson
from linkage.cohort.study.population import (
    NEEDED_ADMISSION_COLUMNS,
    NEEDED_GP_COLUMNS,
    FollowUp,
    flow_step,
    population_steps,
)
from linkage.cohort.study.results import COVARIATES, RATE_COLUMNS, flow_table, models_table, rates_table, ratios_table
from linkage.engine import Engine, EngineOptions
from linkage.errors import InputError
from linkage.runs import Manifest, file_record, staged_outputs
from linkage.store import open_linked, require_columns, require_other_folder
from pseudo.disclosure import GatedTable

RATIOS = "Risk ratios"
CRUDE, ADJUSTED = "crude", "adjusted for age band, sex and ethnic group"


@dataclass(frozen=True)
class StudyResult:
    """What was written: ``tables`` by file name without its ending (flow, rates, rate_ratios, models).

    ``crude`` and ``adjusted`` are the fitted models; only their ratios and intervals may be shown as they are.
    """

    folder: Path
    definition: StudyDefinition
    follow_up: FollowUp
    crude: Fit
    adjusted: Fit
    tables: Mapping[str, GatedTable]


def study_run(
    linked: Path, study: Path | str, out: Path, *, ledger: Path | None = None, options: EngineOptions | None = None
) -> StudyResult:
    """Run a packaged study by name, or a study file, on a linked folder and write its tables to ``out`` as CSV.

    ``ledger``: the file of what was shown before, beside ``out`` if not given. Raises UsageError for an unknown study or a
    missing statistics library, InputError when a needed column is missing, nobody is left in the study or no ratio can be
    estimated, PolicyError when the tables tell too much beside one another or earlier ones.
    """
    require_other_folder(out, linked)
    definition = study_definition(study)
    policy = disclosure_policy(definition.disclosure_policy)
    with open_linked(linked, options) as engine:
        follow_up = _follow_up(engine, definition)
        cells, flow = _counted(engine, definition, follow_up)
    crude, adjusted = fit_poisson(cells, []), fit_poisson(cells, COVARIATES)
    fits = [(CRUDE, crude), (ADJUSTED, adjusted)]
    tables = {
        "flow": flow_table(flow, policy),
        "rates": rates_table(cells, definition, policy),
        "rate_ratios": ratios_table(fits, cells, policy),
        "models": models_table(fits, policy),
    }
    showing = Showing(linked, out, policy, ledger)
    figures = _figures(tables, definition, follow_up)
    with staged_outputs(out) as staging, showing.checked(figures):
        settings = {
            "study": definition.model_dump(mode="json"),
            "follow_up": {"start": follow_up.start, "stop": follow_up.stop},
            "disclosure": showing.write(staging, figures),
        }
        inputs = [file_record(path) for path in sorted(linked.glob("*.parquet"))]
        Manifest(command="study run", inputs=inputs, counts={}, settings=settings).write(staging)
    return StudyResult(out, definition, follow_up, crude, adjusted, tables)


def _figures(tables: Mapping[str, GatedTable], definition: StudyDefinition, follow_up: FollowUp) -> dict[str, Figures]:
    """The tables and whom they count."""
    followed = f"{follow_up.start} to {follow_up.stop}"
    adults = f"{definition.age_bands[0].first} and over"
    people = {"registered with a GP and followed": (followed,), "aged": (adults,)}
    return {
        "flow": Figures(tables["flow"], {"considered for a study": (followed,), "aged": (adults,)}),
        "rates": Figures(tables["rates"], people, RATE_COLUMNS),
        "rate_ratios": Figures(tables["rate_ratios"], people, statbarn=RATIOS),
        "models": Figures(tables["models"], people),
    }


def _follow_up(engine: Engine, definition: StudyDefinition) -> FollowUp:
    start = definition.start or covered_period(engine, []).start
    return FollowUp(start, months_later(start, definition.months))


def _counted(engine: Engine, definition: StudyDefinition, follow_up: FollowUp) -> tuple[pd.DataFrame, pa.Table]:
    """The cells of the study and its flow, both exact."""
    prepare_social_care(engine)
    require_columns(engine, "gp_registrations", NEEDED_GP_COLUMNS)
    require_columns(engine, "admissions", NEEDED_ADMISSION_COLUMNS)
    first_day = Period(follow_up.start, follow_up.start)
    engine.run_all(long_term_steps(lts001_definition(), first_day, la_codes=[]))
    require_covered(engine, first_day)
    engine.run_all(population_steps(definition, follow_up))
    cells = engine.table("study_cells").to_pandas()
    if cells.empty:
        raise InputError("Nobody in the GP table is registered, alive and of age on the first day. Check the period.")
    return cells.astype({"exposed": bool}), engine.arrow(flow_step())
