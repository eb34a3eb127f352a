"""The main job from submissions to report, on a synthetic world with known truth: what ``make demo`` runs.

Every step is the one that the command of the same name runs; nothing is prepared for the occasion.
"""

import secrets
import textwrap
import time
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from linkage import api, releasing
from linkage.audited import Asked
from linkage.cohort.measures.salt_lts001 import ALL_AGES_BAND
from linkage.cohort.official import tables_official
from linkage.cohort.salt_tables import SaltTables
from linkage.cohort.study.run import StudyResult, study_run
from linkage.cohort.tables import tables_salt
from linkage.demo_report import DemoResults, write_report
from linkage.errors import UsageError
from linkage.feedback.pack import PackSources, write_feedback
from linkage.intake import CheckOptions, CheckResult
from linkage.store.linking import link
from linkage.trace.evaluate import Evaluation, evaluate_trace
from linkage.trace.register import build_register
from linkage.trace.run import TraceResult
from pseudo.custody import create_keystore, create_signing_key
from pseudo.release import Release
from pseudo.request import ReleaseRequest
from pseudo.signing import read_public_key

HEALTH_TABLES = ("admissions", "gp_registrations", "long_term_conditions")
STUDY = "emergency_admission"
MEASURES = ("ascof_2c", "ascof_2e", "ascof_3d_clients", "long_term_monthly")
# The day the demo is set in: after the end of the sample's reporting year.
AS_AT = date(2023, 4, 28)
_ASKED = Asked("Demonstration on invented people", "demo 2022-23")
_PUBLIC_KEY = Path("keys/demo.pub")
_REQUEST = ReleaseRequest(
    controller="example-dscro",
    recipient="example-university",
    project="EXAMPLE-0001",
    opt_out="none",
    key_version="1",
    release_id="demo-1",
    expires=date(2024, 3, 31),
)


def run_demo(sample: Path, out: Path) -> Iterator[str]:
    """Run the main job on a synthetic world; yield a line of text as each step ends, the report's path last.

    Raises UsageError when ``sample`` is not a world made by ``cldlink synth``.
    """
    submissions = sorted((sample / "submissions").glob("*.csv"))
    if not submissions or not (sample / "register.csv").is_file():
        raise UsageError(f"{sample}: no synthetic world here. Make one: cldlink synth --out {sample} --synthetic")
    start = time.perf_counter()
    options = CheckOptions(as_at=AS_AT)
    yield f"cldlink demo: synthetic data from {sample}"
    checks = [api.check(path, out / "checked" / path.stem, synthetic=True, options=options) for path in submissions]
    yield from _check_lines(checks)
    consolidation = api.consolidate_submissions(submissions, out / "current", synthetic=True, options=options)
    yield _line("consolidate", f"{consolidation.counts['rows_in']:,} rows in, {consolidation.events:,} current events")
    yield _line("", f"of {consolidation.persons:,} people; {consolidation.counts['rows_superseded']:,} rows superseded")
    register = build_register([sample / "register.csv"], out / "register")
    yield _line("register", f"{register['rows_read']:,} rows, {register['people']:,} people")
    trace = api.traced(out / "current" / api.PERSONS, out / "register", out / "traced", api.TraceRequest(asked=_ASKED))
    yield from _trace_lines(trace)
    quality = evaluate_trace(out / "traced" / api.TRACE, sample / "truth" / "submitted_people.csv")
    yield from _quality_lines(quality)
    checked = [out / "checked" / path.stem for path in submissions]
    sources = PackSources(out / "traced", out / "current", out / "register", checked)
    feedback = write_feedback(sources, out / "feedback")
    yield _line("feedback", ", ".join(f"authority {code}: {people} people" for code, people in feedback.items()))
    made = _release(sample, out)
    yield from _release_lines(made)
    linked = link(made.folder, out / "linked", public_key=read_public_key(out / _PUBLIC_KEY), as_at=AS_AT)
    yield _line("link", f"{linked.counts['people']:,} people in one catalogue")
    salt = tables_salt(out / "linked", out / "tables")
    people = sample / "reference" / "population.csv"
    known = people if people.is_file() else None
    official = tables_official(out / "linked", out / "measures", measures=MEASURES, population=known)
    study = study_run(out / "linked", STUDY, out / "study")
    yield from _measure_lines(salt, study)
    results = DemoResults(checks, consolidation, register, trace, quality, feedback, made, salt, official, study)
    report = write_report(results, out / "report")
    yield _line("done", f"in {time.perf_counter() - start:.0f} seconds. Open the report:")
    yield str(report)


