"""A register held open, to ask for one person after another: each question is a trace, with its entry in the audit log."""

import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa

from linkage.audited import Asked, audited
from linkage.engine import EngineOptions, open_engine
from linkage.errors import UsageError
from linkage.trace.queries import Queries
from linkage.trace.records import LINK_FIELDS
from linkage.trace.register import open_register as opened_register
from linkage.trace.register import with_scratch
from linkage.trace.run import Chunks, Tracer
from linkage.trace.settings import load_profile

_FIELDS = (*LINK_FIELDS, "other_given_name")


@dataclass(frozen=True)
class Answer:
    """One row of the trace table; ``agreements`` are its ``agree_`` columns. The number is withheld of a sensitive record."""

    nhs_number: str | None
    outcome: str
    step: str
    match_weight: float | None
    gap: float | None
    match_probability: float | None
    sensitive: bool
    reason: str
    agreements: Mapping[str, str | None]

    def as_dict(self) -> dict[str, Any]:
        """The answer as a dictionary."""
        return asdict(self)


class OpenRegister:
    """A prepared register, open for questions one at a time. Use it with ``with``; not safe to share between threads."""

    def __init__(self, folder: Path, profile: str, asked: Asked, options: EngineOptions | None) -> None:
        asked.action("trace one")
        self._folder, self._asked = folder, asked
        register = opened_register(folder)
        chosen = load_profile(profile)
        self._scratch = tempfile.TemporaryDirectory(prefix="cldlink-")
        scratch = Path(self._scratch.name)
        self._engine = open_engine(with_scratch(options, scratch), [scratch, register.folder])
        self._tracer = Tracer(self._engine, register, chosen)

    def __enter__(self) -> "OpenRegister":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._engine.__exit__(kind, error, None)
        self._scratch.cleanup()

    def trace_one(self, person: Mapping[str, str | None]) -> Answer:
        """Trace one person, given by link fields as text; absent ones may be left out.

        Raises UsageError on a field that is none. The question is in the audit log, without what was asked.
        """
        unknown = [field for field in person if field not in _FIELDS]
        if unknown:
            raise UsageError(f"There is no field '{unknown[0]}'. The fields are: {', '.join(_FIELDS)}.")
        asked = pa.table({field: pa.array([person.get(field)], pa.string()) for field in _FIELDS})
        with audited("trace one", self._asked, self._folder) as done:
            chunks = Chunks(Path(self._scratch.name), keep=False)
            result = self._tracer.trace(Queries(table=asked), chunks)
            done.counts = {name: count for name, count in result.counts.items() if type(count) is int}
        return _answer(result.table.to_pylist()[0])


def open_register(
    register: Path | str,
    *,
    profile: str = "default",
    purpose: str | None = None,
    submission: str | None = None,
    by: str | None = None,
    audit: Path | None = None,
    synthetic: bool = False,
    engine: EngineOptions | None = None,
) -> OpenRegister:
    """Open a prepared register for ``trace_one``. ``purpose`` and ``submission`` are needed unless the data are synthetic.

    ``with open_register("register", purpose="Data quality review", submission="2026-117") as register:``
    ``    register.trace_one({"given_name": "Hadley", "family_name": "Fox", "date_of_birth": "12/06/1945"})``
    """
    asked = Asked(purpose, submission, by, audit, synthetic)
    return OpenRegister(Path(register), profile, asked, engine)


def _answer(row: Mapping[str, Any]) -> Answer:
    agreements = {name.removeprefix("agree_"): level for name, level in row.items() if name.startswith("agree_")}
    names = Answer.__dataclass_fields__.keys() - {"agreements"}
    return Answer(**{name: row[name] for name in names}, agreements=agreements)
