"""The linkage quality statement: one page that says what was linked, how, and how well, made from a run's own records.

Headings: the dimensions of NHS England's Quality Assurance Framework for Data Linkage (preparation, implementation,
evaluation); under them what GUILD (Gilbert and others 2018) asks of those who provide and link data.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from linkage.engine import EngineOptions
from linkage.report import Cell, Part, Report, Section, Table, Text, write_html
from linkage.report.markdown import render_markdown
from linkage.runs import Manifest, file_record, staged_outputs
from linkage.trace.evaluate.figures import GroupQuality, Proportion, percent
from linkage.trace.evaluate.groups import gap_table, gated_groups
from linkage.trace.evaluate.report import disclosure_policy
from linkage.trace.evaluate.statement_facts import Facts, Sources, figures_file, read_facts, unsaid
from linkage.trace.outcomes import outcomes
from pseudo.disclosure import DEFAULT_POLICY, Cells, DisclosurePolicy, Percentage, Totals, apply

STATEMENT = "linkage_quality_statement"
NOT_RECORDED = "not recorded"
_NO_DAY = "not recorded; 'cldlink register build --as-at DAY' records the day of the extract"
_HASH = 16
_NAMED = 2
_ALL = "everybody"


def write_statement(
    sources: Sources, out: Path, *, policy: str = DEFAULT_POLICY, options: EngineOptions | None = None
) -> list[str]:
    """Write ``linkage_quality_statement.html`` and ``.md`` to ``out``; return what could not be said.

    Counts of people pass the disclosure policy. Raises InputError when the evaluation or the register belongs to another
    trace.
    """
    rule = disclosure_policy(policy)
    facts = read_facts(sources, options)
    report = statement(facts, rule)
    with staged_outputs(out) as staging:
        write_html(report, staging / f"{STATEMENT}.html")
        (staging / f"{STATEMENT}.md").write_text(render_markdown(report), encoding="utf-8", newline="\n")
        inputs = [file_record(path) for path in (facts.files.trace, figures_file(sources.evaluation)) if path]
        Manifest("evaluate statement", inputs, {"people": sum(facts.by_outcome.values())}, {"policy": rule.name}).write(
            staging
        )
    return unsaid(facts)


def statement(facts: Facts, policy: DisclosurePolicy) -> Report:
    """The page; it fits on one sheet of A4."""
    return Report(
        "Linkage quality statement",
        [
            Section("Preparation", _preparation(facts, policy)),
            Section("Implementation", [_implementation(facts)]),
            Section("Evaluation", _evaluation(facts, policy)),
            Section("Limits", [Text("\n".join(f"- {limit}" for limit in _limits(facts)))]),
        ],
        subtitle="What was linked, how, and how well.",
        footer=f"Made by cldlink from the records of the run. Counts of people as the disclosure policy {policy.name} allows; "
        "rates of the linkage as a whole as they are. Headings: NHS England's Quality Assurance Framework for Data Linkage, and "
        "GUILD.",
        small_print=True,
    )


def _preparation(facts: Facts, policy: DisclosurePolicy) -> list[Part]:
    counts = facts.manifest["counts"]
    people = sum(facts.by_outcome.values())
    asked = [record for record in facts.manifest["inputs"] if record["name"] != "register.json"]
    register = facts.register or {}
    rows: list[list[Cell]] = [
        ["People to be linked", f"{_shown(people, policy)}, from {_named(asked)}"],
        ["Linked to", "the national service" if _national(facts.manifest) else _register_people(counts, policy)],
        ["The register was made from", _named(register.get("inputs", [])) if register else NOT_RECORDED],
        ["The register was prepared on", _day(register) or NOT_RECORDED],
        ["The register as at", register.get("settings", {}).get("as_at") or (_NO_DAY if register else NOT_RECORDED)],
        ["Latest change that the register holds", register.get("counts", {}).get("last_valid_from") or NOT_RECORDED],
    ]
    parts: list[Part] = [Table("What was linked", ["Item", "What it was"], rows)]
    fields = {name.removeprefix("with_"): n for name, n in counts.items() if name.startswith("with_")}
    if fields and counts.get("queries"):
        parts.append(_completeness(fields, counts, policy))
    return parts


def _completeness(fields: Mapping[str, int], counts: Mapping[str, int], policy: DisclosurePolicy) -> Table:
    usable = [counts.get(f"usable_{name}") for name in fields]
    table = pa.table(
        {
            "field": [name.replace("_", " ").replace("nhs", "NHS") for name in fields],
            "given": list(fields.values()),
            "usable": pa.array(usable, pa.int64()),
            "people": [counts["queries"]] * len(fields),
        }
    )
    cells = Cells(
        counts={"given": "given", "usable": "usable", "people": "people"},
        percentages=[Percentage("given_pct", "given", "people"), Percentage("usable_pct", "usable", "people")],
    )
    shown = apply(policy, table, cells).display.to_pylist()
    rows: list[list[Cell]] = [
        [label, *(row[name] or None for row in shown)]
        for label, name in (("given", "given_pct"), ("usable", "usable_pct"))
    ]
    note = "Usable: understood and no placeholder. A dash: not counted, or hidden."
    return Table("Linking fields", ["% of people", *(row["field"] for row in shown)], rows, note)


def _implementation(facts: Facts) -> Table:
    manifest, profile = facts.manifest, facts.manifest["settings"].get("profile")
    libraries = ", ".join(f"{name} {version}" for name, version in manifest.get("libraries", {}).items())
    rows: list[list[Cell]] = [
        ["Software", f"cldlink {manifest['cldlink']} ({libraries})"],
        ["Run", f"{manifest['command']}, finished {manifest['run']['finished_utc']}"],
        ["Profile", _profile(profile) if isinstance(profile, dict) else NOT_RECORDED],
        ["Rules of the profile", _rules(profile) if isinstance(profile, dict) else NOT_RECORDED],
        ["Model", _model(manifest["settings"], profile) if isinstance(profile, dict) else NOT_RECORDED],
        ["Pairs compared", _pairs(manifest["counts"])],
        [
            "Result",
            f"trace {file_record(facts.files.trace)['sha256'][:_HASH]}: at most one link for each person, with its reason",
        ],
    ]
    return Table("How it was linked", ["Item", "What was done"], rows, "Hashes are the first 16 digits of SHA-256.")


def _evaluation(facts: Facts, policy: DisclosurePolicy) -> list[Part]:
    parts: list[Part] = [_outcomes(facts.by_outcome, policy)]
    if facts.evaluation is None:
        text = (
            "Precision and recall of this run were not measured. Probabilities in the trace are the model's, not measured "
            "error rates."
        )
        parts.append(Text(text, "warning"))
    else:
        parts += [_measured(facts.evaluation, policy), Text(_how(facts.evaluation))]
    return [*parts, *_bias(facts, policy)]


def _bias(facts: Facts, policy: DisclosurePolicy) -> list[Part]:
    """Differences between groups: in recall when a truth told it, else in the share linked, else that nothing is known."""
    rows = facts.evaluation["figures"].get("groups", []) if facts.evaluation else []
    if rows:
        return [gap_table(gated_groups([_group(row) for row in rows], policy), "right")]
    if facts.linked:
        text = (
            "Linked is the share of a group's people with an accepted link, right or wrong. Groups also differ in how many "
            "of their people are in the register at all."
        )
        return [gap_table(gated_groups(facts.linked, policy), "linked"), Text(text, "note")]
    return [Text("Differences between groups of people (linkage bias) were not measured.", "warning")]


def _outcomes(by_outcome: Mapping[str, int], policy: DisclosurePolicy) -> Table:
    """People by outcome, and their share of all from the numbers as shown."""
    known, names = outcomes(), list(by_outcome)
    table = pa.table({"outcome": [*names, _ALL], "people": [*by_outcome.values(), sum(by_outcome.values())]})
    totals = Totals(rows={"outcome": _ALL} if names else {})
    gated = apply(policy, table, Cells(counts={"people": "people"}, totals=totals))
    numbers, texts = gated.values["people"].to_pylist(), gated.display["people"].to_pylist()
    rows: list[list[Cell]] = [
        [
            name.replace("_", " "),
            "link" if name in known and known[name].accepted else "no link",
            text,
            _share(number, numbers[-1], policy),
        ]
        for name, text, number in zip(names, texts, numbers, strict=False)
    ]
    return Table("People by outcome", ["Outcome", "Accepted", "People", "%"], rows)


def _share(part: int | None, whole: int | None, policy: DisclosurePolicy) -> str | None:
    if part is None or whole is None:
        return policy.hidden
    return f"{100 * part / whole:.1f}" if whole else None


_FIGURES = {
    "precision": "Precision: right links among links",
    "recall": "Recall: right links among people in the register",
    "f1": "F1",
    "absent_linked": "People not in the register who were linked",
    "right_numbers_changed": "Right given numbers that were changed",
    "wrong_numbers_detected": "Another's given numbers that were detected",
    "wrong_numbers_confirmed": "Another's given numbers that were left to stand",
}


def _measured(evaluation: Mapping[str, Any], policy: DisclosurePolicy) -> Table:
    """A row for each figure that was measured; the others are named below."""
    figures = evaluation["figures"]
    rows: list[list[Cell]] = []
    lacking: list[str] = []
    for name, label in _FIGURES.items():
        figure = figures.get(name)
        if figure is None or figure["value"] is None:
            lacking.append(label)
            continue
        concerned = _shown(figure["whole"], policy) if "whole" in figure else None
        few = figure.get("whole", policy.amount_threshold) < policy.amount_threshold
        ends: list[Cell] = [percent(end) for end in (figure["value"], *figure["interval_95"])]
        rows.append([label, concerned, *([policy.hidden] * 3 if few else ends)])
    note = f"Not measured: {'; '.join(lacking)}." if lacking else ""
    return Table("Quality", ["Figure", "People concerned", "%", "95% from", "to"], rows, note)


def _how(evaluation: Mapping[str, Any]) -> str:
    if evaluation["kind"] == "truth":
        return (
            "Measured against a file of truth, person by person; people missing from it are in no figure. Intervals are Wilson "
            "score intervals."
        )
    figures = evaluation["figures"]
    reviewers, agreement = len(figures["reviewers"]), figures["agreement"]
    covered = 100 * (figures["people_covered"]["value"] or 0)
    kappa = "" if not agreement or agreement["kappa"] is None else f", {agreement['kind']} {agreement['kappa']:.2f}"
    return (
        f"Estimated from a clerical sample, stratified by outcome and match weight, judged by {reviewers} "
        f"{'person' if reviewers == 1 else 'people'}{kappa}. It covers {covered:.0f}% of the "
        "people; of those without a link it can only show records that were among the candidates. Intervals are made from the "
        "Wilson intervals of the strata."
    )


def _limits(facts: Facts) -> list[str]:
    limits = [
        "The result is the national service's answer as imported; how it links, it alone can state."
        if _national(facts.manifest)
        else "The result is of a local register as prepared, and no verification by the national service.",
        "People who are not in the register cannot be linked rightly; how many they are is known only with a truth.",
        "Details given wrongly to both sides, and people who share every detail, cannot be told apart.",
    ]
    lacking = unsaid(facts)
    if lacking:
        limits.append(f"Not in this statement, because not recorded or not measured: {', '.join(lacking)}.")
    return limits


def _group(row: Mapping[str, Any]) -> GroupQuality:
    shares = (Proportion(row[name]["part"], row[name]["whole"]) for name in ("linked", "right", "wrong"))
    return GroupQuality(row["dimension"], row["group"], row["people"], *shares)


def _shown(people: int, policy: DisclosurePolicy) -> str:
    gated = apply(policy, pa.table({"people": [people]}), Cells(counts={"people": "people"}))
    text: str = gated.display["people"][0].as_py()
    return f"{int(text):,}" if text.isdigit() else text


def _named(records: Sequence[Mapping[str, Any]]) -> str:
    if not records:
        return "a table given from memory"
    named = [f"{record['name']} ({record['sha256'][:_HASH]})" for record in records[:_NAMED]]
    more = len(records) - len(named)
    return "; ".join([*named, *([f"and {more} more files, named in the manifest"] if more else [])])


def _national(manifest: Mapping[str, Any]) -> bool:
    """Whether the trace is an answer of the national service, imported."""
    return bool(manifest["settings"].get("answered_by") == "national service")


def _register_people(counts: Mapping[str, int], policy: DisclosurePolicy) -> str:
    people = counts.get("register_people")
    return NOT_RECORDED if people is None else f"a prepared register of {_shown(people, policy)} people"


def _day(manifest: Mapping[str, Any]) -> str | None:
    finished = manifest.get("run", {}).get("finished_utc")
    return None if finished is None else str(finished)[:10]


def _profile(profile: Mapping[str, Any]) -> str:
    return f"{profile.get('name')}, version {profile.get('version')}: {profile.get('description')}"


def _rules(profile: Mapping[str, Any]) -> str:
    """Every number of the profile, as it was in force; the national cascade has its own."""
    if profile.get("cascade"):
        return "those of the national cascade"
    told = {name: value for name, value in profile.items() if isinstance(value, int | float) and name != "version"}
    return "; ".join(f"{name.replace('_', ' ')} {value:g}" for name, value in told.items()) or NOT_RECORDED


def _model(settings: Mapping[str, Any], profile: Mapping[str, Any]) -> str:
    """The model's name and hash as the run recorded them; the national cascade has none."""
    if profile.get("cascade"):
        return "none: the national cascade has rules and scores of its own"
    model = settings.get("model") or {}
    if not model.get("sha256"):
        return f"{profile.get('model')}; hash not recorded by the run"
    return f"{model['name']}, version {model['version']} ({str(model['sha256'])[:_HASH]})"


def _pairs(counts: Mapping[str, int]) -> str:
    told = {"candidate pairs": counts.get("candidate_pairs"), "scored by the model": counts.get("scored_pairs")}
    return "; ".join(f"{name} {n:,}" for name, n in told.items() if n is not None) or NOT_RECORDED
