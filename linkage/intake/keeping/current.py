"""The current record of one or many authorities from all their submissions: which rows of which file stand.

Cumulative files (v4.2, v6): the latest of a reporting year supersedes the earlier ones of that year whole; years stand side
by side. Rolling files (from Release 1): a later file supersedes what lies in its coverage, event by event. An event lies in
the coverage of a file unless it ended before the first day that the file covers; in the coverage and absent, it has been
withdrawn; outside it, the earlier file's row stays, unless a later file sends the same event all the same. Where a
cumulative file and a rolling one meet, the second rule holds. See docs/decisions/0009.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from linkage.engine import Engine, Step, Value, ident, literal
from linkage.intake.keeping.kept import EVENT_KEY, GIVEN, LAST_DAY, KeptFile, column_sql, event_columns, key_sql
from linkage.spec import Specification

_PERSON_TEXTS = ("la_code", "person_unique_identifier", "nhs_number", "first_name", "last_name", "postcode", "gender")


@dataclass(frozen=True)
class Part:
    """A file of which rows stand: all of them; with ``before`` only events that ended before that day; with ``within`` only
    those of a reference period: services that overlap it, other events that end in it.
    """

    number: int
    file: KeptFile
    before: date | None = None
    within: tuple[date, date] | None = None

    @property
    def cut(self) -> bool:
        """Whether some rows may not stand, or a later part may have them again."""
        return self.before is not None or self.within is not None

    def rows_sql(self, columns: Sequence[str], *, superseded: bool = False) -> str:
        """SQL for the rows that stand by their dates, or with ``superseded`` also for those that a later file speaks for;
        ``columns`` are select expressions.
        """
        source = ident(self.file.place) if self.file.in_engine else f"read_parquet($place_{self.number})"
        where = ["true"]
        if self.before and not superseded:
            where.append(f"event_end_date is not null and {LAST_DAY} < $before_{self.number}")
        if self.within:
            first, last = f"$first_{self.number}", f"$last_{self.number}"
            where.append(
                f"""case when event_type = 'Service'
        then event_start_date <= {last} and (event_end_date is null or event_end_date >= {first})
        else event_end_date between {first} and {last} end"""
            )
        return f"select {', '.join(columns)} from {source}\nwhere {' and '.join(where)}"

    def values(self, *, superseded: bool = False) -> dict[str, Value]:
        """The values that ``rows_sql`` binds."""
        values: dict[str, Value] = {} if self.file.in_engine else {f"place_{self.number}": self.file.place}
        if self.before and not superseded:
            values[f"before_{self.number}"] = self.before
        if self.within:
            values |= {f"first_{self.number}": self.within[0], f"last_{self.number}": self.within[1]}
        return values


def standing_parts(files: Sequence[KeptFile]) -> list[Part]:
    """The files of which rows stand, by authority and period; the rest are superseded whole."""
    ordered = sorted(files, key=lambda file: (file.la_code, file.period_end, file.order))
    standing = [
        file for place, file in enumerate(ordered) if not any(_whole(file, later) for later in ordered[place + 1 :])
    ]
    parts = []
    for place, file in enumerate(standing):
        cuts = [later.covers_from for later in standing[place + 1 :] if _by_event(file, later)]
        parts.append(Part(place, file, min(cuts, default=None)))
    return parts


def moved_parts(parts: Sequence[Part], since: Mapping[tuple[str, str], date] | None) -> list[Part]:
    """Parts of which some have another authority now than the one that sent them, numbered anew by authority and period.

    Of the files of one authority it is known already which rows stand. The present authority's own later files speak for moved
    rows as they do for its own (see above), if their period ends on or after the day ``since`` which that authority's files
    have the people of the other; no day: all later ones. None for ``since``: they do not, as the files were chosen otherwise.
    """
    ordered = sorted(
        parts, key=lambda part: (part.file.la_code, part.file.period_end, part.file.sender is None, part.number)
    )
    made: list[Part] = []
    for part in ordered:
        own = [other.file for other in ordered if since is not None and _speaks_for(other.file, part.file, since)]
        if any(_whole(part.file, later) for later in own):
            continue
        cuts = [later.covers_from for later in own if _by_event(part.file, later)]
        before = min([*cuts, *([part.before] if part.before else [])], default=None)
        made.append(replace(part, number=len(made), before=before))
    return made


def _speaks_for(own: KeptFile, moved: KeptFile, since: Mapping[tuple[str, str], date]) -> bool:
    if own.sender or not moved.sender or own.la_code != moved.la_code or own.period_end <= moved.period_end:
        return False
    return own.period_end >= since.get((moved.sender, moved.la_code), date.min)


def current_steps(parts: Sequence[Part]) -> tuple[Step, ...]:
    """Steps to ``sent_again_<code>`` (number, row_number) for the parts of one authority: rows of earlier parts that a
    later one has again, by the event's key, though the event ended before its coverage. None for cumulative files.
    """
    earlier = [part for part in parts if part.cut]
    if not earlier:
        return ()
    after = [part for part in parts if part.number > earlier[0].number]
    target = parts[-1].file.specification
    keys = [ident(name) for name in EVENT_KEY]
    same = " and ".join(f"o.{key} is not distinct from l.{key}" for key in keys)
    return (
        Step("earlier_keys", _union([_keys_sql(part, target) for part in earlier]), _values(earlier)),
        Step(
            "later_keys",
            _union([_keys_sql(part, target, superseded=True) for part in after]),
            _values(after, superseded=True),
        ),
        Step(
            _sent_again(earlier[0]),
            f"""select distinct o.number, o.row_number from earlier_keys as o join later_keys as l
