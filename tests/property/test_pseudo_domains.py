"""Within a domain one person is one pseudonym; change any value of the domain and nothing matches."""

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from pseudo.domain import Domain
from pseudo.keys import RootKey
from pseudo.pseudonym import la_messages, nhs_number_messages, pseudonyms
from pseudo.rendering import as_codes, text_of

ROOT = RootKey(bytes(range(32)), "test")
BASE = {
    "controller": "c",
    "recipient": "r",
    "project": "p",
    "field": "nhs_number",
    "opt_out": "none",
    "key_version": "1",
}


def with_check_digit(body: int) -> str | None:
    digits = f"{body:09d}"
    check = -sum(weight * int(digit) for weight, digit in zip(range(10, 1, -1), digits, strict=True)) % 11
    return None if check == 10 else digits + str(check)


numbers = st.integers(100_000_001, 999_899_998).map(with_check_digit).filter(lambda text: text and text[1:9] != "0" * 8)
names = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}", fullmatch=True)


def made(values: list[str | None], **changes: str) -> list[str | None]:
    with ROOT.derive(Domain(**{**BASE, **changes})) as key:
        column = pa.chunked_array([pa.array(values, pa.string())])
        texts: list[str | None] = pseudonyms(nhs_number_messages(column), key).to_pylist()
        return texts


@settings(max_examples=50, deadline=None)
@given(st.lists(st.one_of(numbers, st.none()), max_size=20))
def test_equal_people_and_only_they_have_equal_pseudonyms(values: list[str | None]) -> None:
    texts = made(values)
    assert [text is None for text in texts] == [value is None for value in values]
    assert len(set(zip(values, texts, strict=True))) == len(set(values)) == len(set(texts))


@settings(max_examples=50, deadline=None)
@given(numbers, st.sampled_from(sorted(BASE)), names)
def test_another_value_of_the_domain_gives_another_pseudonym(number: str, part: str, value: str) -> None:
    assert (made([number]) == made([number], **{part: value})) == (value == BASE[part])


@settings(max_examples=50, deadline=None)
@given(numbers, st.sampled_from([" ", "-"]), st.integers(0, 10))
def test_spaces_and_hyphens_do_not_matter(number: str, mark: str, place: int) -> None:
    assert made([number[:place] + mark + number[place:]]) == made([number])


@settings(max_examples=50, deadline=None)
@given(numbers, st.integers(0, 9), st.integers(1, 9))
def test_a_wrong_digit_never_has_a_pseudonym(number: str, place: int, change: int) -> None:
    wrong = number[:place] + str((int(number[place]) + change) % 10) + number[place + 1 :]
    assert made([wrong]) == [None]


@settings(max_examples=50, deadline=None)
@given(st.tuples(names, names), st.tuples(names, names))
def test_values_of_a_domain_cannot_run_into_each_other(first: tuple[str, str], second: tuple[str, str]) -> None:
    infos = [Domain(**{**BASE, "recipient": pair[0], "project": pair[1]}).info() for pair in (first, second)]
    assert (infos[0] == infos[1]) == (first == second)


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=12).filter(lambda text: "\x1f" not in text))
def test_normalising_a_local_id_twice_changes_nothing(text: str) -> None:
    def message(value: str) -> bytes | None:
        columns = [pa.chunked_array([pa.array([item], pa.string())]) for item in ("001", value)]
        return la_messages(*columns).to_pylist()[0]  # type: ignore[no-any-return]

    once = message(text.encode("utf-8", "ignore").decode())
    assert once is None or message(once.decode().split("\x1f")[1]) == once


@settings(max_examples=50, deadline=None)
@given(st.binary(min_size=0, max_size=80).map(lambda raw: raw[: len(raw) // 16 * 16]))
def test_base32_of_a_buffer_is_base32_of_each_code(raw: bytes) -> None:
    import base64

    each = [base64.b32encode(raw[at : at + 16]).decode().rstrip("=").lower() for at in range(0, len(raw), 16)]
    assert text_of(as_codes(raw)).to_pylist() == each


@settings(max_examples=50, deadline=None)
@given(st.permutations([n for n in map(with_check_digit, range(999_000_001, 999_000_040)) if n]))
def test_the_order_of_rows_does_not_matter(values: list[str]) -> None:
    assert dict(zip(values, made(list(values)), strict=True)) == dict(
        zip(sorted(values), made(sorted(values)), strict=True)
    )
