"""Feedback packs: what each authority is told, and that nothing else is in them."""

import csv
import json
import re
import shutil
import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from linkage.audited import Asked
from linkage.errors import InputError, UsageError
from linkage.feedback.columns import feedback_columns
from linkage.feedback.pack import PackSources, write_feedback
from linkage.feedback.processed import write_processed
from linkage.runs import Manifest, verify_manifest
from linkage.trace.outcomes import outcomes
from pseudo.audit import AuditLog
from tests.unit.traced_people import linked, write_current, write_register, write_trace

ASKED = Asked("Quarterly tracing", "2022-23 Q4", by="tester", synthetic=True)
ANN, BOB, CAT, DEE, EVE, OLD_ANN, STRANGER = (f"9990000{n:03}" for n in (18, 26, 34, 42, 50, 69, 77))

TRACE = [
    linked("991/a", ANN, "corrected", nhs_number_given=STRANGER),
    linked("991/a2", ANN),
    linked("991/b", BOB, "confirmed", nhs_number_given=BOB, step="cross_check", match_probability=1.0),
    linked("991/=c", None, "multiple"),
    linked("991/d", None, "conflict", nhs_number_given=STRANGER),
    linked("991/s", EVE, "found", sensitive=True),
    linked("992/a", CAT),
    linked("992/b", ANN),
]
CURRENT = [
    {"query_id": "991/a", "date_of_birth": "02/01/1940", "gp_practice_code": "g001"},
    {
        "query_id": "991/a2",
        "date_of_birth": "01/01/1940",
        "gp_practice_code": "G009",
        "date_of_death": date(2022, 9, 1),
    },
    {"query_id": "991/b", "date_of_birth": "03/03/1950", "gp_practice_code": "G002"},
    {"query_id": "991/=c", "date_of_birth": "about 1950"},
    {"query_id": "991/d", "date_of_birth": "04/04/1960"},
    {"query_id": "991/s", "date_of_birth": "05/05/1970", "gp_practice_code": "G003"},
    {"query_id": "992/a", "date_of_birth": "06/06/1980", "gp_practice_code": "G992"},
    {"query_id": "992/b", "date_of_birth": "01/01/1940"},
]
REGISTER = [
    (ANN, "1940-01-01", "G001", "2022-10-01"),
    (BOB, "1950-03-03", "G002", ""),
    (CAT, "1980-06-07", "CANARY992", ""),
    (DEE, "1901-01-01", "CANARYDEE", "2001-01-01"),
    (EVE, "1970-05-06", "CANARYEVE", "2020-02-02"),
    (STRANGER, "1930-12-31", "CANARYSTRANGER", "2002-02-02"),
]

Rows = dict[str, dict[str, str]]


def read(path: Path) -> Rows:
    with path.open(encoding="utf-8-sig", newline="") as handle:
        return {row["person_unique_identifier"]: row for row in csv.DictReader(handle)}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    at = tmp_path_factory.mktemp("feedback")
    sources = PackSources(
        write_trace(at / "traced", TRACE),
        write_current(at / "current", CURRENT),
        write_register(at / "register", REGISTER, replaced=[f"{OLD_ANN}>{ANN}"]),
    )
    assert write_feedback(sources, at / "packs", asked=ASKED) == {"991": 6, "992": 2}
    return at


@pytest.fixture(scope="module")
def rows(made: Path) -> Rows:
    return read(made / "packs" / "991" / "991_feedback_IDENTIFIABLE.csv")


def test_differing_details_of_an_accepted_link_are_told(rows: Rows) -> None:
    shown = {name: value for name, value in rows["a"].items() if name.endswith("_traced") and value}
    assert shown == {
        "nhs_number_traced": ANN,
        "date_of_birth_traced": "01/01/1940",
        "date_of_death_traced": "01/10/2022",
    }
    assert rows["a"]["nhs_number_history_list"] == OLD_ANN
    assert (rows["a2"]["gp_practice_code_traced"], rows["a2"]["date_of_birth_traced"]) == ("G001", "")
    assert (rows["a2"]["date_of_death_given"], rows["a2"]["date_of_death_traced"]) == ("01/09/2022", "01/10/2022")


def test_differing_details_and_duplicates_are_things_to_do(rows: Rows) -> None:
    assert rows["b"]["what_to_do"] == "Nothing to do."
    assert rows["a"]["what_to_do"] == (
        f"{outcomes()['corrected'].action} Check the details that differ from the register's. "
        "Check whether your identifiers with this number are one person."
    )


