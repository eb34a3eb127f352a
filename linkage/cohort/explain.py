"""Who is behind a figure, and what became of each of their rows.

People are named by their key and rows by their number here; ``linkage.explaining`` tells who they are, where that may be seen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from linkage.cohort.derive.definitions import Lts001Definition, lts001_definition
from linkage.cohort.derive.events import LEFT_OUT
from linkage.cohort.derive.long_term_support import prepare_social_care
from linkage.cohort.derive.period import Period
from linkage.cohort.derive.source import CareSource
from linkage.cohort.measures.definition import ALL, MeasureDefinition
from linkage.cohort.measures.figures import shown_values
from linkage.cohort.measures.measure import Asked, Measure
from linkage.cohort.measures.registry import MEASURES, chosen_measures
from linkage.cohort.measures.salt_lts001 import ALL_AGES_BAND, ALL_REASONS, TOTAL, run_lts001, windows
from linkage.cohort.official import derive_for, derived_together, make_people
from linkage.engine import Engine, Step, Value, ident, literal
from linkage.errors import UsageError
from linkage.store import require_columns

EVERY = "all"
LTS001 = ("lts001a", "lts001b", "lts001c")
PLACES, FATES, AMONG = "explained_place", "explained_fate", "explained_among"
COLUMN, AUTHORITY = "column", "la_code"
KEPT = "kept as an event"
_LTS001_REASONS = {"no_age": "age not known", "no_band": "under 18 or outside the age bands"}
# The step of the derivation that leaves a row out, by its reason; the last replaces it by another record.
_STEP_OF = dict(
    zip(
        LEFT_OUT,
        (
            "chosen_submission (2)",
            "person_key (5)",
            "person_key (5)",
            "submitted_value (6)",
            *("events_in_period (3, 4)",) * 5,
            "not_kept (7, 9)",
        ),
        strict=True,
    )
)


@dataclass(frozen=True)
class CellOf:
    """A cell: ``columns`` (none: all), label → value as people tables hold it, ``la_code``. What is not named divides nothing."""

    columns: Sequence[str] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    la_code: str | None = None


def measure_ids(asked: str) -> list[str]:
    """The measures of one name, ``all`` of them, LTS001 first. Raises UsageError, listing what there is."""
    if asked == EVERY:
        return [*LTS001, *MEASURES]
    if asked not in LTS001 and asked not in MEASURES:
        raise UsageError(f"There is no measure {asked}. Known: {', '.join([EVERY, *LTS001, *MEASURES])}.")
    return [asked]


def cell_of(measure_id: str, named: Mapping[str, str], asked: Asked) -> CellOf:
    """The cell that is named by label, ``column`` and ``la_code``, with values as shown or as held.

    Raises UsageError for a name or value that the measure does not have, listing those that it has.
    """
    columns, labels = _choices(measure_id, asked)
    given = dict(named)
    la_code = given.pop(AUTHORITY, None)
    column = given.pop(COLUMN, None)
    if column is not None and column not in columns:
        raise UsageError(f"{measure_id} has no column of that name. It has: {', '.join(columns)}.")
    held: dict[str, str] = {}
    for name, value in given.items():
        if name not in labels:
            known = ", ".join([AUTHORITY, *labels, COLUMN])
            raise UsageError(f"{measure_id} is not divided by '{name}'. A cell is named by: {known}.")
        values = labels[name]
        if value not in values:
            raise UsageError(f"{measure_id}: {name} has no such value. It has: {', '.join(values)}.")
        if values[value] is not None:
            held[name] = str(values[value])
    return CellOf(columns[column] if column else (), held, la_code)


def explain_measures(
    engine: Engine, source: CareSource, ids: Sequence[str], asked: Asked, cell: CellOf, *, among: bool = False
) -> list[str]:
    """Make ``explained_place`` and ``explained_fate`` of the rows of ``social_care``; return measures that lack a table.

    ``explained_place``: one row per (measure, person, place), counted (``reason`` null) or not; ``explained_fate``: what the
    derivation made of each row of these people. ``among``: of people in the table ``explained_among`` only. Raises UsageError
    when a measure asked for by name lacks a table.
    """
    engine.run(_no_places())
    lts001 = [name for name in ids if name in LTS001]
    if lts001:
        _place_lts001(engine, lts001, asked, cell, among=among)
    measures = chosen_measures([name for name in ids if name in MEASURES]) if len(ids) > len(lts001) else []
    lacking = [one.id for one in measures if set(one.needs) - asked.tables] if len(ids) > 1 else []
    for number, together in enumerate(derived_together([one for one in measures if one.id not in lacking])):
        require_columns(engine, "social_care", sorted({name for one in together for name in one.definition.fields}))
        derive_for(engine, together, asked, source, keep_steps=True)
        engine.run(_fates(number))
        for measure in together:
            make_people(engine, measure, asked)
            engine.run(_places(measure, asked, cell, among=among))
            engine.run(_added(f"explained_{measure.id}"))
            engine.drop(measure.people, f"explained_{measure.id}")
    return lacking


def _choices(measure_id: str, asked: Asked) -> tuple[dict[str, Sequence[str]], dict[str, dict[str, str | None]]]:
    """Column → the columns that it is made of; label → value as shown or held → as held (None: all)."""
    if measure_id in LTS001:
        definition = lts001_definition()
        ids = [column.id for column in definition.columns]
        bands: dict[str, str | None] = {band.label: band.label for band in definition.age_bands}
        reasons: dict[str, str | None] = {
            name: name for name in (*definition.primary_support_reasons, definition.primary_support_reason_not_known)
        }
        labels = {"age_band": bands | {ALL_AGES_BAND: None}, "primary_support_reason": reasons | {ALL_REASONS: None}}
        return {**{name: (name,) for name in ids}, TOTAL: ids}, labels
    measure = MEASURES[measure_id].definition
    columns = {column.id: (column.id,) for column in measure.columns} | measure.sums
    columns |= {amount.column: amount.among for amount in measure.amounts}
    found: dict[str, dict[str, str | None]] = {}
    for label in measure.labels:
        held: dict[str, str | None] = {}
        for value, shown in shown_values(label, asked).items():
            held |= {shown: value, value: value}
        found[label.name] = held | {ALL: None}
    return dict(columns), found


def _no_places() -> Step:
    texts = ("measure", "la_code", "person_pseudonym", "in_group", "column_id", "stands_in", "reason", "step")
    columns = ", ".join(f"null::varchar as {name}" for name in texts)
    return Step(PLACES, f"select {columns}, null::bigint as event_id where false")


def _added(table: str) -> Step:
    return Step(PLACES, f"select * from {PLACES} union all by name select * from {ident(table)}")


def _places(measure: Measure, asked: Asked, cell: CellOf, *, among: bool) -> Step:
    """One row per (person, place) of one measure: in the cell, or looked at and not counted there or anywhere."""
    definition = measure.definition
    sql = f"""
