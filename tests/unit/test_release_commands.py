"""The commands of requests, opt-outs and releases, from the request to the destruction, as a custodian types them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from linkage.errors import ExitCode
from pseudo.custody import create_keystore, create_recipient_key, create_signing_key
from pseudo.custody.sealed_file import INSECURE_FAST_FOR_TESTS
from pseudo.policy import load_policy
from tests.main_job import PASSPHRASE, Ran, cldlink
from tests.unit.release_requests import request_of
from tests.unit.test_release_approved import ANN, APPLIED, CARE, CAT, GP, NDO, POLICY

TERM = {"reference": "NIC-1", "starts": "2020-01-01", "ends": "2099-12-31"}


class Desk:
    """A folder with keys, tables, a policy and a request, and the commands that name them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name, text in {"care.csv": CARE, "gp.csv": GP, "policy.yaml": POLICY, "pass": PASSPHRASE}.items():
            (folder / name).write_text(text, encoding="utf-8")
        fast = {"profile": INSECURE_FAST_FOR_TESTS}
        secret = PASSPHRASE.encode()
        create_keystore(folder / "root.keystore", secret, key_id="root", **fast)
        for name in ("approver", "sender"):
            create_signing_key(folder / f"{name}.key", secret, key_id=name, public_path=folder / f"{name}.pub", **fast)
        recipient = create_recipient_key(
            folder / "uni.key", secret, key_id="uni", public_path=folder / "uni.pub", **fast
        )
        self.request(recipient_key=recipient.public.fingerprint)

    def request(self, **changes: Any) -> None:
        term = {"agreement": TERM, "expires": "2099-12-31", "destroy_by": "2100-12-31"}
        document = request_of(load_policy(self.folder / "policy.yaml"), **{**term, **changes})
        document |= {"domain": APPLIED, "opt_outs": [NDO]}
        (self.folder / "request.yaml").write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")

    def run(self, command: str) -> Ran:
        return cldlink(*command.replace("~", str(self.folder)).split())

    def done(self, command: str) -> Ran:
        ran = self.run(command)
        assert ran.code == 0, ran.err
        return ran

    def file(self, name: str) -> Path:
        return self.folder / name


TABLES = " --policy ~/policy.yaml --table care=~/care.csv --table gp=~/gp.csv"
PASS = " --passphrase-file ~/pass"
APPROVE = "request approve ~/request.yaml --register ~/approvals --signing-key ~/approver.key --by Guardian" + PASS
REQUEST = " --request ~/approvals/REQ-1.v1.yaml"
LISTS = "optout list --mailbox X26 --out ~/lists" + REQUEST + TABLES
MAKE = (
    "release make --approver-key ~/approver.pub --keystore ~/root.keystore --signing-key ~/sender.key --passphrase-file ~/pass "
    "--opt-outs ~/lists --out ~/release" + REQUEST + TABLES
)
SEAL = (
    "release seal ~/release --recipient ~/uni.pub --signing-key ~/sender.key --passphrase-file ~/pass --out ~/r1.sealed"
)
UNSEAL = "release unseal ~/r1.sealed --recipient-key ~/uni.key --public-key ~/sender.pub --out ~/received" + PASS
DESTROY = (
    "release destroy ~/release --signing-key ~/sender.key --passphrase-file ~/pass --by Custodian --witness Auditor"
    + REQUEST
)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture
def answered(desk: Desk) -> Desk:
    """An approved request, a list that was sent and its answer."""
    desk.done(APPROVE)
    desk.done(LISTS)
    (desk.file("lists") / "ndo_IDENTIFIABLE" / "answer.dat").write_bytes(f"{ANN},\n{CAT},\n".encode())
    return desk


def test_from_the_request_to_the_destruction(answered: Desk) -> None:
    made = json.loads(answered.done(MAKE + " --csv --json").out)["results"]
    assert made == {"care_rows": 3, "gp_rows": 3}
    assert answered.file("release/gp.csv").is_file()
    assert "signed by" in answered.done("release verify ~/release --public-key ~/sender.pub").out
    answered.done(SEAL)
    answered.done(UNSEAL)
    assert answered.file("received/care.parquet").read_bytes() == answered.file("release/care.parquet").read_bytes()
    answered.done(f"{DESTROY} --reason Ended")
    assert [path.name for path in answered.file("release").iterdir()] == ["destroyed.json"]
    assert "destroyed" in answered.done("request list ~/approvals --approver-key ~/approver.pub").out
    again = answered.run(MAKE)
    assert (again.code, "its release was destroyed" in again.err) == (ExitCode.REFUSED, True)
    log = json.loads(answered.done("audit show ~/audit --json").out)["results"]["entries"]
    ended = [(entry["command"], entry["outcome"]) for entry in log if entry["outcome"] != "started"]
    assert ended == [
        ("request approve", "done"),
        ("optout list", "done"),
        ("release make", "done"),
        ("release verify", "done"),
        ("release seal", "done"),
        ("release unseal", "done"),
        ("release destroy", "done"),
        ("release make", "refused"),
    ]
    assert answered.run("audit verify ~/audit").code == 0
    assert not [number for number in (ANN, CAT) if number in json.dumps(log)]


