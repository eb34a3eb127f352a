"""``make fuzz``: ``python -m tests.fuzz [CASES] [FIRST_SEED] [--read-only]`` checks many damaged files, two at a time.

The seeds that end badly are named. ``--read-only`` leaves out the rules, which take most of the time.
"""

import multiprocessing
import sys
from collections import Counter
from functools import partial

from tests.fuzz.outcome import outcomes

CASES = 10_000
_SEEDS_OF_AN_ENGINE = 200


def run(cases: int, first: int, *, rules: bool) -> int:
    """Check so many seeds; print what became of them; return how many ended badly."""
    ends: Counter[tuple[str, str]] = Counter()
    end = first + cases
    parts = [range(start, min(start + _SEEDS_OF_AN_ENGINE, end)) for start in range(first, end, _SEEDS_OF_AN_ENGINE)]
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        for part in pool.imap_unordered(partial(outcomes, rules=rules), parts):
            for seed, found in part:
                ends[found.kind, found.told if found.right else "BAD"] += 1
                if not found.right:
                    print(f"seed {seed}, {found.kind}: {found.told}", flush=True)
    for (kind, told), count in sorted(ends.items()):
        print(f"{count:>7,}  {kind}: {told}")
    return sum(count for (_, told), count in ends.items() if told == "BAD")


if __name__ == "__main__":
    given = [int(text) for text in sys.argv[1:] if text.isdecimal()]
    cases, first = [*given, *(CASES, 0)[len(given) :]]
    sys.exit(1 if run(cases, first, rules="--read-only" not in sys.argv) else 0)
