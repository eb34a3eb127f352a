"""A release for an approved request: nothing outside it, nobody who opted out, and what the log and the manifest say of it."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from linkage.audited import Asked
from linkage.errors import InputError, LinkageError, RefusedError, UsageError
from linkage.releasing import ReleaseInputs, release, write_opt_out_lists
from pseudo.approvals import ApprovedRequest, approve, mark_destroyed, read_approved, withdraw
from pseudo.audit import AuditLog
from pseudo.errors import PolicyError, PseudoError, SourceError
from pseudo.keys import RootKey
from pseudo.policy import load_policy
from pseudo.release import Release
from pseudo.request import ReleaseRequest
from tests.unit.release_requests import DOMAIN, approver, request_of, sender, write_request

ANN, BOB, CAT, DAN = "9990000018", "9990000026", "9990000034", "9990000042"
DAY = date(2023, 6, 1)
POLICY = """
name: small
version: "1"
description: d
tables:
  care:
    description: One row per event.
    person: {nhs_number: nhs, la_code: la, la_person_id: local, record_id: record}
    columns:
      nhs: {treatment: pseudonymise, field: nhs_number}
      la: {treatment: keep, pattern: "[0-9]{3}", description: Authority}
      local: {treatment: pseudonymise, field: la_person_id}
      record: drop
      day: {treatment: keep, type: date, description: Day}
  gp:
    description: One row per registration.
    person: {nhs_number: nhs}
    columns:
      nhs: {treatment: pseudonymise, field: nhs_number}
      kind: {treatment: keep, values: [a, b], description: Kind}
"""
CARE = f"""nhs,la,local,record,day
{ANN},991,p1,1,2022-05-01
{BOB},991,p2,2,2022-06-01
,992,p3,3,2023-03-31
"""
GP = f"nhs,kind\n{ANN},a\n{BOB},b\n{CAT},a\n,b\n"
NDO = {
    "name": "ndo",
    "kind": "check",
    "tables": ["gp"],
    "reason": "Own data of the authority",
    "without_number": "keep",
}
APPLIED = {**DOMAIN, "opt_out": "ndo-applied"}

Make = Callable[..., Release]


class Place:
    """A policy, two tables, a register of requests, and how a release is made of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files = {"care": folder / "care.csv", "gp": folder / "gp.csv"}
        for name, text in {"care": CARE, "gp": GP}.items():
            self.files[name].write_text(text, encoding="utf-8")
        (folder / "policy.yaml").write_text(POLICY, encoding="utf-8")

    @property
    def out(self) -> Path:
        return self.folder / "release"

    def approved(self, **changes: Any) -> ApprovedRequest:
        document = request_of(load_policy(self.folder / "policy.yaml"), **changes)
        document["tables"]["care"]["dates"] = document["tables"]["care"]["dates"] or ["day"]
        file = write_request(self.folder / "request.yaml", document)
        return approve(file, self.folder / "approvals", signing_key=approver(), by="Guardian", on=date(2023, 2, 1))

    def inputs(self, **changes: Any) -> ReleaseInputs:
        return ReleaseInputs(self.files, str(self.folder / "policy.yaml"), **changes)

    def make(self, request: Any, inputs: ReleaseInputs | None = None, day: date = DAY, **changes: Any) -> Release:
        return release(
            inputs or self.inputs(),
            self.out,
            request=request,
            root_key=RootKey(bytes(range(32)), "root-1"),
            signing_key=sender(),
            approvers=[approver().public],
            as_at=day,
            **changes,
        )

    def refused(self, error: type[Exception], *arguments: Any, **changes: Any) -> str:
        """What is said when no release is made, of which then nothing is left."""
        with pytest.raises(error) as caught:
            self.make(*arguments, **changes)
        assert isinstance(caught.value, LinkageError | PseudoError)
        assert not [path for path in self.folder.iterdir() if "release" in path.name]
        assert not [number for number in (ANN, BOB, CAT) if number in str(caught.value)]
        return str(caught.value)

    def log(self) -> AuditLog:
        return AuditLog(self.folder / "audit")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def rows(made: Release) -> dict[str, int]:
    return {name: record["counts"]["rows_out"] for name, record in made.manifest["tables"].items()}


