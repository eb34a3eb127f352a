"""What a submission is remembered by for later comparison: counts of rows and LTS001 as the disclosure gate shows it.

Written as ``quality.json`` beside the findings; nothing in it is about single people.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from linkage.cohort.measures.salt_lts001 import TABLES, TOTAL
from linkage.cohort.shown import disclosure_policy
from linkage.cohort.tables import SALT_POLICY
from linkage.errors import InputError
from linkage.intake import CheckResult
from linkage.quality.completeness import Completeness
from linkage.quality.effects import Lts001
from pseudo.disclosure import Cells, Totals, apply

QUALITY = "quality.json"
FORMAT = "cldlink-quality-1"


@dataclass(frozen=True)
class Measured:
    """One submission in counts.

    ``severities`` are findings by severity, ``rules`` by rule and part; ``lts001`` people by table and column, as shown.
    """

    file: str
    version: str
    la_code: str | None
    period_start: date | None
    period_end: date | None
    accepted: bool
    rows: int
    severities: Mapping[str, int]
    rules: Mapping[str, int]
    completeness: tuple[Completeness, ...]
    lts001: Mapping[str, Mapping[str, str]]

    @property
    def name(self) -> str:
        """How the submission is called beside others: the last day of its period, or its file."""
        return f"to {self.period_end:%d/%m/%Y}" if self.period_end else self.file


def measured(result: CheckResult, completeness: Sequence[Completeness], lts001: Lts001 | None) -> Measured:
    """A checked submission in counts."""
    return Measured(
        file=result.file,
        version=result.version,
        la_code=result.la_code,
        period_start=result.period_start,
        period_end=result.period_end,
        accepted=result.accepted,
        rows=result.rows_read,
        severities={severity: result.findings_by_severity(severity) for severity in "REWI"},
        rules={f"{count.rule} {count.part}": count.findings for count in result.counts},
        completeness=tuple(completeness),
        lts001=shown_lts001(lts001) if lts001 else {},
    )


def shown_lts001(lts001: Lts001) -> dict[str, dict[str, str]]:
    """People by table and column as the policy of the published tables shows them: to the nearest 5."""
    columns = [column.id for column in lts001.definition.columns]
    exact = pa.Table.from_pylist([{"table": table, **lts001.people[table]} for table in TABLES])
    cells = Cells(counts={name: name for name in (*columns, TOTAL)}, totals=Totals({}, {TOTAL: tuple(columns)}))
    shown = apply(disclosure_policy(SALT_POLICY), exact, cells).display.to_pylist()
    return {row["table"]: {name: row[name] for name in (*columns, TOTAL)} for row in shown}


def write_measured(one: Measured, path: Path) -> None:
    """Write as JSON."""
    text = json.dumps({"format": FORMAT, **asdict(one)}, indent=1, ensure_ascii=False, default=str)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def read_measured(path: Path) -> Measured:
    """Read what ``write_measured`` wrote. Raises InputError when it is something else or damaged."""
    try:
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if document.pop("format") != FORMAT:
            raise ValueError
        days = {name: document[name] and date.fromisoformat(document[name]) for name in ("period_start", "period_end")}
        completeness = tuple(Completeness(**entry) for entry in document["completeness"])
        return Measured(**{**document, **days, "completeness": completeness})
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError(
            f"{path}: this is not the {QUALITY} of a check. Give the earlier submission, or the folder of its check."
        ) from None
