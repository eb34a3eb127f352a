"""Decisions of an authority, obeyed by the next trace; links found wrong, with everything that they went into."""

import csv
from collections.abc import Mapping
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from linkage.audited import Asked, manifest_hash
from linkage.errors import InputError, UsageError
from linkage.feedback.decisions import FORM, read_decisions, read_list, standing_decisions, store_decisions
from linkage.feedback.obey import obey
from linkage.feedback.pack import PackSources, write_feedback
from linkage.feedback.processed import write_processed
from linkage.feedback.traced import open_trace
from linkage.feedback.wrong import wrong_link
from linkage.report.excel import ExcelColumn, text_sheet, write_workbook
from linkage.runs import verify_manifest
from pseudo.audit import AuditLog
from tests.unit.traced_people import linked, write_current, write_register, write_trace

ASKED = Asked("Quarterly tracing", "2022-23 Q4", by="tester", synthetic=True)
ANN, BOB, CAT, DEE, NEW_ANN = (f"9990000{n:03}" for n in (18, 26, 34, 42, 50))
DAY = date(2026, 11, 20)


def filled(path: Path, *rows: Mapping[str, str]) -> Path:
    """A filled-in list."""
    default = {
        "decided_by": "Social worker 12",
        "decided_on": "19/11/2026",
        "why": "Seen the letter",
        "nhs_number_traced": "",
    }
    with path.open("w", encoding="utf-8-sig", newline="") as handle:
        writer = csv.DictWriter(handle, FORM)
        writer.writeheader()
        writer.writerows({**default, **row} for row in rows)
    return path


def decided(path: Path, decision: str, **more: str) -> Path:
    return filled(path, {"person_unique_identifier": "p", "decision": decision, **more})


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    rows = [linked("991/p", ANN), linked("991/=q", BOB), linked("991/s", CAT, sensitive=True), linked("992/p", DEE)]
    return write_trace(tmp_path / "traced", rows)


# ------------------------------------------------------------------------------------------------------- reading the list


def test_a_list_is_read_and_blank_rows_stay_undecided(trace: Path, tmp_path: Path) -> None:
    rows = [
        {"person_unique_identifier": "p", "decision": "Reject", "nhs_number_traced": "999 000 0018"},
        {"person_unique_identifier": "'=q", "decision": "accepted", "decided_on": "2026-11-18", "why": ""},
        {"person_unique_identifier": "other", "decision": ""},
    ]
    decisions, blank = read_list(filled(tmp_path / "list.csv", *rows), "991", open_trace(trace), as_at=DAY)
    assert [(d.query_id, d.nhs_number, d.decision, d.on) for d in decisions] == [
        ("991/p", ANN, "reject", "2026-11-19"),
        ("991/=q", BOB, "accept", "2026-11-18"),
    ]
    assert blank == 1


def test_a_list_may_come_back_as_an_excel_workbook(trace: Path, tmp_path: Path) -> None:
    """Excel makes a number of the NHS number and a date of the day."""
    rows = [("=q", "", "", "", "", ""), ("p", ANN, "reject", "Team", "19/11/2026", "The twin")]
    sheet = text_sheet("list", [ExcelColumn(name, 16) for name in FORM], rows)
    write_workbook(tmp_path / "list.xlsx", "List", [sheet])
    decisions, blank = read_list(tmp_path / "list.xlsx", "991", open_trace(trace), as_at=DAY)
    assert [(d.query_id, d.nhs_number, d.decision, d.on, d.why) for d in decisions] == [
        ("991/p", ANN, "reject", "2026-11-19", "The twin")
    ]
    assert blank == 1
    with pytest.raises(InputError, match=r"row 2: the trace told no such link"):
        read_list(tmp_path / "list.xlsx", "992", open_trace(trace), as_at=DAY)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"decision": "perhaps"}, "neither accept nor reject"),
        ({"nhs_number_traced": BOB}, "no such link"),
        ({"person_unique_identifier": "nobody"}, "no such link"),
        ({"person_unique_identifier": "s"}, "no such link"),
        ({"decided_by": ""}, "who decided"),
        ({"decided_on": "soon"}, "the day"),
        ({"decided_on": "2026-11-21"}, "in the future"),
        ({"why": ""}, "why it is rejected"),
        ({"why": "x" * 501}, "longer"),
    ],
)
def test_a_row_that_cannot_be_taken_is_named_by_number_and_nothing_is_taken(
    trace: Path, tmp_path: Path, row: dict[str, str], said: str
) -> None:
    path = filled(tmp_path / "list.csv", {"person_unique_identifier": "p", "decision": "reject", **row})
    with pytest.raises(InputError) as raised:
        read_list(path, "991", open_trace(trace), as_at=DAY)
    assert said in str(raised.value) and "row 1" in str(raised.value)
    assert ANN not in str(raised.value) and BOB not in str(raised.value)


