"""The model as a value: complete or refused; u measured in the register; m learnt from a file."""

import csv
from pathlib import Path

import pytest

from linkage.engine import Engine, Step, open_engine
from linkage.errors import InputError, UsageError
from linkage.runs import read_manifest, verify_manifest
from linkage.trace.comparisons import COMPARISONS
from linkage.trace.queries import Queries
from linkage.trace.register import build_register, open_register
from linkage.trace.settings import TraceModel, load_model, load_profile, model_identity
from linkage.trace.train import train_model
from pseudo.config_file import read_config
from pseudo.errors import ConfigError
from tests.benchmarks.febrl4 import made_up_number

FIELDS = ("nhs_number", "given_name", "family_name", "date_of_birth", "gender", "postcode")


def people(count: int) -> list[tuple[str, ...]]:
    """People whose names are as telling as real ones: 24 given names, 48 family names."""
    given = [start + end for start in ("Al", "Ber", "Cor", "Dor", "Ed", "Fre") for end in ("an", "ina", "win", "eth")]
    family = [
        start + end
        for start in ("Holt", "Iver", "Jess", "Kemp", "Lund", "Moss", "Nash", "Oak")
        for end in ("ham", "ley", "ton", "by", "worth", "field")
    ]
    return [
        (
            made_up_number(n),
            given[n * 7 % 24],
            family[n * 5 % 48],
            f"{1930 + n * 13 % 60}-{1 + n % 12:02}-{1 + n % 28:02}",
            str(1 + n * 7 % 24 % 2),
            f"ZX{1 + n % 9} {n // 9 % 10}{'ABDEFG'[n // 90]}B",
        )
        for n in range(count)
    ]


