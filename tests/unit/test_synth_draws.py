"""Draws depend on the seed, the name and the id, and on nothing else."""

import numpy as np
import pytest

from linkage.synth.draws import Draws, by_age

IDS = np.arange(200_000)


def test_a_draw_does_not_depend_on_the_others() -> None:
    draws = Draws(5)
    whole = draws.uniform("moves", IDS)
    assert (draws.uniform("moves", IDS[100:200]) == whole[100:200]).all()
    assert (draws.uniform("moves", IDS[::-1])[::-1] == whole).all()


@pytest.mark.parametrize("other", [Draws(6).uniform("moves", IDS), Draws(5).uniform("deaths", IDS)])
def test_another_seed_or_name_gives_unrelated_draws(other: np.ndarray) -> None:
    assert abs(np.corrcoef(Draws(5).uniform("moves", IDS), other)[0, 1]) < 0.01


def test_even_draws_fill_their_range() -> None:
    made = Draws(5).uniform("x", IDS)
    assert 0 <= made.min() < 0.001
    assert 0.999 < made.max() < 1
    assert made.mean() == pytest.approx(0.5, abs=0.005)


def test_picks_follow_their_weights() -> None:
    assert np.bincount(Draws(5).pick("x", IDS, [1, 0, 3])) / len(IDS) == pytest.approx([0.25, 0, 0.75], abs=0.005)


def test_counts_have_the_mean_and_variance_of_poisson() -> None:
    made = Draws(5).count("x", IDS, 2.5)
    assert (made.mean(), made.var()) == pytest.approx((2.5, 2.5), rel=0.02)


def test_bell_draws_have_mean_0_and_deviation_1() -> None:
    made = Draws(5).bell("x", IDS)
    assert (made.mean(), made.std()) == pytest.approx((0, 1), abs=0.01)


def test_whole_numbers_include_both_ends() -> None:
    assert set(Draws(5).between("x", IDS, 3, 5).tolist()) == {3, 4, 5}


@pytest.mark.parametrize(("age", "value"), [(17.9, 1.0), (18, 1.0), (64.99, 1.0), (65, 2.0), (104, 2.0)])
def test_an_age_table_holds_from_its_age_to_the_next(age: float, value: float) -> None:
    assert by_age({"18": 1.0, "65": 2.0}, [age])[0] == value