def test_an_authority_decides_on_its_own_people_only(trace: Path, tmp_path: Path) -> None:
    path = decided(tmp_path / "list.csv", "reject", nhs_number_traced=ANN)
    with pytest.raises(InputError, match="no such link"):
        read_list(path, "992", open_trace(trace), as_at=DAY)


def test_the_file_of_decisions_is_refused_when_it_was_altered(trace: Path, tmp_path: Path) -> None:
    book = tmp_path / "decisions.jsonl"
    decisions, _ = read_list(decided(tmp_path / "list.csv", "reject"), "991", open_trace(trace), as_at=DAY)
    store_decisions(book, "list received", decisions, {})
    assert read_decisions(book) == tuple(decisions)
    book.write_text(book.read_text(encoding="utf-8").replace("reject", "accept"), encoding="utf-8")
    with pytest.raises(InputError, match="not as they were written"):
        read_decisions(book)


def test_a_later_decision_takes_the_place_of_an_earlier_one(trace: Path, tmp_path: Path) -> None:
    book = tmp_path / "decisions.jsonl"
    for word in ("reject", "accept"):
        decisions, _ = read_list(decided(tmp_path / "list.csv", word), "991", open_trace(trace), as_at=DAY)
        store_decisions(book, "list received", decisions, {})
    assert [d.decision for d in standing_decisions(book)] == ["accept"]


# ------------------------------------------------------------------------------------------------------------- obeyed


