"""The Typer application: which command is where."""

from typing import Annotated

import typer

from linkage import __version__
from linkage.cli import (
    analysis,
    auditing,
    derivation,
    evaluating,
    explaining,
    feedback,
    keeping,
    keys,
    mapping,
    measures,
    models,
    national,
    outputs,
    registers,
    releases,
    requests,
    specs,
    submissions,
    synthetic,
    tracing,
)

app = typer.Typer(
    name="cldlink",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help="Check, trace, pseudonymise and link English adult social care Client Level Data. Works offline; nothing is sent "
    "anywhere. Exit codes: 0 done, 2 usage, 3 input rejected, 4 refused, 6 key or signature, 7 machine, 70 fault, "
    "130 or 143 stopped.",
)


def _version(shown: bool) -> None:
    if shown:
        typer.echo(f"cldlink {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Options of the whole program."""


app.command("demo")(synthetic.demo)
app.add_typer(synthetic.synth_app, name="synth")
app.command("check")(submissions.check)
app.add_typer(specs.spec_app, name="spec")
app.add_typer(keeping.submission_app, name="submission")
app.add_typer(mapping.map_app, name="map")
app.add_typer(registers.register_app, name="register")
app.add_typer(tracing.trace_app, name="trace")
tracing.trace_app.command("request", epilog=national.REQUEST_EXAMPLES)(national.request)
tracing.trace_app.command("import")(national.import_)
tracing.trace_app.command("answer")(national.answer)
tracing.trace_app.command("compare")(national.compare)
tracing.trace_app.add_typer(models.model_app, name="model")
app.add_typer(feedback.feedback_app, name="feedback")
app.command("processed")(feedback.processed)
app.add_typer(auditing.audit_app, name="audit")
app.add_typer(evaluating.evaluate_app, name="evaluate")
app.add_typer(keys.keys_app, name="keys")
app.add_typer(requests.request_app, name="request")
app.add_typer(requests.optout_app, name="optout")
app.add_typer(releases.release_app, name="release")
app.command("link")(analysis.link)
app.add_typer(analysis.tables_app, name="tables")
analysis.tables_app.command("official")(measures.official)
analysis.tables_app.command("explain")(explaining.explain)
analysis.tables_app.command("moved")(explaining.moved)
analysis.tables_app.command("dataset")(derivation.dataset)
analysis.tables_app.command("steps")(derivation.steps)
app.add_typer(analysis.study_app, name="study")
app.add_typer(outputs.outputs_app, name="outputs")
