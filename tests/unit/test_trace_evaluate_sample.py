"""A clerical sample is drawn fairly and blindly, read back strictly, and speaks for everybody it stands for."""

import csv
import json
import re
from pathlib import Path

import pytest

from linkage.errors import InputError
from linkage.judging import estimate_judged
from linkage.report.excel import ExcelColumn, text_sheet, write_workbook
from linkage.runs import Manifest
from linkage.trace.evaluate import (
    Proportion,
    SamplePlan,
    Sources,
    TracedPeople,
    draw_sample,
    estimate_from_labels,
    write_statement,
)
from linkage.trace.evaluate.estimate import Total, cohen, estimate, fleiss, ratio_interval
from linkage.trace.evaluate.labels import Design, Pair, Reviewer, Stratum, Verdict, read_design, read_reviewer
from linkage.trace.evaluate.sample import allocation
from linkage.trace.evaluate.statement import _named
from tests.unit.measured_traces import EACH, PROFILE, World, made, number


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return made(tmp_path_factory.mktemp("sampled"))


@pytest.fixture(scope="module")
def sample(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return drawn(world, tmp_path_factory.mktemp("sample") / "out", SamplePlan(size=30))


def drawn(world: World, out: Path, plan: SamplePlan) -> Path:
    draw_sample(world.trace, TracedPeople(world.people), world.register, out, plan)
    return out


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def pairs(sample: Path) -> list[dict[str, str]]:
    return rows_of(sample / "restricted" / "pairs_IDENTIFIABLE.csv")


def judged(world: World, sample: Path, path: Path, **instead: str) -> Path:
    """The pairs as somebody who knows the truth returns them; ``instead``: other judgements by pair."""
    design = {row["pair"]: row for row in rows_of(sample / "restricted" / "design_IDENTIFIABLE.csv")}
    right = {name: world.numbers[row["query_id"]] == row["nhs_number"] for name, row in design.items()}
    lines = [f"{name},{instead.get(name, 'match' if right[name] else 'no match')}" for name in design]
    path.write_text("\n".join(["pair,judgement", *lines, ""]), encoding="utf-8")
    return path


def test_every_stratum_has_its_least_and_large_ones_more() -> None:
    assert allocation({"large": 900, "small": 100, "tiny": 2}, 40, 5) == {"large": 29, "small": 9, "tiny": 2}
    assert allocation({"a": 3, "b": 3}, 100, 5) == {"a": 3, "b": 3}, "nobody is drawn twice"
    assert allocation({"a": 50, "b": 50}, 4, 5) == {"a": 5, "b": 5}, "the least comes before the size asked for"


def test_who_is_drawn_follows_from_the_seed(world: World, sample: Path, tmp_path: Path) -> None:
    again = drawn(world, tmp_path / "again", SamplePlan(size=30))
    other = drawn(world, tmp_path / "other", SamplePlan(size=30, seed=2))
    design = "restricted/design_IDENTIFIABLE.csv"
    assert (again / design).read_bytes() == (sample / design).read_bytes()
    assert (other / design).read_bytes() != (sample / design).read_bytes()


def test_the_strata_hold_everybody_and_say_who_cannot_be_looked_at(sample: Path) -> None:
    strata = {row["stratum"]: row for row in rows_of(sample / "strata.csv")}
    assert sum(int(row["people"]) for row in strata.values()) == 4 * EACH
    assert strata["not_found, no candidate"]["sampled"] == "0"
    assert strata["confirmed, exact step"]["weight"] == "1.2", "12 people, 10 of them drawn"


def test_reviewers_see_both_records_and_neither_outcome_nor_weight(sample: Path) -> None:
    row = pairs(sample)[0]
    assert row["judgement"] == "" and row["asked_given_name"] == row["register_given_name"]
    assert (row["register_postcode"], row["register_earlier_postcodes"]) == ("QX1 1AA", "QX9 9ZZ")
    assert not {name for name in row if re.search("outcome|weight|stratum|probability|reason", name)}


def test_the_file_of_another_trace_is_refused(world: World, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("query_id,given_name\n991/P000,A\n", encoding="utf-8")
    with pytest.raises(InputError, match="people of the trace are not in this file"):
        draw_sample(world.trace, TracedPeople(tmp_path / "people.csv"), world.register, tmp_path / "out")


def test_the_estimate_speaks_for_the_people_of_each_stratum(world: World, sample: Path, tmp_path: Path) -> None:
    found = estimate_from_labels(sample, [judged(world, sample, tmp_path / "a.csv")], tmp_path / "out")
    precision, recall = found.precision["middle"], found.recall["middle"]
    assert precision.value == pytest.approx((2 * EACH - 1) / (2 * EACH)), (
        "every stratum but the exact one is seen whole"
    )
    assert recall.value == pytest.approx(23 / 26), "three people were missed"
    assert precision.interval is not None and precision.interval[0] < (precision.value or 0) <= precision.interval[1]
    assert (found.covered, found.unjudged) == (Proportion(3 * EACH, 4 * EACH), 0)
    page = (tmp_path / "out" / "evaluation.html").read_text(encoding="utf-8")
    assert "Canaryname" not in page and "991/P0" not in page and number(0) not in page


def test_a_reviewer_may_judge_in_excel(world: World, sample: Path, tmp_path: Path) -> None:
    with judged(world, sample, tmp_path / "a.csv").open(encoding="utf-8", newline="") as handle:
        heading, *rows = csv.reader(handle)
    sheet = text_sheet("pairs", [ExcelColumn(name, 16) for name in heading], [tuple(row) for row in rows])
    write_workbook(tmp_path / "a.xlsx", "Pairs to judge", [sheet])
    assert estimate_judged(sample, [tmp_path / "a.xlsx"]) == estimate_judged(sample, [tmp_path / "a.csv"])
    with pytest.raises(InputError, match="no pair of this sample is judged"):
        estimate_judged(sample, [sample / "restricted" / "pairs_IDENTIFIABLE.xlsx"])


def test_several_reviewers_give_a_worst_and_a_best_case(world: World, sample: Path, tmp_path: Path) -> None:
    doubted = next(
        row["pair"] for row in rows_of(sample / "restricted" / "design_IDENTIFIABLE.csv") if row["linked"] == "true"
    )
    files = [
        judged(world, sample, tmp_path / "a.csv"),
        judged(world, sample, tmp_path / "b.csv", **{doubted: "unsure"}),
        judged(world, sample, tmp_path / "c.csv"),
    ]
    found = estimate_from_labels(sample, files)
    worst, middle, best = (found.precision[name].value or 0 for name in ("worst", "middle", "best"))
    assert worst < middle == best
    assert found.agreement is not None and found.agreement.agreed.whole - found.agreement.agreed.part == 1
    assert found.agreement.kind == "Fleiss' kappa" and 0.9 < (found.agreement.kappa or 0) < 1


def test_splink_labels_are_read_whichever_side_the_query_is_on(sample: Path, tmp_path: Path) -> None:
    design = read_design(sample)
    (first, one), (second, two), (third, three) = list(design.pairs.items())[:3]
    rows = [
        "unique_id_l,source_dataset_l,unique_id_r,source_dataset_r,clerical_match_score",
        f"{one.query_id},query,{one.nhs_number},register,1.0",
        f"{two.nhs_number},register,{two.query_id},query,0.2",
        f"{three.query_id},query,{three.nhs_number},register,0.5",
        f"somebody,query,{three.nhs_number},register,1",
    ]
    (tmp_path / "labels.csv").write_text("\n".join(rows), encoding="utf-8")
    reviewer = read_reviewer(tmp_path / "labels.csv", design, "one")
    assert reviewer.verdicts == {first: "match", second: "no_match", third: "unsure"}
    assert reviewer.outside == 1


DESIGN = Design(
    {
        "1-1": Pair("q1", number(1), "not found", False),
        "1-2": Pair("q1", number(2), "not found", False),
        "2-1": Pair("q2", number(3), "found", True),
    },
    [Stratum("not found", False, 50, 1), Stratum("found", True, 200, 1), Stratum("none", False, 9, 0)],
    "0" * 64,
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("pair,judgement\n1-1,match\n1-2,yes\n", "matched with two different NHS numbers, in rows 1, 2"),
        ("pair,judgement\n2-1,match\n2-1,no\n", "judged in two ways, in rows 1, 2"),
        ("pair,judgement\n2-1,perhaps\n", "no judgement in rows 1"),
        ("pair,judgement\n2-1,\n", "no pair of this sample is judged"),
        ("pair,said\n2-1,yes\n", "needs the columns pair and judgement"),
        ("unique_id_l,unique_id_r,clerical_match_score\nq2,1,sure\n", "no number from 0 to 1 in rows 1"),
    ],
)
def test_judgements_that_cannot_be_are_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "judged.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        read_reviewer(tmp_path / "judged.csv", DESIGN, "one")


def said(**verdicts: Verdict) -> Reviewer:
    return Reviewer("one", {name.replace("_", "-").removeprefix("p"): verdict for name, verdict in verdicts.items()}, 0)


def test_a_person_without_a_link_is_missed_when_any_record_shown_is_theirs() -> None:
    found = estimate(DESIGN, [said(p1_1="no_match", p1_2="match", p2_1="match")])
    assert found.recall["middle"].value == pytest.approx(200 / 250)
    half = estimate(DESIGN, [said(p1_1="no_match", p2_1="match")])
    assert (half.unjudged, half.covered) == (1, Proportion(200, 259)), "every record shown must be judged"


def test_one_stratum_has_the_interval_of_its_share() -> None:
    pairs = {f"{n}-1": Pair(f"q{n}", number(n), "found", True) for n in range(10)}
    design = Design(pairs, [Stratum("found", True, 1000, 10)], "0" * 64)
    verdicts: dict[str, Verdict] = {name: "match" if name != "0-1" else "no_match" for name in pairs}
    found = estimate(design, [Reviewer("one", verdicts, 0)]).precision["middle"]
    assert found.interval == pytest.approx(Proportion(9, 10).interval)
    whole = Design(pairs, [Stratum("found", True, 10, 10)], "0" * 64)
    assert estimate(whole, [Reviewer("one", verdicts, 0)]).precision["middle"].interval == pytest.approx((0.9, 0.9))


def test_interval_of_a_ratio_holds_the_ratio_and_is_exact_when_both_are_known() -> None:
    low, high = ratio_interval(Total(10, 5, 18), Total(100, 95, 104))
    assert low < 0.1 < high
    assert ratio_interval(Total(10, 10, 10), Total(100, 100, 100)) == pytest.approx((0.1, 0.1))


def test_kappa() -> None:
    """Cohen: 20 and 15 agreed, 5 and 10 not, of 50: 0.4. Fleiss of two reviewers who always agree: 1."""
    two: list[list[Verdict]] = [["match", "match"]] * 20 + [["match", "no_match"]] * 5
    two += [["no_match", "match"]] * 10 + [["no_match", "no_match"]] * 15
    assert cohen(two) == pytest.approx(0.4)
    assert fleiss([["match"] * 3, ["no_match"] * 3]) == pytest.approx(1)
    assert fleiss([["match"] * 3] * 5) is None, "nothing but one verdict was given"


def test_a_statement_says_what_is_known_and_what_is_not(world: World, sample: Path, tmp_path: Path) -> None:
    unsaid = write_statement(Sources(world.trace), tmp_path / "bare")
    text = (tmp_path / "bare" / "linkage_quality_statement.md").read_text(encoding="utf-8")
    assert "precision and recall" in unsaid and "were not measured" in text
    for heading in ("Preparation", "Implementation", "Evaluation", "Limits"):
        assert f"## {heading}" in text
    estimate_from_labels(sample, [judged(world, sample, tmp_path / "a.csv")], tmp_path / "estimated")
    write_statement(Sources(world.trace, tmp_path / "estimated", world.register), tmp_path / "full")
    full = (tmp_path / "full" / "linkage_quality_statement.md").read_text(encoding="utf-8")
    for told in (
        "Estimated from a clerical sample",
        "| The register as at | 2020-02-01 |",
        "| Latest change that the register holds | 2020-01-01 |",
    ):
        assert told in full
    assert "| % of people | postcode |" in full and "| given | * |" in full, "rounding alone could have made it 100"
    assert "| usable | 83.3 |" not in full, "counts are rounded before they are divided"
    identifying = [*world.numbers, *filter(None, world.numbers.values()), "Canaryname", "QX1 1AA"]
    page = (tmp_path / "full" / "linkage_quality_statement.html").read_text(encoding="utf-8")
    assert [value for value in identifying if value in full + page] == []


def test_without_a_truth_a_statement_compares_the_share_linked(world: World, tmp_path: Path) -> None:
    unsaid = write_statement(Sources(world.trace, people=world.people), tmp_path, policy="none")
    text = (tmp_path / "linkage_quality_statement.md").read_text(encoding="utf-8")
    assert "differences between groups" not in unsaid and "**Widest difference in linked**" in text
    assert "| Authority | no difference | no difference | 0.00 |" in text, "in both authorities half are linked"


def stated(trace: Path, at: Path, settings: dict[str, object], **sources: Path) -> str:
    """The statement of the trace in ``trace`` as if its manifest held ``settings``."""
    at.mkdir()
    (at / "trace.parquet").write_bytes((trace / "trace.parquet").read_bytes())
    Manifest("trace", [], {}, settings).write(at)
    write_statement(Sources(at, **sources), at / "out")
    return (at / "out" / "linkage_quality_statement.md").read_text(encoding="utf-8")


def test_a_statement_gives_the_models_hash_that_the_run_recorded(world: World, tmp_path: Path) -> None:
    model = {"name": "mine", "version": 3, "sha256": "7e5ca7dbeaf57f55" + "0" * 48}
    text = stated(world.trace, tmp_path / "recorded", {"profile": PROFILE, "model": model})
    assert "| Model | mine, version 3 (7e5ca7dbeaf57f55) |" in text
    text = stated(world.trace, tmp_path / "before", {"profile": PROFILE})
    assert "| Model | default; hash not recorded by the run |" in text
    text = stated(world.trace, tmp_path / "mps", {"profile": {**PROFILE, "cascade": "mps"}, "model": model})
    assert "| Model | none: the national cascade" in text and "min weight" not in text


def test_a_statement_says_how_the_day_of_the_register_is_recorded(world: World, tmp_path: Path) -> None:
    (tmp_path / "register").mkdir()
    (tmp_path / "register" / "register.json").write_text("{}", encoding="utf-8")
    Manifest("register build", [], {}, {}).write(tmp_path / "register")
    text = stated(world.trace, tmp_path / "undated", {"profile": PROFILE}, register=tmp_path / "register")
    assert "| The register as at | not recorded; 'cldlink register build --as-at DAY'" in text


def test_a_statement_is_set_to_fit_on_one_sheet(world: World, tmp_path: Path) -> None:
    write_statement(Sources(world.trace), tmp_path)
    assert "@page { size: A4;" in (tmp_path / "linkage_quality_statement.html").read_text(encoding="utf-8")
    many = [{"name": f"part{n}.csv", "sha256": "0" * 64} for n in range(150)]
    assert _named(many).endswith("part1.csv (0000000000000000); and 148 more files, named in the manifest")


def test_no_sample_of_the_national_cascade_which_weighs_nobody(world: World, tmp_path: Path) -> None:
    stated(world.trace, tmp_path / "mps", {"profile": {**PROFILE, "cascade": "mps"}})
    with pytest.raises(InputError, match="profile mps has no match weights"):
        draw_sample(tmp_path / "mps", TracedPeople(world.people), world.register, tmp_path / "sample")


def test_the_statement_of_an_imported_answer_names_the_national_service(world: World, tmp_path: Path) -> None:
    (tmp_path / "trace.parquet").write_bytes((world.trace / "trace.parquet").read_bytes())
    Manifest("trace import", [], {}, {"answered_by": "national service"}).write(tmp_path)
    write_statement(Sources(tmp_path), tmp_path / "out")
    text = (tmp_path / "out" / "linkage_quality_statement.md").read_text(encoding="utf-8")
    assert "| Linked to | the national service |" in text and "local register" not in text


def test_a_statement_refuses_figures_and_registers_of_another_trace(world: World, tmp_path: Path) -> None:
    figures = {"format": "cldlink-evaluation-1", "kind": "truth", "trace_sha256": "0", "figures": {}}
    (tmp_path / "evaluation.json").write_text(json.dumps(figures), encoding="utf-8")
    with pytest.raises(InputError, match="of another trace"):
        write_statement(Sources(world.trace, tmp_path), tmp_path / "out")
    other = made(tmp_path / "other")
    (other.register / "register.json").write_text('{"people": 1}', encoding="utf-8")
    with pytest.raises(InputError, match="against another register"):
        write_statement(Sources(world.trace, None, other.register), tmp_path / "out")
