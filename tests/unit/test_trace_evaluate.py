"""The figures of an evaluation, from people whose truth is known."""

import csv
import json
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from linkage.errors import InputError
from linkage.trace.evaluate import Evaluation, Proportion, Question, Showing, evaluate_trace, write_evaluation
from linkage.trace.evaluate.curves import best_step, calibration, threshold_curve
from linkage.trace.evaluate.figures import GroupQuality, difference, widest_gaps
from linkage.trace.evaluate.measure import measured
from tests.unit.measured_traces import EACH, World, made

A, B, C = "9000000009", "9000000017", "9000000025"


def trace_file(folder: Path) -> Path:
    rows = [
        ("1", A, A, "confirmed"),  # right
        ("2", None, C, "found"),  # wrong: the truth is B
        ("3", None, None, "not_found"),  # missed
        ("4", B, B, "confirmed"),  # another's number, confirmed
        ("5", None, A, "found"),  # nobody in the register
    ]
    names = ("query_id", "nhs_number_given", "nhs_number", "outcome")
    columns = {name: [row[i] for row in rows] for i, name in enumerate(names)}
    told = {"step": ["none"] * 5, "sensitive": [False] * 5, "reason": ["as it is"] * 5}
    table = pa.table(columns | told)
    pq.write_table(table, folder / "trace.parquet")
    return folder / "trace.parquet"


TRUTH = f"""query_id,true_nhs_number,difficulty,given_number
1,{A},exact,ok
2,{B},hard,missing
3,{C},hard,missing
4,{A},hard,anothers
5,,absent,missing
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return made(tmp_path_factory.mktemp("evaluated"))


@pytest.fixture(autouse=True)
def _no_drawing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Charts as their tables: drawing them is tested with the reports."""
    monkeypatch.setattr("linkage.report.html.can_draw", lambda: False)


def quality_of(folder: Path, truth: str, **more: Path) -> Evaluation:
    (folder / "truth.csv").write_text(truth, encoding="utf-8")
    return evaluate_trace(trace_file(folder), folder / "truth.csv", **more)  # type: ignore[arg-type]


def test_every_figure_counts_what_it_says(tmp_path: Path) -> None:
    quality = quality_of(tmp_path, TRUTH)
    assert quality.people == 5
    assert quality.precision == Proportion(1, 4)
    assert quality.recall == Proportion(1, 4)
    assert quality.absent_linked == Proportion(1, 1)
    assert quality.right_numbers_changed == Proportion(0, 1)
    assert quality.wrong_numbers_confirmed == Proportion(1, 1)
    assert quality.wrong_numbers_detected == Proportion(0, 1)
    assert quality.by_difficulty == {"exact": Proportion(1, 1), "hard": Proportion(0, 3)}
    assert quality.f1.value == pytest.approx(0.25)
    assert quality.false_links_per_10000_absent.value == 10_000


def test_who_is_in_one_of_the_files_only_is_counted_and_left_out(tmp_path: Path) -> None:
    quality = quality_of(tmp_path, TRUTH.replace("5,,absent", "6,,absent"))
    assert (quality.people, quality.truth_not_traced, quality.traced_without_truth) == (4, 1, 1)
    assert "truth not traced                  1" in quality.lines()


@pytest.mark.parametrize(
    ("truth", "message"),
    [
        ("person,number\n1,2\n", "needs true_nhs_number"),
        (TRUTH + f"1,{B},exact,ok\n", "1 ids repeated"),
        (TRUTH.replace(f"1,{A}", "1,12345"), "1 values of true_nhs_number have not ten digits"),
        ("query_id,true_nhs_number\n77,\n", "Nobody of the truth file is in the trace"),
    ],
)
def test_a_truth_that_cannot_be_used_is_refused(tmp_path: Path, truth: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        quality_of(tmp_path, truth)


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"), [(0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1.0)]
)
def test_wilson_interval(part: int, whole: int, low: float, high: float) -> None:
    """Values from Newcombe (1998), method 3."""
    assert Proportion(part, whole).interval == pytest.approx((low, high), abs=0.0001)


def test_interval_of_a_difference() -> None:
    """56 of 70 and 48 of 80: Newcombe (1998), interval estimation for the difference, method 10."""
    assert difference(Proportion(56, 70), Proportion(48, 80)) == pytest.approx((0.2, 0.0524, 0.3339), abs=0.0001)


def test_nobody_concerned_gives_no_figure() -> None:
    assert (Proportion(0, 0).value, Proportion(0, 0).interval) == (None, None)
    assert "none concerned" in str(Proportion(0, 0))
    assert difference(Proportion(0, 0), Proportion(1, 2)) is None


