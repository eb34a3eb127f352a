"""The only import of Splink: settings from our comparisons, scoring of candidates that we found, u and m estimation.

Splink's messages and SQL carry cell values. Nothing of them is passed on: any failure becomes one of our errors.
"""

import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from splink import DuckDBAPI, Linker

from linkage.engine import Engine, Step, ident, literal, translate_cause
from linkage.errors import InputError, InternalError, LinkageError
from linkage.trace.comparisons import COMPARISONS, FREQUENCY_COLUMNS, MODEL_COLUMNS, Comparison, paired_columns_sql
from linkage.trace.settings import RegisterSettings, TraceModel

Probabilities = Mapping[str, Mapping[str, float]]

# Splink calls the data set whose name sorts first "left"; our conditions rely on it.
_REGISTER, _QUERY = "a_register", "b_query"
_LEAST = 1e-9
_TABLE_MADE = re.compile(r"\s*CREATE TABLE (?P<name>\w+)")


class Scorer:
    """Scores candidates with one model, chunk after chunk in one database.

    Splink works out its SQL for the first chunk; the tables have the same names every time, and for the chunks after it the
    same SQL is run again. Its last query stays a view, so that only what we ask of it is worked out.
    """

    def __init__(
        self, engine: Engine, trace_model: TraceModel, u: Probabilities, people: int, queries: str = "query"
    ) -> None:
        """``queries``: the table of those to score. Raise InputError when the register has no u of a level."""
        _require_levels(u)
        self._engine = engine
        self._settings = _settings(trace_model.m, u, prior=trace_model.share_in_register / max(people, 2))
        self._queries = queries
        self._inputs: dict[str, str] = {}
        self._predicted = ""

    def score(self) -> int:
        """Score the pairs of table ``candidate`` (person_id, query_row) into table ``scored``, one row per pair; return
        how many.

        Needs ``candidate_person`` and the table of queries with the model's columns, and ``term_frequency`` (field, value,
        frequency; no other value of the queries can agree). ``match_weight`` is in bits (log2 Bayes factor, the prior
        included), rounded to 4 decimals; ``level_*`` is the name of the level of each comparison, null when a value is missing.
        """
        engine = self._engine
        if not self._predicted:
            self._predict()
        else:
            for sql in self._inputs.values():
                engine.at_work("score_candidates", lambda sql=sql: engine.connection.execute(sql).fetchall())  # type: ignore[misc]
        pairs = engine.run(_scored_step(self._predicted))
        engine.drop(*self._inputs)
        return pairs

    def _predict(self) -> None:
        engine = self._engine
        engine.view(_frame_step("splink_register", "candidate_person", "person_id"))
        engine.view(_frame_step("splink_query", self._queries, "query_row"))
        for step in (_pair_step(), *(_term_step(column) for column in FREQUENCY_COLUMNS)):
            engine.view(step)
        with _quiet_splink():
            api = _ViewingAPI(connection=engine.connection)
            frames = [
                api.register("splink_register", dataset_display_name=_REGISTER),
                api.register("splink_query", dataset_display_name=_QUERY),
            ]
            linker = Linker(frames, self._settings, log_level=logging.ERROR)
            for column in FREQUENCY_COLUMNS:
                linker.table_management.register_term_frequency_lookup(api.register(f"tf_{column}"), column)
            linker.table_management.register_blocked_pairs_for_predict(api.register("splink_pair"))
            predict = linker.inference.predict
            self._predicted = engine.at_work("score_candidates", lambda: predict(warning_mode="never").physical_name)
        self._inputs = api.inputs