def test_what_was_approved_is_released_and_the_manifest_says_why(place: Place) -> None:
    request = place.approved()
    made = place.make(request)
    assert rows(made) == {"care": 3, "gp": 4}
    approval = made.manifest["approval"]
    assert (approval["request"], approval["version"], approval["sha256"]) == ("REQ-1", 1, request.sha256)
    assert (approval["approved_by"], approval["approver_fingerprint"]) == ("Guardian", approver().public.fingerprint)
    assert (approval["destroy_by"], approval["agreement"]) == ("2024-06-30", "NIC-1")
    assert made.manifest["opt_outs"][0]["reason"].startswith("Not applicable")


def test_the_log_names_the_release_by_its_manifest_and_what_it_is_made_of(place: Place) -> None:
    request = place.approved()
    made = place.make(request)
    started, done = (entry.action for entry in place.log().entries())
    assert (started.outcome, done.outcome) == ("started", "done")
    assert (done.command, done.purpose, done.reference) == ("release make", "Effect of support at home", "REQ-1.v1:R1")
    assert list(done.made_from) == [request.sha256]
    assert done.counts == {"care_rows": 3, "gp_rows": 4}
    assert done.manifest is not None and len(done.manifest) == 64 and made.folder == place.out


def test_everything_outside_the_approval_is_named_at_once(place: Place) -> None:
    tables = {
        "care": {"columns": ["person_pseudonym", "person_id_type", "la_person_pseudonym", "la"], "dates": ["day"]}
    }
    period = {"starts": "2022-05-15", "ends": "2023-03-30"}
    request = place.approved(tables=tables, period=period, authorities=[{"code": "991", "permission": "x"}])
    said = place.refused(PolicyError, request).splitlines()[1:]
    assert said == [
        "care.day: not an approved column.",
        "care: 1 rows of authority 992, which is not an approved one.",
        "care.day: 2 rows with days outside the approved period, 2022-05-15 to 2023-03-30.",
        "gp: the request has no such table.",
    ]
    assert [entry.action.outcome for entry in place.log().entries()] == ["started", "refused"]


def test_another_policy_than_the_approved_one_is_refused(place: Place) -> None:
    request = place.approved()
    (place.folder / "policy.yaml").write_text(POLICY + "# a word more\n", encoding="utf-8")
    assert "policy: approved is small, version 1, with the hash" in place.refused(PolicyError, request)


def test_a_policy_for_another_environment_is_refused(place: Place) -> None:
    (place.folder / "policy.yaml").write_text(f"environment: open{POLICY}", encoding="utf-8")
    said = place.refused(PolicyError, place.approved())
    assert "policy: made for an environment that is open; the recipient's is secure." in said


@pytest.mark.parametrize("day", [date(2023, 1, 31), date(2024, 1, 1)])
def test_a_request_is_refused_before_and_after_its_days(place: Place, day: date) -> None:
    said = place.refused(PolicyError, place.approved(), day=day)
    assert "not in force before 2023-02-01" in said or "expired on 2023-12-31" in said


def test_a_withdrawn_or_destroyed_request_is_refused(place: Place) -> None:
    request = place.approved()
    withdraw(request, signing_key=approver(), by="Guardian", on=DAY, reason="x")
    assert "withdrawn" in place.refused(PolicyError, read_approved(request.path))
    mark_destroyed(request, b"{}")
    assert "was destroyed" in place.refused(PolicyError, read_approved(request.path))


def test_a_request_without_approval_is_for_invented_people_only(place: Place) -> None:
    short = ReleaseRequest(**DOMAIN, release_id="R1")
    assert "no approval" in place.refused(UsageError, short)
    asked = Asked(synthetic=True)
    assert rows(place.make(short, asked=asked)) == {"care": 3, "gp": 4}


@pytest.mark.parametrize(("old", "new"), [(ANN, "4010232137"), (",991,", ",304,")])
def test_real_people_are_not_taken_for_invented_ones(place: Place, old: str, new: str) -> None:
    place.files["care"].write_text(CARE.replace(old, new), encoding="utf-8")
    short = ReleaseRequest(**DOMAIN, release_id="R1")
    assert "care: these people may be real" in place.refused(RefusedError, short, asked=Asked(synthetic=True))


