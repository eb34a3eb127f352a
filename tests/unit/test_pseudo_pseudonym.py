"""Pseudonyms: the published vectors, the worked examples, and what has no pseudonym."""

import base64
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pseudo.domain import Domain
from pseudo.errors import IdentifierError, KeyCustodyError, PolicyError
from pseudo.keys import DomainKey, RootKey, self_test
from pseudo.pseudonym import (
    la_messages,
    la_person_id_messages,
    nhs_number_messages,
    one_time_messages,
    pseudonyms,
)
from pseudo.rendering import as_codes, int63, order_of, require_distinct_int63, text_of

VECTORS = Path(__file__).parents[1] / "vectors"
GROUPS = {
    group["id"]: group["tests"] for group in json.loads((VECTORS / "pseudonym_vectors.json").read_text())["groups"]
}
WORKED = [case for case in GROUPS["cldlink"] if case["context"]["suite"] == "hmac-sha256"]
EXAMPLE = Domain(**WORKED[0]["context"])


def root() -> RootKey:
    return RootKey(bytes.fromhex(WORKED[0]["root_key_hex"]), "example")


def column(*values: str | None) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array(values, pa.string())])


def by_id(cases: list[dict[str, Any]]) -> Any:
    return pytest.mark.parametrize("case", cases, ids=lambda case: case["id"])


@by_id(GROUPS["rfc4231"])
def test_hmac_sha256(case: dict[str, Any]) -> None:
    key = DomainKey(bytes.fromhex(case["key_hex"]), EXAMPLE)
    assert key.mac(bytes.fromhex(case["message_hex"])).hex() == case["mac_hex"][:32]


@by_id(GROUPS["rfc5869"])
def test_hkdf_sha256(case: dict[str, Any]) -> None:
    salt, info = bytes.fromhex(case["salt_hex"]), bytes.fromhex(case["info_hex"])
    made = HKDF(SHA256(), case["length"], salt, info).derive(bytes.fromhex(case["ikm_hex"]))
    assert made.hex() == case["okm_hex"]


@by_id(GROUPS["rfc9106"])
def test_argon2id(case: dict[str, Any]) -> None:
    argon = Argon2id(
        salt=bytes.fromhex(case["salt_hex"]),
        length=case["length"],
        iterations=case["iterations"],
        lanes=case["lanes"],
        memory_cost=case["memory_kib"],
        ad=bytes.fromhex(case["associated_data_hex"]),
        secret=bytes.fromhex(case["secret_hex"]),
    )
    assert argon.derive(bytes.fromhex(case["password_hex"])).hex() == case["tag_hex"]


@by_id(GROUPS["rfc4648-base32"])
def test_base32_agrees_with_the_standard(case: dict[str, Any]) -> None:
    code = bytes.fromhex(case["input_hex"]).ljust(16, b"\0")
    assert text_of(as_codes(code))[0].as_py().startswith(case["text"][:-1])
    assert text_of(as_codes(code))[0].as_py() == base64.b32encode(code).decode().rstrip("=").lower()


@by_id(WORKED)
def test_worked_example(case: dict[str, Any]) -> None:
    domain = Domain(**case["context"])
    assert domain.info().hex() == case["info_hex"]
    with root().derive(domain) as key:
        code = key.mac(bytes.fromhex(case["message_hex"]))
        assert (key.kcv, code.hex()) == (case["key_check_value_hex"], case["pseudonym_hex"])
    assert text_of(as_codes(code))[0].as_py() == case["pseudonym_base32"]
    assert text_of(as_codes(code), "hex")[0].as_py() == case["pseudonym_hex"]
    assert int63(as_codes(code))[0].as_py() == case["pseudonym_int63"]


def test_the_messages_of_the_worked_examples() -> None:
    by_name = {case["id"]: bytes.fromhex(case["message_hex"]) for case in WORKED}
    assert nhs_number_messages(column("999 000 0018")).to_pylist() == [by_name["cldlink-1"]]
    assert la_person_id_messages(column("000"), column("p000001")).to_pylist() == [by_name["cldlink-6"]]


def test_the_self_test_passes_here() -> None:
    self_test()


def test_the_root_key_check_value() -> None:
    assert root().kcv == "cc4a7fc4"


def test_other_suites_are_not_made() -> None:
    with pytest.raises(KeyCustodyError, match="hmac-sha256 only"):
        root().derive(Domain(**{**WORKED[0]["context"], "suite": "cmac-aes256"}))


@pytest.mark.parametrize("value", ["", " a", "a b", "a/b", "é", "-a", "a" * 65, "a\n"])
def test_a_domain_value_is_a_plain_name(value: str) -> None:
    with pytest.raises(PolicyError, match="recipient"):
        Domain(**{**WORKED[0]["context"], "recipient": value})


def test_a_closed_key_makes_nothing() -> None:
    key, closed = root().derive(EXAMPLE), root()
    key.close()
    closed.close()
    with pytest.raises(KeyCustodyError, match="closed"):
        key.mac(b"x")
    with pytest.raises(KeyCustodyError, match="closed"):
        closed.derive(EXAMPLE)


def test_only_valid_nhs_numbers_have_a_message() -> None:
    given = column(
        "999 000-0018", "9990000018", None, "", "9990000019", "1111111111", "1000000001", "٩٩٩٠٠٠٠٠١٨", "999"
    )
    assert nhs_number_messages(given).to_pylist() == [b"9990000018", b"9990000018", *[None] * 7]


