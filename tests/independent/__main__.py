"""Compare measures with their second implementations on many worlds: ``python -m tests.independent [WORLDS] [FIRST]``."""

import sys

from tests.independent.test_measures import both

worlds, first = (int(text) for text in (*sys.argv[1:], *("100", "0")[len(sys.argv) - 1 :]))
wrong = 0
for start in range(first, first + worlds, 20):
    for name, (made, second) in both(start, min(20, first + worlds - start)).items():
        differ = sum(((made - second) + (second - made)).values())
        wrong += differ
        print(f"seeds from {start}: {name}: {sum(made.values())} rows, {differ} differ")
sys.exit(bool(wrong))
