"""Commands that say how good a trace was: evaluate, evaluate sample, evaluate labels, evaluate statement."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from linkage.cli.groups import with_default
from linkage.cli.options import Columns, Json, Out
from linkage.cli.output import emit

evaluate_app = typer.Typer(cls=with_default("truth"), help="Say how good a trace was, and state it.")

_TRUTH_EXAMPLES = """**Examples**

cldlink evaluate traced/trace.parquet --truth sample_data/truth/submitted_people.csv

cldlink evaluate traced --truth truth.csv --people current/events.parquet --out evaluated

With --out: evaluation.html, evaluation.json and, with --errors, restricted/errors_IDENTIFIABLE.csv.

Next: cldlink evaluate statement traced --evaluation evaluated --out statement"""

_SAMPLE_EXAMPLES = """**Examples**

cldlink evaluate sample traced --people current/persons.parquet --register register --out sample

cldlink evaluate sample traced --people people.csv --id client_id --columns given_name=Forename --register register --out sample

Next: fill the column judgement of restricted/pairs_IDENTIFIABLE (CSV or Excel), then cldlink evaluate labels sample judged.csv"""

Trace = Annotated[Path, typer.Argument(help="The folder of a trace, or its trace.parquet.")]


@evaluate_app.command("truth", epilog=_TRUTH_EXAMPLES)
def truth(
    trace_file: Trace,
    truth: Annotated[
        Path, typer.Option("--truth", help="CSV: query_id (or la_code, person_unique_identifier), true_nhs_number.")
    ],
    people: Annotated[
        Path | None,
        typer.Option("--people", help="File that tells age, sex, ethnicity and authority, such as events.parquet."),
    ] = None,
    as_at: Annotated[
        datetime | None,
        typer.Option(
            "--as-at", formats=["%Y-%m-%d"], help="The day on which ages are counted; else that of the trace."
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Folder for the page and the figures.")] = None,
    errors: Annotated[
        bool, typer.Option("--errors", help="List who was wrong, with identifiers, in a restricted folder of --out.")
    ] = False,
    disclosure: Annotated[
        str, typer.Option("--disclosure", help="Disclosure policy of the page; none: exact, for inside the zone.")
    ] = "none",
    json: Json = False,
) -> None:
    """Measure a trace against the truth: precision, recall, false links to people who are not in the register."""
    from linkage.trace.evaluate import Question, Showing, evaluate_trace, write_evaluation

    _require_out(errors, out)
    day = as_at.date() if as_at else None
    if out:
        quality = write_evaluation(Question(trace_file, truth, people, day), out, Showing(disclosure, errors))
    else:
        quality = evaluate_trace(trace_file, truth, people=people, as_at=day)
    emit("evaluate", quality.as_dict(), as_json=json, lines=quality.lines())


@evaluate_app.command("sample", epilog=_SAMPLE_EXAMPLES)
def sample(
    trace_file: Trace,
    people: Annotated[
        Path, typer.Option("--people", help="The file that was traced; of a submission the persons.parquet.")
    ],
    register: Annotated[Path, typer.Option("--register", help="The prepared register of the trace.")],
    out: Out,
    id_column: Annotated[
        str | None, typer.Option("--id", metavar="COLUMN", help="Heading of the person's id, as given to the trace.")
    ] = None,
    columns: Columns = None,
    size: Annotated[int | None, typer.Option("--size", min=1, help="People to look at; else 400.")] = None,
    seed: Annotated[int, typer.Option("--seed", help="Another seed draws other people.")] = 1,
    with_sensitive: Annotated[
        bool, typer.Option("--with-sensitive", help="Draw from records marked sensitive too.")
    ] = False,
    json: Json = False,
) -> None:
    """Draw a clerical sample of a trace, by outcome and match weight, for people to judge without seeing either.

    Writes pairs_IDENTIFIABLE (CSV and Excel, both records side by side) and the design of the sample to a folder
    'restricted'. Candidates are other people's records: only those who may see them should judge.
    """
    from linkage import api
    from linkage.trace.evaluate import SamplePlan, TracedPeople, draw_sample
    from linkage.trace.source import ColumnMap

    asked = TracedPeople(people, ColumnMap(api.column_map(columns)), id_column)
    counts = draw_sample(trace_file, asked, register, out, SamplePlan(size, seed, with_sensitive))
    emit("evaluate sample", counts, as_json=json)


@evaluate_app.command("labels")
def labels(
    sample: Annotated[Path, typer.Argument(help="The folder that 'cldlink evaluate sample' wrote.")],
    judged: Annotated[
        list[Path], typer.Argument(help="Judged pairs (CSV or Excel), or labels in Splink's form: one per reviewer.")
    ],
    out: Annotated[Path | None, typer.Option("--out", help="Folder for the page and the figures.")] = None,
    json: Json = False,
) -> None:
    """Estimate precision and recall from the judgements of a sample; with several reviewers also how far they agree.

    Example: cldlink evaluate labels sample judged_by_a.csv judged_by_b.csv --out estimated
    """
    from linkage.judging import estimate_judged

    found = estimate_judged(sample, judged, out)
    emit("evaluate labels", found.as_dict(), as_json=json, lines=found.lines())


@evaluate_app.command("statement")
def statement(
    trace_file: Trace,
    out: Out,
    evaluation: Annotated[
        Path | None, typer.Option("--evaluation", help="Folder of 'evaluate --out' or 'evaluate labels --out'.")
    ] = None,
    register: Annotated[
        Path | None, typer.Option("--register", help="The prepared register: its source, day and latest change.")
    ] = None,
    people: Annotated[
        Path | None,
        typer.Option("--people", help="File that tells groups, for the share linked when there is no truth."),
    ] = None,
    disclosure: Annotated[
        str, typer.Option("--disclosure", help="Disclosure policy for counts of people.")
    ] = "hes_subnational",
    json: Json = False,
) -> None:
    """Write the linkage quality statement of a trace: one page, HTML and Markdown, without identifiers.

    Example: cldlink evaluate statement traced --evaluation evaluated --register register --out statement
    """
    from linkage.trace.evaluate import Sources, write_statement

    unsaid = write_statement(Sources(trace_file, evaluation, register, people), out, policy=disclosure)
    lines = [f"{out}/linkage_quality_statement.html", *(f"not in it: {name}" for name in unsaid)]
    emit("evaluate statement", {"not_in_it": unsaid}, as_json=json, lines=lines)


def _require_out(errors: bool, out: Path | None) -> None:
    from linkage.errors import UsageError

    if errors and not out:
        raise UsageError("--errors needs --out: the list goes to a restricted folder there.")