class Next:
    """A register of a few people, one decision on 991/p and ANN, and what the next trace makes of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.book = folder / "decisions.jsonl"
        self.register = write_register(
            folder / "register", [(n, "1940-01-01", "", "") for n in (ANN, BOB, DEE)], sensitive=[DEE]
        )

    def decide(self, word: str, number: str = ANN) -> None:
        told = open_trace(write_trace(self.folder / "told", [linked("991/p", number)]))
        decisions, _ = read_list(decided(self.folder / "list.csv", word), "991", told, as_at=DAY)
        store_decisions(self.book, "list received", decisions, {})

    def traced(self, row: dict[str, Any]) -> dict[str, Any]:
        folder = write_trace(self.folder / "found", [row, linked("991/z", BOB)])
        obeyed = obey(folder, self.book, self.register, self.folder / "traced")
        assert verify_manifest(self.folder / "traced") == []
        rows = obeyed.table.to_pylist()
        assert [one["query_id"] for one in rows] == ["991/p", "991/z"]
        assert rows[1]["nhs_number"] == BOB, "people without a decision stay as they are"
        assert pq.read_table(self.folder / "traced" / "trace.parquet").to_pylist() == rows
        return dict(rows[0])


@pytest.fixture
def following(tmp_path: Path) -> Next:
    return Next(tmp_path)


def test_a_rejected_link_is_not_made_again(following: Next) -> None:
    following.decide("reject")
    row = following.traced(linked("991/p", ANN))
    assert (row["nhs_number"], row["outcome"], row["match_probability"], row["agree_postcode"]) == (
        None,
        "rejected",
        None,
        None,
    )


def test_a_rejected_link_is_made_again_when_the_evidence_changed_and_it_says_how(following: Next) -> None:
    following.decide("reject")
    row = following.traced(linked("991/p", ANN, agree_family_name="different"))
    assert (row["nhs_number"], row["outcome"]) == (ANN, "found")
    assert row["reason"].endswith("It was rejected on 2026-11-19; since then has changed: family name.")


def test_another_person_may_be_found_after_a_rejection(following: Next) -> None:
    following.decide("reject")
    assert following.traced(linked("991/p", BOB))["nhs_number"] == BOB


def test_an_accepted_link_is_kept_when_the_details_lead_to_nobody(following: Next) -> None:
    following.decide("accept")
    row = following.traced(linked("991/p", None, "multiple"))
    assert (row["nhs_number"], row["outcome"], row["step"]) == (ANN, "found", "accepted")


def test_an_accepted_link_that_the_trace_contradicts_is_a_conflict(following: Next) -> None:
    following.decide("accept")
    row = following.traced(linked("991/p", BOB))
    assert (row["nhs_number"], row["outcome"]) == (None, "conflict")


def test_the_accepted_person_stands_when_the_trace_finds_the_rejected_one(following: Next) -> None:
    following.decide("reject")
    following.decide("accept", BOB)
    assert following.traced(linked("991/p", ANN))["nhs_number"] == BOB


def test_a_decision_follows_a_number_that_was_replaced(tmp_path: Path) -> None:
    following = Next(tmp_path)
    following.register = write_register(
        tmp_path / "later", [(NEW_ANN, "1940-01-01", "", "")], replaced=[f"{ANN}>{NEW_ANN}"]
    )
    following.decide("reject")
    assert following.traced(linked("991/p", NEW_ANN))["outcome"] == "rejected"


def test_an_accepted_person_who_has_become_sensitive_is_in_the_restricted_file_only(following: Next) -> None:
    following.decide("accept", DEE)
    row = following.traced(linked("991/p", None, "not_found"))
    assert (row["nhs_number"], row["sensitive"]) == (None, True)
    restricted = pq.read_table(following.folder / "traced" / "restricted" / "sensitive.parquet").to_pylist()
    assert [one["nhs_number"] for one in restricted] == [DEE]


@pytest.mark.parametrize("outcome", ["not_found", "invalidated"])
def test_an_accepted_person_who_is_no_longer_there_is_not_kept(tmp_path: Path, outcome: str) -> None:
    following = Next(tmp_path)
    following.decide("accept", CAT)
    row = following.traced(linked("991/p", None, outcome))
    assert (row["nhs_number"], row["outcome"]) == (None, outcome)


# -------------------------------------------------------------------------------------------------------- a wrong link


def test_a_wrong_link_lists_every_pack_and_dataset_it_went_into_and_is_withdrawn_next_time(
    tmp_path: Path, trace: Path
) -> None:
    current = write_current(tmp_path / "current", [{"query_id": "991/p"}, {"query_id": "992/p"}])
    register = write_register(tmp_path / "register", [(ANN, "1940-01-01", "", ""), (BOB, "1940-01-01", "", "")])
    write_feedback(PackSources(trace), tmp_path / "packs", asked=ASKED)
    write_processed(current, trace, tmp_path / "processed", asked=ASKED)
    other = write_trace(tmp_path / "other", [linked("991/p", BOB), linked("991/x", CAT)])
    write_feedback(PackSources(other), tmp_path / "more", asked=ASKED)

    book = tmp_path / "decisions.jsonl"
    places = wrong_link([trace], "991/p", reason="Twin", decisions=book, asked=ASKED, beside=register)
    assert [(place.made, place.authority) for place in places] == [("feedback", "991"), ("processed", None)]
    assert "991/p" not in (tmp_path / "audit" / "log.jsonl").read_text(encoding="utf-8")

    obey(trace, book, register, tmp_path / "again")
    told = write_feedback(PackSources(tmp_path / "again", previous=trace), tmp_path / "next", asked=ASKED)
    assert told == {"991": 1, "992": 0}
    [row] = csv.DictReader((tmp_path / "next" / "991" / "991_feedback_IDENTIFIABLE.csv").open(encoding="utf-8-sig"))
    assert (row["change"], row["nhs_number_told_before"], row["nhs_number_traced"]) == ("withdrawn_link", ANN, "")
    assert AuditLog(tmp_path / "audit").verify() == []


def test_a_pack_of_changes_is_listed_only_if_the_link_was_among_them(tmp_path: Path) -> None:
    """What went out as a change in the second quarter, as nothing new in the third, and as withdrawn in the fourth."""
    quarters = [
        write_trace(tmp_path / name, [linked("991/p", number, outcome, reason=name), linked("991/x", CAT)])
        for name, number, outcome in (
            ("q1", None, "not_found"), ("q2", ANN, "found"), ("q3", ANN, "found"), ("q4", BOB, "found"),
        )
    ]  # fmt: skip
    for before, now in pairwise(quarters):
        write_feedback(PackSources(now, previous=before), tmp_path / f"packs_{now.name}", asked=ASKED)
    book = tmp_path / "decisions.jsonl"

    def listed(*traces: Path) -> list[tuple[str, bool]]:
        places = wrong_link(traces, "991/p", reason="Twin", decisions=book, asked=ASKED, beside=quarters[0])
        packs = {
            manifest_hash(path.parent): path.parent.parent.name for path in tmp_path.glob("packs_*/*/manifest.json")
        }
        return [(packs[place.manifest], place.certain) for place in places]

    assert listed(*quarters) == [("packs_q2", True), ("packs_q4", True)]
    assert listed(quarters[2]) == [("packs_q3", False), ("packs_q4", False)]


def test_a_wrong_link_needs_a_reason_and_a_link(tmp_path: Path, trace: Path) -> None:
    book = tmp_path / "decisions.jsonl"
    with pytest.raises(UsageError, match="--reason"):
        wrong_link([trace], "991/p", reason=" ", decisions=book, asked=ASKED, beside=trace)
    with pytest.raises(InputError, match="None of these traces"):
        wrong_link([trace], "991/nobody", reason="Twin", decisions=book, asked=ASKED, beside=trace)
    assert not book.exists()


def test_a_sensitive_link_can_be_found_wrong(tmp_path: Path, trace: Path) -> None:
    book = tmp_path / "decisions.jsonl"
    wrong_link([trace], "991/s", reason="Not her", decisions=book, asked=ASKED, beside=trace)
    register = write_register(tmp_path / "register", [(CAT, "1940-01-01", "", "")], sensitive=[CAT])
    table = obey(trace, book, register, tmp_path / "again").table.to_pylist()
    assert [(row["outcome"], row["sensitive"]) for row in table if row["query_id"] == "991/s"] == [("rejected", False)]
    assert pq.read_table(tmp_path / "again" / "restricted" / "sensitive.parquet").num_rows == 0
