"""Commands of the de-identified zone: link, tables salt, study run."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from linkage.cli.options import Json, Memory, Out, TempDir, Threads, engine_options
from linkage.cli.output import emit

if TYPE_CHECKING:
    from linkage.cohort.derive.period import Period

tables_app = typer.Typer(no_args_is_help=True, help="Official tables from linked data.")
study_app = typer.Typer(no_args_is_help=True, help="Cohort studies on linked data.")

Linked = Annotated[Path, typer.Argument(help="A linked folder, made by 'cldlink link'.")]
Care = Annotated[
    Path,
    typer.Argument(
        metavar="FOLDER",
        help="A linked folder; or one's own, of 'cldlink submission consolidate' or 'cldlink processed'.",
    ),
]
Published = Annotated[
    Path | None,
    typer.Option(
        metavar="CSV",
        help="Published figures to stand beside: table, la_code, column, published, and a column per label.",
    ),
]
PeriodStart = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First day of the period; else as the submissions say.")
]
PeriodEnd = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Last day of the period, inclusive; goes with the first.")
]
Ledger = Annotated[
    Path | None,
    typer.Option(
        "--ledger",
        metavar="FILE",
        help="What was shown before, to be checked against and added to; 'disclosure_ledger.jsonl' beside --out if not given.",
    ),
]


def given_period(start: datetime | None, end: datetime | None) -> "Period | None":
    """The period as given on the command line, None when none is. Raises UsageError when only one of its days is given."""
    from linkage.cohort.derive.period import Period
    from linkage.errors import UsageError

    if (start is None) != (end is None):
        raise UsageError("Give both --period-start and --period-end, or neither.")
    return Period(start.date(), end.date()) if start and end else None


def link(
    release: Annotated[
        list[Path], typer.Argument(metavar="RELEASE...", help="A release folder, or several of one project.")
    ],
    out: Out,
    public: Annotated[Path, typer.Option("--public-key", help="The sender's public key: nothing else is opened.")],
    as_at: Annotated[
        datetime | None,
        typer.Option("--as-at", formats=["%Y-%m-%d"], help="The day to judge the expiry by; today if not given."),
    ] = None,
    memory: Memory = None,
    threads: Threads = None,
    temp_dir: TempDir = None,
    json: Json = False,
) -> None:
    """Verify a release and link its tables on the pseudonym into one catalogue; several releases where they are of one domain.

    Example: cldlink link release --public-key sender.pub --out linked

    Next: cldlink tables salt linked --out tables
    """
    from linkage.store.linking import link as link_release
    from pseudo.signing import read_public_key

    day = as_at.date() if as_at else None
    first, *others = release
    key, options = read_public_key(public), engine_options(memory, threads, temp_dir)
    done = link_release(first, out, others=others, public_key=key, options=options, as_at=day)
    emit("link", done.counts, as_json=json)


@tables_app.command("salt")
def tables_salt(
    linked: Care,
    out: Out,
    period_start: PeriodStart = None,
    period_end: PeriodEnd = None,
    la: Annotated[list[str] | None, typer.Option("--la", help="Authority code; several allowed; all if none.")] = None,
    policy: Annotated[str, typer.Option(help="Disclosure policy for every count.")] = "cld_round5",
    part_direct_payment: Annotated[
        Literal["same_period", "same_day"] | None, typer.Option(help="How part direct payment is told.")
    ] = None,
    published: Published = None,
    ledger: Ledger = None,
    memory: Memory = None,
    threads: Threads = None,
    temp_dir: TempDir = None,
    json: Json = False,
) -> None:
    """SALT LTS001a, b and c by primary support reason, age band, setting and mechanism.

    Example: cldlink tables salt linked --out tables
    """
    from linkage.cohort.tables import tables_salt as write

    tables = write(
        linked,
        out,
        period=given_period(period_start, period_end),
        la=la or [],
        policy=policy,
        part_direct_payment=part_direct_payment,
        published=published,
        ledger=ledger,
        options=engine_options(memory, threads, temp_dir),
    )
    emit("tables salt", {f"{name}_rows": len(table.display) for name, table in tables.tables.items()}, as_json=json)


@study_app.command("run")
def study_run(
    linked: Linked,
    study: Annotated[str, typer.Option("--study", help="A packaged study, or the path of one's own YAML file.")],
    out: Out,
    ledger: Ledger = None,
    memory: Memory = None,
    threads: Threads = None,
    temp_dir: TempDir = None,
    json: Json = False,
) -> None:
    """Run a study: population, follow-up, rates and adjusted rate ratio, through the disclosure gate.

    Example: cldlink study run linked --study emergency_admission --out study
    """
    from linkage.cohort.study.run import study_run as run

    done = run(linked, study, out, ledger=ledger, options=engine_options(memory, threads, temp_dir))
    rows = [row for row in done.tables["rate_ratios"].display.to_pylist() if row["variable"] == "exposed"]
    lines = [f"rate ratio, {row['model']}: {row['rate_ratio']} ({row['low']} to {row['high']})" for row in rows]
    emit("study run", {"rate_ratios": rows}, as_json=json, lines=lines)
