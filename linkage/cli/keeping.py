"""Commands of kept submissions: submission add, list, consolidate, compare, calendar, lock, unlock, purge, route."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from linkage.cli.options import Json, Memory, Out, Spec, Synthetic, TempDir, Threads, engine_options
from linkage.cli.output import counted, emit, say
from linkage.errors import ExitCode, UsageError

Selection = Literal["latest", "single", "joined"]

submission_app = typer.Typer(
    no_args_is_help=True,
    help="Keep every version of every submission, and turn them into one current record of every event.",
)

Store = Annotated[Path, typer.Argument(metavar="STORE", help="Folder of the store of submissions.")]
StoreOption = Annotated[Path | None, typer.Option("--store", help="Folder of the store of submissions.")]
Year = Annotated[str, typer.Option("--year", help="Reporting year, such as 2022/23.")]
Reason = Annotated[str, typer.Option("--reason", help="Why, for the log; name nobody.")]
Received = Annotated[
    datetime | None,
    typer.Option("--received", formats=["%Y-%m-%d"], help="The day the file was received; today if not given."),
]
Day = Annotated[
    datetime | None, typer.Option("--as-at", formats=["%Y-%m-%d"], help="The day to answer for; today if not given.")
]


@submission_app.command("add")
def add(
    file: Annotated[Path, typer.Argument(help="A CLD submission.")],
    store: Annotated[Path, typer.Option("--store", help="Folder of the store; made if it is not there.")],
    received: Received = None,
    comments: Annotated[str, typer.Option("--comments", help="What the comments box says; name nobody.")] = "",
    spec: Spec = None,
    synthetic: Synthetic = False,
    memory: Memory = None,
    threads: Threads = None,
    temp_dir: TempDir = None,
    json: Json = False,
) -> None:
    """Check a submission and keep it if it is accepted; else return it with a report and do not keep it.

    Rules that need the day of submission or the submission before have both from the store. The report is what 'check'
    writes, with the trend over the authority's earlier submissions.

    The same file again is recognised; a changed file for the same authority and period is a new version. The receipt holds no
    identifiers and can be sent back. Ends with code 3 when the file is returned.

    Example: cldlink submission add 2022-23_Q1.csv --store kept --received 2022-07-20
    """
    from linkage.intake.keeping.add import Incoming, add_submission
    from linkage.intake.keeping.store import RETURNED
    from linkage.quality import report_of_store

    incoming = Incoming(_day(received), comments, synthetic, spec, report_of_store)
    done = add_submission(file, store, incoming, engine_options(memory, threads, temp_dir))
    results = {
        "outcome": done.outcome,
        "id": done.entry.id if done.entry else None,
        "receipt": done.receipt,
        "report": done.report,
        "shrunk": [str(kind) for kind in done.shrunk],
    }
    lines = [f"{name:<10}{value}" for name, value in results.items() if value and name != "shrunk"]
    emit("submission add", results, as_json=json, lines=lines)
    for kind in done.shrunk:
        say(f"Far fewer than in the submission before: {kind}. Is the file complete?")
    if done.outcome == RETURNED:
        raise typer.Exit(ExitCode.INPUT_REJECTED)


@submission_app.command("list")
def list_submissions(store: Store, as_at: Day = None, json: Json = False) -> None:
    """List the submissions of a store, with versions, days of receipt and rows; with --as-at those received by that day.

    Example: cldlink submission list kept
    """
    from linkage.intake.keeping.store import open_store

    opened = open_store(store)
    entries, locked = opened.entries(_day(as_at)), opened.locked_years()
    lines = [
        f"{entry.id:<22} {entry.specification:<9} received {entry.received} {entry.rows_kept:>11,} rows  "
        f"{entry.sha256[:12]}{'  purged' if entry.purged else ''}"
        f"{'  year locked' if entry.reporting_year in locked else ''}"
        for entry in entries
    ]
    facts = [{**entry.facts, "purged": entry.purged, "locked": entry.reporting_year in locked} for entry in entries]
    emit("submission list", {"submissions": facts}, as_json=json, lines=[*lines, f"{len(entries)} submissions"])


@submission_app.command("consolidate")
def consolidate(
    out: Out,
    files: Annotated[
        list[Path] | None, typer.Argument(help="Submissions of any authorities, quarters and versions.")
    ] = None,
    store: StoreOption = None,
    separate: Annotated[
        bool, typer.Option("--separate", help="From a store: a folder for each authority, with its rows alone.")
    ] = False,
    selection: Annotated[
        Selection, typer.Option("--selection", help="From a store: the current record, or files chosen as DHSC does.")
    ] = "latest",
    first: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day of the period to select for.")
    ] = None,
    last: Annotated[
        datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day of the period to select for.")
    ] = None,
    ids: Annotated[
        Path | None,
        typer.Option("--ids", help="CSV with old_id, new_id, from, la_code (and new_la_code): identifiers replaced."),
    ] = None,
    spec: Spec = None,
    synthetic: Synthetic = False,
    as_at: Annotated[
        datetime | None,
        typer.Option(
            "--as-at",
            formats=["%Y-%m-%d"],
            help="Files: the day to judge future dates by. Store: what had been received by that day.",
        ),
    ] = None,
    memory: Memory = None,
    threads: Threads = None,
    temp_dir: TempDir = None,
    json: Json = False,
) -> None:
    """Make the current record of every event, of files or of a store: events.parquet, and persons.parquet to trace.

    Of cumulative files the latest of each authority and year counts; of rolling ones a later file supersedes what lies in its
    twelve months, event by event. With --selection single the latest file of each authority that covers the period stands
    whole; with joined, the events of each quarter as the latest file that covers the quarter has them. With --ids, rows of files
    from before a case system was replaced bear the new person identifiers, and are the same people and events as later ones;
    where it has a new_la_code, they are that authority's now.

    Example: cldlink submission consolidate 2022-23_Q*.csv --out current

    Example: cldlink submission consolidate --store kept --as-at 2022-10-31 --out current

    Next: cldlink trace current/persons.parquet --register register --out traced
    """
    from linkage import api
    from linkage.intake import CheckOptions
    from linkage.intake.keeping.consolidated import consolidate_store
    from linkage.intake.keeping.selection import Wanted

    if bool(files) == bool(store):
        raise UsageError("Give the files to consolidate, or --store FOLDER.")
    limits = engine_options(memory, threads, temp_dir)
    wanted = Wanted(selection, _day(first), _day(last))
    if store:
        counts = consolidate_store(
            store, out, as_at=_day(as_at), wanted=wanted, separate=separate, ids=ids, options=limits
        ).counts
    elif separate or wanted != Wanted():
        raise UsageError("--separate, --selection, --from and --to are for --store.")
    else:
        options = CheckOptions(_day(as_at), limits)
        counts = api.consolidate_submissions(
            files or [], out, spec=spec, synthetic=synthetic, options=options, ids=ids
        ).counts
    emit("submission consolidate", counts, as_json=json)


@submission_app.command("compare")
def compare(
    old: Annotated[str, typer.Argument(metavar="OLD", help="The earlier submission: a file, or an id in the store.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="The later submission: a file, or an id in the store.")],
    store: StoreOption = None,
    out: Annotated[Path | None, typer.Option("--out", help="Folder for the rows that differ.")] = None,
    synthetic: Synthetic = False,
    memory: Memory = None,
    threads: Threads = None,
    temp_dir: TempDir = None,
    json: Json = False,
) -> None:
    """Tell which events opened, closed, changed and vanished between two submissions, and warn when the later one shrank.

    What is printed are counts; the rows go to a file marked IDENTIFIABLE.

    Example: cldlink submission compare 991_2022-06-30_v1 991_2022-09-30_v1 --store kept --out changes
    """
    from linkage.intake.keeping.compare import STATUSES, compare_submissions

    limits = engine_options(memory, threads, temp_dir)
    done = compare_submissions(old, new, store_folder=store, out=out, synthetic=synthetic, options=limits)
    results = {
        "events": done.statuses,
        "kinds": done.by_kind,
        "fields": done.fields,
        "shrunk": [str(kind) for kind in done.shrunk],
    }
    width = max(map(len, done.by_kind), default=0)
    table = {"": dict(zip(STATUSES, STATUSES, strict=True)), **done.by_kind, "all": done.statuses}
    lines = [f"{kind:<{width}}" + "".join(f"{row[status]:>11}" for status in STATUSES) for kind, row in table.items()]
    if done.fields:
        lines += ["", "Fields that changed in events of both", *counted(done.fields)]
    emit("submission compare", results, as_json=json, lines=lines)
    for kind in done.shrunk:
        say(f"Far fewer than in the earlier submission: {kind}. Is the file complete?")


@submission_app.command("calendar")
def calendar(store: Store, as_at: Day = None, synthetic: Synthetic = False, json: Json = False) -> None:
    """Tell which quarterly submissions are in time, late, due and missing, by authority, for the year up to a day.

    Example: cldlink submission calendar kept --as-at 2022-11-30
    """
    from linkage.intake.keeping.calendar import IN_TIME, by_period, submission_calendar

    expected = submission_calendar(store, as_at=_day(as_at), synthetic=synthetic)
    lines = []
    for period_end, counts in by_period(expected).items():
        mine = [one for one in expected if one.period_end == period_end]
        summary = ", ".join(f"{counts[status]} {status.replace('_', ' ')}" for status in sorted(counts))
        lines.append(f"Period to {period_end}, due {mine[0].due}: {summary}")
        lines += [
            f"  {one.status:<8} {one.la_code} {one.la_name}{f', received {one.received}' if one.received else ''}"
            for one in mine
            if one.status != IN_TIME
        ]
    results = [{**vars(one)} for one in expected]
    emit("submission calendar", {"expected": results}, as_json=json, lines=lines or ["No quarter ended in that year."])


@submission_app.command("lock")
def lock(store: Store, year: Year, reason: Reason, json: Json = False) -> None:
    """Take no more submissions whose period ends in a reporting year; the reason goes to the log.

    Example: cldlink submission lock kept --year 2022/23 --reason "Final figures published"
    """
    from linkage.intake.keeping.year_lock import lock_year

    lock_year(store, year, reason)
    emit("submission lock", {"locked": year}, as_json=json)


@submission_app.command("unlock")
def unlock(store: Store, year: Year, reason: Reason, json: Json = False) -> None:
    """Take submissions of a locked reporting year again; the reason goes to the log.

    Next: cldlink submission lock kept --year 2022/23 --reason "Corrected file of one authority received"
    """
    from linkage.intake.keeping.year_lock import unlock_year

    unlock_year(store, year, reason)
    emit("submission unlock", {"unlocked": year}, as_json=json)


@submission_app.command("purge")
def purge(
    store: Store,
    older_than: Annotated[
        int | None,
        typer.Option("--older-than", metavar="DAYS", help="Age in days, in place of the ages in configs/keeping.yaml."),
    ] = None,
    as_at: Day = None,
    spill: Annotated[
        Path | None, typer.Option("--temp-dir", help="Also remove old spill files of the database from this folder.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count what would go; remove nothing.")] = False,
    json: Json = False,
) -> None:
    """Remove submissions, reports, returned files and leftovers that are older than their age; the log keeps their hashes.

    Example: cldlink submission purge kept --dry-run
    """
    from linkage.intake.keeping.purge import purge_store

    counts = purge_store(store, as_at=_day(as_at), older_than=older_than, temp_dir=spill, dry_run=dry_run)
    emit("submission purge", counts, as_json=json)


@submission_app.command("route")
def route(
    authority: Annotated[str, typer.Argument(metavar="AUTHORITY", help="LA Code or name, such as 504.")],
    json: Json = False,
) -> None:
    """Tell which DSCRO an authority's submissions went to in 2021, and which authorities came after it.

    Example: cldlink submission route 504
    """
    from linkage.intake.keeping.routing import route as route_of

    found = route_of(authority)
    lines = [f"{found.la_code} {found.la_name}{f', until {found.until}' if found.until else ''}"]
    lines += [f"  DSCRO {dscro.code} {dscro.name}" for dscro in found.dscros]
    lines += [
        f"  from {one.since}: {one.name} ({one.gss_code}; LA Code {one.la_code or 'not known here'})"
        for one in found.successors
    ]
    results = {
        "la_code": found.la_code,
        "la_name": found.la_name,
        "until": found.until,
        "dscros": [vars(dscro) for dscro in found.dscros],
        "successors": [vars(one) for one in found.successors],
    }
    emit("submission route", results, as_json=json, lines=lines)


def _day(given: datetime | None) -> date | None:
    return given.date() if given else None
