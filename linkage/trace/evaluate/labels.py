"""Judgements read back: the pairs file as reviewers returned it, or labels in Splink's form; contradictions are refused."""

import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from linkage.engine import Engine, Step, ident, open_engine
from linkage.errors import InputError
from linkage.runs import read_manifest
from linkage.trace.evaluate.sample import DESIGN, RESTRICTED, STRATA
from linkage.trace.evaluate.settings import evaluation_settings
from linkage.trace.source import ColumnMap, Source, load_source, require_file

Verdict = Literal["match", "no_match", "unsure"]
Readable = Callable[[Path, Path], Path]
"""Gives, for a file of judgements and a folder for copies, the CSV or Parquet file to read."""

_OURS = ("pair", "judgement")
_SPLINK = ("unique_id_l", "unique_id_r", "clerical_match_score")
_SHOWN_ROWS = 5


@dataclass(frozen=True)
class Pair:
    """A query and a record that reviewers compare. ``linked``: the trace linked them; else the record is a candidate."""

    query_id: str
    nhs_number: str
    stratum: str
    linked: bool


@dataclass(frozen=True)
class Stratum:
    """People of the trace that were sampled together; ``sampled`` is 0 when nobody of them could be looked at."""

    name: str
    linked: bool
    people: int
    sampled: int


@dataclass(frozen=True)
class Design:
    """How the sample was drawn: its pairs by name, all strata of the trace, and the hash of the trace."""

    pairs: Mapping[str, Pair]
    strata: Sequence[Stratum]
    trace_sha256: str


@dataclass(frozen=True)
class Reviewer:
    """What one reviewer said. ``outside``: judgements of pairs that are not in the sample, which are left out."""

    name: str
    verdicts: Mapping[str, Verdict]
    outside: int


@dataclass(frozen=True)
class _Row:
    number: int
    pair: str | None
    verdict: Verdict


def read_design(sample: Path) -> Design:
    """The design of a sample drawn by ``draw_sample``. Raises UsageError or InputError when the folder is not one."""
    trace_sha256 = str(read_manifest(sample)["inputs"][0]["sha256"])
    with _reading(sample) as (engine, scratch):
        pairs = _rows(engine, sample / RESTRICTED / DESIGN, ("pair", *Pair.__dataclass_fields__), scratch)
        strata = _rows(engine, sample / STRATA, ("stratum", "linked", "people", "sampled"), scratch)
    return Design(
        {
            str(pair): Pair(_plain(query), number, name, linked == "true")
            for _, pair, query, number, name, linked in pairs
        },
        [Stratum(name, linked == "true", int(people), int(sampled)) for _, name, linked, people, sampled in strata],
        trace_sha256,
    )


def read_reviewers(paths: Sequence[Path], design: Design, readable: Readable | None = None) -> list[Reviewer]:
    """The judgements of several reviewers, one file each, named by their order.

    Raises InputError when a file holds none, a word that is no judgement, two judgements of one pair, or two true numbers
    for one query.
    """
    if not paths:
        raise InputError("No file of judgements was given.")
    return [read_reviewer(path, design, f"reviewer {place}", readable) for place, path in enumerate(paths, start=1)]


def read_reviewer(path: Path, design: Design, name: str, readable: Readable | None = None) -> Reviewer:
    """One reviewer's file: ``pair`` and ``judgement``, or Splink's ``unique_id_l``, ``unique_id_r`` and
    ``clerical_match_score`` (the query's id and the NHS number, on either side).
    """
    require_file(path, "the file of judgements")
    fields = (*_OURS, *_SPLINK)
    with _reading(path.parent) as (engine, scratch):
        source = Source(readable(path, scratch) if readable else path, ColumnMap({}), scratch)
        found = load_source(engine, "labels", source, fields)
        listed = engine.rows(Step("labels", f"select row_number, {', '.join(fields)} from labels order by row_number"))
    if {*_OURS} <= {*found}:
        rows, told = _judged(path, listed), {*design.pairs}
        outside = sum(row.pair not in told for row in rows)
    elif {*_SPLINK} <= {*found}:
        rows = _scored(path, listed, design)
        outside = sum(row.pair is None for row in rows)
    else:
        raise InputError(f"{path}: needs the columns pair and judgement, or {', '.join(_SPLINK)}.")
    inside = [row for row in rows if row.pair in design.pairs]
    if not inside:
        raise InputError(
            f"{path}: no pair of this sample is judged. Fill the column judgement: match, no match or unsure."
        )
    _refuse_contradictions(path, inside, design)
    return Reviewer(name, {str(row.pair): row.verdict for row in inside}, outside)


