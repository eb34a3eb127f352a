"""Official measures from a linked folder to files: through the gate, with why people do not count."""

import csv
import json
from datetime import date
from pathlib import Path

import pytest

from linkage.cohort.derive.period import Period
from linkage.cohort.measures.measure import Asked
from linkage.cohort.measures.registry import MEASURES
from linkage.cohort.official import derive_for, make_people, tables_official
from linkage.cohort.populations import read_population
from linkage.errors import InputError, UsageError
from tests.unit.derived_events import YEAR, care_engine, request, service
from tests.unit.linked_tables import linked_folder
from tests.unit.placed_people import linked_with_everything

HOME = {"service_type": "Long Term Support: Community", "birth_month": "1980-06"}


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.fixture(scope="module")
def linked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rows = [service(f"d{number}", **HOME, delivery_mechanism="Direct Payment") for number in range(112)]
    rows += [service(f"m{number}", **HOME, delivery_mechanism="CASSR Managed Personal Budget") for number in range(88)]
    rows += [service(f"n{number}") for number in range(3)]
    return linked_with_everything(tmp_path_factory.mktemp("official") / "linked", rows)


def test_figures_are_written_as_the_gate_shows_them(linked: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = tables_official(linked, out, measures=["ascof_3d_clients"])
    assert {path.name for path in out.iterdir()} >= {
        "ascof_3d_clients.csv",
        "ascof_3d_clients_people.csv",
        "manifest.json",
    }
    adults = next(row for row in read(out / "ascof_3d_clients.csv") if row["age_band"] == "18 to 64")
    assert (adults["direct_payment"], adults["self_directed"], adults["commissioned"]) == ("110", "200", "-")
    assert adults["part_2a_percent"] == "55.0"
    reasons = {row["reason"]: row["people"] for row in read(out / "ascof_3d_clients_people.csv")}
    assert reasons == {"counted": "200", "has a nursing or residential place on the last day": "5"}
    assert json.loads((out / "manifest.json").read_text())["settings"]["measures"] == ["ascof_3d_clients"]
    assert (tmp_path / "disclosure_ledger.jsonl").is_file()
    assert str(done.period) == "2022-04-01 to 2023-03-31"


def test_what_measures_share_is_made_once_for_each_derivation() -> None:
    measures, asked = [MEASURES["salt_sts001"], MEASURES["salt_sts002a"]], Asked(YEAR)
    with care_engine([request("ann")], leave_out=("submission",)) as engine:
        made = []
        for period in (YEAR, Period(YEAR.start, date(2022, 12, 31))):
            derive_for(engine, measures, asked)
            for measure in measures:
                make_people(engine, measure, Asked(period))
            made.append([step.name for step in engine.steps].count("request_chain"))
        make_people(engine, measures[0], asked)
        made.append([step.name for step in engine.steps].count("request_chain"))
    assert made == [1, 2, 3]


def test_an_unknown_measure_is_refused_with_what_there_is(linked: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"There is no measure ascof_9z. Known: .*ascof_3d_clients"):
        tables_official(linked, tmp_path / "out", measures=["ascof_9z"])


def test_a_release_without_a_needed_field_is_refused(tmp_path: Path) -> None:
    bare = linked_folder(tmp_path / "linked", social_care=[])
    with pytest.raises(InputError, match=r"lacks .*service_component"):
        tables_official(bare, tmp_path / "out", measures=["ascof_2b"])


@pytest.mark.parametrize("measure_id", list(MEASURES))
def test_every_measure_has_a_definition_and_tests(measure_id: str) -> None:
    definition = MEASURES[measure_id].definition
    assert definition.title and definition.population and definition.source
    written = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    assert f'"{measure_id}"' in written


def test_a_population_is_read_with_its_open_band(tmp_path: Path) -> None:
    path = tmp_path / "population.csv"
    path.write_text("la_code,gender,age_from,age_to,people\n991,Female,18,64,1000\n991,Female,65,,200\n")
    assert read_population(path).to_pylist()[1] == {
        "la_code": "991", "gender": "Female", "age_from": 65, "age_to": 200, "people": 200,
    }  # fmt: skip


def test_single_years_and_sexes_are_understood(tmp_path: Path) -> None:
    path = tmp_path / "population.csv"
    path.write_text("la_code,sex,age,population\n991,1,18,10\n991,2,90+,4\n")
    assert [tuple(row.values()) for row in read_population(path).to_pylist()] == [
        ("991", "Male", 18, 18, 10),
        ("991", "Female", 90, 200, 4),
    ]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("la_code,gender\n", "lacks the columns people, age_from, age_to"),
        ("la_code,gender,age_from,age_to,people\n991,Female,x,64,10\n", "line 2: ages and people are whole numbers"),
        ("la_code,sex,age,population\n991,9,18,10\n", "line 2: the gender is Male or Female"),
        ("la_code,gender,age_from,age_to,people\n991,Female,70,64,10\n", "line 2: the ages are not in order"),
        ("la_code,gender,age_from,age_to,people\n991,Female,18,64,1\n991,Female,18,64,1\n", "there twice"),
    ],
)
def test_a_population_that_is_not_one_is_refused(tmp_path: Path, text: str, what: str) -> None:
    path = tmp_path / "population.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=what):
        read_population(path)


def test_authority_that_is_not_there(linked: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No rows of authority 992"):
        tables_official(linked, tmp_path / "out", measures=["ascof_3d_clients"], la=["992"])
