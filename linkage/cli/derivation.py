"""Commands of the derivation: tables steps, tables dataset."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from linkage.cli.analysis import PeriodEnd, PeriodStart, given_period
from linkage.cli.options import Json, Memory, Out, TempDir, Threads, engine_options
from linkage.cli.output import emit


def steps(
    sql: Annotated[
        bool, typer.Option("--sql", help="Show each step's SQL too; values that are bound have a $.")
    ] = False,
    json: Json = False,
) -> None:
    """The steps from submitted events to the tables that measures read, in the order in which they run.

    Example: cldlink tables steps
    """
    from linkage.cohort.derive.dictionary import guide_steps

    shown = [
        {"step": named.step.name, "number": named.number, "about": " ".join(named.about.replace("``", "").split())}
        | ({"sql": named.step.sql.strip()} if sql else {})
        for named in guide_steps()
    ]
    lines = []
    for one in shown:
        lines += [f"{one['step']} ({one['number']})", f"  {one['about']}", *([one["sql"]] if sql else []), ""]
    emit("tables steps", {"steps": shown}, as_json=json, lines=lines)


Events = Annotated[
    Path, typer.Argument(help="A folder of 'cldlink submission consolidate', or of 'cldlink processed'.")
]
PersonRule = Annotated[
    Literal["dhsc", "nhs_england"],
    typer.Option(help="Rule of the person key; the second drops rows without number."),
]
Postcodes = Annotated[
    Path | None,
    typer.Option(metavar="PARQUET", help="Areas of postcodes: columns postcode, lsoa, ward and la_code."),
]


def dataset(
    folder: Events,
    out: Out,
    period_start: PeriodStart = None,
    period_end: PeriodEnd = None,
    person_rule: PersonRule = "dhsc",
    postcodes: Postcodes = None,
    derived_only: Annotated[
        bool, typer.Option("--derived-only", help="Nothing that was submitted, but authority, file and row number.")
    ] = False,
    memory: Memory = None,
    threads: Threads = None,
    temp_dir: TempDir = None,
    json: Json = False,
) -> None:
    """The submitted events of an authority with their derived variables beside them, a data dictionary and a guide.

    The dataset identifies people, unless it is told to hold the derived variables only.

    Example: cldlink tables dataset processed --out dataset
    """
    from linkage.cohort.derive.run import Derivation
    from linkage.cohort.variables import write_variables

    choices = Derivation(period=given_period(period_start, period_end), person_rule=person_rule)
    options = engine_options(memory, threads, temp_dir)
    counts = write_variables(
        folder, out, derivation=choices, postcodes=postcodes, with_submitted=not derived_only, options=options
    )
    emit("tables dataset", counts, as_json=json)
