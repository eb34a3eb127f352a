"""Releases: who gets which pseudonym, what the manifest says, and that every altered byte is named."""

import json
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import pseudo.release
from pseudo.errors import IdentifierError, PolicyError, ReleaseError, SourceError
from pseudo.keys import RootKey
from pseudo.policy import LoadedPolicy, load_policy
from pseudo.release import Release, make_release, open_release, verify_release
from pseudo.release_manifest import write_signed
from pseudo.request import ReleaseRequest
from pseudo.signing import SigningKey
from tests.unit.release_requests import sender

ANN, BOB, CAT = "9990000018", "9990000026", "9990000034"
POLICY = """
name: small
version: "1"
description: d
tables:
  care:
    description: One row per event.
    person:
      nhs_number: traced_nhs_number
      la_code: la_code
      la_person_id: local_id
      record_id: record
      link_quality: link_quality
      accepted_links: [found, confirmed]
    columns:
      traced_nhs_number: {treatment: pseudonymise, field: nhs_number}
      la_code: {treatment: keep, pattern: "[0-9]{3}", description: Authority}
      local_id: {treatment: pseudonymise, field: la_person_id}
      carer_of: {treatment: pseudonymise, field: la_person_id, output: carer_of_pseudonym, optional: true}
      record: drop
      link_quality: {treatment: keep, values: [found, confirmed, conflict, none]}
      gender: {treatment: keep, values: listed, optional: true}
  gp:
    description: One row per registration.
    person: {nhs_number: nhs_number}
    columns:
      nhs_number: {treatment: pseudonymise, field: nhs_number}
      start: {treatment: keep, type: date}
"""
CARE = {
    "traced_nhs_number": [BOB, ANN, None, None, CAT],
    "la_code": ["991", "991", "991", "991", "992"],
    "local_id": ["b", "a", "c", None, "d"],
    "record": ["r1", "r2", "r3", "r4", "r5"],
    "link_quality": ["found", "confirmed", "none", "none", "conflict"],
}
REQUEST = {
    "controller": "c",
    "recipient": "r",
    "project": "p",
    "opt_out": "none",
    "key_version": "1",
    "release_id": "R1",
}


@pytest.fixture
def policy(tmp_path: Path) -> LoadedPolicy:
    path = tmp_path / "policy.yaml"
    path.write_text(POLICY, encoding="utf-8")
    return load_policy(path)


def root() -> RootKey:
    return RootKey(bytes(range(32)), "root-1")


def release(out: Path, policy: LoadedPolicy, tables: dict[str, Any] | None = None, **changes: Any) -> Release:
    request = ReleaseRequest(**{**REQUEST, **changes})
    given = {"care": pa.table(CARE)} if tables is None else tables
    return make_release(
        given, policy, root_key=root(), signing_key=sender(), request=request, out_dir=out, as_at=date(2023, 6, 1)
    )


def people(made: Release, table: str = "care") -> dict[str, str]:
    """Kind of id by link quality."""
    rows = made.table(table).to_pylist()
    return {row["link_quality"]: row["person_id_type"] for row in rows}


def test_number_of_an_accepted_link_else_local_id_else_one_time(tmp_path: Path, policy: LoadedPolicy) -> None:
    rows = release(tmp_path / "out", policy).table("care").to_pylist()
    kinds = sorted((row["link_quality"], row["la_person_pseudonym"] is not None, row["person_id_type"]) for row in rows)
    assert kinds == [
        ("confirmed", True, "nhs_number"),
        ("conflict", True, "la_person_id"),
        ("found", True, "nhs_number"),
        ("none", False, "one_time"),
        ("none", True, "la_person_id"),
    ]


def test_a_person_without_a_number_has_the_pseudonym_of_the_local_id(tmp_path: Path, policy: LoadedPolicy) -> None:
    for row in release(tmp_path / "out", policy).table("care").to_pylist():
        assert (row["person_pseudonym"] == row["la_person_pseudonym"]) == (row["person_id_type"] == "la_person_id")


def test_the_tables_of_a_release_join_on_the_person(tmp_path: Path, policy: LoadedPolicy) -> None:
    gp = pa.table({"nhs_number": [ANN, "12", None], "start": [date(2020, 1, 1)] * 3})
    made = release(tmp_path / "out", policy, {"care": pa.table(CARE), "gp": gp})
    care = {row["person_pseudonym"]: row["link_quality"] for row in made.table("care").to_pylist()}
    found = {row["person_id_type"]: care.get(row["person_pseudonym"]) for row in made.table("gp").to_pylist()}
    assert found == {"nhs_number": "confirmed", "one_time": None}