def _release(sample: Path, out: Path) -> Release:
    """A release under keys of its own, kept in encrypted files beside a random passphrase (for the demo only).

    The people are invented, so the request is a short one that nobody needs to approve.
    """
    keys = out / "keys"
    keys.mkdir(parents=True, exist_ok=True)
    keystore, signing, public = keys / "demo.keystore", keys / "demo.key", out / _PUBLIC_KEY
    passphrase_file = keys / "passphrase"
    for path in (keystore, signing, public, passphrase_file):
        path.unlink(missing_ok=True)
    passphrase = secrets.token_urlsafe(24).encode()
    passphrase_file.touch(mode=0o600)
    passphrase_file.write_bytes(passphrase)
    tables = {"social_care": out / "current" / api.EVENTS}
    tables |= {name: sample / "health" / f"{name}.csv" for name in HEALTH_TABLES}
    with (
        create_keystore(keystore, passphrase, key_id="demo") as key,
        create_signing_key(signing, passphrase, key_id="demo", public_path=public) as signer,
    ):
        return releasing.release(
            releasing.ReleaseInputs(tables, traced_in=out / "traced"),
            out / "release",
            request=_REQUEST,
            root_key=key,
            signing_key=signer,
            asked=Asked(_ASKED.purpose, synthetic=True),
            as_at=AS_AT,
        )


def _line(step: str, text: str) -> str:
    return f"  {step:<12} {text}"


def _check_lines(checks: Sequence[CheckResult]) -> Iterator[str]:
    for result in checks:
        state = "accepted" if result.accepted else "NOT accepted"
        found = f"{result.findings_by_severity('E'):>3} errors, {result.findings_by_severity('W'):>3} warnings"
        yield _line("check", f"{result.file:<20} {result.version:<5} {result.rows_read:>4} rows  {state}  {found}")


def _trace_lines(trace: TraceResult) -> Iterator[str]:
    outcomes = {name.removeprefix("outcome_"): n for name, n in trace.counts.items() if name.startswith("outcome_")}
    yield _line("trace", f"{trace.counts['queries']:,} people against {trace.counts['register_people']:,}")
    for part in textwrap.wrap(", ".join(f"{name.replace('_', ' ')} {count}" for name, count in outcomes.items()), 90):
        yield _line("", part)


def _quality_lines(quality: Evaluation) -> Iterator[str]:
    yield _line("evaluate", f"precision {quality.precision}")
    yield _line("", f"recall    {quality.recall}")
    absent = quality.absent_linked
    yield _line("", f"{absent.part} of {absent.whole} people who are not in the register were linked")


def _release_lines(made: Release) -> Iterator[str]:
    rows = {name: record["counts"]["rows_out"] for name, record in made.manifest["tables"].items()}
    yield _line("release", ", ".join(f"{name} {count:,}" for name, count in rows.items()))


def _measure_lines(salt: SaltTables, study: StudyResult) -> Iterator[str]:
    for name in ("lts001a", "lts001b", "lts001c"):
        totals = [row for row in salt.tables[name].display.to_pylist() if row["age_band"] == ALL_AGES_BAND]
        shown = ", ".join(f"authority {row['la_code']}: {row['total']} people" for row in totals)
        yield _line(f"{name[:3].upper()}{name[3:]}", f"{shown} (rounded)")
    for row in study.tables["rate_ratios"].display.to_pylist():
        if row["variable"] == "exposed":
            text = f"emergency admission rate ratio {row['rate_ratio']} ({row['low']} to {row['high']}), {row['model']}"
            yield _line("study", text)