class _ViewingAPI(DuckDBAPI):  # type: ignore[misc]
    """Splink's database, where the prediction is a view, and the tables that it reads stay: their names and statements."""

    def __init__(self, connection: Any) -> None:
        super().__init__(connection=connection)
        self.inputs: dict[str, str] = {}

    def _execute_sql_against_backend(self, final_sql: str) -> Any:
        if final_sql.lstrip().startswith("DROP TABLE"):
            return None
        if made := _TABLE_MADE.match(final_sql):
            kind = "VIEW" if made["name"].startswith("__splink__df_predict") else "TABLE"
            final_sql = final_sql.replace("CREATE TABLE", f"CREATE OR REPLACE {kind}", 1)
            if kind == "TABLE":
                self.inputs[made["name"]] = final_sql
        return super()._execute_sql_against_backend(final_sql)


def _require_levels(u: Probabilities) -> None:
    """Raise InputError unless the register knows u of every level: one that was not counted cannot be weighed."""
    for comparison in COMPARISONS:
        if set(u.get(comparison.field, {})) != set(comparison.level_names):
            raise InputError(
                f"The register knows no u-probability of some levels of {comparison.field}: it was prepared by another "
                "version. Build it again."
            )


def no_pairs(engine: Engine) -> None:
    """Make ``scored`` of ``score`` without a row: nobody needs a candidate."""
    levels = ", ".join(f"cast(null as varchar) as level_{c.field}" for c in COMPARISONS)
    numbers = "cast(null as bigint) as person_id, cast(null as bigint) as query_row"
    weights = "cast(null as double) as match_weight, cast(null as double) as match_probability"
    engine.run(Step("scored", f"select {numbers}, {weights}, {levels} where false"))


