"""Marked identifiers go through the main job and through failing paths; none comes out but where it may."""

import csv
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from linkage.configs import packaged
from tests.main_job import Chain, Ran, cldlink, contents, write_keys, write_request
from tests.privacy.marked_world import MARK, Identifiers, everything_logged, mark_world, text_of

# Files that hold people and say so, by their name or the folder that they are in.
IDENTIFIABLE = ("IDENTIFIABLE", "current/events", "current/persons", "register/person/", "register/version/", "register/key/",
                "register/succession.", "register/term_frequency.", "traced/trace.", "traced/restricted/", "keys/")  # fmt: skip


@dataclass(frozen=True)
class Marked:
    """A marked world, the identifiers in it, the demo run on it, and what was logged meanwhile."""

    world: Path
    known: Identifiers
    out: Path
    demo: Ran
    log: str

    @property
    def chain(self) -> Chain:
        """The demo's folder as a chain, with a key of its own."""
        return Chain(self.world, self.world.parent / "keys", self.out)


@pytest.fixture(scope="module")
def marked(chain: Chain, tmp_path_factory: pytest.TempPathFactory) -> Marked:
    folder = tmp_path_factory.mktemp("marked")
    known = mark_world(chain.world, folder / "world")
    write_keys(folder / "keys")
    with everything_logged() as logged:
        demo = cldlink("demo", "--sample", folder / "world", "--out", folder / "out")
        return Marked(folder / "world", known, folder / "out", demo, logged())


# --- the succeeding path


def test_the_search_finds_what_is_there(marked: Marked) -> None:
    """Every identifiable file has identifiers of each kind that the search knows."""
    assert min(map(len, (marked.known.numbers, marked.known.postcodes, marked.known.births))) > 100
    for name in ("register.csv", "submissions/992_2022-23_Q4.csv"):
        found = marked.known.found_in(text_of(marked.world / name))
        assert "marked text" in found
        assert found & marked.known.numbers and found & marked.known.postcodes and found & marked.known.births
    assert "marked text" in marked.known.found_in(text_of(marked.out / "current" / "persons.parquet"))


def test_the_demo_shows_and_logs_nobody(marked: Marked) -> None:
    assert marked.demo.code == 0, marked.demo.err
    assert marked.known.found_in(marked.demo.out + marked.demo.err + marked.log) == set()


def open_files(folder: Path) -> list[str]:
    return [name for name in contents(folder) if not any(part in name for part in IDENTIFIABLE)]


def test_no_file_that_may_be_shown_holds_anybody(marked: Marked) -> None:
    names = open_files(marked.out)
    leaks = {name: marked.known.found_in(text_of(marked.out / name)) for name in names}
    assert {name: found for name, found in leaks.items() if found} == {}


@pytest.mark.parametrize("part", ["checked", "current", "register", "traced", "feedback", "release", "linked", "tables",
                                  "study", "report"])  # fmt: skip
def test_every_part_was_searched(marked: Marked, part: str) -> None:
    assert any(name.startswith(f"{part}/") for name in open_files(marked.out)), part


def test_commands_show_nobody(marked: Marked, tmp_path: Path) -> None:
    """Every command of the job, as the demo does not print what they print."""
    for part in ("current", "register"):
        shutil.copytree(marked.out / part, tmp_path / part)
    chain = Chain(marked.world, marked.chain.keys, tmp_path)
    with everything_logged() as logged:
        chain.step("check", "check", chain.submissions[3], "--synthetic", "--out", tmp_path / "checked")
        chain.step("describe", "register", "describe", tmp_path / "register")
        chain.trace()
        chain.release_side()
        shown = "".join(ran.out + ran.err for ran in chain.ran.values()) + logged()
    assert len(chain.ran) == 11
    assert marked.known.found_in(shown) == set()


