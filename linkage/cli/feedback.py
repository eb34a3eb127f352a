"""Commands about what goes back to the authorities: feedback (make, decide, wrong) and processed."""

from pathlib import Path
from typing import Annotated

import typer

from linkage.cli.asking import Audit, By, Decisions, Purpose, Submission
from linkage.cli.groups import with_default
from linkage.cli.options import Json, Out, Synthetic
from linkage.cli.output import emit, say

feedback_app = typer.Typer(
    cls=with_default("make"), help="Tell each authority what was found, and take its decisions back."
)

_MAKE_EXAMPLES = """**Examples**

cldlink feedback traced --current current --register register --checked checked/991 --out packs

cldlink feedback traced --previous last_quarter/traced --out changes

Next: send each authority its folder; cldlink feedback decide LIST when its decisions come back."""

_TraceFolder = Annotated[
    Path, typer.Argument(metavar="TRACE", help="Folder of a trace of CLD people, or its trace.parquet.")
]
_Register = Annotated[
    Path | None,
    typer.Option("--register", help="The register: audit log and decisions are beside it. Else beside the trace."),
]


@feedback_app.command("make", epilog=_MAKE_EXAMPLES)
def make(
    trace: _TraceFolder,
    out: Out,
    current: Annotated[
        Path | None,
        typer.Option("--current", help="Folder of the consolidated submissions traced: adds differing details."),
    ] = None,
    register: Annotated[
        Path | None,
        typer.Option(
            "--register", help="The register: details of accepted links, with --current; the audit log is beside it."
        ),
    ] = None,
    checked: Annotated[
        list[Path] | None,
        typer.Option("--checked", help="Folder of 'cldlink check'; goes to its authority. Repeatable."),
    ] = None,
    previous: Annotated[
        Path | None, typer.Option("--previous", help="The trace before this one: tell only what changed.")
    ] = None,
    purpose: Purpose = None,
    submission: Submission = None,
    by: By = None,
    audit: Audit = None,
    synthetic: Synthetic = False,
    json: Json = False,
) -> None:
    """Write a pack for each authority: receipt, tracing result (Excel, CSV), reports of checks, a list to decide on.

    Every value comes from that authority's own file or from an accepted link to a record that is not sensitive. Purpose and
    submission are those of the trace in the audit log, unless given.
    """
    from linkage.audited import Asked
    from linkage.feedback.pack import PackSources, write_feedback

    sources = PackSources(trace, current, register, checked or (), previous)
    told = write_feedback(sources, out, asked=Asked(purpose, submission, by, audit, synthetic))
    emit("feedback make", {f"people_{code}": count for code, count in told.items()}, as_json=json)


@feedback_app.command("decide")
def decide(
    filled: Annotated[
        Path, typer.Argument(metavar="LIST", help="The list of a pack (CSV), filled in by the authority.")
    ],
    authority: Annotated[str, typer.Option("--authority", metavar="CODE", help="Whose list it is: its LA code.")],
    trace: Annotated[Path, typer.Option("--trace", help="Folder of the trace that the pack was made from.")],
    register: _Register = None,
    decisions: Decisions = None,
    purpose: Purpose = None,
    submission: Submission = None,
    by: By = None,
    audit: Audit = None,
    synthetic: Synthetic = False,
    json: Json = False,
) -> None:
    """Take an authority's decisions on its links; the next trace obeys them. All rows are taken, or none.

    A rejected link is not made again unless its evidence changes; an accepted one is kept.

    Example: cldlink feedback decide 991_decisions_IDENTIFIABLE.csv --authority 991 --trace traced --register register
    """
    from linkage.audited import Asked
    from linkage.feedback.decisions import receive_list
    from linkage.feedback.traced import open_trace

    asked = Asked(purpose, submission, by, audit, synthetic)
    counts = receive_list(filled, authority, open_trace(trace), register, asked=asked, decisions=decisions)
    emit("feedback decide", counts, as_json=json)


@feedback_app.command("wrong")
def wrong(
    traces: Annotated[list[Path], typer.Argument(metavar="TRACE...", help="Folders of the traces that made the link.")],
    query: Annotated[str, typer.Option("--query", metavar="ID", help="The person's query id, such as 991/A12.")],
    reason: Annotated[str, typer.Option("--reason", help="Why it is wrong; kept with the decisions.")],
    register: _Register = None,
    decisions: Decisions = None,
    purpose: Purpose = None,
    submission: Submission = None,
    by: By = None,
    audit: Audit = None,
    synthetic: Synthetic = False,
    json: Json = False,
) -> None:
    """Record that a link is wrong: list every pack and dataset it went into, and do not make it again.

    Example: cldlink feedback wrong traced --query 991/A12 --reason "The twin" --register register
    """
    from linkage.audited import Asked
    from linkage.feedback.decisions import decisions_beside
    from linkage.feedback.traced import log_of, open_trace
    from linkage.feedback.wrong import wrong_link

    asked, first = Asked(purpose, submission, by, audit, synthetic), open_trace(traces[0])
    log, beside = log_of(asked, first, register), register or first.folder
    book = decisions or decisions_beside(beside)
    places = wrong_link(traces, query, reason=reason, decisions=book, asked=asked, beside=beside)
    lines = [
        f"{place.time}  {place.made:<10} {place.authority or '-':<4} {place.reference}  manifest {place.manifest[:16]}"
        f"{'' if place.certain else '  (perhaps)'}"
        for place in places
    ]
    if not all(place.certain for place in places):
        say("Perhaps: a pack of changes. Give the trace before as well, to know whether this link was among them.")
    if not places:
        say(f"The audit log ({log.folder}) knows of nothing made from these traces.")
    emit("feedback wrong", {"places": [vars(place) for place in places]}, as_json=json, lines=lines or ["0 places"])


def processed(
    current: Annotated[Path, typer.Argument(help="Folder of 'cldlink submission consolidate'.")],
    trace: Annotated[Path, typer.Option("--trace", help="Folder of the trace of its people.")],
    out: Out,
    register: Annotated[
        Path | None, typer.Option("--register", help="The register: the audit log is beside it. Else beside the trace.")
    ] = None,
    purpose: Purpose = None,
    submission: Submission = None,
    by: By = None,
    audit: Audit = None,
    synthetic: Synthetic = False,
    json: Json = False,
) -> None:
    """Write the events and people of consolidated submissions with the traced number beside the given one. Loses no row.

    Only accepted links to records that are not sensitive give a number. Purpose and submission are those of the trace in the
    audit log, unless given.

    Example: cldlink processed current --trace traced --register register --out processed
    """
    from linkage.audited import Asked
    from linkage.feedback.processed import write_processed

    asked = Asked(purpose, submission, by, audit, synthetic)
    counts = write_processed(current, trace, out, register=register, asked=asked)
    emit("processed", counts, as_json=json)
