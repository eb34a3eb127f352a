"""Making a synthetic world: refusals, sizes, and nothing half-written."""

import json
from pathlib import Path

import pytest

from linkage.errors import RefusedError, UsageError
from linkage.synth import SynthProfile, load_profile, profile_names, synth
from linkage.synth.people.population import LARGEST_WORLD


@pytest.fixture
def profile() -> SynthProfile:
    return load_profile("sample")


def test_invented_authorities_need_the_explicit_switch(profile: SynthProfile, tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="--synthetic"):
        synth(profile, tmp_path / "world", synthetic=False)
    assert not (tmp_path / "world").exists()


@pytest.mark.parametrize(("people", "seed"), [(0, None), (-5, None), (None, -1)])
def test_sizes_and_seeds_have_lower_limits(
    profile: SynthProfile, tmp_path: Path, people: int | None, seed: int | None
) -> None:
    with pytest.raises(UsageError, match="at least"):
        synth(profile, tmp_path / "world", people=people, seed=seed, synthetic=True)


def test_a_world_larger_than_the_synthetic_numbers_allow_is_refused_at_once(
    profile: SynthProfile, tmp_path: Path
) -> None:
    assert LARGEST_WORLD > 55_000_000
    with pytest.raises(UsageError, match="at most"):
        synth(profile, tmp_path / "world", people=LARGEST_WORLD + 1, synthetic=True)


def test_an_unknown_profile_is_named_with_the_known_ones() -> None:
    assert set(profile_names()) == {"clean", "nasty", "realistic", "sample"}
    with pytest.raises(UsageError, match="clean, nasty, realistic, sample"):
        load_profile("paradise")


@pytest.mark.parametrize("people", [1, 2, 30, 700])
def test_small_worlds_are_complete(profile: SynthProfile, tmp_path: Path, people: int) -> None:
    counts = synth(profile, tmp_path / "world", people=people, synthetic=True)
    assert counts["people"] == people
    assert len(list((tmp_path / "world" / "submissions").iterdir())) == 8


@pytest.mark.parametrize("seed", [7, 39, 50])
def test_a_world_of_one_service_user_can_be_made(profile: SynthProfile, tmp_path: Path, seed: int) -> None:
    counts = synth(profile, tmp_path / "world", people=1, seed=seed, synthetic=True)
    assert counts["truth/submitted_people.csv"] == 1


def test_the_manifest_holds_no_time_and_says_synthetic(profile: SynthProfile, tmp_path: Path) -> None:
    synth(profile, tmp_path / "world", people=50, synthetic=True)
    manifest = json.loads((tmp_path / "world" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["synthetic"] is True
    assert "run" not in manifest
    assert {record["name"] for record in manifest["outputs"]} >= {"register.csv", "README.md", "truth/planted.yaml"}


def test_another_seed_makes_another_world(profile: SynthProfile, tmp_path: Path) -> None:
    for seed in (1, 2):
        synth(profile, tmp_path / str(seed), people=60, seed=seed, synthetic=True)
    first, second = ((tmp_path / str(seed) / "register.csv").read_text(encoding="utf-8") for seed in (1, 2))
    assert not set(first.splitlines()[1:]) & set(second.splitlines()[1:])


def test_every_profile_can_be_made(tmp_path: Path) -> None:
    for name in profile_names():
        assert synth(load_profile(name), tmp_path / name, people=500, synthetic=True)["register.csv"] > 500
