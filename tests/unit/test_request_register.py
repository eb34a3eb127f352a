"""The register of requests: what a request must say, who approved it, and when it may no longer be used."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pseudo.approvals import ApprovedRequest, approve, mark_destroyed, read_approved, read_register, withdraw
from pseudo.errors import ConfigError, KeyCustodyError, PolicyError
from pseudo.request_file import RequestDocument
from tests.unit.release_requests import DOMAIN, approver, request_of, sender, write_request

DAY = date(2023, 6, 1)


def approved(folder: Path, **changes: Any) -> ApprovedRequest:
    file = write_request(folder / "request.yaml", request_of(**changes))
    return approve(file, folder / "approvals", signing_key=approver(), by="Caldicott Guardian", on=date(2023, 2, 1))


def state(request: ApprovedRequest, day: date = DAY) -> str:
    return read_approved(request.path).state(day, [approver().public])


def test_an_approved_request_is_in_the_register_word_for_word(tmp_path: Path) -> None:
    request = approved(tmp_path)
    assert request.path.read_bytes() == (tmp_path / "request.yaml").read_bytes()
    assert [one.name for one in read_register(tmp_path / "approvals")] == ["REQ-1.v1"]
    request.require_current(DAY, [approver().public])


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2023, 1, 31), "not begun"),  # approved on 1 February
        (date(2023, 2, 1), "current"),
        (date(2023, 12, 31), "current"),
        (date(2024, 1, 1), "expired"),
    ],
)
def test_a_request_has_a_first_and_a_last_day(tmp_path: Path, day: date, expected: str) -> None:
    assert state(approved(tmp_path), day) == expected


def test_every_byte_of_a_request_is_approved(tmp_path: Path) -> None:
    request = approved(tmp_path)
    request.path.write_text(request.path.read_text(encoding="utf-8").replace("DPIA-1", "DPIA-2"), encoding="utf-8")
    assert state(request) == "altered"
    with pytest.raises(PolicyError, match="the request was altered since, or another key signed"):
        read_approved(request.path).require_current(DAY, [approver().public])


@pytest.mark.parametrize(("old", "new"), [("Caldicott Guardian", "Somebody Else"), ("2023-02-01", "2022-02-01")])
def test_every_word_of_an_approval_is_signed(tmp_path: Path, old: str, new: str) -> None:
    request = approved(tmp_path)
    beside = request.path.with_name("REQ-1.v1.approval.json")
    beside.write_text(beside.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    assert state(request) == "altered"


def test_the_signature_of_another_key_is_no_approval(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="another key signed"):
        approved(tmp_path).require_current(DAY, [sender().public])
    with pytest.raises(KeyCustodyError, match="public key of the approver"):
        approved(tmp_path).require_current(DAY, [])


def test_a_request_that_nobody_approved_is_refused(tmp_path: Path) -> None:
    request = read_approved(write_request(tmp_path / "request.yaml", request_of()))
    with pytest.raises(PolicyError, match="nobody has approved it"):
        request.require_current(DAY, [approver().public])


def test_a_withdrawn_request_is_refused(tmp_path: Path) -> None:
    request = approved(tmp_path)
    with pytest.raises(PolicyError, match="Say why"):
        withdraw(request, signing_key=approver(), by="Caldicott Guardian", on=DAY, reason=" ")
    withdraw(request, signing_key=approver(), by="Caldicott Guardian", on=DAY, reason="The agreement ended")
    assert state(request) == "withdrawn"
    with pytest.raises(PolicyError, match="no approval that could be withdrawn"):
        withdraw(read_approved(request.path), signing_key=approver(), by="a", on=DAY, reason="again")


def test_the_request_of_a_destroyed_release_is_refused(tmp_path: Path) -> None:
    request = approved(tmp_path)
    mark_destroyed(request, b"{}")
    with pytest.raises(PolicyError, match="its release was destroyed"):
        read_approved(request.path).require_current(DAY, [approver().public])


def test_a_newer_version_takes_the_place_of_an_older_one(tmp_path: Path) -> None:
    first = approved(tmp_path)
    second = approved(tmp_path, version=2, dpia="DPIA-2")
    assert (state(first), state(second)) == ("superseded", "current")
    with pytest.raises(PolicyError, match="Version 2 of REQ-1 is approved already"):
        approved(tmp_path)
    with pytest.raises(PolicyError, match="approved with other words"):
        approved(tmp_path, version=2, dpia="DPIA-3")


def test_a_damaged_approval_is_called_that(tmp_path: Path) -> None:
    request = approved(tmp_path)
    request.path.with_name("REQ-1.v1.approval.json").write_text("{", encoding="utf-8")
    with pytest.raises(KeyCustodyError, match="not an approval as it was written"):
        read_approved(request.path)


def test_a_folder_without_requests_is_no_register(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no register of requests"):
        read_register(tmp_path / "none")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"purpose": "About 9990000018"}, "purpose: The purpose holds ten digits"),
        ({"period": {"starts": "2023-04-01", "ends": "2022-04-01"}}, "the period ends before it starts"),
        ({"expires": "2025-01-01"}, "it expires after the agreement ends"),
        ({"destroy_by": "2023-06-01"}, "the day of destruction is before the day of expiry"),
        ({"cohort": {"description": "x", "people_of": "gp"}}, "cohort.people_of names the table gp"),
        ({"opt_outs": [{"name": "ndo", "kind": "check"}]}, "opt_outs.ndo leaves out care: give the reason"),
        ({"domain": {**DOMAIN, "opt_out": "ndo-applied"}}, "domain.opt_out names the opt-out treatment"),
        ({"opt_outs": [{"name": "ndo", "kind": "check", "tables": ["care"]}]}, "domain.opt_out names the opt-out"),
        ({"authorities": [{"code": "99", "permission": "x"}]}, "has three digits"),
        ({"columns": ["x"]}, "columns: unknown key"),
        ({"id": "a b"}, "id: give 1 to 64 characters"),
    ],
)
def test_a_request_that_contradicts_itself_is_refused(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=r"request\.yaml") as caught:
        approved(tmp_path, **changes)
    assert said in str(caught.value)
    assert not (tmp_path / "approvals").exists()


def test_the_domain_of_the_pseudonyms_is_part_of_the_request() -> None:
    made = RequestDocument.model_validate(request_of()).release_request()
    assert (made.recipient, made.release_id, made.expires) == ("r", "R1", date(2023, 12, 31))