def write(path: Path, rows: list[tuple[str, ...]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle).writerows([FIELDS, *rows])
    return path


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    build_register([write(folder / "people.csv", people(500))], folder / "register")
    return folder / "register"


def test_u_of_every_comparison_adds_to_one(register: Path) -> None:
    u = open_register(register).u
    assert set(u) == {comparison.field for comparison in COMPARISONS}
    for levels in u.values():
        assert sum(levels.values()) == pytest.approx(1, abs=1e-6)
        assert all(value > 0 for value in levels.values())


def test_u_is_the_share_of_random_pairs_that_agree(register: Path) -> None:
    assert open_register(register).u["gender"]["exact"] == pytest.approx(0.5, abs=0.02)
    assert open_register(register).u["given_name"]["exact"] == pytest.approx(1 / 24, abs=0.01)


def test_a_model_without_a_level_is_refused(tmp_path: Path) -> None:
    text = Path(__file__).parents[2].joinpath("configs/trace/model_default.yaml").read_text(encoding="utf-8")
    (tmp_path / "model.yaml").write_text(text.replace("swapped: 0.02, ", ""), encoding="utf-8")
    with pytest.raises(ConfigError, match="date_of_birth needs exactly the levels"):
        read_config(tmp_path / "model.yaml", TraceModel)


def test_training_learns_the_errors_of_the_file(register: Path, tmp_path: Path) -> None:
    rows = [
        ("", given, family, birth, gender, "QX9 9ZZ" if n % 2 else postcode)
        for n, (_, given, family, birth, gender, postcode) in enumerate(people(300))
    ]
    queries = Queries(path=write(tmp_path / "queries.csv", rows))
    trained = train_model(queries, register, tmp_path / "models", name="mine")
    assert trained.m["postcode"]["exact"] == pytest.approx(0.5, abs=0.1)
    assert trained.m["date_of_birth"]["exact"] > 0.95
    assert load_model(str(tmp_path / "models" / "model_mine.yaml")).m == trained.m


def test_training_twice_gives_the_same_file(register: Path, tmp_path: Path) -> None:
    queries = Queries(path=write(tmp_path / "queries.csv", people(100)))
    for name in ("one", "two"):
        train_model(queries, register, tmp_path / name, name="mine")
    assert (tmp_path / "one/model_mine.yaml").read_bytes() == (tmp_path / "two/model_mine.yaml").read_bytes()
    assert verify_manifest(tmp_path / "one") == []
    manifest = read_manifest(tmp_path / "one")
    trained = load_model(str(tmp_path / "one" / "model_mine.yaml"))
    assert manifest["settings"]["model"] == model_identity(trained)
    assert manifest["settings"]["start"] == model_identity(load_model("default"))
    assert [record["name"] for record in manifest["inputs"]] == ["queries.csv", "register.json"]
    assert manifest["counts"]["queries"] == 100
    with pytest.raises(UsageError, match="another model"):
        train_model(queries, register, tmp_path / "one", name="other")


def test_nothing_to_train_on_is_said(register: Path, tmp_path: Path) -> None:
    queries = Queries(path=write(tmp_path / "queries.csv", [("", "", "", "", "", "")]))
    with pytest.raises(InputError, match="nothing to train on"):
        train_model(queries, register, tmp_path / "models", name="mine")


def test_an_unknown_profile_names_the_known_ones() -> None:
    with pytest.raises(UsageError, match="Known: default"):
        load_profile("fastest")


def holds(engine: Engine, field: str, left: dict[str, object], right: dict[str, object]) -> str | None:
    """The level of a comparison for two records given as values; absent ones are null."""
    comparison = next(c for c in COMPARISONS if c.field == field)
    lists = {"given_tokens", "given_related", "family_tokens", "family_related", "postcodes"}
    values, items = {}, []
    for side, record in (("l", left), ("r", right)):
        for column in comparison.columns:
            values[f"{column}_{side}"] = record.get(column, [] if column in lists else None)
            kind = "varchar[]" if column in lists else "varchar"
            items.append(f"cast(${column}_{side} as {kind}) as {column}_{side}")
    return engine.value(Step("level", f"select {comparison.level_sql} from (select {', '.join(items)})", values))


FOX: dict[str, object] = {"given": "HADLEY", "given_tokens": ["HADLEY"], "family": "FOX", "family_tokens": ["FOX"]}


@pytest.mark.parametrize(
    ("field", "left", "right", "level"),
    [
        ("date_of_birth", {"dob": "1945-06-12"}, {"dob": "1945-06-12"}, "exact"),
        ("date_of_birth", {"dob": "1945-06-12"}, {"dob": "1945-01-01"}, "year"),
        ("date_of_birth", {"dob": "1945-01-01"}, {"dob": "1945-01-01"}, "year"),
        ("date_of_birth", {"dob": "1945-06-12"}, {"dob": "1946-01-01"}, "different"),
        ("date_of_birth", {"dob": "1945-06-12"}, {"dob": "1945-12-06"}, "swapped"),
        ("date_of_birth", {"dob": "1945-06-12"}, {"dob": "1945-06-13"}, "near"),
        ("date_of_birth", {"dob": "1945-06-12"}, {"dob": "1954-06-12"}, "near"),
        ("date_of_birth", {"dob": "1945-06-12"}, {"dob": "1972-06-12"}, "two_of_three"),
        ("date_of_birth", {"dob": "1945-06-12"}, {"dob": "1946-07-13"}, "different"),
        ("date_of_birth", {"dob": "1945-06-12"}, {}, None),
        (
            "given_name",
            {"given": "MARGARET", "given_tokens": ["MARGARET"]},
            {"given": "PEGGY", "given_related": ["MARGARET"]},
            "nickname",
        ),
        ("given_name", {"given": "WILLIAM"}, {"given": "W"}, "initial"),
        ("given_name", {"given": "HADLEY", "family_tokens": ["FOX"]}, {"given": "FOX"}, "crossed"),
        ("given_name", FOX, {"given": "FOX", "family": "H"}, "initial"),
        ("family_name", FOX, {"given": "FOX", "family": "H"}, "crossed"),
        ("family_name", FOX, {"given": "BIRD", "family": "H"}, "different"),
        ("given_name", FOX, {"given": "FOX", "family": "LEE", "family_related": ["HADLEY"]}, "nickname"),
        ("family_name", FOX, {"given": "FOX", "family": "LEE", "family_related": ["HADLEY"]}, "crossed"),
        ("given_name", {"given": "ROY", "given_tokens": ["ROY"]}, {"given": "RIY"}, "near"),
        ("given_name", {"given": "GEOFFREY", "given_tokens": ["GEOFFREY", "REGINALD"]}, {"given": "REGTINALD"}, "near"),
        ("given_name", {"given": "AL", "given_tokens": ["AL"]}, {"given": "ED"}, "different"),
        ("given_name", {"given": "NISHA", "given_tokens": ["NISHA"]}, {"given": "NITA"}, "similar"),
        (
            "family_name",
            {"family": "JONES SMITH", "family_tokens": ["JONES", "SMITH"]},
            {"family": "SMITH", "family_tokens": ["SMITH"]},
            "shared",
        ),
        ("postcode", {"postcode": "ZX1 4AP", "postcodes": ["QX7 3BB", "ZX1 4AP"]}, {"postcode": "QX7 3BB"}, "earlier"),
        (
            "postcode",
            {"postcode": "ZX1 4AP", "postcode_sector": "ZX1 4"},
            {"postcode": "ZX1 4QQ", "postcode_sector": "ZX1 4"},
            "sector",
        ),
        ("gender", {"gender": "1"}, {"gender": "2"}, "different"),
        ("nhs_number", {"nhs_number": "9000000009"}, {}, None),
    ],
)
def test_level(field: str, left: dict[str, object], right: dict[str, object], level: str | None) -> None:
    with open_engine() as engine:
        assert holds(engine, field, left, right) == level
