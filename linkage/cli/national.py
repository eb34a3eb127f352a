"""Commands for the national tracing service: trace request, import, answer; and trace compare."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from linkage.cli.asking import Audit, By, Purpose, Submission
from linkage.cli.options import Columns, Json, Out, Synthetic
from linkage.cli.output import emit

REQUEST_EXAMPLES = """**Examples**

cldlink trace request current/persons.parquet --out asked --purpose "Quarterly tracing" --submission "2026-27 Q2"

cldlink trace request people.csv --layout mpt --id client_id --columns given_name=Forename --out asked
--purpose "Data quality review" --submission 2026-117

Send the files of asked/send_IDENTIFIABLE through MESH; keep the folder: it alone knows who each reference is. Purpose and
submission go into the audit log.

Next: cldlink trace import responses --request asked --out answered"""


def request(
    queries: Annotated[Path, typer.Argument(help="A CLD submission, or any CSV or Parquet file of people.")],
    out: Out,
    layout: Annotated[
        Literal["mesh", "mpt"], typer.Option(help="PDS MESH, the service of today, or MPT, the older batch form.")
    ] = "mesh",
    at: Annotated[
        datetime | None,
        typer.Option("--at", formats=["%Y-%m-%dT%H:%M:%S"], help="Time of the request; it names the files. Else now."),
    ] = None,
    as_at: Annotated[
        datetime | None, typer.Option("--as-at", formats=["%Y-%m-%d"], help="Ask how records stood on this day.")
    ] = None,
    id_column: Annotated[
        str | None, typer.Option("--id", metavar="COLUMN", help="Heading of the person's id; else the row number.")
    ] = None,
    columns: Columns = None,
    purpose: Purpose = None,
    submission: Submission = None,
    by: By = None,
    audit: Audit = None,
    synthetic: Synthetic = False,
    json: Json = False,
) -> None:
    """Write request files for the national tracing service, in its own form and at most 500,000 rows each.

    Nothing is sent: that is done through your MESH mailbox. People with the same details are asked about once; values that
    the service would refuse are left blank and counted.
    """
    from linkage import api
    from linkage.audited import Asked

    asked = api.TraceRequest(
        id_column, api.column_map(columns), synthetic=synthetic, asked=Asked(purpose, submission, by, audit)
    )
    counts = api.ask_national(
        queries, out, layout=layout, stamp=at or datetime.now(), as_at=as_at.date() if as_at else None, request=asked
    )
    emit("trace request", counts, as_json=json)


def import_(
    responses: Annotated[list[Path], typer.Argument(help="Response files as received, or a folder of them.")],
    request: Annotated[Path, typer.Option("--request", help="The folder that 'cldlink trace request' wrote.")],
    out: Out,
    register: Annotated[
        Path | None,
        typer.Option("--register", help="A register, if you have one: audit log and decisions are beside it."),
    ] = None,
    decisions: Annotated[
        Path | None,
        typer.Option("--decisions", help="File of decisions; else the one beside the register, or beside the request."),
    ] = None,
    csv: Annotated[bool, typer.Option("--csv", help="Write trace.csv beside trace.parquet.")] = False,
    purpose: Purpose = None,
    submission: Submission = None,
    by: By = None,
    audit: Audit = None,
    synthetic: Synthetic = False,
    json: Json = False,
) -> None:
    """Bring the national service's answers back to the people asked about: the same trace table as 'cldlink trace' writes.

    Give every response received so far: who has no usable answer yet is 'outstanding'. An answer to another request, a
    second one that differs and one to another question are told apart (response_faults.csv) and never used. Decisions of
    authorities (cldlink feedback decide) are obeyed. Purpose and submission are those of the request, unless given.

    Example: cldlink trace import responses --request asked --out answered
    """
    from linkage import api
    from linkage.audited import Asked

    how = api.TraceRequest(
        asked=Asked(purpose, submission, by, audit), decisions=decisions, synthetic=synthetic, csv=csv
    )
    counts = api.import_national(responses, request, out, register=register, request=how)
    emit("trace import", counts, as_json=json)


def answer(
    request: Annotated[Path, typer.Argument(help="A request file in MPT or PDS MESH form.")],
    register: Annotated[Path, typer.Option("--register", help="A prepared register.")],
    out: Out,
    as_at: Annotated[
        datetime | None, typer.Option("--as-at", formats=["%Y-%m-%d"], help="The day for which records are read.")
    ] = None,
    purpose: Purpose = None,
    submission: Submission = None,
    by: By = None,
    audit: Audit = None,
    synthetic: Synthetic = False,
    json: Json = False,
) -> None:
    """Answer a request file from your own register by the national rules, in the national form, marked as local.

    Records marked sensitive stand in a file of the same form in 'restricted'.

    Example: cldlink trace answer asked/send_IDENTIFIABLE/MPTREQ_20261121153000.csv --register register --out answer
    """
    from linkage import api
    from linkage.audited import Asked

    asked = api.TraceRequest(
        as_at=as_at.date() if as_at else None, synthetic=synthetic, asked=Asked(purpose, submission, by, audit)
    )
    emit("trace answer", api.answer_request(request, register, out, request=asked), as_json=json)


def compare(
    first: Annotated[Path, typer.Argument(help="A trace, such as ours.")],
    second: Annotated[Path, typer.Argument(help="Another trace of the same people, such as the national one.")],
    out: Out,
    json: Json = False,
) -> None:
    """Compare two traces person by person: same number, another number, or a number in one of them only.

    Example: cldlink trace compare traced answered --out compared
    """
    from linkage.trace.compare import compare_traces

    emit("trace compare", compare_traces(first, second, out), as_json=json)
