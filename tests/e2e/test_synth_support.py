"""From the submissions of a faultless world in three layouts to LTS001: everybody stands in the cell that the truth says."""

import csv
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from linkage.cohort.derive.definitions import lts001_definition
from linkage.cohort.derive.long_term_support import prepare_social_care
from linkage.cohort.derive.period import covered_period
from linkage.cohort.measures.salt_lts001 import run_lts001
from linkage.engine import Step, open_engine
from linkage.intake import consolidate
from linkage.synth import load_profile, synth

Cells = Counter[tuple[str, ...]]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clean") / "world"
    synth(load_profile("clean"), folder, people=6_000, synthetic=True)
    return folder


def test_the_tables_count_everybody_in_the_cell_of_the_truth(world: Path) -> None:
    assert counted(sorted((world / "submissions").glob("*_Q4.csv"))) == true_cells(world)


def test_all_three_layouts_and_all_three_tables_are_there(world: Path) -> None:
    assert {(table, code) for table, code, *_ in true_cells(world)} == {
        (f"LTS001{letter}", code) for letter in "abc" for code in ("991", "992", "993")
    }


def counted(files: list[Path]) -> Cells:
    """People by table, authority, age band, reason and column; a person is a local identifier, which is right here."""
    released = """
select *, la_code || '/' || person_unique_identifier as person_pseudonym, 'local' as person_id_type,
  strftime(date_of_birth, '%Y-%m') as birth_month
from events"""
    columns = "table_id, la_code, age_band, primary_support_reason, column_id"
    with open_engine() as engine:
        consolidate(engine, files, synthetic=True, as_at=date(2024, 4, 20))
        engine.run(Step("social_care", released))
        prepare_social_care(engine)
        run_lts001(engine, lts001_definition(), covered_period(engine, []), la_codes=[])
        return Counter(engine.rows(Step("cells", f"select {columns} from lts001_people where age_band is not null")))


def true_cells(world: Path) -> Cells:
    """The same of the truth."""
    with (world / "truth" / "support.csv").open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    return Counter(
        (f"LTS001{letter}", row["la_code"], row["age_band"], row["primary_support_reason"], row[f"lts001{letter}"])
        for row in rows
        for letter in "abc"
        if row[f"lts001{letter}"]
    )
