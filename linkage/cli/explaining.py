"""Commands that show who is behind a figure, where people may be identified: tables explain."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from linkage.cli.analysis import PeriodEnd, PeriodStart, given_period
from linkage.cli.options import Json, Memory, Out, TempDir, Threads, engine_options
from linkage.cli.output import emit

if TYPE_CHECKING:
    from linkage.explaining import Explanation, Place

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
    emit("tables explain", results | {"lacking": list(done.lacking)}, as_json=json, lines=_lines(done, person))


def _lines(done: "Explanation", person: str | None) -> list[str]:
    looked_at = [place for place in done.places if place.stands_in or place.reason]
    lines = [
        f"{place.measure:<25} {'' if person else f'{place.people:>7,} people  '}{_where(place)}" for place in looked_at
    ]
    others = [place.measure for place in done.places if place not in looked_at]
    if others:
        lines.append(f"not in the population of: {', '.join(others)}")
    if done.lacking:
        lines.append(f"needs tables that a submission does not have: {', '.join(done.lacking)}")
    return lines


def _where(place: "Place") -> str:
    where = f"does not count: {place.reason}" if place.reason else str(place.stands_in)
    return f"{where}  ({place.in_group})" if place.in_group and not place.reason else where