def test_duplicates_are_counted_within_the_authority_only(rows: Rows) -> None:
    assert (rows["a"]["ids_with_this_number"], rows["a"]["other_ids_with_this_number"]) == ("2", "a2")
    assert rows["b"]["ids_with_this_number"] == "1"


@pytest.mark.parametrize("person", ["'=c", "d", "s"])
def test_nothing_of_the_register_is_told_without_a_link_or_of_a_sensitive_record(rows: Rows, person: str) -> None:
    from_link = [
        name for name, column in feedback_columns().items() if column.source == "link" and name in rows[person]
    ]
    assert {rows[person][name] for name in from_link} <= {"", "1"}


def test_an_exact_link_a_scored_one_and_none(rows: Rows) -> None:
    assert [rows[person]["basis"] for person in ("b", "a", "d")] == ["exact", "scored", ""]
    assert rows["s"]["what_to_do"] == "Ask the tracing team."


def test_no_status_indicator_claims_national_verification(rows: Rows) -> None:
    assert "01" not in {outcome.status_indicator for outcome in outcomes().values()}
    assert {row["nhs_number_status_indicator"] for row in rows.values()} <= {"02", "04", "05"}


def texts(pack: Path) -> str:
    """Everything that a pack says, the cells of its workbook included."""
    found = []
    for path in sorted(pack.rglob("*")):
        if path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as book:
                found += [book.read(name).decode("utf-8", errors="replace") for name in book.namelist()]
        elif path.is_file():
            found.append(path.read_text(encoding="utf-8-sig"))
    return "\n".join(found)


# What must not stand in a pack: candidates and strangers, the sensitive record, the other authority's people and details.
CANARIES = {
    "991": [DEE, EVE, CAT, "CANARY", "1901", "1930", "1980", "06/05/1970", "2020-02-02", "02/02/2020", "992", "OLD01"],
    "992": [DEE, EVE, BOB, STRANGER, "CANARYDEE", "CANARYEVE", "CANARYSTRANGER", "G002", "03/03/1950", "991", "a2"],
}


@pytest.mark.parametrize(("code", "canary"), [(code, canary) for code, all_of in CANARIES.items() for canary in all_of])
def test_nobody_else_is_in_a_pack(made: Path, code: str, canary: str) -> None:
    # hashes and timestamps of manifests are no cells: only whole words count
    assert not re.search(rf"(?<![0-9A-Za-z]){canary}", re.sub(r"[0-9a-f]{64}", "", texts(made / "packs" / code)))


def test_notes_look_across_authorities_and_are_in_no_pack(tmp_path: Path) -> None:
    trace = write_trace(tmp_path / "traced", TRACE)
    table = pq.read_table(trace / "trace.parquet")
    noted = table.append_column("notes", pa.array(["number_on_several_people"] * table.num_rows))
    pq.write_table(noted, trace / "trace.parquet")
    Manifest("trace", [], {}).write(trace)
    write_feedback(PackSources(trace), tmp_path / "packs", asked=ASKED)
    assert "number_on_several_people" not in texts(tmp_path / "packs")


def test_the_given_number_of_a_conflict_is_the_authoritys_own(rows: Rows) -> None:
    assert [name for name, value in rows["d"].items() if value == STRANGER] == ["nhs_number_given"]


def test_every_cell_of_a_person_comes_from_their_own_row_or_link(rows: Rows) -> None:
    given = {entry["query_id"].split("/")[1]: entry for entry in CURRENT if str(entry["query_id"]).startswith("991")}
    register = {number: (birth, gp, death) for number, birth, gp, death in REGISTER}
    numbers = {str(row["query_id"]).split("/")[1]: row for row in TRACE if str(row["query_id"]).startswith("991")}
    for shown, row in rows.items():
        person = shown.removeprefix("'")
        own = numbers[person]
        link = own["nhs_number"] if not own["sensitive"] else None
        birth, gp, death = register.get(str(link), ("", "", ""))
        days = {"/".join(reversed(day.split("-"))) for day in (birth, death) if day}
        allowed = {"", shown, own.get("nhs_number_given"), link, gp, *days}
        allowed |= {str(given[person].get(name)) for name in ("date_of_birth", "gp_practice_code")}
        named = [name for name, column in feedback_columns().items() if column.source != "decision" and name in row]
        free = {"ids_with_this_number", "other_ids_with_this_number", "confidence", "person_id_type", "date_of_death_given",
                "nhs_number_history_list"}  # fmt: skip
        assert {row[name] for name in named if name not in free} <= allowed, person


