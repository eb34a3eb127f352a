"""Opt-outs: the list that is sent, the answer that comes back, lists of objections, and everything that can be wrong."""

import json
import os
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pseudo.errors import PolicyError, PseudoError, SourceError
from pseudo.optout import TakenOut, read_opt_out, write_check_list
from pseudo.request_file import OptOut

ANN, BOB, CAT, DAN = "9990000018", "9990000026", "9990000034", "9990000042"
SENT_ON, DAY = date(2023, 5, 20), date(2023, 6, 1)


def ndo(**changes: Any) -> OptOut:
    given = {"name": "ndo", "kind": "check", "tables": ["gp"], "reason": "Own data of the authority"}
    return OptOut(**{**given, **changes})


def objections(**changes: Any) -> OptOut:
    return OptOut(**{"name": "type-1", "kind": "objections", "tables": ["gp"], "reason": "x", **changes})


@pytest.fixture
def sent(tmp_path: Path) -> Path:
    """The folder of a list of three people that was sent."""
    numbers = pa.array([CAT, ANN, None, BOB, ANN])
    write_check_list(tmp_path, "ndo", numbers, mailbox="X26OT01", on=SENT_ON)
    return tmp_path / "ndo_IDENTIFIABLE"


def answered(sent: Path, content: str, name: str = "answer.dat") -> TakenOut:
    (sent / name).write_bytes(content.encode())
    return read_opt_out(sent.parent, ndo(), DAY)


def test_the_list_is_one_number_a_line_with_comma_and_line_feed(sent: Path) -> None:
    assert (sent / "X26OT01-200523-0001.dat").read_bytes() == f"{ANN},\n{BOB},\n{CAT},\n".encode()
    record = json.loads((sent / "sent.json").read_text(encoding="utf-8"))
    assert (record["numbers"], record["date"], record["file"]) == (3, "2023-05-20", "X26OT01-200523-0001.dat")


@pytest.mark.skipif(os.name != "posix", reason="rights of the folder above hold")
def test_only_their_owner_may_read_the_numbers(tmp_path: Path) -> None:
    write_check_list(tmp_path / "lists", "ndo", pa.array([ANN]), mailbox="X26OT01", on=SENT_ON)
    place = tmp_path / "lists" / "ndo_IDENTIFIABLE"
    assert {path.stat().st_mode & 0o777 for path in (place, place.parent)} == {0o700}
    assert {path.stat().st_mode & 0o777 for path in place.iterdir()} == {0o600}


def test_who_does_not_come_back_is_taken_out(sent: Path) -> None:
    out = answered(sent, f"{CAT},\n{ANN},\n")
    assert out.numbers.to_pylist() == [BOB]
    assert out.checked is not None and out.checked.to_pylist() == [ANN, BOB, CAT]
    record = dict(out.record)
    assert (record["sent"], record["kept"], record["removed"], record["date"]) == (3, 2, 1, "2023-05-20")
    assert len(record["list_sha256"]) == len(record["sent_sha256"]) == 64
    assert not [number for number in (ANN, BOB, CAT) if number in json.dumps(record)]


def test_lines_may_end_as_windows_ends_them(sent: Path) -> None:
    assert answered(sent, f"{ANN},\r\n").numbers.to_pylist() == [BOB, CAT]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (f"{ANN},\n{DAN},\n", "numbers came back that were not sent (1)"),
        ("", "the answer is empty although 3 numbers were sent"),
        (f"{ANN},\n{BOB}", "the last line is cut off"),
        (f"{ANN}\n{BOB},\n", "line 1 is not an NHS number and a comma"),
        ("ERROR: malformed number,\n", "service's error file"),
    ],
)
def test_an_answer_that_is_not_one_is_refused(sent: Path, content: str, said: str) -> None:
    with pytest.raises(SourceError) as caught:
        answered(sent, content)
    assert said in str(caught.value)
    assert DAN not in str(caught.value) and BOB not in str(caught.value)


def test_without_an_answer_nothing_is_released(sent: Path, tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"the service's answer to X26OT01-200523-0001\.dat is missing"):
        read_opt_out(tmp_path, ndo(), DAY)