on l.number > o.number and {same}""",
        ),
    )


def events_step(parts: Sequence[Part], name: str = "events") -> Step:
    """The current record: one row per event that stands, in the order of authority, period end and row number.

    ``record_id`` holds nothing personal: authority that sent the row, period end, row number.
    """
    selects = []
    for part in parts:
        end = part.file.period_end.isoformat()
        sent_by = literal(part.file.sender) if part.file.sender else "la_code"
        columns = [
            f"{sent_by} || '/{end}/' || row_number as record_id",
            f"cast($name_{part.number} as varchar) as submission",
            "row_number",
            *(column_sql(column, part.file.specification) for column in event_columns()),
        ]
        selects.append(_standing_sql(part, columns))
    names: dict[str, Value] = {f"name_{part.number}": part.file.name for part in parts}
    return Step(name, "\nunion all\n".join(selects), _values(parts) | names)


def people_rows_step(parts: Sequence[Part]) -> Step:
    """``people_rows``: of every row that stands, who it is about, with the order in which rows count."""
    selects = []
    for part in parts:
        texts = [ident(name) if part.file.specification.has(name) else f"null as {name}" for name in _PERSON_TEXTS]
        columns = [
            *texts,
            "date_of_birth",
            f"date_of_birth{GIVEN}",
            "event_start_date",
            f"{part.number} as number",
            "row_number",
        ]
        selects.append(_standing_sql(part, columns))
    return Step("people_rows", "\nunion all\n".join(selects), _values(parts))


def by_authority(parts: Sequence[Part]) -> dict[str, list[Part]]:
    """The parts of each authority."""
    groups: dict[str, list[Part]] = {}
    for part in parts:
        groups.setdefault(part.file.la_code, []).append(part)
    return groups


def make_current(engine: Engine, parts: Sequence[Part]) -> None:
    """Make ``people_rows`` and what ``events_step`` needs for the parts of one authority or of many."""
    for mine in by_authority(parts).values():
        engine.run_all(current_steps(mine))
    engine.drop("earlier_keys", "later_keys")
    engine.run(people_rows_step(parts))


def _whole(file: KeptFile, later: KeptFile) -> bool:
    """Whether a later file supersedes a file whole."""
    if file.la_code != later.la_code:
        return False
    if file.period_end == later.period_end:
        return True
    return not (file.rolling or later.rolling) and file.reporting_year == later.reporting_year


def _by_event(file: KeptFile, later: KeptFile) -> bool:
    return file.la_code == later.la_code and (file.rolling or later.rolling)


def _sent_again(part: Part) -> str:
    return f"sent_again_{part.file.la_code}"


def _keys_sql(part: Part, target: Specification, *, superseded: bool = False) -> str:
    columns = [f"{part.number} as number", "row_number", *key_sql(part.file.specification, target)]
    return part.rows_sql(columns, superseded=superseded)


def _standing_sql(part: Part, columns: Sequence[str]) -> str:
    """The rows of a part that stand, without those that a later file has again."""
    rows = part.rows_sql(columns)
    if not part.cut:
        return rows
    return (
        f"{rows} and row_number not in (select row_number from {ident(_sent_again(part))} where number = {part.number})"
    )


def _union(selects: Sequence[str]) -> str:
    return "\nunion all\n".join(selects)


def _values(parts: Sequence[Part], *, superseded: bool = False) -> dict[str, Value]:
    return {name: value for part in parts for name, value in part.values(superseded=superseded).items()}
