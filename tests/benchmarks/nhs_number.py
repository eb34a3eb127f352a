"""Speed of the NHS number check: a whole column of clean numbers, yes or no and with reasons, in million a second.

``python -m tests.benchmarks.nhs_number`` prints the figures. The floor is one plain pass over the same column.
"""

import json
from time import perf_counter

from linkage.engine import Engine, EngineOptions, Step, open_engine
from linkage.normalise import nhs_number

THREADS = 2
ROWS = 5_000_000
REPEATS = 3
_FACTORS = ((1, 3), (2, 5), (3, 7), (4, 9), (6, 2), (7, 4), (8, 6), (9, 8))


def run(rows: int = ROWS, threads: int = THREADS) -> dict[str, float | int]:
    """Million numbers a second (best of three): the floor, yes or no, canonical form, reasons."""
    with open_engine(EngineOptions(threads=threads)) as engine:
        engine.run(_numbers_step(rows))
        found = {"rows": rows, "threads": threads}
        questions = {
            "floor": "strlen(number) = 10",
            "yes_no": nhs_number.is_valid_sql("number"),
            "canonical": f"strlen({nhs_number.clean_sql('number')}) = 10",
            "reasons": f"{nhs_number.reason_sql('number')} is null",
        }
        speeds = {f"{name}_million_a_second": _speed(engine, sql, rows) for name, sql in questions.items()}
        return found | speeds


def _numbers_step(rows: int) -> Step:
    """Valid numbers in no order: nine hashed digits and the digit that makes the check sum come out."""
    weighted = " + ".join(f"{factor} * (body * 10 // {10**k})" for k, factor in _FACTORS)
    return Step(
        "numbers",
        f"""with bodies as (
            select 200000000 + hash(i) % 700000000 as body from range({rows} * 6 // 5) r(i)
        ), checked as (
            select body, (11 - (body * 10 + {weighted}) % 11) % 11 as digit from bodies
        )
        select cast(body * 10 + digit as varchar) as number from checked
        where digit < 10 and body % 100000000 <> 0 and (body * 10 + digit) % 1111111111 <> 0 limit {rows}""",
    )


def _speed(engine: Engine, condition: str, rows: int) -> float:
    """Best speed of counting the rows that satisfy a condition; every number is valid, so all of them must."""
    step = Step("count_true", f"select count_if({condition}) from numbers")
    seconds = []
    for _ in range(REPEATS):
        start = perf_counter()
        assert engine.value(step) == rows
        seconds.append(perf_counter() - start)
    return round(rows / min(seconds) / 1e6, 1)


if __name__ == "__main__":
    print(json.dumps(run(), indent=1))
