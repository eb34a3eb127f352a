"""The main job, command by command: it runs, its counts add up, its contract holds, and it gives the same bytes again."""

import csv
import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import linkage
from linkage.spec import versions
from linkage.trace.outcomes import accepted_outcomes
from tests.e2e.test_tutorial import END_OF_DEMO, as_shown_before
from tests.main_job import HEALTH, PASSPHRASE, Chain, Ran, cldlink, contents, make_world, offline, spawn

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "sample_data"
TRACE_COLUMNS = [
    "query_id", "nhs_number_given", "nhs_number", "outcome", "step", "match_weight", "gap", "match_probability",
    "agree_nhs_number", "agree_given_name", "agree_family_name", "agree_date_of_birth", "agree_postcode", "agree_gender",
    "sensitive", "reason", "notes",
]  # fmt: skip
OUTCOMES = {
    "confirmed", "superseded", "corrected", "found", "conflict", "multiple", "not_found", "not_enough_data", "invalidated",
}  # fmt: skip


def rows_of(path: Path) -> int:
    """Records of a CSV file after its heading."""
    text = path.read_bytes().decode("utf-8-sig", errors="replace")
    return sum(1 for _ in csv.reader(text.splitlines())) - 1


def manifest(folder: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return document


# --- counts


def test_every_row_of_every_submission_is_accounted_for(chain: Chain) -> None:
    for path in chain.submissions:
        counts = manifest(chain.folder / "checked" / path.stem)["counts"]
        assert counts["rows_in"] == rows_of(path) == chain.ran[f"check_{path.stem}"].results["rows_read"]
        assert counts["rows_in"] == counts["rows_kept"] + counts["rows_rejected"] + counts["rows_blank"]


def test_consolidated_rows_add_up(chain: Chain) -> None:
    counts = dict(chain.ran["consolidate"].results)
    persons = counts.pop("persons")
    assert counts.pop("rows_in") == sum(rows_of(path) for path in chain.submissions) == sum(counts.values())
    assert counts["events"] == pq.read_table(chain.folder / "current" / "events.parquet").num_rows
    assert persons == pq.read_table(chain.folder / "current" / "persons.parquet").num_rows


def test_register_rows_add_up(chain: Chain) -> None:
    counts = chain.ran["register"].results
    assert counts["rows_read"] == rows_of(chain.world / "register.csv")
    assert counts["rows_read"] == counts["versions"] + counts["rows_without_valid_nhs_number"]


def test_every_person_gets_one_outcome(chain: Chain) -> None:
    counts = chain.ran["trace"].results
    by_outcome = sum(count for name, count in counts.items() if name.startswith("outcome_"))
    assert counts["queries"] == by_outcome == chain.ran["consolidate"].results["persons"]
    assert sum(chain.ran["feedback"].results.values()) == counts["queries"]
    assert chain.ran["evaluate"].results["people"] == counts["queries"]


def test_no_row_is_lost_from_source_to_linked_table(chain: Chain) -> None:
    released, linked = chain.ran["release"].results, chain.ran["link"].results
    for name in HEALTH:
        rows = rows_of(chain.world / "health" / f"{name}.csv")
        assert rows == released[f"{name}_rows"] == linked[f"{name}_rows"]
    assert chain.ran["consolidate"].results["events"] == released["social_care_rows"] == linked["social_care_rows"]


def test_the_trace_is_right_about_nearly_everybody(chain: Chain) -> None:
    quality = chain.ran["evaluate"].results
    assert quality["precision"]["value"] > 0.97
    assert quality["recall"]["value"] > 0.9


def test_tables_and_study_are_written(chain: Chain) -> None:
    assert chain.ran["verify"].results["faults"] == []
    assert {"lts001a.csv", "lts001b.csv", "lts001c.csv"} <= {path.name for path in (chain.folder / "tables").iterdir()}
    models = {row["model"] for row in chain.ran["study"].results["rate_ratios"]}
    assert {name.split()[0] for name in models} == {"crude", "adjusted"}


def test_every_manifest_proves_its_folder(chain: Chain) -> None:
    from linkage.runs import verify_manifest

    for name in ("current", "register", "traced", "feedback/991", "processed", "linked", "tables", "study"):
        assert verify_manifest(chain.folder / name) == [], name


# --- the contract of the trace


@pytest.fixture(scope="module")
def traced(chain: Chain) -> pd.DataFrame:
    return pq.read_table(chain.folder / "traced" / "trace.parquet").to_pandas()


def test_trace_columns(chain: Chain, traced: pd.DataFrame) -> None:
    assert list(traced.columns) == TRACE_COLUMNS
    with (chain.folder / "traced" / "trace.csv").open(encoding="utf-8", newline="") as handle:
        rows = list(csv.reader(handle))
    assert (rows[0], len(rows)) == (TRACE_COLUMNS, len(traced) + 1)


def test_trace_values(traced: pd.DataFrame) -> None:
    assert set(traced["outcome"]) <= OUTCOMES
    open_rows = traced[~traced["sensitive"]]
    linked = open_rows["nhs_number"].notna()
    assert set(open_rows[linked]["outcome"]) <= set(accepted_outcomes())
    assert not set(open_rows[~linked]["outcome"]) & set(accepted_outcomes())
    exact = traced[traced["step"] != "probabilistic"]
    assert exact["match_weight"].isna().all() and exact["gap"].isna().all()
    assert traced["reason"].str.len().min() > 10
    assert traced["query_id"].is_unique


def test_the_python_function_gives_the_same_table(chain: Chain, traced: pd.DataFrame) -> None:
    again = linkage.trace(chain.folder / "current" / "persons.parquet", chain.folder / "register", synthetic=True)
    pd.testing.assert_frame_equal(again, traced)


def test_the_python_function_takes_tables(chain: Chain, traced: pd.DataFrame) -> None:
    persons = pq.read_table(chain.folder / "current" / "persons.parquet")
    for table in (persons, persons.to_pandas()):
        pd.testing.assert_frame_equal(linkage.trace(table, chain.folder / "register", synthetic=True), traced)


def run_trace(chain: Chain, queries: Path, out: Path, *options: object) -> tuple[Ran, pd.DataFrame]:
    ran = cldlink(
        "trace", queries, "--register", chain.folder / "register", "--out", out, "--json", "--synthetic", *options
    )
    assert ran.code == 0, ran.err
    return ran, pq.read_table(out / "trace.parquet").to_pandas()


def test_a_submission_is_traced_by_person(chain: Chain, tmp_path: Path, traced: pd.DataFrame) -> None:
    last = chain.submissions[3]
    _, table = run_trace(chain, last, tmp_path / "out", "--synthetic")
    expected = traced[traced["query_id"].str.startswith(last.name[:3])]
    assert dict(zip(table["query_id"], table["outcome"], strict=True)) == dict(
        zip(expected["query_id"], expected["outcome"], strict=True)
    )


OWN_HEADINGS = {"given_name": "Forename", "family_name": "Last Name", "date_of_birth": "Born", "postcode": "PCODE"}


@pytest.fixture(scope="module")
def own_file(chain: Chain, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """People with headings of their own and without NHS numbers."""
    persons = pq.read_table(chain.folder / "current" / "persons.parquet").to_pandas()
    path = tmp_path_factory.mktemp("own") / "people.csv"
    persons[["query_id", *OWN_HEADINGS]].rename(columns={**OWN_HEADINGS, "query_id": "Ref"}).to_csv(path, index=False)
    return path


COLUMN_MAP = ",".join(f"{name}={heading}" for name, heading in OWN_HEADINGS.items())


def test_a_file_of_ones_own_without_numbers(chain: Chain, own_file: Path, tmp_path: Path, traced: pd.DataFrame) -> None:
    _, table = run_trace(chain, own_file, tmp_path / "out", "--id", "Ref", "--columns", COLUMN_MAP)
    assert set(table["outcome"]) <= {"found", "multiple", "not_found", "not_enough_data", "invalidated"}
    assert table["nhs_number_given"].isna().all() and table["agree_nhs_number"].isin([None, "missing"]).all()
    both = table.merge(traced, on="query_id").dropna(subset=["nhs_number_x", "nhs_number_y"])
    assert len(both) > 50
    assert (both["nhs_number_x"] == both["nhs_number_y"]).mean() > 0.98


def test_without_an_id_the_row_number_is_the_id(chain: Chain, own_file: Path, tmp_path: Path) -> None:
    _, table = run_trace(chain, own_file, tmp_path / "out", "--columns", COLUMN_MAP)
    assert list(table["query_id"]) == [str(number) for number in range(1, len(table) + 1)]


@pytest.mark.parametrize("option", [("--min-weight", 500), ("--min-gap", 500)])
def test_higher_limits_link_fewer(chain: Chain, own_file: Path, tmp_path: Path, option: tuple[str, int]) -> None:
    _, table = run_trace(chain, own_file, tmp_path / "out", "--columns", COLUMN_MAP, *option)
    assert table[table["step"] == "probabilistic"]["nhs_number"].isna().all()


def test_threads_do_not_change_a_byte(chain: Chain, tmp_path: Path) -> None:
    for threads in (1, 2):
        run_trace(chain, chain.folder / "current" / "persons.parquet", tmp_path / str(threads), "--threads", threads)
    assert contents(tmp_path / "1") == contents(tmp_path / "2")
    assert contents(tmp_path / "1")["trace.parquet"] == contents(chain.folder / "traced")["trace.parquet"]


def test_the_same_input_gives_the_same_bytes(chain: Chain, tmp_path: Path) -> None:
    again = Chain(chain.world, chain.keys, tmp_path / "again")
    again.trace_side()
    again.release_side()
    first, second = contents(chain.folder), contents(again.folder)
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []
    assert {name: ran.results for name, ran in chain.ran.items()} == {n: r.results for n, r in again.ran.items()}


# --- commands beside the chain


def test_describe_says_what_the_register_holds(chain: Chain) -> None:
    results = cldlink("register", "describe", chain.folder / "register", "--json").results
    assert results["people"] == chain.ran["register"].results["people"]
    assert results["postcode_as"] == "uk"


def test_specifications_are_listed_and_shown() -> None:
    assert sorted(cldlink("spec", "list", "--json").results) == sorted(versions())
    shown = cldlink("spec", "show", "v6", "--json").results
    assert len(shown) == 49
    assert "postcode" in shown and shown["gender"]["values"]
    assert "Person Unique Identifier" in cldlink("spec", "show", "v4.2").out
    assert (
        "Ethnicity                                      list           mandatory\n"
        in cldlink("spec", "show", "release1").out
    )
    unsure = cldlink("spec", "show", "release1", "--json").results
    assert (unsure["gender"]["open"], unsure["ethnicity"]["open"], shown["gender"]["open"]) == (True, False, False)


def test_a_key_from_file_and_descriptor(tmp_path: Path) -> None:
    (tmp_path / "pass").write_text(PASSPHRASE + "\n", encoding="utf-8")
    keystore = ("--keystore", tmp_path / "new.keystore")
    made = cldlink("keys", "create", *keystore, "--key-id", "root-1", "--passphrase-file", tmp_path / "pass", "--json")
    read, write = os.pipe()
    os.write(write, PASSPHRASE.encode())
    os.close(write)
    shown = cldlink("keys", "show", *keystore, "--passphrase-fd", read, "--json")
    assert (made.code, shown.code) == (0, 0)
    assert made.results == shown.results == {"key_id": "root-1", "key_check_value": made.results["key_check_value"]}
    assert PASSPHRASE not in (tmp_path / "new.keystore").read_text(encoding="utf-8") + made.out + made.err


def test_a_world_is_made_the_same_by_command(chain: Chain, tmp_path: Path) -> None:
    ran = cldlink("synth", "--out", tmp_path / "world", "--people", 700, "--synthetic", "--json")
    assert abs(ran.results["people"] - 700) <= 7
    assert contents(tmp_path / "world") == contents(make_world(tmp_path / "other", 700))


def test_what_people_read_holds_the_same_figures(chain: Chain, tmp_path: Path) -> None:
    """Without --json, every command prints lines for people."""
    path = chain.submissions[0]
    shown = cldlink("check", path, "--synthetic").out
    assert f"Rows: {rows_of(path):,} in" in shown and "Accepted" in shown
    lines = cldlink("evaluate", chain.folder / "traced" / "trace.parquet", "--truth",
                    chain.world / "truth" / "submitted_people.csv").out  # fmt: skip
    assert "precision" in lines and "recall" in lines


def test_an_altered_release_is_named_and_not_linked(chain: Chain, tmp_path: Path) -> None:
    copy = shutil.copytree(chain.folder / "release", tmp_path / "release")
    content = bytearray((copy / "admissions.parquet").read_bytes())
    content[len(content) // 2] ^= 1
    (copy / "admissions.parquet").write_bytes(content)
    verified = cldlink("release", "verify", copy, "--json")
    assert (verified.code, verified.results["faults"]) == (6, ["admissions.parquet: altered"])
    linked = cldlink("link", copy, "--public-key", chain.keys / "sender.pub", "--out", tmp_path / "linked")
    assert linked.code == 6 and "admissions.parquet" in linked.err
    assert not (tmp_path / "linked").exists()


def test_a_release_needs_the_key_to_show_that_it_is_genuine(chain: Chain) -> None:
    assert cldlink("release", "verify", chain.folder / "release", "--public-key", chain.keys / "sender.pub").code == 0


# --- as a process of its own


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (["--version"], 0, f"cldlink {linkage.__version__}"),
        (["spec", "list"], 0, "v4.2"),
        (["--help"], 0, "Usage: cldlink"),
        (["trace", "--help"], 0, "--min-weight"),
        (["check", "nowhere.csv"], 2, "there is no such file"),
    ],
)
def test_as_a_process(tmp_path: Path, arguments: list[str], code: int, text: str) -> None:
    process = spawn(*arguments, cwd=tmp_path)
    out, err = process.communicate(timeout=60)
    assert process.returncode == code
    assert text in out + err and "Traceback" not in err


def test_json_alone_stands_on_stdout(chain: Chain, tmp_path: Path) -> None:
    out, _ = spawn("trace", chain.folder / "current" / "persons.parquet", "--register", chain.folder / "register",
                   "--out", tmp_path / "out", "--synthetic", "--json").communicate(timeout=60)  # fmt: skip
    assert json.loads(out)["command"] == "trace"


# --- the demo


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Ran, Path]:
    out = tmp_path_factory.mktemp("demo") / "out"
    with offline():
        return cldlink("demo", "--sample", SAMPLE, "--out", out), out