def test_the_rule_of_nhs_numbers_is_that_of_normalisation() -> None:
    cases = yaml.safe_load((VECTORS / "nhs_number.yaml").read_text(encoding="utf-8"))["cases"]
    plain = [
        case for case in cases if (case["value"] or "").isascii() and (case["value"] or "").strip() == case["value"]
    ]
    messages = nhs_number_messages(column(*(case["value"] for case in plain))).to_pylist()
    assert messages == [case["clean"].encode() if case.get("clean") else None for case in plain]


def test_local_ids_are_normalised() -> None:
    codes, ids = column("001", "001", "002", "001"), column(" ab\t 1 ", "00ab", "ａｂ１", "é z")
    assert la_person_id_messages(codes, ids).to_pylist() == [
        b"001\x1fAB 1", b"001\x1f00AB", b"002\x1fAB1", "001\x1fÉ Z".encode(),
    ]  # fmt: skip


def test_blank_local_ids_and_odd_authority_codes_have_no_message() -> None:
    codes, ids = column("001", "001", None, "1", "00x", "٠٠١"), column(None, "  ", "a", "a", "a", "a")
    assert la_messages(codes, ids).to_pylist() == [None] * 6


def test_two_spellings_of_one_local_id_are_refused_without_showing_them() -> None:
    with pytest.raises(IdentifierError, match="1 person ids are written in two ways") as caught:
        la_person_id_messages(column("001", "001", "002"), column("canary1", "CANARY1", "canary1"))
    assert "canary" not in str(caught.value).lower()


def test_one_local_id_in_two_authorities_is_two_people() -> None:
    assert len(set(la_person_id_messages(column("001", "002"), column("a", "a")).to_pylist())) == 2


def test_the_separator_inside_an_id_is_refused() -> None:
    with pytest.raises(IdentifierError, match="0x1F"):
        la_messages(column("001"), column("a\x1fb"))


def test_numbers_are_not_identifiers() -> None:
    with pytest.raises(IdentifierError, match="must be text"):
        nhs_number_messages(pa.chunked_array([[9990000018]]))


def test_one_time_messages_differ_by_release_table_and_record() -> None:
    made = [one_time_messages(*parts).to_pylist()[0] for parts in (
        ("R1", "a", column("1")), ("R2", "a", column("1")), ("R1", "b", column("1")), ("R1", "a", column("2")),
    )]  # fmt: skip
    assert len(set(made)) == 4 and made[0] == b"R1\x1fa/1"


def test_slices_chunks_and_dictionaries_give_the_same() -> None:
    numbers = ["9990000018", None, "9990000026", "x", "9990000018"]
    whole = pa.chunked_array([pa.array(["9990000034", *numbers]).slice(1, 3), pa.array(numbers[3:])])
    with root().derive(EXAMPLE) as key:
        expected = pseudonyms(nhs_number_messages(column(*numbers)), key).to_pylist()
        assert pseudonyms(nhs_number_messages(whole), key).to_pylist() == expected
        assert pseudonyms(nhs_number_messages(whole.dictionary_encode()), key).to_pylist() == expected
    assert expected[1] is None and expected[3] is None and expected[0] == expected[4]


def test_an_empty_column_gives_an_empty_column() -> None:
    empty = pa.chunked_array([], pa.string())
    assert len(nhs_number_messages(empty)) == len(la_messages(empty, empty)) == 0


def test_a_shared_int63_is_refused() -> None:
    with pytest.raises(IdentifierError, match="share one 63-bit number"):
        require_distinct_int63(as_codes(bytes(16) + bytes(15) + b"\1"))
    with pytest.raises(IdentifierError, match="share one 63-bit number"):
        require_distinct_int63(as_codes(bytes(16) + bytes(7) + b"\1" + bytes(8)))


def test_one_person_twice_shares_nothing_with_anyone() -> None:
    assert require_distinct_int63(as_codes(bytes(32) + b"\1" * 16)) == 2


@pytest.mark.parametrize("form", ["base32", "hex"])
def test_the_order_of_codes_is_the_order_of_their_texts(form: Any) -> None:
    made = bytes((place * 89 + place * place * 7) % 256 for place in range(16 * 40))
    alike = b"".join(bytes(16 - tail) + b"\xff" * tail for tail in range(17))
    codes = as_codes(made + alike + made[:32])
    ordered = text_of(codes[order_of(codes, form)], form).to_pylist()
    assert ordered == sorted(text_of(codes, form).to_pylist())


RECIPE = Path(__file__).parents[2] / "docs" / "how-to" / "reproduce_a_pseudonym.md"


def test_anyone_can_reproduce_a_pseudonym_with_openssl() -> None:
    """The lines of the documentation, run as they stand there, print what the documentation and the vectors say."""
    missing = [tool for tool in ("openssl", "bash", "od", "sed", "base32") if not shutil.which(tool)]
    if missing:
        pytest.skip(f"needs {', '.join(missing)}")
    if subprocess.run(["openssl", "kdf", "-help"], capture_output=True).returncode:
        pytest.skip("this openssl is older than 3.0 and has no kdf command")
    script, _, printed = RECIPE.read_text(encoding="utf-8").split("```")[1:4]
    assert WORKED[0]["root_key_hex"] in script
    run = subprocess.run(["bash", "-c", script.removeprefix("bash")], capture_output=True, text=True, check=True)
    case = WORKED[0]
    expected = [
        case["pseudonym_hex"],
        case["pseudonym_base32"],
        str(case["pseudonym_int63"]),
        case["key_check_value_hex"],
    ]
    assert run.stdout.split() == printed.split() == expected