def test_invalid_numbers_never_share_a_pseudonym(tmp_path: Path, policy: LoadedPolicy) -> None:
    gp = pa.table({"nhs_number": ["1111111111", "1111111111", None, ""], "start": pa.nulls(4, pa.date32())})
    rows = release(tmp_path / "out", policy, {"gp": gp}).table("gp").to_pylist()
    assert len({row["person_pseudonym"] for row in rows}) == 4


def test_a_carer_joins_the_person_cared_for(tmp_path: Path, policy: LoadedPolicy) -> None:
    care = pa.table({**CARE, "carer_of": ["A", None, None, None, None]})
    rows = release(tmp_path / "out", policy, {"care": care}).table("care").to_pylist()
    by_quality = {row["link_quality"]: row for row in rows}
    assert by_quality["found"]["carer_of_pseudonym"] == by_quality["confirmed"]["la_person_pseudonym"]


def test_rows_stand_in_the_order_of_pseudonyms_whatever_their_source_order(
    tmp_path: Path, policy: LoadedPolicy
) -> None:
    first = release(tmp_path / "a", policy)
    second = release(tmp_path / "b", policy, {"care": pa.table(CARE).take([3, 1, 4, 0, 2])})
    order = first.table("care")["person_pseudonym"].to_pylist()
    assert order == sorted(order)
    assert (tmp_path / "a" / "care.parquet").read_bytes() == (tmp_path / "b" / "care.parquet").read_bytes()
    assert second.manifest["files"] == first.manifest["files"]


def test_arrow_parquet_and_csv_give_the_same_files(tmp_path: Path, policy: LoadedPolicy) -> None:
    gp = pa.table({"nhs_number": [ANN, None], "start": [date(2020, 1, 1), None]})
    pq.write_table(gp, tmp_path / "gp.parquet")
    (tmp_path / "gp.csv").write_text(f"NHS_NUMBER,start\n{ANN},2020-01-01\n,\n", encoding="utf-8")
    tables = {"arrow": gp, "parquet": tmp_path / "gp.parquet", "csv": tmp_path / "gp.csv"}
    for name, table in tables.items():
        release(tmp_path / name, policy, {"gp": table})
    assert len({(tmp_path / name / "gp.parquet").read_bytes() for name in tables}) == 1


def test_the_manifest_counts_every_row(tmp_path: Path, policy: LoadedPolicy) -> None:
    counts = release(tmp_path / "out", policy).manifest["tables"]["care"]["counts"]
    assert counts == {
        "rows_in": 5, "nhs_number_given": 3, "nhs_number_invalid": 0, "nhs_number_not_accepted": 1,
        "la_person_id_missing": 1, "rows_nhs_number": 2, "people_nhs_number": 2, "rows_la_person_id": 2,
        "people_la_person_id": 2, "rows_one_time": 1, "people_one_time": 1, "rows_out": 5,
    }  # fmt: skip


def test_withheld_values_are_counted_and_gone(tmp_path: Path, policy: LoadedPolicy) -> None:
    care = pa.table({**CARE, "gender": ["Male", "SMITH", None, "male", "Male"]})
    made = make_release({"care": care}, policy, root_key=root(), signing_key=sender(), request=ReleaseRequest(**REQUEST),
                        out_dir=tmp_path / "out", listed_values={"care": {"gender": ["Male", "Female"]}})  # fmt: skip
    assert made.manifest["tables"]["care"]["withheld_values"] == {"gender": 1}
    assert sorted(made.table("care")["gender"].drop_null().to_pylist()) == ["Male"] * 3


def test_the_dictionary_describes_every_released_column(tmp_path: Path, policy: LoadedPolicy) -> None:
    made = release(tmp_path / "out", policy)
    lines = (tmp_path / "out" / "dictionary.csv").read_text(encoding="utf-8").splitlines()
    assert [line.split(",")[1] for line in lines[1:]] == made.table("care").column_names
    assert "care,la_code,text,keep,la_code,Authority," in lines