def test_the_demo_ends_with_the_path_of_its_report(demo: tuple[Ran, Path]) -> None:
    ran, out = demo
    assert ran.code == 0, ran.err
    assert Path(ran.out.splitlines()[-1].strip()) == out / "report" / "report.html"
    for step in (
        "check",
        "consolidate",
        "register",
        "trace",
        "evaluate",
        "feedback",
        "release",
        "link",
        "LTS001a",
        "study",
    ):
        assert re.search(rf"^  {step}\b", ran.out, re.MULTILINE), step


def test_the_report_needs_nothing_but_itself(demo: tuple[Ran, Path]) -> None:
    html = (demo[1] / "report" / "report.html").read_text(encoding="utf-8")
    assert html.count("<svg") >= 2 and html.count("<table") >= 4
    addresses = set(re.findall(r"""https?://[^\s"'<>)]+""", html))
    assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert not re.search(r"""(src|href)\s*=\s*["']?(https?:)?//|@import|url\(""", html)


def test_the_report_shows_lts001_three_ascof_measures_and_the_months(demo: tuple[Ran, Path]) -> None:
    html = (demo[1] / "report" / "report.html").read_text(encoding="utf-8")
    sections = re.findall(r"<section[^>]*>\s*<h2[^>]*>([^<]*)</h2>", html)
    titles = " | ".join(sections)
    for title in ("LTS001", "ASCOF 2C", "ASCOF 2E", "ASCOF 3D", "People in long-term support at each month end"):
        assert title in titles, title
    assert "Authority 991, by month end" in html and "Per 100,000" in html


def test_the_demo_is_precise(demo: tuple[Ran, Path]) -> None:
    found = {name: float(value) for name, value in re.findall(r"(precision|recall) +([0-9.]+)", demo[0].out)}
    assert found["precision"] >= 0.995 and found["recall"] >= 0.95


def test_the_readme_shows_what_the_demo_prints(demo: tuple[Ran, Path]) -> None:
    shown = END_OF_DEMO.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    assert [as_shown_before(demo[0].out, text).splitlines()[1:-1] for text in shown] == [shown[0].splitlines()[1:-1]]


def test_nothing_half_written_is_left(demo: tuple[Ran, Path], chain: Chain) -> None:
    for folder in (demo[1], chain.folder):
        assert [path.name for path in folder.rglob(".*.part-*")] == []


def test_parquet_files_open_as_tables(chain: Chain) -> None:
    for path in chain.folder.rglob("*.parquet"):
        assert isinstance(pq.read_table(path), pa.Table), path.name
