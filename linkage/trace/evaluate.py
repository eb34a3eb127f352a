"""How good a trace was, against a file of truth: precision, recall and what happened to people who are not there."""

import math
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from linkage.engine import Engine, EngineOptions, Step, ident, open_engine
from linkage.errors import InputError
from linkage.trace.result import read_trace
from linkage.trace.source import require_file, trace_file_of


@dataclass(frozen=True)
class Proportion:
    """``part`` of ``whole`` with its 95% Wilson interval; ``value`` and interval are None when ``whole`` is 0."""

    part: int
    whole: int

    @property
    def value(self) -> float | None:
        """The proportion, 0 to 1."""
        return self.part / self.whole if self.whole else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Lower and upper end of the 95% Wilson score interval."""
        if not self.whole:
            return None
        z, n, p = 1.959964, self.whole, self.part / self.whole
        centre = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
        return round(max(0.0, centre - half), 12), round(min(1.0, centre + half), 12)

    def __str__(self) -> str:
        """``0.9950 (199 of 200, 95% 0.9721 to 0.9991)``, or that nobody was concerned."""
        interval = self.interval
        if self.value is None or interval is None:
            return "  none concerned"
        return f"{self.value:8.4f}  ({self.part:,} of {self.whole:,}; 95% {interval[0]:.4f} to {interval[1]:.4f})"


@dataclass(frozen=True)
class Evaluation:
    """The quality of one trace, people counted once. ``by_difficulty``: recall of each class that the truth names."""

    people: int
    precision: Proportion
    recall: Proportion
    absent_linked: Proportion
    right_numbers_changed: Proportion
    wrong_numbers_confirmed: Proportion
    by_difficulty: dict[str, Proportion]

    def as_dict(self) -> dict[str, object]:
        """Every figure as plain values: part, whole, value and interval."""
        named = self._named() | {f"recall_{name}": value for name, value in self.by_difficulty.items()}
        return {"people": self.people} | {
            name: {"part": p.part, "whole": p.whole, "value": p.value, "interval_95": p.interval}
            for name, p in named.items()
        }

    def lines(self) -> list[str]:
        """The figures for reading, one per line."""
        named = self._named() | {f"recall, {name}": value for name, value in self.by_difficulty.items()}
        return [
            f"{'people':<26} {self.people:>8,}",
            *(f"{name.replace('_', ' '):<26} {p}" for name, p in named.items()),
        ]

    def _named(self) -> dict[str, Proportion]:
        return {
            "precision": self.precision,
            "recall": self.recall,
            "absent_linked": self.absent_linked,
            "right_numbers_changed": self.right_numbers_changed,
            "wrong_numbers_confirmed": self.wrong_numbers_confirmed,
        }


def evaluate_trace(trace_file: Path, truth_file: Path, *, options: EngineOptions | None = None) -> Evaluation:
    """Compare a trace with the truth: CSV with ``true_nhs_number`` (blank = not in the register) and either ``query_id``
    or ``la_code`` and ``person_unique_identifier``; ``difficulty`` and ``given_number`` are used when there.

    Precision: right links among accepted links. Recall: right links among people in the register. Rows marked sensitive
    are judged by the restricted file beside the trace, when it is there.
    """
    trace_file = require_file(trace_file_of(trace_file), "the trace")
    require_file(truth_file, "the truth file")
    folders = [trace_file.resolve().parent, truth_file.resolve().parent]
    with open_engine(options, folders) as engine:
        _load(engine, trace_file, truth_file)
        engine.run(_compared_step())
        return _evaluation(engine)


def _load(engine: Engine, trace_file: Path, truth_file: Path) -> None:
    read_trace(engine, "open_trace", trace_file)
    restricted = trace_file.parent / "restricted" / "sensitive.parquet"
    if restricted.is_file():
        read_trace(engine, "sensitive_trace", restricted)
        engine.run(
            Step(
                "trace",
                """
select * from open_trace where not sensitive union all by name select * from sensitive_trace""",
            )
        )
    else:
        engine.run(Step("trace", "select * from open_trace"))
    sql = "select * from read_csv($path, all_varchar = true, header = true)"
    engine.run(Step("truth_read", sql, {"path": str(truth_file)}))
    columns = engine.columns("truth_read")
    built = "la_code || '/' || person_unique_identifier" if "la_code" in columns else "query_id"
    if "true_nhs_number" not in columns or ("la_code" not in columns and "query_id" not in columns):
        raise InputError(f"{truth_file}: needs true_nhs_number and query_id (or la_code and person_unique_identifier).")
    optional = ", ".join(
        ident(name) if name in columns else f"cast(null as varchar) as {ident(name)}"
        for name in ("difficulty", "given_number")
    )
    engine.run(
        Step(
            "truth",
            f"select {built} as query_id, nullif(true_nhs_number, '') as true_number, {optional} from truth_read",
        )
    )


def _compared_step() -> Step:
    return Step(
        "compared",
        """
select t.true_number, coalesce(t.difficulty, 'all') as difficulty, r.nhs_number, r.outcome,
  r.nhs_number is not distinct from t.true_number and r.nhs_number is not null as correct,
  regexp_replace(coalesce(r.nhs_number_given, ''), '[ -]', '', 'g') as given, t.given_number
from truth t join trace r using (query_id)""",
    )


def _evaluation(engine: Engine) -> Evaluation:
    counted: pa.Table = engine.arrow(
        Step(
            "count_quality",
            """
select count(*) as people, count(nhs_number) as links, count(*) filter (where correct) as right_links,
  count(true_number) as present, count(*) filter (where true_number is null) as absent,
  count(nhs_number) filter (where true_number is null) as absent_linked,
  count(*) filter (where given = true_number) as right_given,
  count(*) filter (where given = true_number and nhs_number <> true_number) as right_changed,
  count(*) filter (where given_number = 'anothers') as wrong_given,
  count(*) filter (where given_number = 'anothers' and nhs_number = given) as wrong_confirmed
from compared""",
        )
    )
    n = counted.to_pylist()[0]
    classes = engine.rows(
        Step(
            "count_difficulty",
            """
select difficulty, count(*) filter (where correct), count(*) from compared
where true_number is not null group by 1 order by 1""",
        )
    )
    return Evaluation(
        people=n["people"],
        precision=Proportion(n["right_links"], n["links"]),
        recall=Proportion(n["right_links"], n["present"]),
        absent_linked=Proportion(n["absent_linked"], n["absent"]),
        right_numbers_changed=Proportion(n["right_changed"], n["right_given"]),
        wrong_numbers_confirmed=Proportion(n["wrong_confirmed"], n["wrong_given"]),
        by_difficulty={name: Proportion(right, whole) for name, right, whole in classes},
    )
