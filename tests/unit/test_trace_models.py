"""A model is a value: it has a hash, its weights are told and drawn, two are compared, a level without m is refused."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from linkage.cli.commands import app
from linkage.engine import open_engine
from linkage.errors import InputError, UsageError
from linkage.trace.model import Scorer
from linkage.trace.models import (
    level_weights,
    model_report,
    u_probabilities,
    weight_lines,
    write_models,
)
from linkage.trace.settings import load_model, model_identity, model_sha256
from pseudo.errors import ConfigError


def changed(tmp_path: Path, **changes: Any) -> Path:
    """A model file like the packaged one, with other values."""
    document = load_model("default").model_dump() | {"name": "mine"} | changes
    path = tmp_path / "model_mine.yaml"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return path


def test_the_hash_is_that_of_what_the_model_says(tmp_path: Path) -> None:
    same = load_model(str(changed(tmp_path, trained_on="copied", version=7)))
    assert model_sha256(same) == model_sha256(load_model("default"))
    other = load_model(str(changed(tmp_path, share_in_register=0.5)))
    assert model_sha256(other) != model_sha256(load_model("default"))
    assert model_identity(other)["name"] == "mine"


def test_a_weight_is_log2_of_m_over_u() -> None:
    weights = {(w.field, w.level): w for w in level_weights(load_model("default"), u_probabilities(None))}
    gender = weights["gender", "exact"]
    assert (gender.m, gender.u, gender.bits) == (0.99, 0.5, 0.99)
    assert weights["date_of_birth", "year"].bits < weights["date_of_birth", "exact"].bits - 5


def test_an_untrained_level_is_refused(tmp_path: Path) -> None:
    m = load_model("default").model_dump()["m"]
    del m["postcode"]["sector"]
    with pytest.raises(ConfigError, match="postcode needs exactly the levels"):
        load_model(str(changed(tmp_path, m=m)))


def test_a_register_without_u_of_a_level_must_be_built_again() -> None:
    u = {field: dict(levels) for field, levels in u_probabilities(None).items()}
    del u["date_of_birth"]["year"]
    with open_engine() as engine, pytest.raises(InputError, match="no u-probability of some levels of date_of_birth"):
        Scorer(engine, load_model("default"), u, 1000)


def test_two_models_stand_side_by_side(tmp_path: Path) -> None:
    m = load_model("default").model_dump()["m"] | {"gender": {"exact": 0.9, "different": 0.1}}
    models = [load_model("default"), load_model(str(changed(tmp_path, m=m)))]
    line = next(
        line for line in weight_lines(models, u_probabilities(None)) if line.startswith("gender") and "exact" in line
    )
    assert line.split()[2:] == ["u", "0.5", "m", "0.99", "+0.99", "bits", "m", "0.9", "+0.85", "bits"]
    gender = model_report(models, u_probabilities(None), of_register=False).sections[-1]
    assert gender.title == "Gender"
    assert [row[0] for row in gender.parts[0].rows] == [  # type: ignore[union-attr]
        "exact · default 1", "exact · mine 1", "different · default 1", "different · mine 1",
    ]  # fmt: skip


def test_the_page_draws_the_weights_and_the_manifest_names_the_model(tmp_path: Path) -> None:
    write_models(["default"], tmp_path / "out")
    assert "<svg" in (tmp_path / "out/model.html").read_text(encoding="utf-8")
    manifest = json.loads((tmp_path / "out/manifest.json").read_text(encoding="utf-8"))
    assert manifest["settings"]["models"][0]["sha256"] == model_sha256(load_model("default"))


def test_the_command_gives_the_weights_as_json() -> None:
    result = CliRunner().invoke(app, ["trace", "model", "show", "--json"])
    assert result.exit_code == 0, result.output
    shown = json.loads(result.stdout)["results"]
    assert shown["models"][0]["sha256"] == model_sha256(load_model("default"))


def test_an_unknown_model_names_the_known_ones() -> None:
    with pytest.raises(UsageError, match="Known: default"):
        load_model("best")