def test_figures_of_ones_own_show_nobody(marked: Marked, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Tables, explanations and moves of an authority's own submissions: only the files that say so identify people."""
    current = marked.out / "current"
    somebody = pq.read_table(current / "events.parquet", columns=["person_unique_identifier"])[0][0].as_py()
    for name, command in {
        "salt": ["salt", current],
        "official": ["official", current, "--measure", "ascof_2c", "--measure", "salt_sts001"],
        "cell": ["explain", "ascof_2e", current, "--cell", "column=settled"],
        "person": ["explain", "all", current, "--person", somebody],
        "moved": ["moved", "lts001b", current, current],
        "dataset": ["dataset", current],
    }.items():
        ran, found, shown = searched(marked, ["tables", *command, "--out", tmp_path / name], capfd)
        assert (ran.code, found) == (0, set()), shown
    written_files = [tmp_path / name for name in open_files(tmp_path)]
    assert {"rules.md", "lts001.html", "official.xlsx", "manifest.json"} <= {path.name for path in written_files}
    assert {path.name for path in written_files if marked.known.found_in(text_of(path))} == set()


# --- failing paths

Damage = Callable[[Marked, Path], list[object]]


def lines_of(marked: Marked, name: str = "register.csv") -> list[str]:
    return (marked.world / name).read_text(encoding="utf-8").splitlines(keepends=True)


def written(path: Path, *lines: str) -> Path:
    path.write_text("".join(lines), encoding="utf-8")
    return path


def build(source: Path) -> list[object]:
    return ["register", "build", source, "--out", source.parent / "out"]


def trace(marked: Marked, queries: Path, *options: object) -> list[object]:
    return ["trace", queries, "--register", marked.out / "register", "--out", queries.parent / "out",
            "--purpose", "Tests", "--submission", "T1", *options]  # fmt: skip


def release(marked: Marked, at: Path, table: str, file: Path) -> list[object]:
    keys = marked.chain.keys
    return ["release", "make", "--out", at / "out", "--request", keys / "request.yaml", "--keystore", keys / "k.keystore",
            "--passphrase-file", keys / "passphrase", "--signing-key", keys / "sender.key", "--synthetic",
            "--trace", marked.out / "traced", "--table", f"{table}={file}"]  # fmt: skip


def register_as_false_parquet(marked: Marked, at: Path) -> list[object]:
    return build(written(at / "r.parquet", *lines_of(marked)))


def register_ragged(marked: Marked, at: Path) -> list[object]:
    lines = lines_of(marked)
    return build(written(at / "r.csv", *lines[:50], lines[50].strip() + ",extra\n", *lines[51:]))


def register_short_row_first(marked: Marked, at: Path) -> list[object]:
    lines = lines_of(marked)
    return build(written(at / "r.csv", lines[0], *(line.strip() + ",extra\n" for line in lines[1:])))


def register_open_quote(marked: Marked, at: Path) -> list[object]:
    lines = lines_of(marked)
    return build(written(at / "r.csv", *lines[:5], '"' + lines[5], *lines[6:]))


def register_without_headings(marked: Marked, at: Path) -> list[object]:
    return build(written(at / "r.csv", *lines_of(marked)[1:]))


def register_twice(marked: Marked, at: Path) -> list[object]:
    rows = [",".join(line.split(",")[:8]) + "\n" for line in lines_of(marked)]
    return build(written(at / "r.csv", *rows, *rows[1:]))


def register_null_characters(marked: Marked, at: Path) -> list[object]:
    return build(written(at / "r.csv", *(line.replace(",", "\x00,\x00") for line in lines_of(marked))))


def register_out_of_memory(marked: Marked, at: Path) -> list[object]:
    return [*build(written(at / "r.csv", *lines_of(marked))), "--memory", "1MB"]


def register_of_lists(marked: Marked, at: Path) -> list[object]:
    people = [line.split(",") for line in lines_of(marked)[1:50]]
    table = pa.table({"nhs_number": [[p[0]] for p in people], "date_of_birth": [{"born": p[4]} for p in people]})
    pq.write_table(table, at / "r.parquet")
    return build(at / "r.parquet")


def queries_with_repeated_ids(marked: Marked, at: Path) -> list[object]:
    row = lines_of(marked)[1]
    return trace(marked, written(at / "q.csv", lines_of(marked)[0], row, row), "--id", "family_name")


def queries_without_headings(marked: Marked, at: Path) -> list[object]:
    return trace(marked, written(at / "q.csv", *lines_of(marked)[1:9]), "--columns", "given_name=Forename")


def queries_of_names_without_headings(marked: Marked, at: Path) -> list[object]:
    return trace(
        marked, written(at / "q.csv", f"{MARK} ADA,{MARK} EXAMPLE,ZX1 1AA\n" * 3), "--columns", "given_name=Forename"
    )


def queries_ragged(marked: Marked, at: Path) -> list[object]:
    lines = lines_of(marked)
    return trace(marked, written(at / "q.csv", *lines[:9], lines[9].strip() + ",x\n"))


def queries_with_text_after_a_quote(marked: Marked, at: Path) -> list[object]:
    lines = lines_of(marked)
    return trace(marked, written(at / "q.csv", *lines[:9], lines[9].replace(",", ',"', 1).replace(",", '"x,', 2)))


def queries_as_false_parquet(marked: Marked, at: Path) -> list[object]:
    return trace(marked, written(at / "q.parquet", *lines_of(marked)[:9]))


def submission(marked: Marked, quarter: int = 4) -> str:
    return (marked.world / f"submissions/992_2022-23_Q{quarter}.csv").read_text(encoding="utf-8-sig")


def submission_not_accepted(marked: Marked, at: Path) -> list[object]:
    return ["check", written(at / "s.csv", submission(marked)), "--out", at / "out"]


def submission_ragged(marked: Marked, at: Path) -> list[object]:
    lines = submission(marked).splitlines(keepends=True)
    ragged = [line.strip() + ",surplus\n" if number % 7 == 3 else line for number, line in enumerate(lines)]
    return ["check", written(at / "s.csv", *ragged, '"' + lines[3]), "--out", at / "out"]


def submission_without_headings(marked: Marked, at: Path) -> list[object]:
    return ["check", written(at / "s.csv", *submission(marked).splitlines(keepends=True)[1:]), "--out", at / "out"]


def submission_shifted(marked: Marked, at: Path) -> list[object]:
    """Every value stands one column too far to the right: names in date, list and code columns."""
    headings, *rows = csv.reader(submission(marked).splitlines())
    with (at / "s.csv").open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle).writerows([headings, *([row[-1], *row[:-1]] for row in rows)])
    return ["check", at / "s.csv", "--out", at / "out"]