@contextmanager
def _reading(folder: Path) -> Iterator[tuple[Engine, Path]]:
    """An engine that may read ``folder``, and a folder for copies."""
    with (
        tempfile.TemporaryDirectory(prefix="cldlink-") as scratch,
        open_engine(folders=[folder.resolve(), Path(scratch)]) as engine,
    ):
        yield engine, Path(scratch)


def _judged(path: Path, listed: Sequence[tuple[object, ...]]) -> list[_Row]:
    words = {word: verdict for verdict, known in _words().items() for word in known}
    rows, wrong = [], []
    for number, pair, judgement, *_ in listed:
        if judgement is None:
            continue
        verdict = words.get(" ".join(str(judgement).casefold().split()))
        if verdict is None:
            wrong.append(int(str(number)))
        else:
            rows.append(_Row(int(str(number)), None if pair is None else str(pair), verdict))
    if wrong:
        raise InputError(f"{path}: no judgement in rows {_listed(wrong)}. Write match, no match or unsure, or nothing.")
    return rows


def _scored(path: Path, listed: Sequence[tuple[object, ...]], design: Design) -> list[_Row]:
    """Labels in Splink's form; a score that is no number from 0 to 1 is refused, a missing one is not judged."""
    names = {(pair.query_id, pair.nhs_number): name for name, pair in design.pairs.items()}
    middle = evaluation_settings().label_score
    rows, wrong = [], []
    for number, _, _, left, right, score in listed:
        if score is None:
            continue
        value = _score(str(score))
        if value is None:
            wrong.append(int(str(number)))
            continue
        verdict: Verdict = "match" if value > middle else "no_match" if value < middle else "unsure"
        ids = (_plain(left), _plain(right))
        rows.append(_Row(int(str(number)), names.get(ids) or names.get((ids[1], ids[0])), verdict))
    if wrong:
        raise InputError(f"{path}: clerical_match_score is no number from 0 to 1 in rows {_listed(wrong)}.")
    return rows


def _refuse_contradictions(path: Path, rows: Sequence[_Row], design: Design) -> None:
    """Raise InputError when one pair has two different judgements, or one query two records that are a match."""
    by_pair: dict[str, list[_Row]] = defaultdict(list)
    true_of: dict[str, list[_Row]] = defaultdict(list)
    for row in rows:
        by_pair[str(row.pair)].append(row)
        if row.verdict == "match":
            true_of[design.pairs[str(row.pair)].query_id].append(row)
    flipped = [row.number for same in by_pair.values() if len({row.verdict for row in same}) > 1 for row in same]
    if flipped:
        raise InputError(f"{path}: one pair is judged in two ways, in rows {_listed(flipped)}. Keep one of them.")
    twice = [row.number for same in true_of.values() if len({row.pair for row in same}) > 1 for row in same]
    if twice:
        raise InputError(
            f"{path}: one person is matched with two different NHS numbers, in rows {_listed(twice)}. One of them at most is "
            "right: judge the others no match or unsure."
        )


def _rows(engine: Engine, path: Path, fields: Sequence[str], scratch: Path) -> list[tuple[str, ...]]:
    require_file(path, "a part of the sample")
    found = load_source(engine, "part", Source(path, ColumnMap({}), scratch), fields)
    if len(found) < len(fields):
        raise InputError(f"{path}: this is not what 'cldlink evaluate sample' wrote. Draw the sample again.")
    return engine.rows(
        Step("part", f"select row_number, {', '.join(map(ident, fields))} from part order by row_number")
    )


def _words() -> dict[Verdict, tuple[str, ...]]:
    words = evaluation_settings().judgements
    return {"match": words.match, "no_match": words.no_match, "unsure": words.unsure}


def _plain(text: object) -> str:
    """An id without the apostrophe that guards it in a spreadsheet."""
    return str(text).removeprefix("'")


def _score(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 <= value <= 1 else None


def _listed(numbers: Sequence[int]) -> str:
    more = f" and {len(numbers) - _SHOWN_ROWS} more" if len(numbers) > _SHOWN_ROWS else ""
    return ", ".join(map(str, sorted(numbers)[:_SHOWN_ROWS])) + more