# --- opt-outs


def answered(place: Place, *numbers: str) -> dict[str, Any]:
    """The folder of lists with the answer of the service in it."""
    content = "".join(f"{number},\n" for number in numbers)
    (place.folder / "lists" / "ndo_IDENTIFIABLE" / "answer.dat").write_text(content, encoding="utf-8", newline="")
    return {"opt_outs": place.folder / "lists"}


def sent(place: Place, **changes: Any) -> ApprovedRequest:
    request = place.approved(domain=APPLIED, opt_outs=[{**NDO, **changes}])
    counts = write_opt_out_lists(place.inputs(), place.folder / "lists", request=request, mailbox="X26", on=DAY)
    assert counts == {"ndo": 3}
    return request


def test_people_who_opted_out_are_taken_out_of_the_tables_named_and_counted(place: Place) -> None:
    request = sent(place)
    made = place.make(request, **answered(place, ANN, CAT))
    assert rows(made) == {"care": 3, "gp": 3}
    assert made.manifest["steps"] == {"gp": {"given": 4, "after ndo": 3}}
    (record,) = made.manifest["opt_outs"]
    assert (record["sent"], record["kept"], record["removed"], record["date"]) == (3, 2, 1, "2023-06-01")
    assert record["rows_without_number"] == {"gp": 1}
    assert record["reason"] == "Own data of the authority"
    assert place.log().entries()[-1].action.counts["optout_ndo_removed"] == 1
    assert not [path for path in made.folder.iterdir() if BOB.encode() in path.read_bytes()]


def test_rows_without_a_number_are_dropped_where_the_request_says_so(place: Place) -> None:
    request = sent(place, without_number="drop")
    assert rows(place.make(request, **answered(place, ANN, CAT))) == {"care": 3, "gp": 2}


def test_rows_without_a_number_are_looked_at_first_where_the_request_says_so(place: Place) -> None:
    request = sent(place, without_number="review")
    assert "gp: 1 rows are of people without a valid NHS number" in place.refused(
        RefusedError, request, **answered(place, ANN)
    )


def test_without_the_answer_there_is_no_release(place: Place) -> None:
    request = sent(place)
    assert "answer to X26-010623-0001.dat is missing" in place.refused(
        PolicyError, request, opt_outs=place.folder / "lists"
    )
    assert "--opt-outs" in place.refused(PolicyError, request)


def test_somebody_who_came_after_the_list_was_sent_stops_the_release(place: Place) -> None:
    request = sent(place)
    place.files["gp"].write_text(f"{GP}{DAN},a\n", encoding="utf-8")
    assert "1 people of gp were not on the list" in place.refused(RefusedError, request, **answered(place, ANN))


def test_an_answer_with_strangers_stops_the_release(place: Place) -> None:
    request = sent(place)
    assert "came back that were not sent" in place.refused(SourceError, request, **answered(place, DAN))


def test_objections_take_people_out_by_number_and_by_local_id(place: Place) -> None:
    objections = {"name": "local", "kind": "objections", "tables": ["care"], "reason": "Objections to the authority"}
    request = place.approved(domain={**DOMAIN, "opt_out": "local"}, opt_outs=[objections])
    folder = place.folder / "lists" / "local_IDENTIFIABLE"
    folder.mkdir(parents=True)
    (folder / "2023-05-30.csv").write_text(f"{ANN}\n992/P3\n", encoding="utf-8")
    made = place.make(request, opt_outs=place.folder / "lists")
    assert rows(made) == {"care": 1, "gp": 4}


def test_a_list_is_not_sent_where_nobody_is_checked(place: Place) -> None:
    with pytest.raises(UsageError, match="no list to send"):
        write_opt_out_lists(place.inputs(), place.folder / "lists", request=place.approved(), mailbox="X26")