select distinct {literal(measure.id)} as measure, placed.la_code, who.person_pseudonym,
  {_group_sql(definition, asked)} as in_group, column_id,
  {_texts_sql("column_id", {column.id: column.about for column in definition.columns})} as stands_in,
  {_texts_sql("reason", definition.reasons)} as reason, {literal(measure.people)} as step, cast(event_id as bigint) as event_id
from {ident(measure.people)} as placed
join (select distinct person_key, person_pseudonym from person_key) as who using (person_key)
where {_in_cell_sql(cell)}{_among_sql(among)}"""
    return Step(f"explained_{measure.id}", sql, _cell_values(cell, asked))


def _group_sql(definition: MeasureDefinition, asked: Asked) -> str:
    """SQL: a row's labels as shown, with their titles."""
    parts = [
        f"{literal(label.title + ': ')} || {_texts_sql(ident(label.name), shown_values(label, asked))}"
        for label in definition.labels
    ]
    return f"concat_ws('; ', {', '.join(parts)})" if parts else "''"


def _texts_sql(expression: str, texts: Mapping[str, str]) -> str:
    whens = " ".join(f"when {literal(value)} then {literal(text)}" for value, text in texts.items())
    return f"case cast({expression} as varchar) {whens} else cast({expression} as varchar) end" if whens else expression


def _in_cell_sql(cell: CellOf) -> str:
    conditions = ["(len($la_codes) = 0 or list_contains($la_codes, placed.la_code))"]
    if cell.columns:
        conditions.append("(reason is not null or list_contains($columns, column_id))")
    conditions += [
        f"({ident(name)} = $label_{place} or (reason is not null and {ident(name)} is null))"
        for place, name in enumerate(cell.labels)
    ]
    return " and ".join(conditions)