def test_a_column_without_a_treatment_stops_the_release(tmp_path: Path, policy: LoadedPolicy) -> None:
    with pytest.raises(PolicyError, match=r"care\.telephone: no treatment"):
        release(tmp_path / "out", policy, {"care": pa.table({**CARE, "telephone": ["1"] * 5})})
    assert not (tmp_path / "out").exists()


def test_an_nhs_number_where_a_code_should_be_stops_the_release(tmp_path: Path) -> None:
    path = tmp_path / "loose.yaml"
    path.write_text(POLICY.replace("[0-9]{3}", "[0-9]+"), encoding="utf-8")
    care = pa.table({**CARE, "la_code": ["991", "991", "991", "991", CAT]})
    with pytest.raises(PolicyError, match=r"care\.la_code: 1 values are NHS numbers") as caught:
        release(tmp_path / "out", load_policy(path), {"care": care})
    assert CAT not in str(caught.value) and not (tmp_path / "out").exists()


def test_strangers_with_one_record_id_are_refused(tmp_path: Path, policy: LoadedPolicy) -> None:
    care = {**CARE, "traced_nhs_number": [None] * 5, "local_id": pa.nulls(5, pa.string()), "record": ["x"] * 5}
    care["traced_nhs_number"] = pa.nulls(5, pa.string())
    with pytest.raises(IdentifierError, match="4 rows of people without any identifier"):
        release(tmp_path / "out", policy, {"care": pa.table(care)})


@pytest.mark.parametrize("name", ["none.parquet", "none.csv"])
def test_a_missing_table_is_named(tmp_path: Path, policy: LoadedPolicy, name: str) -> None:
    with pytest.raises(SourceError, match="care: there is no file"):
        release(tmp_path / "out", policy, {"care": tmp_path / name})


@pytest.mark.parametrize("name", ["bad.parquet", "bad.csv"])
def test_an_unreadable_table_says_so_without_its_content(tmp_path: Path, policy: LoadedPolicy, name: str) -> None:
    (tmp_path / name).write_text("a,b\nCANARY,1,2,3\n", encoding="utf-8")
    with pytest.raises(SourceError, match="cannot be read") as caught:
        release(tmp_path / "out", policy, {"care": tmp_path / name})
    assert "CANARY" not in str(caught.value)


def test_an_expired_request_is_refused(tmp_path: Path, policy: LoadedPolicy) -> None:
    release(tmp_path / "last", policy, expires=date(2023, 6, 1))
    with pytest.raises(PolicyError, match="expired on 2023-05-31"):
        release(tmp_path / "out", policy, expires=date(2023, 5, 31))
    with pytest.raises(PolicyError, match="expired on 2023-06-01"):
        open_release(tmp_path / "last", as_at=date(2023, 6, 2), public_key=sender().public)


