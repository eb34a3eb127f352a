"""The tracer on a synthetic world with realistic faults: register of the whole population, everybody submitted as query.

``python -m tests.benchmarks.realistic [PEOPLE] [SEED]`` makes the world, prepares the register, traces the people of both
authorities' submissions and compares with the truth. Seeds other than those the model was looked at with tell most.
"""

import json
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

from linkage import api
from linkage.intake import CheckOptions
from linkage.synth import load_profile, synth
from linkage.trace.evaluate import evaluate_trace
from linkage.trace.register import build_register


def run(people: int = 100_000, seed: int = 20_221) -> dict[str, Any]:
    """Sizes, seconds of every stage, and quality against the truth."""
    with tempfile.TemporaryDirectory() as scratch:
        root, times = Path(scratch), [time.perf_counter()]
        synth(load_profile("realistic"), root / "world", people=people, seed=seed, synthetic=True)
        times.append(time.perf_counter())
        build_register([root / "world" / "register.csv"], root / "register")
        times.append(time.perf_counter())
        submissions = sorted((root / "world" / "submissions").glob("*.csv"))
        options = CheckOptions(as_at=date(2024, 4, 28))
        api.consolidate_submissions(submissions, root / "current", synthetic=True, options=options)
        times.append(time.perf_counter())
        result = api.traced(
            root / "current" / api.PERSONS, root / "register", root / "traced", api.TraceRequest(synthetic=True)
        )
        times.append(time.perf_counter())
        quality = evaluate_trace(root / "traced" / api.TRACE, root / "world" / "truth" / "submitted_people.csv")
    stages = ("synth", "register", "check_and_consolidate", "trace")
    seconds = {
        f"{name}_seconds": round(end - start, 1) for name, start, end in zip(stages, times, times[1:], strict=False)
    }
    return {"register_people": result.counts["register_people"], **seconds, **quality.as_dict()}


if __name__ == "__main__":
    print(json.dumps(run(*(int(argument) for argument in sys.argv[1:3])), indent=1))
