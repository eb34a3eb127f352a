"""What a store does with a file that comes in: who may read it, what it is compared with, what is returned."""

import os
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from linkage.cli.submissions import check
from linkage.errors import InputError, UsageError
from linkage.intake import CheckOptions, check_submission
from linkage.intake.keeping.add import Addition, Incoming, add_submission
from linkage.intake.keeping.store import open_store
from linkage.intake.keeping.year_lock import lock_year
from linkage.intake.rules.side_inputs import SideInputs
from linkage.quality import PAGE, QUALITY, WORKBOOK, report_of_store
from tests.unit.keeping_stores import add, add_quarter, quarter_file
from tests.unit.submission_files import Row, write_rows

REFERENCE = {"event_reference": "E1"}
RE_USED = {"event_reference": "E1", "event_type": "Request", "route_of_access": "Prison", "service_type": None}


def rules(added: Addition) -> set[str]:
    assert added.check
    return {f"{count.rule} {count.part}" for count in added.check.counts}


def unchecked(added: Addition) -> set[str]:
    assert added.check
    return {one.rule for one in added.check.unchecked}


def test_the_day_of_receipt_is_the_day_of_submission(tmp_path: Path) -> None:
    path = quarter_file(tmp_path, "Q1", {})
    late = add(tmp_path / "late", path, date(2022, 8, 12))
    in_time = add(tmp_path / "in_time", path, date(2022, 8, 11))
    assert "F08 late" in rules(late) and "F08 late" not in rules(in_time)
    assert not {"F08"} & (unchecked(late) | unchecked(in_time))


def test_the_last_submission_kept_is_the_one_before(tmp_path: Path) -> None:
    first = add_quarter(tmp_path, "Q1", REFERENCE)
    assert {"E02", "P13"} <= unchecked(first)
    second = add_quarter(tmp_path, "Q2", RE_USED)
    assert "E02 other_event" in rules(second) and not {"E02", "P13"} & unchecked(second)


def test_neither_later_nor_others_submissions_are_the_one_before(tmp_path: Path) -> None:
    add_quarter(tmp_path, "Q2", REFERENCE)
    add_quarter(
        tmp_path, "Q1", {**REFERENCE, "la_code": "992", "la_name": "Synthborough (synthetic)"}, name="other.csv"
    )
    assert "P13" in unchecked(add_quarter(tmp_path, "Q1", RE_USED))


def test_a_submission_before_that_was_altered_is_not_compared_with(tmp_path: Path) -> None:
    added = add_quarter(tmp_path, "Q1", {})
    (added.receipt.parent / "submission_IDENTIFIABLE.csv").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="not as they were stored"):
        add_quarter(tmp_path, "Q2", {})


def test_the_report_is_that_of_a_check_with_the_trend(tmp_path: Path) -> None:
    reports = []
    for quarter, received in (("Q1", date(2022, 7, 20)), ("Q2", date(2022, 10, 20))):
        incoming = Incoming(received, synthetic=True, report=report_of_store)
        added = add_submission(quarter_file(tmp_path, quarter, {}), tmp_path / "store", incoming)
        assert added.report and {PAGE, QUALITY, WORKBOOK} <= {path.name for path in added.report.iterdir()}
        reports.append((added.report / PAGE).read_text(encoding="utf-8"))
    assert ["Trend" in page for page in reports] == [False, True]


def test_a_returned_file_goes_back_with_the_same_report(tmp_path: Path) -> None:
    path = quarter_file(tmp_path, "Q1", {"event_type": None})
    returned = add_submission(path, tmp_path / "store", Incoming(date(2022, 7, 20), "", True, report=report_of_store))
    assert returned.outcome == "returned" and "R05 none_left" in rules(returned)
    assert returned.report and {PAGE, WORKBOOK, "receipt.txt"} <= {path.name for path in returned.report.iterdir()}


@pytest.mark.parametrize("rows", [[{"event_type": None}], [{}, {"event_type": "Contact"}, {"event_type": "Contact"}]])
def test_a_file_of_which_hardly_a_row_is_left_does_not_take_the_place_of_the_one_before(
    tmp_path: Path, rows: Sequence[Row]
) -> None:
    add_quarter(tmp_path, "Q1", {}, {"person_unique_identifier": "P2"})
    assert add_quarter(tmp_path, "Q1", *rows).outcome == "returned"
    assert [entry.version for entry in open_store(tmp_path / "store").entries()] == [1]


def test_what_is_no_submission_is_told_by_the_name_given(tmp_path: Path) -> None:
    path = tmp_path / "bin.csv"
    path.write_bytes(b"\x00" * 99)
    with pytest.raises(InputError) as caught:
        add(tmp_path / "store", path)
    assert str(caught.value).startswith(f"{path}: ") and ".part-" not in str(caught.value)


@pytest.mark.parametrize("text", ["see 9990000018", "999 000 0018, again", "999-000-0018."])
def test_comments_and_reasons_with_ten_digits_are_refused(tmp_path: Path, text: str) -> None:
    path = quarter_file(tmp_path, "Q1", {})
    with pytest.raises(UsageError, match="--comments holds ten digits"):
        add_submission(path, tmp_path / "store", Incoming(date(2022, 7, 20), text, synthetic=True))
    with pytest.raises(UsageError, match="--reason holds ten digits"):
        lock_year(tmp_path / "store", "2022/23", text)


def test_a_telephone_number_and_a_count_are_no_nhs_number(tmp_path: Path) -> None:
    incoming = Incoming(date(2022, 7, 20), "Ring 01234 567890; 1,000,000 rows, 20220720-2", synthetic=True)
    assert add_submission(quarter_file(tmp_path, "Q1", {}), tmp_path / "store", incoming).outcome == "added"


def test_another_authoritys_submission_is_never_the_one_before(tmp_path: Path) -> None:
    """Nor where nothing is written and no report could show it."""
    mine = write_rows(tmp_path / "mine.csv", [{}])
    others = write_rows(tmp_path / "others.csv", [{"la_code": "992"}])
    options = CheckOptions(inputs=SideInputs(previous=others))
    with pytest.raises(InputError, match=r"others\.csv: this is a submission of another authority"):
        check_submission(mine, synthetic=True, options=options)


@pytest.mark.skipif(os.name != "posix", reason="rights of POSIX")
def test_a_store_is_for_its_owner_alone(tmp_path: Path) -> None:
    added = add_quarter(tmp_path, "Q1", {})
    assert added.report
    for folder in (tmp_path / "store", added.receipt.parent, added.report):
        assert folder.stat().st_mode & 0o777 == 0o700
    files = [*added.receipt.parent.iterdir(), *added.report.iterdir()]
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}


def test_without_a_folder_to_write_to_one_earlier_file_can_be_compared_with(tmp_path: Path) -> None:
    mine = write_rows(tmp_path / "mine.csv", [{}])
    for previous in ([tmp_path], [mine, mine]):
        with pytest.raises(UsageError, match="give --out as well"):
            check(mine, previous=previous, synthetic=True)
