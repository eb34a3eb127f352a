"""How well the planted effects of synthetic worlds are found again, over many seeds.

``python -m tests.benchmarks.planted [SEEDS] [PROFILE] [PEOPLE]`` prints one row per effect: what was planted, the pooled
estimate with its 95 % interval, the share of seeds whose 95 % interval holds what was planted (0.95 to be expected), and
mean and standard deviation of the distance in standard errors, z (0 and 1 to be expected). The seeds are 1, 2, 3, ...
"""

import multiprocessing
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np

from linkage.synth import load_profile
from linkage.synth.block import load_setting
from tests.planted_effects import EFFECTS, Effect, Estimate, pooled
from tests.unit.synth_worlds import synth_world

WORKERS = 2
# Half the width of a 95 % interval, in standard errors.
HALF = 1.96
_HEADINGS = ("effect", "planted", "pooled estimate (95% interval)", "intervals that hold it", "mean z", "sd of z")


def run(seeds: int = 20, profile: str = "sample", people: int = 24_000) -> list[dict[str, Any]]:
    """One entry per effect, from worlds of the given size with the seeds 1 to ``seeds``."""
    setting = load_setting(load_profile(profile))
    worlds = [(seed, people, profile) for seed in range(1, seeds + 1)]
    # One thread of linear algebra for each worker: with more they wait for each other and take twice as long.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    with ProcessPoolExecutor(WORKERS, multiprocessing.get_context("spawn")) as pool:
        by_seed = list(pool.map(_estimates, worlds))
    return [
        _row(effect, effect.sought(setting), list(found))
        for effect, found in zip(EFFECTS, zip(*by_seed, strict=True), strict=True)
    ]


def as_table(rows: list[dict[str, Any]]) -> str:
    """The entries as Markdown."""
    lines = ["| " + " | ".join(_HEADINGS) + " |", "|---" * len(_HEADINGS) + "|"]
    lines += [
        f"| {row['effect']} | {row['planted']:g} | {row['pooled']:.3f} ({row['low']:.3f} to {row['high']:.3f})"
        f" | {row['coverage']:.2f} | {row['mean_z']:+.2f} | {row['deviation_of_z']:.2f} |"
        for row in rows
    ]
    return "\n".join(lines)


def _estimates(world: tuple[int, int, str]) -> list[Estimate]:
    made = synth_world(*world)
    return [effect.estimate(made) for effect in EFFECTS]


def _row(effect: Effect, sought: float, found: list[Estimate]) -> dict[str, Any]:
    z = np.array([estimate.distance(sought) for estimate in found])
    together = pooled(found)
    ends = (together.value - HALF * together.error, together.value + HALF * together.error)
    return {
        "effect": effect.name,
        "planted": round(effect.shown(sought), 4),
        "pooled": round(effect.shown(together.value), 4),
        "low": round(effect.shown(ends[0]), 4),
        "high": round(effect.shown(ends[1]), 4),
        "coverage": round(float((np.abs(z) <= HALF).mean()), 4),
        "mean_z": round(float(z.mean()), 3),
        "deviation_of_z": round(float(z.std(ddof=1)), 3),
    }


if __name__ == "__main__":
    asked = sys.argv[1:]
    kinds = (int, str, int)
    print(as_table(run(*(kind(text) for kind, text in zip(kinds, asked, strict=False)))))
