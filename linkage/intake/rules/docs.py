"""The reference page of the rules, written from the data (``docs/reference/rules.md``)."""

from linkage.intake.rules.model import SEVERITIES, SEVERITY_NAMES, Rule
from linkage.intake.rules.registry import load_rules
from linkage.intake.rules.side_inputs import side_inputs

_INTRODUCTION = """# Rules

Generated from `configs/rules/`. A code is permanent. Each rule has examples that pass and fail in `tests/vectors/rules/`.
Severities are our own design; the sources only say that unmet rules may lead to the rejection of a whole submission.
Certainty says how far the sources state the rule itself.

A part that needs something besides the file is not checked without it, and the summary says so. What is wanted of each
event type, which outcomes it has and which values mean the same in every version is in `configs/rules/tables/`.

"""

_NEEDS = {name: entry.sentence.removeprefix("it needs ") for name, entry in side_inputs().items()}


def rules_page() -> str:
    """The page as Markdown."""
    severities = ", ".join(f"{severity} = {SEVERITY_NAMES[severity]}" for severity in SEVERITIES)
    overview = ["| Code | Severity | Rule | Basis | Certainty |", "|---|---|---|---|---|"]
    overview += [
        f"| [{rule.code}](#{rule.code.lower()}) | {rule.severity} | {rule.entry.title} | {rule.entry.basis} "
        f"| {rule.entry.certainty} |"
        for rule in load_rules()
    ]
    introduction = f"{_INTRODUCTION}{severities}. The severity of a rule is that of its most serious part.\n\n"
    return introduction + "\n".join(overview) + "\n" + "".join(_rule(rule) for rule in load_rules())


def _rule(rule: Rule) -> str:
    lines = [f"\n## {rule.code}", "", f"{rule.entry.title}. {rule.entry.reason} {rule.entry.note}".rstrip(), ""]
    if rule.entry.fixed:
        lines += [f"Its severity cannot be changed, nor the rule switched off: {rule.entry.fixed}.", ""]
    if rule.entry.lists:
        lines += ["Lists of: " + ", ".join(f"`{field}`" for field in rule.entry.lists) + ".", ""]
    if rule.entry.parameters:
        lines += [
            "Constants: " + ", ".join(f"`{name}` = {_shown(rule, name)}" for name in rule.entry.parameters) + ".",
            "",
        ]
    lines += ["| Part | Severity | What the finding says |", "|---|---|---|"]
    for part in rule.entry.parts:
        left_out = " (row left out)" if part.rejects_row else ""
        needs = f" Only checked with {_NEEDS[part.needs]}." if part.needs else ""
        lines.append(f"| `{part.part}` | {part.severity}{left_out} | {part.sentence}{needs} |")
    return "\n".join(lines) + "\n"


def _shown(rule: Rule, name: str) -> str:
    return (
        "; ".join(rule.texts(name))
        if isinstance(rule.entry.parameters[name], str | tuple)
        else f"{rule.number(name):g}"
    )
