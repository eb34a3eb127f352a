"""Commands of the person register: build, update, describe."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from linkage.cli.options import Columns, Json, Memory, Out, TempDir, Threads, engine_options
from linkage.cli.output import emit, progress

register_app = typer.Typer(
    no_args_is_help=True, help="Prepare a person register, bring it up to date, and look at one."
)

_BUILD_EXAMPLES = """**Examples**

cldlink register build extract.csv --out register

cldlink register build a.parquet b.parquet --out register --columns nhs_number=NHS_NO,family_name=SURNAME

cldlink register build wide.csv --out register --as-at 2026-09-30 --columns postcode=PC1,postcode_2=PC2,family_name_2=MAIDEN

A build that was stopped goes on from its finished parts when the same command is given again.

Next: cldlink trace people.csv --register register --out traced"""

_UPDATE_EXAMPLES = """**Examples**

cldlink register update register later.csv --out register-2026-12 --as-at 2026-12-31

Next: cldlink register describe register-2026-12"""

Sources = Annotated[list[Path], typer.Argument(help="CSV or Parquet extracts, one row per version of a person.")]
TakenOn = Annotated[
    datetime | None, typer.Option("--as-at", formats=["%Y-%m-%d"], help="The day on which the extract was taken.")
]


@register_app.command("build", epilog=_BUILD_EXAMPLES)
def build(
    sources: Sources,
    out: Out,
    columns: Columns = None,
    as_at: TakenOn = None,
    postcode_as: Annotated[
        Literal["uk", "text"], typer.Option(help="How to compare postcodes: as British ones, or as plain text.")
    ] = "uk",
    memory: Memory = None,
    threads: Threads = None,
    temp_dir: TempDir = None,
    json: Json = False,
) -> None:
    """Prepare a person register once, so that files can be traced against it many times.

    Fields: nhs_number, date_of_birth (both needed), given_name, other_given_name, family_name, gender, postcode,
    valid_from, valid_to, date_of_death, confidentiality (S, Y, R, V, I), superseded_by, gp_practice_code; former values in the
    same row as given_name_2, family_name_2, postcode_2 and so on to 9.
    """
    from linkage.trace.register import FORMER_FIELDS, REGISTER_FIELDS, build_register
    from linkage.trace.source import parse_column_map

    with progress("parts of the register") as bar:
        counts = build_register(
            sources,
            out,
            columns=parse_column_map(columns, (*REGISTER_FIELDS, *FORMER_FIELDS)),
            postcode_as=postcode_as,
            as_at=f"{as_at:%Y-%m-%d}" if as_at else None,
            options=engine_options(memory, threads, temp_dir),
            report=bar,
        )
    emit("register build", counts, as_json=json)


@register_app.command("update", epilog=_UPDATE_EXAMPLES)
def update(
    register: Annotated[Path, typer.Argument(help="A prepared register.")],
    sources: Sources,
    out: Out,
    as_at: Annotated[
        datetime, typer.Option("--as-at", formats=["%Y-%m-%d"], help="The day on which the later extract was taken.")
    ],
    columns: Columns = None,
    memory: Memory = None,
    threads: Threads = None,
    temp_dir: TempDir = None,
    json: Json = False,
) -> None:
    """Bring a register up to date with a later extract: of the whole register, or of what changed.

    Versions of the later extract take the place of earlier ones that start on the same day or later; earlier history stays,
    and so does everybody whom the later extract does not name.
    """
    from linkage.trace.register import FORMER_FIELDS, REGISTER_FIELDS, update_register
    from linkage.trace.source import parse_column_map

    with progress("parts of the register") as bar:
        counts = update_register(
            register,
            sources,
            out,
            as_at=f"{as_at:%Y-%m-%d}",
            columns=parse_column_map(columns, (*REGISTER_FIELDS, *FORMER_FIELDS)),
            options=engine_options(memory, threads, temp_dir),
            report=bar,
        )
    emit("register update", counts, as_json=json)


@register_app.command("describe")
def describe(
    register: Annotated[Path, typer.Argument(help="A prepared register.")],
    verify: Annotated[
        bool, typer.Option("--verify", help="Compare every file with its hash, also of a register over 256 MB.")
    ] = False,
    json: Json = False,
) -> None:
    """Say what a prepared register holds: people, versions, spans, missing fields, marks, and the extracts it is made of.

    Examples: cldlink register describe register; cldlink register describe register --verify
    """
    from linkage.trace.register import describe_register

    emit("register describe", describe_register(register, verify=verify), as_json=json)