def test_without_a_list_nothing_is_released(tmp_path: Path) -> None:
    for folder in (tmp_path, None):
        with pytest.raises(PolicyError, match="there is no list of them"):
            read_opt_out(folder, ndo(), DAY)
    (tmp_path / "ndo_IDENTIFIABLE").mkdir()
    with pytest.raises(PolicyError, match="no list was sent from here"):
        read_opt_out(tmp_path, ndo(), DAY)


def test_two_answers_are_one_too_many(sent: Path) -> None:
    answered(sent, f"{ANN},\n")
    with pytest.raises(SourceError, match="2 answers"):
        answered(sent, f"{ANN},\n", "again.dat")


def test_an_answer_saved_over_the_list_is_noticed(sent: Path) -> None:
    with pytest.raises(SourceError, match="Save the answer under a name of its own"):
        answered(sent, f"{ANN},\n", "X26OT01-200523-0001.dat")


@pytest.mark.parametrize(
    ("day", "fault"), [("2023-06-20", "31 days old"), ("2023-05-19", "after the day of the release")]
)
def test_an_old_list_is_refused(sent: Path, day: str, fault: str) -> None:
    (sent / "answer.dat").write_bytes(f"{ANN},\n".encode())
    read_opt_out(sent.parent, ndo(), date(2023, 6, 19))
    with pytest.raises(PolicyError, match=fault):
        read_opt_out(sent.parent, ndo(), date.fromisoformat(day))


def test_a_second_list_does_not_overwrite_the_first(sent: Path) -> None:
    with pytest.raises(PolicyError, match="a list was sent already"):
        write_check_list(sent.parent, "ndo", pa.array([ANN]), mailbox="X26OT01", on=SENT_ON)


@pytest.mark.parametrize(("numbers", "mailbox"), [([None], "X26"), ([ANN], "a/b"), ([ANN], "")])
def test_a_list_of_nobody_or_for_no_mailbox_is_not_written(tmp_path: Path, numbers: list[str], mailbox: str) -> None:
    with pytest.raises(PseudoError):
        write_check_list(tmp_path, "ndo", pa.array(numbers, pa.string()), mailbox=mailbox, on=SENT_ON)
    assert not list(tmp_path.iterdir())


def objected(tmp_path: Path, content: str, name: str = "2023-05-30.csv") -> TakenOut:
    place = tmp_path / "type-1_IDENTIFIABLE"
    place.mkdir()
    (place / name).write_text(content, encoding="utf-8")
    return read_opt_out(tmp_path, objections(), DAY)


def test_who_objected_is_taken_out_by_number_or_local_id(tmp_path: Path) -> None:
    out = objected(tmp_path, f"999 000 0026,\n\n{ANN}\n991/A 12\n{ANN},\n")
    assert (out.numbers.to_pylist(), out.local_ids.to_pylist(), out.checked) == ([ANN, BOB], ["991/A 12"], None)
    assert (out.record["listed"], out.record["date"]) == (3, "2023-05-30")


def test_a_list_of_nobody_is_a_list(tmp_path: Path) -> None:
    assert len(objected(tmp_path, "").numbers) == 0


def test_a_list_of_objections_holds_nothing_else(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="line 2 is neither") as caught:
        objected(tmp_path, f"{ANN}\nAnn Example\n")
    assert "Example" not in str(caught.value)


@pytest.mark.parametrize("name", ["objections.csv", "2023-13-01.csv"])
def test_a_list_of_objections_is_named_by_its_day(tmp_path: Path, name: str) -> None:
    with pytest.raises(PolicyError, match="name the list by its day"):
        objected(tmp_path, ANN, name)


def test_an_opt_out_that_does_not_apply_says_why_and_takes_nobody_out() -> None:
    out = read_opt_out(None, ndo(tables=[], reason="Not applicable: anonymised in line with the ICO code"), DAY)
    assert len(out.numbers) == 0
    assert (out.record["applied"], out.record["reason"]) == (
        False,
        "Not applicable: anonymised in line with the ICO code",
    )