def test_a_pack_has_a_receipt_a_manifest_and_an_entry_in_the_log(made: Path) -> None:
    pack = made / "packs" / "991"
    assert verify_manifest(pack) == []
    assert "Submission: 2022-23 Q4" in (pack / "receipt.txt").read_text(encoding="utf-8")
    entries = [entry.action for entry in AuditLog(made / "audit").entries() if entry.action.command == "feedback"]
    assert [(entry.authority, entry.counts["people"]) for entry in entries] == [("991", 6), ("992", 2)]
    assert AuditLog(made / "audit").verify() == []


def test_the_list_to_decide_on_holds_links_that_the_authority_does_not_have(made: Path) -> None:
    assert set(read(made / "packs" / "991" / "991_decisions_IDENTIFIABLE.csv")) == {"a", "a2"}


def test_a_second_run_gives_the_same_bytes(made: Path) -> None:
    sources = PackSources(made / "traced", made / "current", made / "register")
    write_feedback(sources, made / "again", asked=ASKED)
    for path in (made / "packs").rglob("*IDENTIFIABLE*"):
        assert path.read_bytes() == (made / "again" / path.relative_to(made / "packs")).read_bytes(), path.name


def test_a_purpose_is_needed_and_taken_from_the_trace(made: Path, tmp_path: Path) -> None:
    sources = PackSources(made / "traced")
    with pytest.raises(UsageError, match="--purpose"):
        write_feedback(sources, tmp_path / "packs", asked=Asked(audit=tmp_path / "audit"))
    assert not (tmp_path / "packs").exists()
    write_feedback(sources, tmp_path / "packs", asked=Asked(audit=tmp_path / "audit", synthetic=True))


@pytest.mark.parametrize("file", ["person/000.parquet", "version/000.parquet", "succession.parquet"])
@pytest.mark.parametrize("lost", [True, False])
def test_a_damaged_register_is_called_that(made: Path, tmp_path: Path, file: str, lost: bool) -> None:
    register = tmp_path / "register"
    shutil.copytree(made / "register", register)
    (register / file).unlink() if lost else (register / file).write_bytes((register / file).read_bytes()[::-1])
    with pytest.raises(InputError, match=f"the register is damaged: {file}"):
        write_feedback(PackSources(made / "traced", made / "current", register), tmp_path / "packs", asked=ASKED)
    assert not (tmp_path / "packs").exists()


def test_a_trace_that_was_altered_is_refused(tmp_path: Path) -> None:
    trace = write_trace(tmp_path / "traced", TRACE)
    manifest = (trace / "manifest.json").read_bytes()
    write_trace(trace, TRACE[:3])
    (trace / "manifest.json").write_bytes(manifest)
    with pytest.raises(InputError, match="not the file"):
        write_feedback(PackSources(trace), tmp_path / "packs", asked=ASKED)


# ------------------------------------------------------------------------------------------------------ the checks' reports


def write_check(folder: Path, code: str) -> Path:
    from linkage.runs import Manifest

    folder.mkdir(parents=True)
    (folder / "quality.json").write_text(json.dumps({"la_code": code}), encoding="utf-8")
    (folder / "summary.txt").write_text(f"Summary for {code}", encoding="utf-8")
    Manifest("check", [], {}).write(folder)
    return folder


def test_the_report_of_a_check_goes_to_its_authority_only(made: Path, tmp_path: Path) -> None:
    checks = [write_check(tmp_path / "checked" / name, code) for name, code in (("q4", "991"), ("q4b", "992"))]
    write_feedback(PackSources(made / "traced", checked=checks), tmp_path / "packs", asked=ASKED)
    found = sorted(path.relative_to(tmp_path / "packs").as_posix() for path in tmp_path.glob("packs/*/validation/*/*"))
    assert found == ["991/validation/q4/summary.txt", "992/validation/q4b/summary.txt"]


# ------------------------------------------------------------------------------------------------------------- a re-trace


