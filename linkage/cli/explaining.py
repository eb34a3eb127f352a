"""Commands that open figures, with people where they may be identified: tables explain, tables moved."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from linkage.cli.analysis import Ledger, PeriodEnd, PeriodStart, given_period
from linkage.cli.options import Json, Memory, Out, TempDir, Threads, engine_options
from linkage.cli.output import emit

if TYPE_CHECKING:
    from linkage.explaining import Explanation, Place, Total

Own = Annotated[
    Path, typer.Argument(help="A folder of 'cldlink submission consolidate' or 'cldlink processed', with people in it.")
]


def explain(
    measure: Annotated[str, typer.Argument(help="A measure, lts001a to lts001c, or 'all' with --person.")],
    folder: Own,
    out: Out,
    cell: Annotated[
        list[str] | None,
        typer.Option(
            "--cell", metavar="NAME=VALUE", help="What the cell is about: a label, column or la_code; several allowed."
        ),
    ] = None,
    person: Annotated[str | None, typer.Option(help="Only this person: the authority's own identifier.")] = None,
    period_start: PeriodStart = None,
    period_end: PeriodEnd = None,
    la: Annotated[list[str] | None, typer.Option("--la", help="Authority code; several allowed; all if none.")] = None,
    memory: Memory = None,
    threads: Threads = None,
    temp_dir: TempDir = None,
    json: Json = False,
) -> None:
    """The people and events behind a figure, the step that put them there, and why somebody does not count.

    Only on an authority's own submissions; a release or a linked folder is refused. The files identify people.

    Example: cldlink tables explain ascof_3d_clients processed --cell column=direct_payment --out explained
    """
    from linkage.errors import UsageError
    from linkage.explaining import explain as write

    wrong = [one for one in cell or [] if "=" not in one]
    if wrong:
        raise UsageError("A cell is given as NAME=VALUE, such as --cell column=direct_payment.")
    named = dict(one.split("=", 1) for one in cell or [])
    period = given_period(period_start, period_end)
    options = engine_options(memory, threads, temp_dir)
    done = write(measure, folder, out, cell=named, person=person, period=period, la=la or [], options=options)
    results = {"period": str(done.period), "places": [vars(place) for place in done.places], "rows": done.rows}
    results |= {"totals": [vars(total) for total in done.totals]}
    results |= {"notes": list(done.said)}
    emit("tables explain", results | {"lacking": list(done.lacking)}, as_json=json, lines=_lines(done, person))


def moved(
    measure: Annotated[str, typer.Argument(help="A measure, or lts001a to lts001c.")],
    before: Annotated[Path, typer.Argument(help="The earlier folder: consolidated or processed, or linked.")],
    after: Annotated[Path, typer.Argument(help="The later one, of the same kind.")],
    out: Out,
    period_start: PeriodStart = None,
    period_end: PeriodEnd = None,
    la: Annotated[list[str] | None, typer.Option("--la", help="Authority code; several allowed; all if none.")] = None,
    policy: Annotated[str, typer.Option(help="Disclosure policy for counts of linked folders.")] = "cld_round5",
    ledger: Ledger = None,
    memory: Memory = None,
    threads: Threads = None,
    temp_dir: TempDir = None,
    json: Json = False,
) -> None:
    """Who stands in another cell of a measure than before: people of one's own submissions, counts of linked folders.

    Example: cldlink tables moved lts001b current_q3 current_q4 --out moved
    """
    from linkage.cohort.derive.own import is_linked
    from linkage.cohort.moved import tables_moved
    from linkage.moving import moved_people

    period, options = given_period(period_start, period_end), engine_options(memory, threads, temp_dir)
    if is_linked(before) or is_linked(after):
        gated = tables_moved(
            measure, before, after, out, period=period, la=la or [], policy=policy, ledger=ledger, options=options
        )
        rows = [{name: row[name] for name in _MOVES} for row in gated.display.to_pylist()]
    else:
        done = moved_people(measure, before, after, out, period=period, la=la or [], options=options)
        rows = [dict(zip(_MOVES, move, strict=True)) for move in done.people]
    lines = [f"{row['la_code']}  {row['people']:>6}  {row['column_before']} → {row['column_after']}" for row in rows]
    emit("tables moved", {"moves": rows}, as_json=json, lines=lines or ["nobody moved"])


_MOVES = ("la_code", "column_before", "column_after", "people")


def _lines(done: "Explanation", person: str | None) -> list[str]:
    looked_at = [place for place in done.places if place.stands_in or place.reason]
    lines = [f"{place.measure:<25} {'' if person else _people(place.people)}{_where(place)}" for place in looked_at]
    if not person:
        lines = [f"{total.measure:<25} {_people(total.people)}{_counts(total)}" for total in done.totals] + lines
    others = [place.measure for place in done.places if place not in looked_at]
    if others:
        lines.append(f"not in the population of: {', '.join(others)}")
    if done.lacking:
        lines.append(f"needs a release with links to health data: {', '.join(done.lacking)}")
    lines += done.said
    return lines


def _where(place: "Place") -> str:
    verb = "does" if place.people == 1 else "do"
    where = f"{verb} not count: {place.reason}" if place.reason else str(place.stands_in)
    return f"{where}  ({place.in_group})" if place.in_group else where


def _people(number: int) -> str:
    return f"{number:>7,} {'person' if number == 1 else 'people'}  "


def _counts(total: "Total") -> str:
    events = "" if total.events is None else f", with {total.events:,} {'event' if total.events == 1 else 'events'}"
    return f"{'counts' if total.people == 1 else 'count'} in all{events}"
