"""Bridges: old and new pseudonyms of one recipient side by side, of nobody else, and nothing else."""

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from pseudo.bridge import TABLE, BridgeEnd, make_bridge, read_bridge
from pseudo.columns import open_source
from pseudo.errors import KeyCustodyError, PolicyError, ReleaseError, SourceError
from pseudo.keys import RootKey
from pseudo.pseudonym import nhs_number_messages, pseudonyms
from pseudo.recipient import RecipientKey
from pseudo.release import Release
from pseudo.request import ReleaseRequest
from pseudo.sealing import unseal
from pseudo.signing import SigningKey

OLD, NEW = RootKey(bytes(range(32)), "root-a"), RootKey(bytes(range(1, 33)), "root-b")
SIGNER, FORGER = SigningKey(bytes(range(32)), "sign-1"), SigningKey(bytes(range(1, 33)), "sign-2")
RECIPIENT = RecipientKey(bytes(range(32)), "r-1")
REQUEST = ReleaseRequest(
    controller="dscro", recipient="uni", project="P-1", opt_out="none", key_version="1", release_id="R1"
)
AGAIN = replace(REQUEST, key_version="2", release_id="R2")
ANN, BOB, EVE = "9990000018", "9990000026", "9990000034"
PEOPLE = open_source("people", pa.table({"nhs_number": [ANN, BOB, None, "123"]}))


def pseudonym(number: str, root: RootKey, request: ReleaseRequest) -> str:
    messages = nhs_number_messages(pa.chunked_array([pa.array([number])]))
    return str(pseudonyms(messages, root.derive(request.domain("nhs_number"))).to_pylist()[0])


def released(folder: Path) -> Release:
    """What a release of Ann, Eve and somebody unknown looks like to whoever reads it."""
    rows = {
        "person_pseudonym": [pseudonym(ANN, OLD, REQUEST), pseudonym(EVE, OLD, REQUEST), "a" * 26],
        "person_id_type": ["nhs_number", "nhs_number", "one_time"],
    }
    folder.mkdir()
    pq.write_table(pa.table(rows), folder / "events.parquet")
    manifest = {"request": REQUEST.record(), "key": {"root_key_check_value": OLD.kcv}}
    return Release(folder, manifest, {"events": folder / "events.parquet"})


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return released(tmp_path_factory.mktemp("made") / "release")


@pytest.mark.parametrize("new", [BridgeEnd(OLD, AGAIN), BridgeEnd(NEW, REQUEST)], ids=["version", "root"])
def test_what_the_recipient_holds_gets_its_new_pseudonym(release: Release, tmp_path: Path, new: BridgeEnd) -> None:
    made = make_bridge([PEOPLE], [release], old=BridgeEnd(OLD, REQUEST), new=new, signer=SIGNER,
                       recipient=RECIPIENT.public, out=tmp_path / "bridge.sealed")  # fmt: skip
    assert (made.counts, made.without) == ({"nhs_number": 1}, 1), "Eve is not among the people, Bob not in the release"
    unseal(tmp_path / "bridge.sealed", RECIPIENT, tmp_path / "bridge", signer=SIGNER.public)
    assert read_bridge(tmp_path / "bridge", SIGNER.public).to_pylist() == [
        {
            "old_pseudonym": pseudonym(ANN, OLD, REQUEST),
            "new_pseudonym": pseudonym(ANN, new.root, new.request),
            "id_type": "nhs_number",
        }
    ]


def test_no_identifier_is_in_it_and_rows_are_in_the_order_of_the_new_pseudonyms(tmp_path: Path) -> None:
    local = pa.table({"la_code": ["991"] * 9, "person_unique_identifier": [f"person {n}" for n in range(9)]})
    people = [open_source("local", local), PEOPLE]
    make_bridge(people, [], old=BridgeEnd(OLD, REQUEST), new=BridgeEnd(OLD, AGAIN), signer=SIGNER,
                recipient=RECIPIENT.public, out=tmp_path / "none.sealed")  # fmt: skip
    unseal(tmp_path / "none.sealed", RECIPIENT, tmp_path / "none")
    assert (tmp_path / "none" / TABLE).read_text().count("\n") == 1, "nothing that the recipient does not hold"
    from pseudo.bridge import _pairs

    pairs = _pairs(people, BridgeEnd(OLD, REQUEST), BridgeEnd(OLD, AGAIN))
    counted = {row["values"]: row["counts"] for row in pc.value_counts(pairs["id_type"]).to_pylist()}
    assert counted == {"la_person_id": 9, "nhs_number": 2}


@pytest.mark.parametrize("name", ["controller", "recipient", "project", "opt_out"])
def test_a_bridge_to_another_recipient_or_project_is_refused(release: Release, tmp_path: Path, name: str) -> None:
    new = BridgeEnd(OLD, replace(AGAIN, **{name: "other"}))
    with pytest.raises(PolicyError, match=f"here differ: {name}"):
        make_bridge([PEOPLE], [release], old=BridgeEnd(OLD, REQUEST), new=new, signer=SIGNER,
                    recipient=RECIPIENT.public, out=tmp_path / "x")  # fmt: skip
    assert list(tmp_path.iterdir()) == []


def test_a_bridge_to_itself_is_refused(release: Release, tmp_path: Path) -> None:
    end = BridgeEnd(OLD, REQUEST)
    with pytest.raises(PolicyError, match="the same"):
        make_bridge(
            [PEOPLE], [release], old=end, new=end, signer=SIGNER, recipient=RECIPIENT.public, out=tmp_path / "x"
        )


def test_the_old_key_is_the_one_of_the_release(release: Release, tmp_path: Path) -> None:
    new = BridgeEnd(OLD, AGAIN)
    for old, kind in (
        (BridgeEnd(NEW, REQUEST), KeyCustodyError),
        (BridgeEnd(OLD, replace(REQUEST, key_version="7")), PolicyError),
    ):
        with pytest.raises(kind):
            make_bridge(
                [PEOPLE], [release], old=old, new=new, signer=SIGNER, recipient=RECIPIENT.public, out=tmp_path / "x"
            )


def test_a_table_without_identifiers_is_told(release: Release, tmp_path: Path) -> None:
    with pytest.raises(SourceError):
        make_bridge([open_source("x", pa.table({"a": ["b"]}))], [release], old=BridgeEnd(OLD, REQUEST),
                    new=BridgeEnd(OLD, AGAIN), signer=SIGNER, recipient=RECIPIENT.public, out=tmp_path / "x")  # fmt: skip
    assert list(tmp_path.iterdir()) == []


def test_an_altered_or_forged_bridge_is_not_read(release: Release, tmp_path: Path) -> None:
    make_bridge([PEOPLE], [release], old=BridgeEnd(OLD, REQUEST), new=BridgeEnd(OLD, AGAIN), signer=SIGNER,
                recipient=RECIPIENT.public, out=tmp_path / "b")  # fmt: skip
    unseal(tmp_path / "b", RECIPIENT, tmp_path / "bridge")
    with pytest.raises(ReleaseError):
        read_bridge(tmp_path / "bridge", FORGER.public)
    for name in ("bridge.csv", "bridge.json"):
        whole = (tmp_path / "bridge" / name).read_bytes()
        for place in range(0, len(whole), 11):
            (tmp_path / "bridge" / name).write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
            with pytest.raises(ReleaseError):
                read_bridge(tmp_path / "bridge", SIGNER.public)
        (tmp_path / "bridge" / name).write_bytes(whole)