def test_a_repeated_trace_tells_only_what_changed(tmp_path: Path) -> None:
    before = [
        linked("991/same", ANN),
        linked("991/lost", BOB),
        linked("991/other", CAT),
        linked("991/new", None, "not_found"),
        linked("991/still", None, "not_found"),
        linked("991/worse", None, "not_found"),
        linked("991/hidden", DEE),
        linked("991/gone", CAT, nhs_number_given=CAT),
        linked("991/gone_hidden", DEE, sensitive=True),
        linked("992/elsewhere", BOB),
    ]
    now = [
        linked("991/same", ANN),
        linked("991/lost", None, "conflict"),
        linked("991/other", EVE),
        linked("991/new", STRANGER),
        linked("991/still", None, "not_found"),
        linked("991/worse", None, "conflict"),
        linked("991/hidden", DEE, sensitive=True),
        linked("991/arrived", None, "not_found"),
    ]
    sources = PackSources(write_trace(tmp_path / "now", now), previous=write_trace(tmp_path / "before", before))
    assert write_feedback(sources, tmp_path / "packs", asked=ASKED) == {"991": 8}
    rows = read(tmp_path / "packs" / "991" / "991_feedback_IDENTIFIABLE.csv")
    assert {person: (row["change"], row["nhs_number_told_before"]) for person, row in rows.items()} == {
        "lost": ("withdrawn_link", BOB),
        "other": ("changed_link", CAT),
        "new": ("new_link", ""),
        "worse": ("new_outcome", ""),
        "hidden": ("changed_link", ""),
        "arrived": ("new_person", ""),
        "gone": ("gone_person", CAT),
        "gone_hidden": ("gone_person", ""),
    }
    assert "not in your file any more" in rows["gone"]["reason"]
    assert {name for name, value in rows["gone"].items() if value} == {
        "person_unique_identifier", "change", "nhs_number_given", "nhs_number_told_before", "reason", "what_to_do",
    }  # fmt: skip
    receipt = (tmp_path / "packs" / "991" / "receipt.txt").read_text(encoding="utf-8")
    assert "        2  gone person." in receipt


def test_a_trace_compared_with_itself_has_nothing_to_tell(made: Path, tmp_path: Path) -> None:
    sources = PackSources(made / "traced", previous=made / "traced")
    assert write_feedback(sources, tmp_path / "packs", asked=ASKED) == {"991": 0, "992": 0}


# ----------------------------------------------------------------------------------------------------- processed dataset


def test_the_processed_dataset_keeps_every_row_and_the_given_number(made: Path, tmp_path: Path) -> None:
    counts = write_processed(made / "current", made / "traced", tmp_path / "processed", asked=ASKED)
    assert (counts["events_in"], counts["events_out"], counts["persons_with_traced_number"]) == (8, 8, 5)
    table = pq.read_table(tmp_path / "processed" / "events.parquet")
    place = table.column_names.index("nhs_number")
    assert table.column_names[place + 1 : place + 4] == ["nhs_number_traced", "trace_outcome", "trace_step"]
    rows = {f"{row['la_code']}/{row['person_unique_identifier']}": row for row in table.to_pylist()}
    assert (rows["991/a"]["nhs_number_traced"], rows["991/a"]["trace_outcome"]) == (ANN, "corrected")
    assert (rows["991/s"]["nhs_number_traced"], rows["991/s"]["trace_outcome"]) == (None, "found")
    assert verify_manifest(tmp_path / "processed") == []


def test_numbers_of_other_people_are_not_inserted(made: Path, tmp_path: Path) -> None:
    stranger = write_trace(tmp_path / "traced", [linked("993/x", ANN)])
    with pytest.raises(InputError, match="Nobody"):
        write_processed(made / "current", stranger, tmp_path / "processed", asked=ASKED)
    assert not (tmp_path / "processed").exists()


def test_a_person_twice_in_a_trace_is_refused(made: Path, tmp_path: Path) -> None:
    twice = write_trace(tmp_path / "traced", [linked("991/a", ANN), linked("991/a", BOB)])
    with pytest.raises(InputError, match="twice"):
        write_processed(made / "current", twice, tmp_path / "processed", asked=replace(ASKED, synthetic=True))


def test_the_same_trace_made_at_another_time_gives_the_same_pack(made: Path, tmp_path: Path) -> None:
    later = write_trace(tmp_path / "traced", TRACE)
    manifest = json.loads((later / "manifest.json").read_text(encoding="utf-8"))
    manifest["run"]["finished_utc"] = "2030-01-01T00:00:00+00:00"
    (later / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    sources = PackSources(later, made / "current", made / "register")
    write_feedback(sources, tmp_path / "packs", asked=ASKED)
    for path in (made / "packs").rglob("*.*"):
        if path.name != "manifest.json":
            assert path.read_bytes() == (tmp_path / "packs" / path.relative_to(made / "packs")).read_bytes(), path.name
