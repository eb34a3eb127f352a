"""Who stands in another cell of a measure in a second set of submissions than in the first.

Works on two linked folders of one domain, or on two of an authority's own; people are named by their key.
"""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from linkage.cohort.derive.covered import covered_days, require_all_covered
from linkage.cohort.derive.own import is_linked, open_own, own_care
from linkage.cohort.derive.period import Period, covered_period
from linkage.cohort.derive.source import linked_source
from linkage.cohort.explain import PLACES, CellOf, explain_measures, measure_ids
from linkage.cohort.measures.measure import Asked
from linkage.cohort.shown import Figures, Showing, disclosure_policy
from linkage.engine import Engine, EngineOptions, Step, open_engine
from linkage.errors import InputError, UsageError
from linkage.runs import Manifest, file_record, read_manifest, staged_outputs
from linkage.store import LINKED_TABLES, open_linked, require_other_folder
from pseudo.disclosure import Cells, GatedTable, apply

COMMAND = "tables moved"
NOWHERE = "not looked at"
SAME = "the same column, another group"


def tables_moved(
    measure: str,
    before: Path,
    after: Path,
    out: Path,
    *,
    period: Period | None = None,
    la: Sequence[str] = (),
    policy: str = "cld_round5",
    ledger: Path | None = None,
    options: EngineOptions | None = None,
) -> GatedTable:
    """Write how many people moved between the columns of a measure, through the gate. Of linked folders only.

    ``period``: of the figures of both (default: what each covers). Raises UsageError when a folder is no linked one or is the
    other, InputError when their pseudonyms are not of one domain.
    """
    for folder in (before, after):
        require_other_folder(out, folder)
        if not is_linked(folder):
            raise UsageError(f"{folder}: no linked folder. Compare two linked folders, or two of one's own.")
    domains = [read_manifest(folder)["settings"].get("domain") for folder in (before, after)]
    if domains[0] != domains[1]:
        raise InputError(
            "The pseudonyms of the two linked folders are of different domains, so that nobody can be found in both."
        )
    rule = disclosure_policy(policy)
    with open_engine(options) as engine:
        periods = compare(engine, measure, before, after, period=period, la=la, options=options)
        exact = engine.arrow(counts_step(measure))
    gated = apply(rule, exact, Cells(counts={"people": "people"}))
    where = {f"people looked at for {measure} before or after": tuple(str(one) for one in periods)}
    showing = Showing(after, out, rule, ledger)
    figures = {f"{measure}_moved": Figures(gated, where, headings=("table",))}
    with staged_outputs(out) as staging, showing.checked(figures):
        records = showing.write(staging, figures)
        said = [str(one) for one in periods]
        settings = {"measure": measure, "periods": said, "authorities": list(la), "disclosure": records}
        inputs = [file_record(folder / "social_care.parquet") for folder in (before, after)]
        Manifest(COMMAND, inputs, {}, settings).write(staging)
    return gated


def compare(
    engine: Engine,
    measure: str,
    before: Path,
    after: Path,
    *,
    period: Period | None,
    la: Sequence[str],
    options: EngineOptions | None,
) -> list[Period]:
    """Make ``moved``: one row per (authority, person) who stands otherwise, in places before and after; return the periods.

    Every place of a person counts: somebody on twelve month ends has twelve. Somebody whom the measure does not look at, or who
    has no rows, stands nowhere.
    """
    [measure_id] = measure_ids(measure) if measure != "all" else [""]
    if not measure_id:
        raise UsageError("Two sets of submissions are compared for one measure at a time.")
    periods = []
    for name, folder in (("before", before), ("after", after)):
        when, places = _places(measure_id, folder, period, la, options)
        periods.append(when)
        engine.register(f"placed_{name}", places)
    engine.run(_moved())
    return periods


def _places(
    measure_id: str, folder: Path, period: Period | None, la: Sequence[str], options: EngineOptions | None
) -> tuple[Period, pa.Table]:
    """One row per (authority, person) with all places as text, and the period."""
    linked = is_linked(folder)
    with open_linked(folder, options) if linked else open_own(folder, options) as engine:
        when = period or covered_period(engine, list(la))
        asked = Asked(when, tuple(la), frozenset(LINKED_TABLES) if linked else frozenset())
        source = linked_source(engine) if linked else own_care(engine)
        require_all_covered(covered_days(engine, source, la), when)
        explain_measures(engine, source, [measure_id], asked, CellOf())
        told = "coalesce(stands_in, 'does not count: ' || reason)"
        sql = f"""
select la_code, person_pseudonym, string_agg(distinct {told}, '; ' order by {told}) as columns,
  string_agg(distinct {told} || coalesce(' (' || nullif(in_group, '') || ')', ''), '; '
    order by {told} || coalesce(' (' || nullif(in_group, '') || ')', '')) as places
from {PLACES} group by la_code, person_pseudonym"""
        return when, engine.arrow(Step("moved_places", sql))


def _moved() -> Step:
    sql = f"""
select la_code, person_pseudonym, coalesce(placed_before.columns, '{NOWHERE}') as column_before,
  coalesce(placed_after.columns, '{NOWHERE}') as column_after, coalesce(placed_before.places, '{NOWHERE}') as place_before,
  coalesce(placed_after.places, '{NOWHERE}') as place_after
from placed_before full join placed_after using (la_code, person_pseudonym)
where placed_before.places is distinct from placed_after.places"""
    return Step("moved", sql)


def counts_step(measure: str) -> Step:
    """One row per (authority, column before, column after): people who moved, exact."""
    sql = f"""
select '{measure_ids(measure)[0]}' as "table", la_code, column_before,
  case when column_before = column_after then '{SAME}' else column_after end as column_after, count(*) as people
from moved group by la_code, column_before, column_after order by la_code, column_before, column_after"""
    return Step("moved_counts", sql)
