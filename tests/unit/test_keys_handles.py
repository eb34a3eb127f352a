"""Handles show their name and their check value: no byte of a key in any text, copy, error, log line or process."""

import contextlib
import copy
import dataclasses
import io
import json
import logging
import pickle
import pprint
import subprocess
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from pseudo.domain import Domain
from pseudo.errors import KeyCustodyError, PseudoError
from pseudo.handle import Handle
from pseudo.hashing import Hasher
from pseudo.keys import DomainKey, RootKey
from pseudo.recipient import RecipientKey
from pseudo.signing import RELEASE, SigningKey

CANARY = b"CANARYcanaryCANARYcanaryCANARY!!"
DOMAIN = Domain(controller="c", recipient="r", project="p", field="nhs_number", opt_out="none", key_version="1")
FORMS = [form for part in (CANARY, CANARY[:8], CANARY[-8:]) for form in (part.decode(), part.hex(), part.hex().upper())]
KINDS: dict[str, Callable[[], Any]] = {
    "root": lambda: RootKey(CANARY, "root-a"),
    "domain": lambda: DomainKey(CANARY, DOMAIN),
    "signing": lambda: SigningKey(CANARY, "sign-1"),
    "recipient": lambda: RecipientKey(CANARY, "r-1"),
}
kinds = pytest.mark.parametrize("make", KINDS.values(), ids=KINDS)


def clean(text: str) -> bool:
    return not [form for form in FORMS if form in text]


@kinds
def test_no_text_of_a_handle_holds_a_byte_of_its_key(make: Callable[[], Any]) -> None:
    key = make()
    texts = [repr(key), str(key), f"{key}", f"{key!r:>80}", "%s" % key, pprint.pformat([key]), repr({key: key})]  # noqa: UP031
    assert all(map(clean, texts))
    assert not hasattr(key, "__dict__")


@kinds
def test_a_handle_is_neither_pickled_nor_copied_nor_written(make: Callable[[], Any]) -> None:
    @dataclasses.dataclass
    class Holder:
        key: Any

    key = make()
    for act in (pickle.dumps, copy.copy, copy.deepcopy, lambda key: dataclasses.asdict(Holder(key))):
        with pytest.raises(KeyCustodyError) as raised:
            act(key)
        assert clean(str(raised.value))
    with pytest.raises(TypeError):
        json.dumps(key)


@kinds
def test_no_error_and_no_log_line_holds_a_byte_of_a_key(make: Callable[[], Any]) -> None:
    key = make()
    said = io.StringIO()
    handler = logging.StreamHandler(said)
    logger = logging.getLogger("canary")
    logger.addHandler(handler)
    for broken in (
        lambda: key.derive("x"),
        lambda: key.mac("x"),
        lambda: key.sign("wrong", b"x"),
        lambda: key.unwrap(b"x", "y"),
        lambda: key + 1,
        lambda: key["x"],
        lambda: key.missing,
    ):
        try:
            broken()
        except Exception:
            logger.exception("failed with %s and %r", key, key)
            said.write(traceback.format_exc())
    logger.removeHandler(handler)
    assert said.getvalue() and clean(said.getvalue())


@pytest.mark.parametrize("make", [RootKey, SigningKey, RecipientKey])
def test_a_key_of_the_wrong_length_or_name_is_told_without_its_bytes(make: type[Handle]) -> None:
    for secret, name in ((CANARY[:-1], "a"), (CANARY + b"!", "a"), (CANARY, "not a name")):
        with pytest.raises(PseudoError) as raised:
            make(secret, name)  # type: ignore[call-arg]
        assert clean("".join(traceback.format_exception(raised.value)))


@kinds
def test_a_closed_handle_does_nothing_and_still_shows_nothing(make: Callable[[], Any]) -> None:
    key = make()
    key.close()
    assert clean(repr(key))
    for act in (
        lambda: key.derive(DOMAIN),
        lambda: key.mac(b"x"),
        lambda: key.sign(RELEASE, b"x"),
        lambda: key.unwrap(b"x", b"y"),
    ):
        with contextlib.suppress(AttributeError), pytest.raises(KeyCustodyError, match="closed"):
            act()


def test_a_worker_gets_its_key_neither_as_argument_nor_in_its_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[str] = []
    popen = subprocess.Popen

    def watched(*args: Any, **options: Any) -> Any:
        started.append(repr((args, options)))
        return popen(*args, **options)

    monkeypatch.setattr(subprocess, "Popen", watched)
    import pyarrow as pa

    with Hasher(DomainKey(CANARY, DOMAIN), 2) as hasher:
        hasher.codes(pa.array([b"9990000018", b"9990000026"]))
    assert started and all(map(clean, started))
