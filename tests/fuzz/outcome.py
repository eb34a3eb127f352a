"""What becomes of a damaged file: findings with every row accounted for, or a refusal that names nobody."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from linkage.engine import Engine, open_engine
from linkage.errors import InternalError, LinkageError
from linkage.intake import CheckOptions, CheckResult
from linkage.intake.check import check_into
from linkage.intake.prepare import prepare
from linkage.intake.read import read_submission
from linkage.intake.values import Closeness
from tests.fuzz.damaged import CANARIES, damaged

AS_AT = date(2023, 4, 30)


@dataclass(frozen=True)
class Outcome:
    """``right``: it ended as it must; ``told`` says how, or what is wrong."""

    kind: str
    told: str
    right: bool


def outcome(engine: Engine, path: Path, seed: int, *, rules: bool = True) -> Outcome:
    """Check the damaged file of a seed; without ``rules`` it is read and made ready for them."""
    kind, content = damaged(seed)
    path.write_bytes(content)
    try:
        found = _checked(engine, path) if rules else _read(engine, path)
    except InternalError as error:
        return Outcome(kind, f"an internal error: {error}", False)
    except LinkageError as error:
        named = any(canary in str(error) for canary in CANARIES)
        return Outcome(kind, "an error that names somebody" if named else "refused", not named)
    except Exception as error:
        return Outcome(kind, f"a traceback: {type(error).__name__}: {error}", False)
    return Outcome(kind, *found)


def _checked(engine: Engine, path: Path) -> tuple[str, bool]:
    return _accounted(check_into(engine, path, synthetic=True, options=CheckOptions(as_at=AS_AT)))


def _read(engine: Engine, path: Path) -> tuple[str, bool]:
    reading = read_submission(path)
    prepare(engine, reading, Closeness(0.85, 0.6), AS_AT)
    numbers = reading.table["row_number"].to_pylist() + reading.rejects["row_number"].to_pylist()
    whole = (
        len(numbers) + reading.rows_blank == reading.rows_in and engine.count("submission") == reading.table.num_rows
    )
    own = len(set(numbers)) == len(numbers) and all(1 <= number <= reading.rows_in for number in numbers)
    return ("read", True) if whole and own else ("rows lost or counted twice", False)


def _accounted(result: CheckResult) -> tuple[str, bool]:
    parts = (result.rows_kept, result.rows_rejected, result.rows_blank)
    if min(parts) < 0 or sum(parts) != result.rows_read:
        return f"rows lost: {result.rows_read} in, {parts}", False
    numbers = result.rejects["row_number"].to_pylist()
    if len(set(numbers)) != len(numbers) or not all(1 <= number <= result.rows_read for number in numbers):
        return "a reject without a row of its own", False
    rows = [row for row in result.findings["row_number"].to_pylist() if row is not None]
    if not all(1 <= row <= result.rows_read for row in rows):
        return "a finding about a row that is not there", False
    return "findings", True


def outcomes(seeds: Sequence[int], rules: bool) -> list[tuple[int, Outcome]]:
    """What became of these seeds, checked with one engine."""
    with tempfile.TemporaryDirectory() as folder, open_engine() as engine:
        path = Path(folder) / "submission.csv"
        return [(seed, outcome(engine, path, seed, rules=rules)) for seed in seeds]