def test_a_gap_compares_groups_that_are_known_and_large_enough() -> None:
    shares = {"a": (9, 10), "b": (10, 10), "tiny": (0, 9), "not known": (0, 50)}
    nobody = Proportion(0, 0)
    groups = [
        GroupQuality("sex", name, of, nobody, Proportion(part, of), nobody) for name, (part, of) in shares.items()
    ]
    (gap,) = widest_gaps(groups, "right", 10)
    assert (gap.lowest, gap.highest, gap.value) == ("a", "b", pytest.approx(0.1))


def test_groups_come_from_a_file_of_people(world: World) -> None:
    quality = evaluate_trace(world.trace, world.truth, people=world.people, as_at=date(2026, 1, 1))
    found = {(group.dimension, group.group): group for group in quality.groups}
    assert found["sex", "female"].people == found["authority", "992"].people == 2 * EACH
    assert (
        found["ethnicity", "Asian"].people
        == found["ethnicity", "White"].people
        == found["ethnicity", "not known"].people
    )
    assert sum(group.people for group in quality.groups if group.dimension == "age") == 4 * EACH
    assert sum(group.wrong.part for group in quality.groups if group.dimension == "sex") == 1


def test_the_last_known_value_of_a_person_counts(tmp_path: Path) -> None:
    rows = "query_id,sex,ethnicity\n1,F,Asian or Asian British: Indian\n1,,\n2,M,White - British\n2,F,\n3,X,\n"
    (tmp_path / "people.csv").write_text(rows, encoding="utf-8")
    quality = quality_of(tmp_path, TRUTH, people=tmp_path / "people.csv")
    people = {(group.dimension, group.group): group.people for group in quality.groups}
    assert people["sex", "female"] == 2 and people["sex", "not known"] == 3
    assert people["ethnicity", "Asian"] == people["ethnicity", "White"] == 1


def test_another_valid_number_is_noticed_when_the_truth_does_not_say_so(tmp_path: Path) -> None:
    with_number = "query_id,true_nhs_number\n" + f"1,{A}\n4,{C}\n"
    assert quality_of(tmp_path, with_number).wrong_numbers_confirmed == Proportion(1, 1)


def test_a_higher_threshold_keeps_the_links_that_weigh_enough(world: World) -> None:
    with measured(Question(world.trace, world.truth)) as (engine, files, quality):
        engine.run(best_step(files, engine))
        points = {point.weight: point for point in threshold_curve(engine, files, quality.recall.whole)}
        bands = {band.band: band for band in calibration(engine)}
    assert (points[7].links, points[7].precision) == (2 * EACH, quality.precision)
    assert points[8].precision == Proportion(2 * EACH - 1, 2 * EACH - 1), "the wrong link weighs 7 bits"
    assert points[18].links == EACH + 1
    assert points[5].links > points[7].links, "below the threshold candidates join"
    assert bands["exact step"].observed == Proportion(EACH, EACH)
    assert bands["5 to 10"].observed == Proportion(3, 6), "two of three links, one of three candidates"


def test_an_evaluation_is_a_page_figures_and_if_asked_a_list_of_errors(world: World, tmp_path: Path) -> None:
    out = tmp_path / "out"
    question = Question(world.trace, world.truth, world.people)
    quality = write_evaluation(question, out, Showing(errors=True))
    page = (out / "evaluation.html").read_text(encoding="utf-8")
    figures = json.loads((out / "evaluation.json").read_text(encoding="utf-8"))["figures"]
    assert figures["precision"]["part"] == quality.precision.part
    errors = (out / "restricted" / "errors_IDENTIFIABLE.csv").read_text(encoding="utf-8")
    kinds = [row["kind"] for row in csv.DictReader(errors.splitlines())]
    assert sorted(kinds) == ["linked to another person", "missed", "missed", "missed"]
    identifying = [*world.numbers, *filter(None, world.numbers.values()), "Canaryname", "QX1 1AA"]
    public = page + json.dumps(figures) + (out / "manifest.json").read_text(encoding="utf-8")
    assert [value for value in identifying if value in public] == []
    write_evaluation(question, tmp_path / "plain")
    assert not (tmp_path / "plain" / "restricted").exists()


def test_a_page_that_may_leave_hides_small_numbers(world: World, tmp_path: Path) -> None:
    write_evaluation(Question(world.trace, world.truth, world.people), tmp_path, Showing("hes_subnational"))
    page = (tmp_path / "evaluation.html").read_text(encoding="utf-8")
    assert '<td class="number">*</td>' in page and "hes_subnational" in page and "Of them" not in page