def submissions_shifted_consolidated(marked: Marked, at: Path) -> list[object]:
    submission_shifted(marked, at)
    return ["submission", "consolidate", at / "s.csv", "--synthetic", "--out", at / "out"]


def submissions_given_twice(marked: Marked, at: Path) -> list[object]:
    return ["submission", "consolidate", *[written(at / n, submission(marked)) for n in ("a.csv", "b.csv")], "--synthetic",
            "--out", at / "out"]  # fmt: skip


def feedback_of_strangers(marked: Marked, at: Path) -> list[object]:
    table = pq.read_table(marked.out / "traced" / "trace.parquet")
    ids = pa.array([f"{MARK}{number}" for number in range(table.num_rows)])
    pq.write_table(table.set_column(0, "query_id", ids), at / "trace.parquet")
    return ["feedback", at / "trace.parquet", "--out", at / "out"]


def feedback_of_people(marked: Marked, at: Path) -> list[object]:
    return ["feedback", marked.out / "current" / "persons.parquet", "--out", at / "out"]


def truth_ragged(marked: Marked, at: Path) -> list[object]:
    lines = lines_of(marked, "truth/submitted_people.csv")
    return ["evaluate", marked.out / "traced" / "trace.parquet", "--truth",
            written(at / "t.csv", *lines[:9], lines[9].strip() + ',"x\n')]  # fmt: skip


def truth_without_headings(marked: Marked, at: Path) -> list[object]:
    return ["evaluate", marked.out / "traced" / "trace.parquet", "--truth",
            written(at / "t.csv", *lines_of(marked, "truth/submitted_people.csv")[1:])]  # fmt: skip


def release_ragged(marked: Marked, at: Path) -> list[object]:
    lines = lines_of(marked, "health/gp_registrations.csv")
    table = written(at / "g.csv", *lines[:9], lines[9].strip() + ",x\n", *lines[10:])
    return release(marked, at, "gp_registrations", table)


def release_without_headings(marked: Marked, at: Path) -> list[object]:
    table = written(at / "g.csv", *lines_of(marked, "health/gp_registrations.csv")[1:])
    return release(marked, at, "gp_registrations", table)


def release_as_false_parquet(marked: Marked, at: Path) -> list[object]:
    table = written(at / "g.parquet", *lines_of(marked, "health/gp_registrations.csv"))
    return release(marked, at, "gp_registrations", table)


def release_of_lists(marked: Marked, at: Path) -> list[object]:
    policy = packaged("release/secure.yaml")
    assert "long_term_conditions" in policy.read_text(encoding="utf-8")
    numbers = sorted(marked.known.numbers)[:20]
    table = pa.table(
        {name: [[value] for value in numbers] for name in ("nhs_number", "condition", "first_recorded_date")}
    )
    pq.write_table(table, at / "c.parquet")
    return release(marked, at, "long_term_conditions", at / "c.parquet")


