"""Decisions about links: an authority's accept/reject list, and links that the tracing team found wrong.

They are kept in one file in a folder of its own, ``decisions_IDENTIFIABLE.jsonl``: a line for every list received or link
found wrong, each chained to the one before by its hash, so that a line altered by hand is found and the file refused. Later
decisions on the same person and number take the place of earlier ones; one person has one accepted number at most.
"""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from pathlib import Path

from linkage.audited import Asked, asked_for, record
from linkage.engine import EngineOptions, Step, open_engine
from linkage.errors import InputError, MachineError
from linkage.feedback.traced import Trace, log_of
from linkage.intake.keeping.log import append_line, read_log
from linkage.intake.mapping.tables import read_local_table
from linkage.intake.workbook import is_workbook
from linkage.runs import FOLDER_MODE, file_record, locked_file
from linkage.trace.comparisons import COMPARED_FIELDS
from linkage.trace.outcomes import accepted_outcomes
from linkage.trace.result import read_trace
from linkage.trace.source import require_file

DECISIONS = "decisions_IDENTIFIABLE.jsonl"
COMMAND = "feedback decide"
FORM = ("person_unique_identifier", "nhs_number_traced", "decision", "decided_by", "decided_on", "why")
_WORDS = {"accept": "accept", "accepted": "accept", "reject": "reject", "rejected": "reject"}
_LONGEST = 500
_SHOWN = 10

Link = tuple[str, dict[str, str | None]]
"""The number that a trace told of a query, and the agreement level of each field."""


@dataclass(frozen=True)
class Decision:
    """One decision on the link of a query to a number. ``evidence``: the agreement level of each field at that time."""

    query_id: str
    nhs_number: str
    decision: str
    by: str
    on: str
    why: str
    evidence: Mapping[str, str | None]


def decisions_beside(folder: Path) -> Path:
    """Where decisions are kept if nothing else is said: in the folder ``decisions`` beside the register, or beside the
    request or the trace of a national answer.
    """
    return folder.resolve().parent / "decisions" / DECISIONS


def read_decisions(path: Path) -> tuple[Decision, ...]:
    """Every decision in the order in which they were received; none where there is no file.

    Raises InputError when the file is not as it was written.
    """
    try:
        lines = read_log(path)
        return tuple(Decision(**one) for line in lines for one in line.facts["decisions"])
    except (InputError, KeyError, TypeError):
        raise InputError(
            f"{path}: the decisions are not as they were written. Restore the file from a copy; nothing is traced or told "
            "without them."
        ) from None


def standing_decisions(path: Path) -> tuple[Decision, ...]:
    """The decisions that hold: the last on each person and number, and of a person's accepted numbers the last."""
    standing: dict[tuple[str, str], Decision] = {}
    for decision in read_decisions(path):
        if decision.decision == "accept":
            for key, other in list(standing.items()):
                if key[0] == decision.query_id and other.decision == "accept":
                    del standing[key]
        standing[decision.query_id, decision.nhs_number] = decision
    return tuple(standing[key] for key in sorted(standing))


def store_decisions(path: Path, source: str, decisions: Sequence[Decision], facts: Mapping[str, object]) -> None:
    """Add decisions as one line. Raises InputError when the file is not as it was written."""
    read_decisions(path)
    path.parent.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    with locked_file(path.with_name(f"{path.name}.lock")):
        append_line(path, source, {**facts, "decisions": [asdict(decision) for decision in decisions]})


def receive_list(
    path: Path,
    authority: str,
    trace: Trace,
    register: Path | None,
    *,
    asked: Asked | None = None,
    decisions: Path | None = None,
    options: EngineOptions | None = None,
) -> dict[str, int]:
    """Read an authority's list and keep its decisions, beside the register (of a national trace, beside the trace) if no
    other file is given; return their counts.

    Purpose and submission in the audit log are those of the trace, unless ``asked`` gives others. Raises UsageError when it
    is not clear which log knows the trace.
    """
    taken, undecided = read_list(path, authority, trace, options=options)
    counts = {word: sum(one.decision == word for one in taken) for word in ("accept", "reject")}
    counts["undecided"] = undecided
    asked = asked or Asked()
    log = log_of(asked, trace, register)
    action = asked_for(asked, log, trace.made_from).action(COMMAND)
    book = decisions or decisions_beside(register or trace.folder)
    read_decisions(book)
    record(log, replace(action, authority=authority, counts=counts, made_from=[trace.made_from]))
    facts = {"authority": authority, "list_sha256": file_record(path)["sha256"]}
    store_decisions(book, "list received", taken, facts)
    return counts