def test_the_same_tables_under_two_opt_out_treatments_do_not_join(place: Place) -> None:
    def pseudonyms(made: Release) -> set[str]:
        return set(made.table("gp")["person_pseudonym"].to_pylist())

    kept = pseudonyms(place.make(place.approved()))
    place.out.rename(place.folder / "first")
    checked = place.approved(version=2, domain=APPLIED, opt_outs=[NDO])
    write_opt_out_lists(place.inputs(), place.folder / "lists", request=checked, mailbox="X26", on=DAY)
    assert not kept & pseudonyms(place.make(checked, **answered(place, ANN, CAT)))


# --- who and what goes in


def test_a_cohort_keeps_the_people_of_one_table_in_the_others(place: Place) -> None:
    made = place.make(place.approved(cohort={"description": "Users of care", "people_of": "care"}))
    assert rows(made) == {"care": 3, "gp": 2}
    assert made.manifest["steps"] == {"gp": {"given": 4, "in the cohort": 2}}


def split(place: Place, identifiers: str) -> ReleaseInputs:
    """The table gp without numbers, and a file of numbers for it."""
    place.files["gp"].write_text("row,kind\nr1,a\nr2,b\nr3,a\n", encoding="utf-8")
    (place.folder / "ids.csv").write_text(identifiers, encoding="utf-8")
    return place.inputs(identifiers={"gp": place.folder / "ids.csv"})


def test_numbers_may_come_apart_from_the_payload_and_the_record_id_stays_behind(place: Place) -> None:
    made = place.make(place.approved(), split(place, f"row,nhs\nr2,{BOB}\nr1,{ANN}\n"))
    released = made.table("gp").to_pylist()
    care = set(made.table("care")["person_pseudonym"].to_pylist())
    assert sorted((row["kind"], row["person_pseudonym"] in care, row["person_id_type"]) for row in released) == [
        ("a", False, "one_time"),
        ("a", True, "nhs_number"),
        ("b", True, "nhs_number"),
    ]
    assert "row" not in made.table("gp").column_names
    assert "row" not in made.manifest["tables"]["gp"]["columns_not_released"]


@pytest.mark.parametrize(
    ("identifiers", "said"),
    [
        (f"row,nhs\nr1,{ANN}\nr1,{BOB}\n", "Blank or used twice: 1 in the identifiers"),
        (f"row,nhs\nr9,{ANN}\n", "of no row of gp: 1"),
        (f"row,number\nr1,{ANN}\n", "has two columns, nhs and a record id"),
        (f"id,nhs\nr1,{ANN}\n", "has two columns, nhs and a record id"),
    ],
)
def test_identifiers_that_do_not_fit_stop_the_release(place: Place, identifiers: str, said: str) -> None:
    assert said in place.refused(InputError, place.approved(), split(place, identifiers))


def test_the_key_of_people_without_a_number_can_be_worked_out_on_the_release(place: Place) -> None:
    """An NHS number is always taken; a local id only where it is never seen with one (the hybrid key)."""
    care = [(ANN, "a"), (ANN, "b"), ("", "b"), ("", "c"), (BOB, "")]
    lines = [f"{number},991,{local},{place_},2022-05-01" for place_, (number, local) in enumerate(care)]
    place.files["care"].write_text("\n".join(["nhs,la,local,record,day", *lines, ""]), encoding="utf-8")
    table = place.make(place.approved()).table("care").to_pylist()
    numbered = [row for row in table if row["person_id_type"] == "nhs_number"]
    known = {row["la_person_pseudonym"] for row in numbered if row["la_person_pseudonym"]}
    hybrid = []
    for row in table:
        if row["person_id_type"] == "nhs_number":
            hybrid.append(row["person_pseudonym"])
        elif row["la_person_pseudonym"] not in known:
            hybrid.append(row["la_person_pseudonym"])
    assert (len(hybrid), len(set(hybrid))) == (4, 3)  # the row that says only "b" is left out


def test_the_manifest_holds_no_identifier(place: Place) -> None:
    made = place.make(place.approved(cohort={"description": "Users of care", "people_of": "care"}))
    text = json.dumps(dict(made.manifest))
    assert not [value for value in (ANN, BOB, CAT, "p1") if f'"{value}"' in text]