def _among_sql(among: bool) -> str:
    if not among:
        return ""
    return f"\n  and exists (select 1 from {AMONG} as one where one.person_pseudonym = who.person_pseudonym)"


def _cell_values(cell: CellOf, asked: Asked) -> dict[str, Value]:
    values: dict[str, Value] = {"la_codes": [cell.la_code] if cell.la_code else list(asked.la_codes)}
    if cell.columns:
        values["columns"] = list(cell.columns)
    return values | {f"label_{place}": value for place, value in enumerate(cell.labels.values())}


def _fates(number: int) -> Step:
    """One row per row of explained people: what the derivation made of it, the step that left it out, the effective end.

    Derivations of measures that look ahead keep more; a row that any of them keeps is kept.
    """
    steps = " ".join(f"when {literal(text)} then {literal(step)}" for text, step in _STEP_OF.items())
    before = f"\n  union all select * from {FATES}" if number else ""
    sql = f"""
with fate as (
  select row_id, case when not_kept.row_id is not null then {literal(LEFT_OUT[-1])} else left_out::varchar end as left_out,
    kept_row, coalesce(cropped.end_date, events_in_period.end_date) as effective_end_date
  from events_in_period left join not_kept using (row_id, reference_no) left join cropped using (row_id, reference_no)
),
told as (
  select row_id, coalesce(left_out, {literal(KEPT)}) as became, case left_out {steps} end as step,
    case when left_out is null then effective_end_date end as effective_end_date, kept_row
  from fate{before}
)
select * from told qualify row_number() over (partition by row_id order by became <> {literal(KEPT)}, kept_row) = 1"""
    return Step(FATES, sql)


# ------------------------------------------------------------------------------------------------------------ LTS001


def _place_lts001(engine: Engine, ids: Sequence[str], asked: Asked, cell: CellOf, *, among: bool) -> None:
    """Places of LTS001, and ``explained_lts001``: one row per row, with what LTS001 makes of it."""
    prepare_social_care(engine)
    definition = lts001_definition()
    run_lts001(engine, definition, asked.period, la_codes=list(asked.la_codes), numbered=True)
    engine.run(_lts001_places(ids, definition, asked, cell, among=among))
    engine.run(_added("explained_lts001_people"))
    engine.run(_lts001_rows(definition, asked.period))


def _lts001_places(
    ids: Sequence[str], definition: Lts001Definition, asked: Asked, cell: CellOf, *, among: bool
) -> Step:
    texts: dict[str, str] = {column.id: column.label for column in definition.columns}
    tables = ", ".join(literal(name) for name in ids)
    sql = f"""
with placed as (
  select *, case when age_years is null then 'no_age' when age_band is null then 'no_band' end as reason from lts001_people
)
select lower(table_id) as measure, placed.la_code, who.person_pseudonym,
  concat_ws('; ', 'Age: ' || age_band, 'Primary support reason: ' || primary_support_reason) as in_group,
  case when reason is null then column_id end as column_id,
  case when reason is null then {_texts_sql("column_id", texts)} end as stands_in,
  {_texts_sql("reason", _LTS001_REASONS)} as reason, 'placed_' || lower(table_id) as step, null::bigint as event_id
from placed join (select distinct person_pseudonym from placed) as who using (person_pseudonym)
where lower(table_id) in ({tables}) and {_in_cell_sql(cell)}{_among_sql(among)}"""
    return Step("explained_lts001_people", sql, _cell_values(cell, asked))


def _lts001_rows(definition: Lts001Definition, period: Period) -> Step:
    first, last, _ = windows(period, definition.continuous_months)
    told = ", ".join(
        f"case when start_date <= date {literal(window.end.isoformat())} and coalesce(end_date, date '9999-12-31') >= "
        f"date {literal(window.start.isoformat())} then {literal(words)} end"
        for window, words in ((first, "in the period (lts001a)"), (last, "on its last day (lts001b, lts001c)"))
    )
    sql = f"""
select row_id, coalesce(left_out, 'long-term support ' || nullif(concat_ws(' and ', {told}), ''),
    'long-term support outside the period') as became
from long_term_checked"""
    return Step("explained_lts001", sql)