def test_a_request_is_shown_and_withdrawn(desk: Desk) -> None:
    desk.done(APPROVE)
    shown = desk.done("request show ~/approvals/REQ-1.v1.yaml --approver-key ~/approver.pub").out
    assert "state          current" in shown and "ndo gp" in shown
    withdraw = (
        "request withdraw ~/approvals/REQ-1.v1.yaml --signing-key ~/approver.key --passphrase-file ~/pass --reason Over"
    )
    desk.done(withdraw)
    assert "withdrawn" in desk.done("request list ~/approvals").out


def test_the_template_has_every_column_and_must_be_filled_in(desk: Desk) -> None:
    desk.done("request template --policy ~/policy.yaml --out ~/new.yaml")
    text = desk.file("new.yaml").read_text(encoding="utf-8")
    assert "      - la_person_pseudonym\n" in text and load_policy(desk.file("policy.yaml")).sha256 in text
    ran = desk.run(APPROVE.replace("request.yaml", "new.yaml"))
    assert (ran.code, "legal_basis.basis: fill this in" in ran.err) == (ExitCode.USAGE, True)
    assert desk.run("request template --policy ~/policy.yaml --out ~/new.yaml").code == ExitCode.USAGE


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


@pytest.mark.parametrize(
    ("spoil", "command", "code", "said"),
    [
        (lambda d: d.file("pass").write_text("another passphrase"), MAKE, ExitCode.KEY, "the passphrase is wrong"),
        (lambda d: d.file("root.keystore").unlink(), MAKE, ExitCode.KEY, "there is no keystore here"),
        (lambda d: d.file("sender.key").unlink(), MAKE, ExitCode.KEY, "there is no keystore here"),
        (lambda d: d.file("lists/ndo_IDENTIFIABLE/answer.dat").unlink(), MAKE, ExitCode.REFUSED, "answer to"),
        (lambda d: None, MAKE + " --as-at 2100-01-01", ExitCode.REFUSED, "expired on 2099-12-31"),
        (
            lambda d: d.file("approvals/REQ-1.v1.approval.json").unlink(),
            MAKE,
            ExitCode.REFUSED,
            "nobody has approved it",
        ),
        (lambda d: cut(d.file("approvals/REQ-1.v1.approval.json")), MAKE, ExitCode.KEY, "not an approval as it was"),
        (
            lambda d: d.file("approver.pub").write_bytes(d.file("sender.pub").read_bytes()),
            MAKE,
            ExitCode.REFUSED,
            "signed",
        ),
        (lambda d: d.file("gp.csv").unlink(), MAKE, ExitCode.USAGE, "gp: there is no file"),
    ],
    ids=[
        "passphrase",
        "lost key",
        "lost signing key",
        "no answer",
        "expired",
        "unapproved",
        "cut",
        "other key",
        "no table",
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_released(
    answered: Desk, spoil: Callable[[Desk], object], command: str, code: ExitCode, said: str
) -> None:
    spoil(answered)
    ran = answered.run(command)
    assert (ran.code, ran.out, said in ran.err) == (code, "", True), ran.err
    assert not [path for path in answered.folder.iterdir() if "release" in path.name]


def test_a_half_written_release_is_not_opened(answered: Desk) -> None:
    answered.done(MAKE)
    answered.file("release/manifest.json").unlink()
    for command in ("release verify ~/release", "link ~/release --public-key ~/sender.pub --out ~/linked", SEAL):
        ran = answered.run(command)
        assert (ran.code, "manifest.json: missing" in ran.err + ran.out) == (ExitCode.KEY, True)
    assert not answered.file("linked").exists() and not answered.file("r1.sealed").exists()


def test_a_sealed_release_that_was_altered_leaves_nothing(answered: Desk) -> None:
    answered.done(MAKE)
    answered.done(SEAL)
    cut(answered.file("r1.sealed"))
    ran = answered.run(UNSEAL)
    assert (ran.code, answered.file("received").exists()) == (ExitCode.KEY, False)


def test_without_the_sender_s_key_nothing_is_called_verified_or_linked(answered: Desk) -> None:
    answered.done(MAKE)
    unchecked = answered.done("release verify ~/release")
    assert "signature not checked" in unchecked.out and "verified" not in unchecked.out
    assert not answered.done("release verify ~/release --json").results["signer_checked"]
    ran = answered.run("link ~/release --out ~/linked")
    assert ran.code == ExitCode.USAGE and "--public-key" in ran.err and not answered.file("linked").exists()
    ran = answered.run("link ~/release --public-key ~/approver.pub --out ~/linked")
    assert ran.code == ExitCode.KEY and "signed by another key" in ran.err and not answered.file("linked").exists()
