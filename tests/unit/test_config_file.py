"""Configuration files: nothing guessed, every fault at once with its line, no value repeated."""

from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import Field, ValidationError

from linkage.configs import configs_dir
from pseudo.config_file import ConfigModel, config_hash, read_config
from pseudo.errors import ConfigError


class Circle(ConfigModel):
    shape: Literal["circle"]
    radius: float


class Square(ConfigModel):
    shape: Literal["square"]
    side: float


class Inner(ConfigModel):
    weight: int
    label: str = ""


class Model(ConfigModel):
    name: str
    answers: list[str] = Field(default_factory=list)
    limit: int | None = None
    share: float = 0.5
    on: bool = False
    day: date | None = None
    inner: Inner | None = None
    shapes: list[Annotated[Circle | Square, Field(discriminator="shape")]] = Field(default_factory=list)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.yaml"


def read(path: Path, text: str) -> Model:
    path.write_text(text, encoding="utf-8")
    return read_config(path, Model)


def faults(path: Path, text: str) -> list[str]:
    """The faults of a file, without its path."""
    with pytest.raises(ConfigError) as caught:
        read(path, text)
    assert caught.value.__cause__ is None and (caught.value.__suppress_context__ or caught.value.__context__ is None)
    return [line.removeprefix(f"{path}:") for line in str(caught.value).splitlines()]


@pytest.mark.parametrize("word", ["No", "yes", "on", "OFF", "010", "1_000", "0x1F", "12:30", "2023-04-01", "=", "<<x"])
def test_words_stay_text(path: Path, word: str) -> None:
    assert read(path, f"name: x\nanswers: [{word}]").answers == [word]


def test_only_true_false_numbers_and_null_are_more_than_text(path: Path) -> None:
    model = read(path, "name: x\non: true\nlimit: ~\nshare: 1.5e-3\nday: 2023-04-01\n")
    assert (model.on, model.limit, model.share, model.day) == (True, None, 0.0015, date(2023, 4, 1))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("name: x\nlimmit: 3\n", "2:1: limmit: unknown key. Did you mean 'limit'?"),
        ("name: x\ninner: {weight: 1, lable: a}\n", "2:20: inner.lable: unknown key. Did you mean 'label'?"),
        ("name: x\nqqqq: 3\n", "2:1: qqqq: unknown key."),
        ("limit: 3\n", "1:1: name: Field required."),
        ("name: x\nname: y\n", "2:1: the key is given twice"),
        ("name: x\ninner:\n  weight: 1\n  weight: 2\n", "4:3: the key is given twice"),
        ("name: x\nshapes:\n  - {radius: 1}\n", "3:5: shapes.0: the key 'shape' is missing."),
        ("name: x\nshapes:\n  - {shape: dot}\n", "3:5: shapes.0: the key 'shape' must be one of 'circle', 'square'."),
    ],
)
def test_a_fault_is_told_with_its_line(path: Path, text: str, fault: str) -> None:
    assert faults(path, text) == [fault]


def test_all_faults_are_told_at_once(path: Path) -> None:
    told = faults(path, "limit: many\nshaer: 1\ninner:\n  weight: heavy\n")
    assert [line.split(":")[0] for line in told] == ["1", "1", "4", "2"]


def test_no_value_is_repeated(path: Path) -> None:
    told = "\n".join(faults(path, "name: [ZZCANARY]\nlimit: ZZCANARY\nday: ZZCANARY\nshapes: [{shape: ZZCANARY}]\n"))
    assert "ZZCANARY" not in told and len(told.splitlines()) == 4


@pytest.mark.parametrize(
    "text", ["a: [1\n", "a: b: c\n", "\t- x\n", "a: 'ZZCANARY\n", "a: *nowhere\n", "a: !!python/none x\n"]
)
def test_what_is_no_yaml(path: Path, text: str) -> None:
    told = "\n".join(faults(path, text))
    assert "not readable YAML" in told and "ZZCANARY" not in told


@pytest.mark.parametrize("text", ["", "just words\n", "- a\n- b\n", "# only a comment\n"])
def test_what_is_no_mapping(path: Path, text: str) -> None:
    assert "'key: value' lines" in faults(path, text)[0]


def test_a_byte_order_mark_is_allowed(path: Path) -> None:
    path.write_bytes("\ufeffname: Zoë\n".encode())
    assert read_config(path, Model).name == "Zoë"


def test_wrong_paths(tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes("name: Zoë\n".encode("latin-1"))
    for name, words in (("nowhere.yaml", "no such"), (".", "this is a folder"), ("latin.yaml", "not UTF-8")):
        with pytest.raises(ConfigError, match=words):
            read_config(tmp_path / name, Model)


def test_a_model_does_not_change(path: Path) -> None:
    with pytest.raises(ValidationError):
        read(path, "name: x\n").name = "y"


def test_the_hash_is_of_the_bytes(path: Path) -> None:
    path.write_bytes(b"abc")
    assert config_hash(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_the_packaged_configuration_is_found() -> None:
    assert (configs_dir() / "specs" / "v6.yaml").is_file()