def release_without_a_treatment(marked: Marked, at: Path) -> list[object]:
    lines = lines_of(marked, "health/long_term_conditions.csv")
    table = written(at / "c.csv", lines[0].strip() + ",note\n", *(line.strip() + f",{MARK}\n" for line in lines[1:]))
    return release(marked, at, "long_term_conditions", table)


def release_expired(marked: Marked, at: Path) -> list[object]:
    command = release(marked, at, "social_care", marked.out / "current" / "events.parquet")
    return [*command, "--request", write_request(at / "request.yaml", expires="2020-01-01")]


def release_with_a_wrong_passphrase(marked: Marked, at: Path) -> list[object]:
    command = release(marked, at, "social_care", marked.out / "current" / "events.parquet")
    return [*command, "--passphrase-file", written(at / "passphrase", f"{MARK} {MARK}\n")]


def request_with_a_person_in_it(marked: Marked, at: Path) -> list[object]:
    command = release(marked, at, "social_care", marked.out / "current" / "events.parquet")
    return [*command, "--request", write_request(at / "request.yaml", recipient=f'"{MARK} Ada"', expires=f'"{MARK}"')]


def link_of_a_damaged_release(marked: Marked, at: Path) -> list[object]:
    copy = shutil.copytree(marked.out / "release", at / "release")
    (copy / "social_care.parquet").write_bytes((marked.out / "current" / "persons.parquet").read_bytes())
    return ["link", copy, "--public-key", marked.out / "keys" / "demo.pub", "--out", at / "out"]


FAILING: list[tuple[Damage, int]] = [
    (register_as_false_parquet, 3),
    (register_ragged, 3),
    (register_short_row_first, 3),
    (register_open_quote, 3),
    (register_without_headings, 3),
    (register_twice, 3),
    (register_null_characters, 3),
    (register_out_of_memory, 7),
    (register_of_lists, 3),
    (queries_with_repeated_ids, 3),
    (queries_without_headings, 3),
    (queries_of_names_without_headings, 3),
    (queries_ragged, 3),
    (queries_with_text_after_a_quote, 3),
    (queries_as_false_parquet, 3),
    (submission_not_accepted, 3),
    (submission_ragged, 3),
    (submission_without_headings, 3),
    (submission_shifted, 3),
    (submissions_shifted_consolidated, 3),
    (submissions_given_twice, 3),
    (feedback_of_strangers, 3),
    (feedback_of_people, 3),
    (truth_ragged, 3),
    (truth_without_headings, 3),
    (release_ragged, 3),
    (release_without_headings, 3),
    (release_as_false_parquet, 3),
    (release_of_lists, 3),
    (release_without_a_treatment, 4),
    (release_expired, 4),
    (release_with_a_wrong_passphrase, 6),
    (request_with_a_person_in_it, 2),
    (link_of_a_damaged_release, 6),
]


def searched(marked: Marked, command: list[object], capfd: pytest.CaptureFixture[str]) -> tuple[Ran, set[str], str]:
    """Run a command; what it shows, logs or prints past Python, searched."""
    with everything_logged() as logged:
        ran = cldlink(*command)
        shown = ran.out + ran.err + logged() + "".join(capfd.readouterr())
    return ran, marked.known.found_in(shown), shown


@pytest.mark.parametrize(("damage", "code"), FAILING, ids=[damage.__name__ for damage, _ in FAILING])
def test_a_failure_shows_nobody(
    marked: Marked, tmp_path: Path, capfd: pytest.CaptureFixture[str], damage: Damage, code: int
) -> None:
    ran, found, shown = searched(marked, damage(marked, tmp_path), capfd)
    assert (ran.code, found) == (code, set()), shown
    assert ran.err or ran.out
    written_files = [tmp_path / "out" / name for name in open_files(tmp_path / "out")]
    assert {path.name for path in written_files if marked.known.found_in(text_of(path))} == set()


@pytest.mark.parametrize(
    "error", [ValueError, KeyError, TypeError, RuntimeError, MemoryError, OSError, pa.ArrowInvalid]
)
def test_an_unforeseen_error_shows_nobody(
    marked: Marked, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, error: type
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error(f"{MARK} cannot be parsed")

    monkeypatch.setattr(sys.modules["linkage.trace.run"], "decide", fail)
    queries = written(tmp_path / "q.csv", *lines_of(marked)[:9])
    ran, found, shown = searched(marked, trace(marked, queries), capfd)
    assert (ran.code, found) == (7 if issubclass(error, MemoryError | OSError) else 70, set())
    assert error.__name__ in ran.err and "Traceback" not in shown
    assert not (tmp_path / "out").exists()