def estimate_u(engine: Engine, people: str, settings: RegisterSettings) -> dict[str, dict[str, float]]:
    """The probability of each level for two random people of the register: u, by counting random pairs.

    The pairs are fixed by the register's content, and as many for each person in a small register as in a large one: more
    would count the same people again. The packaged ``baseline_u`` counts as ``baseline_pairs`` more pairs, so
    that a small register is not trusted for what it cannot show and no level is impossible.
    """
    engine.run(_sample_step(people, settings.u_sample_people))
    size = engine.count("u_person")
    shifts = max(1, min((size - 1) // 2, settings.u_sample_pairs // settings.u_sample_people))
    conditions = ",\n  ".join(f"{comparison.level_sql} as {comparison.field}" for comparison in COMPARISONS)
    engine.run(Step("u_level", _random_pair_sql(conditions, size, shifts)))
    estimated = {comparison.field: _estimated(engine, comparison, settings) for comparison in COMPARISONS}
    engine.drop("u_person", "u_level")
    return estimated


def _estimated(engine: Engine, comparison: Comparison, settings: RegisterSettings) -> dict[str, float]:
    """u of each level of one comparison; levels with a packaged value keep it and the others share the rest."""
    fixed = settings.fixed_u.get(comparison.field, {})
    counted = dict(engine.rows(_level_count_step(comparison.field)))
    baseline = settings.baseline_u.get(comparison.field, {})
    pairs = {
        level: counted.get(level, 0) + settings.baseline_pairs * baseline.get(level, 0)
        for level in comparison.level_names
        if level not in fixed
    }
    rest = (1 - sum(fixed.values())) / sum(pairs.values())
    return {level: _rounded(fixed.get(level, pairs.get(level, 0) * rest)) for level in comparison.level_names}


def _settings(m: Probabilities, u: Probabilities, prior: float) -> dict[str, Any]:
    return {
        "link_type": "link_only",
        "unique_id_column_name": "row_id",
        "probability_two_random_records_match": prior,
        "retain_matching_columns": True,
        "retain_intermediate_calculation_columns": False,
        "blocking_rules_to_generate_predictions": ["l.row_id = r.row_id"],
        "comparisons": [_splink_comparison(c, m[c.field], u[c.field]) for c in COMPARISONS],
    }


def _splink_comparison(comparison: Comparison, m: Mapping[str, float], u: Mapping[str, float]) -> dict[str, Any]:
    levels: list[dict[str, Any]] = [{"sql_condition": comparison.null_sql, "is_null_level": True}]
    for level in comparison.levels:
        levels.append(_splink_level(level.sql, m[level.name], u[level.name]))
        if level.frequency:
            levels[-1] |= {"tf_adjustment_column": level.frequency, "tf_adjustment_weight": 1.0}
            # The level's own u is what the frequency replaces; Splink need not look for it in another level.
            levels[-1] |= {"disable_tf_exact_match_detection": True}
    levels.append(_splink_level("ELSE", m["different"], u["different"]))
    for compiled, name in zip(levels, ("missing", *comparison.level_names), strict=True):
        compiled["label_for_charts"] = name
    return {"output_column_name": comparison.field, "comparison_levels": levels}


def _splink_level(sql: str, m: float, u: float) -> dict[str, Any]:
    return {"sql_condition": sql, "m_probability": m, "u_probability": max(u, _LEAST)}


def _frame_step(name: str, source: str, row: str) -> Step:
    columns = ", ".join(ident(column) for column in MODEL_COLUMNS)
    return Step(name, f"select {ident(row)} as row_id, {columns} from {ident(source)}")


def _pair_step() -> Step:
    return Step(
        "splink_pair",
        f"""
select '0' as match_key, '{_REGISTER}-__-' || person_id as join_key_l, '{_QUERY}-__-' || query_row as join_key_r
from candidate""",
    )


def _term_step(column: str) -> Step:
    return Step(
        f"tf_{column}",
        f"""
select value as {ident(column)}, frequency as {ident(f"tf_{column}")} from term_frequency
where field = {literal(column)}""",
    )


def _scored_step(predicted: str) -> Step:
    levels = ",\n  ".join(f"{_level_name_sql(c)} as level_{c.field}" for c in COMPARISONS)
    return Step(
        "scored",
        f"""
select row_id_l as person_id, row_id_r as query_row, round(match_weight, 4) as match_weight,
  round(match_probability, 6) as match_probability,
  {levels}
from {ident(predicted)}""",
    )


def _level_name_sql(comparison: Comparison) -> str:
    """Splink numbers the levels from 0 (different) upwards, -1 for missing: back to names."""
    names = list(reversed(comparison.level_names))
    cases = " ".join(f"when {number} then '{name}'" for number, name in enumerate(names))
    return f"case gamma_{comparison.field} {cases} end"


def _sample_step(people: str, size: int) -> Step:
    return Step(
        "u_person",
        f"""
select *, row_number() over (order by hash(nhs_number), person_id) - 1 as position
from {ident(people)} order by position limit {int(size)}""",
    )


def _random_pair_sql(conditions: str, size: int, shifts: int) -> str:
    """Levels of random pairs: each sampled person with those ``1..shifts`` places further on in hash order."""
    return f"""
with shifted as (
  select u_person.*, (position + places) % {int(size)} as other
  from u_person cross join range(1, {int(shifts) + 1}) as shift(places)),
pair as (
  select {paired_columns_sql("l", "r")}
  from shifted l join u_person r on r.position = l.other where l.other <> l.position)
select {conditions} from pair"""


def _level_count_step(field: str) -> Step:
    return Step(
        "u_count", f"select {ident(field)}, count(*) from u_level where {ident(field)} is not null group by all"
    )


def _rounded(probability: float) -> float:
    """Ten significant digits: enough for any weight, and the same on every machine."""
    return float(f"{probability:.10g}")


@contextmanager
def _quiet_splink() -> Iterator[None]:
    """Translate whatever Splink or its database calls raise, and keep Splink from logging SQL or values."""
    logging.getLogger("splink").setLevel(logging.ERROR)
    try:
        yield
    except LinkageError:
        raise
    except Exception as error:
        unforeseen = InternalError(f"Scoring the candidates failed ({type(error).__name__}). Please report this step.")
        raise translate_cause(error, "score_candidates") or unforeseen from None
