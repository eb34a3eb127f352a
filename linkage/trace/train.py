"""Training: m of every level by expectation-maximisation over the candidates of a file; u stays the register's own.

Each round scores all candidates with the model so far (Splink), then takes as m the share of each level among the pairs,
every pair counting with its probability of being the query's one person. Source: Fellegi and Sunter (1969), Winkler (1988).
"""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from linkage.engine import Engine, EngineOptions, Step, ident, open_engine
from linkage.errors import InputError, UsageError
from linkage.runs import Manifest, file_record, staged_outputs
from linkage.trace import model
from linkage.trace.comparisons import COMPARISONS, Comparison
from linkage.trace.queries import Queries
from linkage.trace.register import Register, open_register
from linkage.trace.register.build import with_scratch
from linkage.trace.run import prepare_candidates
from linkage.trace.settings import TraceModel, load_model, model_identity, require_name

COMMAND = "trace train"
_ROUNDS = 25
_SETTLED = 0.0005
# Counts added to every level of a comparison: a level that the file never shows must stay possible.
_ADDED = 0.5


def train_model(
    queries: Queries,
    register_folder: Path,
    out: Path,
    *,
    name: str,
    start: str = "default",
    options: EngineOptions | None = None,
) -> TraceModel:
    """Train on the people of ``queries`` against a register, from the model ``start``; write ``model_<name>.yaml`` to ``out``.

    Use a file that shows the errors of those to be traced; easy rows belong in it. Probabilities are rounded to five
    decimals, so that the same input gives the same file. Raises InputError when nobody has a candidate, UsageError when
    ``out`` holds a model of another name, which would go.
    """
    require_name(name)
    if any(path.name != f"model_{name}.yaml" for path in out.glob("model_*.yaml")):
        raise UsageError(f"{out}: this folder holds another model. Give --out a folder of its own.")
    register = open_register(register_folder)
    starting = load_model(start)
    with tempfile.TemporaryDirectory(prefix="cldlink-") as scratch:
        folders = [register.folder, Path(scratch), *([queries.path.resolve().parent] if queries.path else [])]
        with open_engine(with_scratch(options, Path(scratch)), folders) as engine:
            prepare_candidates(engine, queries, register, Path(scratch))
            candidates = engine.run(_candidate_step())
            if candidates == 0:
                raise InputError("Nobody of the file has a candidate in the register: there is nothing to train on.")
            trained = _trained(engine, starting, register)
            people = engine.count("query_known")
    about = f"{people} people against a register of {register.people}, from model {starting.name} {starting.version}"
    result = TraceModel(name=name, version=1, trained_on=about, caps=starting.caps, **trained)
    with staged_outputs(out) as staging:
        text = yaml.safe_dump(result.model_dump(), sort_keys=False, allow_unicode=True)
        (staging / f"model_{name}.yaml").write_text(text, encoding="utf-8", newline="\n")
        counts = {"queries": people, "register_people": register.people, "candidate_pairs": candidates}
        _manifest(queries, register, starting, result, counts).write(staging)
    return result


def _manifest(
    queries: Queries, register: Register, starting: TraceModel, trained: TraceModel, counts: Mapping[str, int]
) -> Manifest:
    inputs = [*([queries.path] if queries.path else []), *queries.sources, register.folder / "register.json"]
    settings = {
        "start": model_identity(starting),
        "model": model_identity(trained),
        "columns": dict(queries.columns.headings),
        "id": queries.id_column,
    }
    return Manifest(COMMAND, [file_record(path) for path in inputs], counts, settings)


def _candidate_step() -> Step:
    """Every candidate of the queries that have details enough: the cross-check is no part of training."""
    return Step(
        "candidate",
        """
select person_id, query_row from found where query_row in (select query_row from query_known where enough)""",
    )


def _trained(engine: Engine, starting: TraceModel, register: Register) -> dict[str, Any]:
    """``m`` and ``share_in_register`` when no probability moves by more than a little, or after the last round."""
    current = starting
    for _ in range(_ROUNDS):
        model.Scorer(engine, current, register.u, register.people).score()
        engine.run(_posterior_step())
        m = {comparison.field: _maximised(engine, comparison) for comparison in COMPARISONS}
        share = min(0.999, max(0.001, float(engine.value(_share_step()))))
        moved = max(abs(m[field][level] - current.m[field][level]) for field in m for level in m[field])
        current = current.model_copy(update={"m": m, "share_in_register": round(share, 3)})
        if moved < _SETTLED:
            break
    return {"m": current.m, "share_in_register": current.share_in_register}


def _posterior_step() -> Step:
    """The scored pairs with the probability that the candidate is the query's person, who is one person or nobody.

    Its odds against the odds of all candidates of the query and of nobody (1); scaled by the greatest, against overflow.
    """
    return Step(
        "posterior",
        """
with highest as (
  select *, greatest(max(match_weight) over (partition by query_row), 0) as top from scored),
scaled as (select *, pow(2, match_weight - top) as odds from highest)
select *, odds / (pow(2, -top) + sum(odds) over (partition by query_row)) as posterior from scaled""",
    )


def _maximised(engine: Engine, comparison: Comparison) -> dict[str, float]:
    """The share of each level among the pairs, weighted by match probability; the parts add up to 1 exactly."""
    level = ident(f"level_{comparison.field}")
    step = Step(
        "level_weight",
        f"select {level}, sum(posterior) from posterior where {level} is not null group by 1 order by 1",
    )
    weights = dict(engine.rows(step))
    total = sum(weights.values()) + _ADDED * len(comparison.level_names)
    shares = {
        name: max(0.00001, round((weights.get(name, 0.0) + _ADDED) / total, 5)) for name in comparison.level_names
    }
    commonest = max(shares, key=lambda name: shares[name])
    shares[commonest] = round(1 - sum(share for name, share in shares.items() if name != commonest), 5)
    return shares


def _share_step() -> Step:
    """The expected share of queries whose person is in the register."""
    return Step(
        "share_in_register",
        """
select sum(posterior) / (select count(*) from query_known where enough) from posterior""",
    )