def read_list(
    path: Path, authority: str, trace: Trace, *, as_at: date | None = None, options: EngineOptions | None = None
) -> tuple[list[Decision], int]:
    """The decisions of an authority's list on the links of a trace, and how many rows are left undecided.

    The list is that of its pack, filled in: CSV, or an Excel workbook (first worksheet). Accept or reject, who, when, why
    (needed to reject). ``nhs_number_traced`` may be blank: then the link that the trace told is meant. All or nothing:
    InputError lists the rows that cannot be taken.
    """
    rows = list(_form_rows(require_file(path, "the authority's list")))
    links = links_of(trace, options, told=True)
    found, faults, blank = _Taken({}), [], 0
    for number, row in rows:
        if not row["decision"]:
            blank += 1
            continue
        query = f"{authority}/{_unguarded(row['person_unique_identifier'])}"
        fault = found.take(query, row, links.get(query), as_at or date.today())
        if fault:
            faults.append(f"row {number}: {fault}")
    if faults:
        more = f"; and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else ""
        raise InputError(f"{path}: nothing was taken. {'; '.join(faults[:_SHOWN])}{more}.")
    return list(found.decisions.values()), blank


def links_of(trace: Trace, options: EngineOptions | None = None, *, told: bool = False) -> dict[str, Link]:
    """The accepted links of a trace by query: the number and the agreement levels.

    ``told``: only those that feedback may tell; else also those to records marked sensitive, from the restricted file.
    """
    with open_engine(options, [trace.folder]) as engine:
        read_trace(engine, "link", trace.file)
        parts = ["link"]
        if trace.sensitive_file and not told:
            read_trace(engine, "sensitive_link", trace.sensitive_file)
            parts.append("sensitive_link")
        columns = {*engine.columns("link")}
        levels = ", ".join(f"agree_{f}" if f"agree_{f}" in columns else f"null as agree_{f}" for f in COMPARED_FIELDS)
        chosen = f"""
select query_id, nhs_number, {levels} from {{}}
where nhs_number is not null and outcome in (select unnest($accepted))"""
        union = "\nunion all ".join(chosen.format(part) for part in parts)
        rows = engine.rows(Step("links", union, {"accepted": list(accepted_outcomes())}))
    return {query: (number, dict(zip(COMPARED_FIELDS, evidence, strict=True))) for query, number, *evidence in rows}


@dataclass
class _Taken:
    """Decisions taken so far, by query, while a list is read."""

    decisions: dict[str, Decision]

    def take(self, query: str, row: Mapping[str, str], link: Link | None, today: date) -> str | None:
        """Take one row, or say what is wrong with it; never with a value of the row."""
        decision, on = _WORDS.get(row["decision"].casefold()), _day(row["decided_on"])
        number = re.sub(r"[ -]", "", _unguarded(row["nhs_number_traced"]))
        if decision is None:
            return "the decision is neither accept nor reject"
        if link is None or (number and number != link[0]):
            return "the trace told no such link for this person"
        if not row["decided_by"]:
            return "who decided is missing"
        if on is None or on > today:
            return "the day of the decision is missing, unreadable or in the future"
        if decision == "reject" and not row["why"]:
            return "why it is rejected is missing"
        if query in self.decisions:
            return "the person is on the list twice"
        if max(map(len, row.values())) > _LONGEST:
            return f"a cell is longer than {_LONGEST} characters"
        self.decisions[query] = Decision(
            query, link[0], decision, row["decided_by"], on.isoformat(), row["why"], link[1]
        )
        return None


def _form_rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a filled-in form by number, cells trimmed. Raises InputError when it is not one."""
    if is_workbook(path):
        read = read_local_table(path, FORM)
        if read.unreadable:
            raise InputError(
                f"{path}: row {read.unreadable[0][0]:,} has more cells than there are headings. Correct it."
            )
        columns = (
            ["" if cell is None else str(cell) for cell in column.to_pylist()] for column in read.rows.columns[1:]
        )
        rows = [dict(zip(FORM, cells, strict=True)) for cells in zip(*columns, strict=True)]
        return zip(read.rows["row_number"].to_pylist(), rows, strict=True)
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            reader = csv.DictReader(handle, restval="")
            headings = [name.strip() for name in reader.fieldnames or ()]
            if missing := [name for name in FORM if name not in headings]:
                raise InputError(f"{path}: no column {', '.join(missing)}. Fill in the list of the feedback pack.")
            reader.fieldnames = headings
            rows = [{name: (row[name] or "").strip() for name in FORM} for row in reader]
    except (UnicodeDecodeError, csv.Error):
        raise InputError(f"{path}: not a readable CSV file in UTF-8. Save it as 'CSV UTF-8', or as .xlsx.") from None
    except OSError:
        raise MachineError(
            f"{path}: the list cannot be read. Check the rights and that it is not open elsewhere."
        ) from None
    return enumerate(rows, start=1)


def _unguarded(cell: str) -> str:
    """A cell without the apostrophe that keeps a spreadsheet from taking it for a formula."""
    return cell[1:] if re.match(r"'[=+\-@\t\r]", cell) else cell


def _day(text: str) -> date | None:
    for form in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            return datetime.strptime(text, form).date()
        except ValueError:
            continue
    return None
