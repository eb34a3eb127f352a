"""Codes by worker processes: the same as without, in the same order; the key is nowhere to be read; nobody is left over."""

import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa
import pytest

import pseudo.hashing
from pseudo.domain import Domain
from pseudo.errors import KeyCustodyError, WorkerError
from pseudo.hash_worker import BytePipe, serve
from pseudo.hashing import Hasher
from pseudo.keys import DomainKey, RootKey

DOMAIN = Domain(controller="c", recipient="r", project="p", field="la_person_id", opt_out="none", key_version="1")
NUMBERS = pa.array([b"%010d" % number for number in range(1000)])
IDS = pa.array([b"x" * (number % 7) + b"%d" % number for number in range(1000)])


@pytest.fixture(scope="module")
def key() -> DomainKey:
    return RootKey(bytes(range(32)), "root").derive(DOMAIN)


@pytest.fixture(scope="module")
def hasher(key: DomainKey) -> Iterator[Hasher]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(pseudo.hashing, "FRAME", 128)
        with Hasher(key, workers=3) as several:
            several.codes(NUMBERS)
            yield several


@pytest.mark.parametrize("messages", [NUMBERS, IDS, NUMBERS.slice(37, 500), IDS.slice(901), IDS.slice(0, 0)])
def test_workers_give_the_codes_of_one_process_in_order(hasher: Hasher, key: DomainKey, messages: pa.Array) -> None:
    expected = key.mac_many(messages.to_pylist())
    assert hasher.codes(messages).tobytes() == expected
    with Hasher(key, workers=1) as alone:
        assert alone.codes(messages).tobytes() == expected


def test_a_closed_key_makes_no_codes_though_its_workers_live() -> None:
    closed = RootKey(bytes(range(32)), "root").derive(DOMAIN)
    with Hasher(closed, workers=2) as several:
        several.codes(NUMBERS)
        closed.close()
        with pytest.raises(KeyCustodyError, match="closed"):
            several.codes(NUMBERS)
        several.close()
        several.expect(1)
        with pytest.raises(KeyCustodyError, match="closed"):
            several.codes(NUMBERS)


def test_few_messages_start_nobody(key: DomainKey) -> None:
    with Hasher(key) as few:
        few.codes(NUMBERS)
        assert few._workers is None


def test_the_key_stands_in_no_argument_or_variable_of_a_worker(hasher: Hasher, key: DomainKey) -> None:
    if not Path("/proc/self").exists():
        pytest.skip("needs /proc")
    assert hasher._workers is not None and key._secret is not None
    secret = (key._secret, key._secret.hex().encode())
    for process in hasher._workers._processes:
        seen = b"".join(Path(f"/proc/{process.pid}/{part}").read_bytes() for part in ("cmdline", "environ"))
        assert not [form for form in secret if form in seen]


def test_a_worker_that_is_stopped_is_an_error_that_says_so(key: DomainKey) -> None:
    with Hasher(key, workers=2) as broken:
        broken.codes(NUMBERS)
        assert broken._workers is not None
        for process in broken._workers._processes:
            process.kill()
        with pytest.raises(WorkerError, match="worker process"):
            broken.codes(NUMBERS)


def test_closing_ends_the_workers(key: DomainKey) -> None:
    with Hasher(key, workers=2) as short:
        short.codes(NUMBERS)
        assert short._workers is not None
        processes = short._workers._processes
        assert all(process.poll() is None for process in processes)
    assert all(process.poll() is not None for process in processes)


def test_a_worker_ends_when_its_input_ends(hasher: Hasher, key: DomainKey) -> None:
    with Hasher(key, workers=2) as left:
        left.codes(NUMBERS)
        assert left._workers is not None
        process = left._workers._processes[0]
        assert process.stdin is not None
        process.stdin.close()  # what the system does to it when this process dies
        assert process.wait(10) == 0


def test_a_worker_is_told_its_domain_and_key_and_answers_with_the_check_value(key: DomainKey) -> None:
    (there, send), (answer, back) = os.pipe(), os.pipe()
    with os.fdopen(there, "rb") as reading, os.fdopen(back, "wb") as writing, os.fdopen(answer, "rb") as answers:
        with os.fdopen(send, "wb") as sending:
            pipe = BytePipe(answers, sending)
            pipe.send_bytes(json.dumps(asdict(DOMAIN)).encode())
            key.hand_over(pipe)
        with pytest.raises(EOFError):
            serve(BytePipe(reading, writing))
        assert pipe.recv_bytes().decode() == key.kcv