def test_an_interrupted_release_leaves_nothing(
    tmp_path: Path, policy: LoadedPolicy, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(pseudo.release, "write_dictionary", interrupt)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(KeyboardInterrupt):
        release(tmp_path / "out", policy)
    assert sorted(tmp_path.iterdir()) == before


def test_an_interrupted_release_leaves_the_earlier_one(
    tmp_path: Path, policy: LoadedPolicy, monkeypatch: pytest.MonkeyPatch
) -> None:
    release(tmp_path / "out", policy)
    monkeypatch.setattr(pseudo.release, "write_signed", lambda *_: (_ for _ in ()).throw(OSError))
    with pytest.raises(OSError):
        release(tmp_path / "out", policy)
    assert open_release(tmp_path / "out", public_key=sender().public).release_id == "R1"


def test_a_release_replaces_the_same_delivery_and_nothing_else(tmp_path: Path, policy: LoadedPolicy) -> None:
    release(tmp_path / "out", policy)
    assert release(tmp_path / "out", policy).release_id == "R1"
    with pytest.raises(ReleaseError, match="something else is here"):
        release(tmp_path / "out", policy, release_id="R2")
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "thesis.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(ReleaseError, match="something else is here"):
        release(tmp_path / "work", policy)
    assert (tmp_path / "work" / "thesis.txt").is_file()


FILES = ("care.parquet", "dictionary.csv", "manifest.json", "signature.json")
ALTERED = {"signature.json": "signature.json: altered, or not the signature of this manifest"}


@pytest.mark.parametrize("name", FILES)
def test_a_changed_byte_anywhere_is_named(tmp_path: Path, policy: LoadedPolicy, name: str) -> None:
    folder = release(tmp_path / "out", policy).folder
    whole = (folder / name).read_bytes()
    for place in range(0, len(whole), max(1, len(whole) // 20)):
        changed = bytearray(whole)
        changed[place] ^= 1
        (folder / name).write_bytes(changed)
        assert verify_release(folder) == [ALTERED.get(name, f"{name}: altered")]
    (folder / name).write_bytes(whole)
    assert verify_release(folder) == []


@pytest.mark.parametrize("name", FILES)
def test_a_missing_or_added_file_is_named(tmp_path: Path, policy: LoadedPolicy, name: str) -> None:
    folder = release(tmp_path / "out", policy).folder
    (folder / "added.txt").write_text("x", encoding="utf-8")
    assert verify_release(folder) == ["added.txt: not in the manifest"]
    (folder / "added.txt").unlink()
    (folder / name).unlink()
    assert verify_release(folder) == [f"{name}: missing"]
    with pytest.raises(ReleaseError, match="is not opened"):
        open_release(folder, public_key=sender().public)


def written_anew(folder: Path, key: SigningKey, **changes: Any) -> None:
    """Change what the manifest says and sign it again."""
    document = json.loads((folder / "manifest.json").read_bytes())
    body = {name: value for name, value in document.items() if name not in ("format", "manifest_sha256")}
    write_signed(folder, {**body, **changes}, key)


def test_only_the_holder_of_the_key_can_sign_a_manifest(tmp_path: Path, policy: LoadedPolicy) -> None:
    folder = release(tmp_path / "out", policy).folder
    assert verify_release(folder, sender().public) == []
    written_anew(folder, SigningKey(bytes(32), "forger"), policy={"name": "another"})
    assert verify_release(folder) == []
    (fault,) = verify_release(folder, sender().public)
    assert fault.startswith("signature.json: signed by another key")
    with pytest.raises(ReleaseError, match="signed by another key"):
        open_release(folder, public_key=sender().public)


def test_the_signature_of_one_release_is_not_that_of_another(tmp_path: Path, policy: LoadedPolicy) -> None:
    first = release(tmp_path / "a", policy).folder
    second = release(tmp_path / "b", policy, release_id="R2").folder
    (first / "signature.json").write_bytes((second / "signature.json").read_bytes())
    assert verify_release(first) == [ALTERED["signature.json"]]


def test_no_root_key_is_needed_to_verify(tmp_path: Path, policy: LoadedPolicy) -> None:
    made = release(tmp_path / "out", policy)
    assert made.manifest["key"]["root_key_check_value"] == root().kcv
    assert verify_release(made.folder, sender().public) == []


def test_a_folder_with_a_column_named_as_an_identifier_is_not_opened(tmp_path: Path, policy: LoadedPolicy) -> None:
    made = release(tmp_path / "out", policy)
    table = pq.read_table(made.folder / "care.parquet")
    pq.write_table(table.append_column("nhs_number", pa.array([ANN] * 5)), made.folder / "care.parquet")
    tables = made.manifest["tables"]
    tables["care"]["columns"].append({"name": "nhs_number"})
    files = [pseudo.release.file_record(made.folder / name) for name in FILES[:2]]
    written_anew(made.folder, sender(), tables=tables, files=files)
    with pytest.raises(ReleaseError, match="names of identifiers: nhs_number"):
        open_release(made.folder, public_key=sender().public)


def test_a_folder_that_is_no_release(tmp_path: Path) -> None:
    assert verify_release(tmp_path) == ["manifest.json: missing"]
    with pytest.raises(ReleaseError, match="no such folder"):
        open_release(tmp_path / "none", public_key=sender().public)


def test_an_empty_table_is_released_empty(tmp_path: Path, policy: LoadedPolicy) -> None:
    made = release(tmp_path / "out", policy, {"care": pa.table(CARE).slice(0, 0)})
    assert made.table("care").num_rows == 0
    assert made.table("care").column_names[:3] == ["person_pseudonym", "person_id_type", "la_person_pseudonym"]


def test_a_moved_release_still_opens(tmp_path: Path, policy: LoadedPolicy) -> None:
    release(tmp_path / "out", policy)
    shutil.move(tmp_path / "out", tmp_path / "moved")
    assert open_release(tmp_path / "moved", public_key=sender().public).domain["recipient"] == "r"
