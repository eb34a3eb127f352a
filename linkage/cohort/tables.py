"""The official tables from linked social care data: computed exactly, written only as the disclosure gate shows them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from linkage.cohort.derive.definitions import Lts001Definition, PartDirectPayment, lts001_definition
from linkage.cohort.derive.long_term_support import prepare_social_care
from linkage.cohort.derive.own import open_care
from linkage.cohort.derive.period import Period, covered_period
from linkage.cohort.measures.salt_lts001 import (
    ALL_AGES_BAND,
    ALL_REASONS,
    TOTAL,
    flow_step,
    run_lts001,
    wide_step,
    windows,
)
from linkage.cohort.presented_salt import write_salt
from linkage.cohort.published import compared, read_published
from linkage.cohort.salt_tables import SaltTables
from linkage.cohort.shown import Figures, Showing, disclosure_policy
from linkage.engine import Engine, EngineOptions, Step
from linkage.errors import UsageError
from linkage.runs import Manifest, file_record, staged_outputs
from linkage.store import require_other_folder
from pseudo.disclosure import Cells, DisclosurePolicy, GatedTable, Totals, apply

SALT_POLICY = "cld_round5"


def tables_salt(
    linked: Path,
    out: Path,
    *,
    period: Period | None = None,
    la: Sequence[str] = (),
    policy: str = SALT_POLICY,
    part_direct_payment: PartDirectPayment | None = None,
    published: Path | None = None,
    ledger: Path | None = None,
    options: EngineOptions | None = None,
) -> SaltTables:
    """Write LTS001a, b and c of a linked folder, or of an authority's own, to ``out``, with the flow of rows and people.

    As CSV, and as a workbook and a page; beside figures that were ``published``, a CSV. ``period``: first and last day, both
    inclusive (default: the period that the submissions cover). ``la``: authorities (none: all). ``part_direct_payment``: the
    switch of the definition. ``ledger``: the file of what was shown before, beside ``out`` if not given. Raises UsageError for
    an authority that is not there, authorities that cover different periods or an unknown disclosure policy, InputError when
    the release or the published figures lack a needed column, PolicyError when the tables tell too much beside one another or
    earlier ones.
    """
    require_other_folder(out, linked)
    rule, printed = disclosure_policy(policy), read_published(published) if published else []
    definition = lts001_definition()
    if part_direct_payment:
        definition = definition.model_copy(update={"part_direct_payment": part_direct_payment})
    with open_care(linked, options) as engine:
        prepare_social_care(engine)
        _require_authorities(engine, la)
        chosen = period or covered_period(engine, list(la))
        run_lts001(engine, definition, chosen, la_codes=list(la))
        tables = _gated(engine, definition, chosen, list(la), rule)
    done = SaltTables(out, chosen, definition, tables)
    showing = Showing(linked, out, rule, ledger)
    figures = _figures(tables, chosen, tuple(la))
    with staged_outputs(out) as staging, showing.checked(figures):
        beside = compared(printed, tables)
        records = showing.write(staging, figures, write_salt(staging, done, rule, beside))
        settings = {
            "period": str(chosen),
            "authorities": list(la),
            "part_direct_payment": definition.part_direct_payment,
            "disclosure": records,
        }
        inputs = [
            file_record(path) for path in [*sorted(linked.glob("*.parquet")), *([published] if published else [])]
        ]
        Manifest(command="tables salt", inputs=inputs, counts={}, settings=settings).write(staging)
    return done


def _figures(tables: Mapping[str, GatedTable], period: Period, la: tuple[str, ...]) -> dict[str, Figures]:
    """The tables and whom they count: LTS001b counts some of those in LTS001a, LTS001c some of those in LTS001b."""
    where: dict[str, tuple[str, ...]] = {"long-term support": (str(period),)}
    people = {"lts001a": where}
    people["lts001b"] = where | {"on the last day": (period.end.isoformat(),)}
    people["lts001c"] = people["lts001b"] | {"without a gap": ("for more than 12 months",)}
    people["lts001_flow"] = {"rows and people considered for LTS001": (str(period),)}
    people["link_quality"] = {"people in social care": ("all",)}
    if la:
        people["lts001_flow"] |= {"authority": la}
    return {name: Figures(table, people[name], headings=("table", "period")) for name, table in tables.items()}


def _gated(
    engine: Engine, definition: Lts001Definition, period: Period, la_codes: list[str], policy: DisclosurePolicy
) -> dict[str, GatedTable]:
    columns = tuple(column.id for column in definition.columns)
    totals = Totals({"age_band": ALL_AGES_BAND, "primary_support_reason": ALL_REASONS}, {TOTAL: columns})
    cells = Cells(counts={name: name for name in (*columns, TOTAL)}, totals=totals)
    tables = {
        window.table_id.lower(): apply(policy, engine.arrow(wide_step(window, definition)), cells)
        for window in windows(period, definition.continuous_months)
    }
    tables["lts001_flow"] = apply(policy, engine.arrow(flow_step()), Cells(counts={"count": "people"}))
    return tables | {"link_quality": link_quality_table(engine, la_codes, policy)}


def link_quality_table(engine: Engine, la_codes: list[str], policy: DisclosurePolicy) -> GatedTable:
    """Social care people by authority and kind of id, and how many of them each health table holds."""
    sql = """
select * from link_quality
where len($la_codes) = 0 or list_contains($la_codes, la_code) order by la_code, person_id_type"""
    table = engine.arrow(Step("link_quality_shown", sql, {"la_codes": la_codes}))
    counts = [name for name in table.column_names if name not in ("la_code", "person_id_type")]
    return apply(policy, table, Cells(counts={name: name for name in counts}))


def _require_authorities(engine: Engine, la: Sequence[str]) -> None:
    known = [row[0] for row in engine.rows(Step("authorities", "select distinct la_code from social_care order by 1"))]
    unknown = [code for code in la if code not in known]
    if unknown:
        raise UsageError(f"No rows of authority {', '.join(unknown)}. The linked tables hold: {', '.join(known)}.")
