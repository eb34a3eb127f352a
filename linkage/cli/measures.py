"""The command of official measures: tables official."""

from pathlib import Path
from typing import Annotated, Any

import typer

from linkage.cli.analysis import Care, Ledger, PeriodEnd, PeriodStart, Published, given_period
from linkage.cli.options import Json, Memory, Out, TempDir, Threads, engine_options
from linkage.cli.output import counted, emit


def official(
    linked: Care,
    out: Out,
    measure: Annotated[
        list[str] | None, typer.Option("--measure", help="Measure, such as ascof_2e; several allowed; all if none.")
    ] = None,
    by: Annotated[
        list[str] | None,
        typer.Option(
            "--by", help="Divide every measure by this as well, such as age_10 or service_type; several allowed."
        ),
    ] = None,
    period_start: PeriodStart = None,
    period_end: PeriodEnd = None,
    la: Annotated[list[str] | None, typer.Option("--la", help="Authority code; several allowed; all if none.")] = None,
    population: Annotated[
        Path | None,
        typer.Option(
            metavar="CSV", help="People by la_code, gender and age (or age_from, age_to), for rates per 100,000."
        ),
    ] = None,
    published: Published = None,
    policy: Annotated[str, typer.Option(help="Disclosure policy for every count.")] = "cld_round5",
    ledger: Ledger = None,
    memory: Memory = None,
    threads: Threads = None,
    temp_dir: TempDir = None,
    json: Json = False,
) -> None:
    """Official measures of a year, as CSV, workbook and page: outcomes and statistics, and why people do not count.

    Example: cldlink tables official linked --measure ascof_2e --measure ascof_3d_clients --out measures
    """
    from linkage.cohort.official import tables_official as write

    tables = write(
        linked,
        out,
        measures=measure or [],
        by=by or [],
        period=given_period(period_start, period_end),
        la=la or [],
        population=population,
        published=published,
        policy=policy,
        ledger=ledger,
        options=engine_options(memory, threads, temp_dir),
    )
    rows: dict[str, Any] = {f"{name}_rows": len(table.display) for name, table in tables.tables.items()}
    lines = [*counted(rows), *tables.said]
    emit("tables official", rows | ({"notes": list(tables.said)} if tables.said else {}), as_json=json, lines=lines)
