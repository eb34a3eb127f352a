"""An authority's own severities, and the rules it does not want: a file of its own, told in every report."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field

from linkage.errors import UsageError
from linkage.intake.rules.context import Context
from linkage.intake.rules.model import Rule, Severity
from linkage.intake.rules.side_inputs import side_inputs
from pseudo.config_file import ConfigModel, read_config


class SeverityEntry(ConfigModel):
    """Another severity for a rule, or for one of its parts."""

    rule: str
    part: str = ""
    severity: Severity


class OffEntry(ConfigModel):
    """A rule that is not applied, and why."""

    rule: str
    reason: str = Field(min_length=1)


class RuleSettings(ConfigModel):
    """The form of the file given with ``--rules``."""

    severities: tuple[SeverityEntry, ...] = ()
    off: tuple[OffEntry, ...] = ()


@dataclass(frozen=True)
class Unchecked:
    """A rule, or one part of it, that was not checked, and why."""

    rule: str
    part: str
    title: str
    why: str


@dataclass(frozen=True)
class ChangedSeverity:
    """A part of a rule with another severity than the shipped one."""

    rule: str
    part: str
    title: str
    shipped: Severity
    severity: Severity


def read_settings(path: Path) -> RuleSettings:
    """Read a settings file. Raises ConfigError when it does not have the form."""
    return read_config(path, RuleSettings)


def apply_settings(
    rules: Sequence[Rule], settings: RuleSettings
) -> tuple[tuple[Rule, ...], tuple[ChangedSeverity, ...], tuple[Unchecked, ...]]:
    """The rules to apply, the severities that changed, and the rules switched off.

    A part named takes its own severity before its rule's. Raises UsageError for a rule or part that is not there or is
    named twice, and for what may not be changed: rules that protect people, and rules that leave out rows.
    """
    by_code = {rule.code: rule for rule in rules}
    _refuse_unknown(by_code, settings)
    off = {entry.rule: entry.reason for entry in settings.off}
    _refuse_fixed(by_code, settings)
    kept = tuple(_with_severities(rule, settings) for rule in rules if rule.code not in off)
    changed = tuple(
        ChangedSeverity(rule.code, now.part, rule.entry.title, before.severity, now.severity)
        for rule in kept
        for before, now in zip(by_code[rule.code].entry.parts, rule.entry.parts, strict=True)
        if before.severity != now.severity
    )
    return (
        kept,
        changed,
        tuple(Unchecked(code, "", by_code[code].entry.title, f"switched off: {off[code]}") for code in off),
    )


def unchecked_parts(rules: Sequence[Rule], context: Context) -> tuple[Unchecked, ...]:
    """What could not be checked for want of a side input; a rule of which nothing could be is told once."""
    missing = []
    for rule in rules:
        parts = rule.unchecked(context)
        whole = len(parts) == len(rule.entry.parts)
        for part in parts[:1] if whole and len({part.needs for part in parts}) == 1 else parts:
            name = "" if whole else part.part
            missing.append(Unchecked(rule.code, name, rule.entry.title, side_inputs()[part.needs].sentence))
    return tuple(missing)


def settings_lines(changed: Sequence[ChangedSeverity], unchecked: Sequence[Unchecked]) -> list[str]:
    """The lines of a summary that say which rules were not checked and which severities are not the shipped ones."""
    lines = []
    if unchecked:
        lines += ["", "Not checked"]
        lines += [f"{'':>9}  {entry.rule} {entry.title}{_of(entry.part)}: {entry.why}." for entry in unchecked]
    if changed:
        lines += ["", "Severities changed"]
        lines += [
            f"{'':>9}  {entry.rule} {entry.title}{_of(entry.part)}: {entry.severity} instead of {entry.shipped}."
            for entry in changed
        ]
    return lines


def settings_record(changed: Sequence[ChangedSeverity], unchecked: Sequence[Unchecked]) -> dict[str, dict[str, str]]:
    """The same for a manifest: what was not checked with the reason, and the severities that are not the shipped ones."""
    return {
        "not_checked": {f"{entry.rule} {entry.part}".strip(): entry.why for entry in unchecked},
        "severities_changed": {f"{entry.rule} {entry.part}": entry.severity for entry in changed},
    }


def _of(part: str) -> str:
    return f" ({part.replace('_', ' ')})" if part else ""


def _with_severities(rule: Rule, settings: RuleSettings) -> Rule:
    own = {entry.part: entry.severity for entry in settings.severities if entry.rule == rule.code}
    parts = tuple(
        part.model_copy(update={"severity": own.get(part.part, own.get("", part.severity))})
        for part in rule.entry.parts
    )
    return Rule(rule.entry.model_copy(update={"parts": parts}), rule.predicate)


def _refuse_unknown(rules: dict[str, Rule], settings: RuleSettings) -> None:
    named = [(entry.rule, entry.part) for entry in settings.severities]
    for code, part in [*named, *((entry.rule, "") for entry in settings.off)]:
        if code not in rules:
            raise UsageError(
                f"The settings name a rule {code} that is not there. The rules are in docs/reference/rules.md."
            )
        if part and part not in [entry.part for entry in rules[code].entry.parts]:
            raise UsageError(f"The settings name a part '{part}' that rule {code} does not have.")
    off = [entry.rule for entry in settings.off]
    twice = [code for code, part in named if named.count((code, part)) > 1] + [
        code for code in off if off.count(code) > 1
    ]
    if twice:
        raise UsageError(f"The settings name rule {twice[0]} twice. Keep one of the entries.")


def _refuse_fixed(rules: dict[str, Rule], settings: RuleSettings) -> None:
    for code in [*(entry.rule for entry in settings.severities), *(entry.rule for entry in settings.off)]:
        if rules[code].entry.fixed:
            raise UsageError(f"Rule {code} cannot be changed or switched off: {rules[code].entry.fixed}.")
    for entry in settings.off:
        if any(part.rejects_row for part in rules[entry.rule].entry.parts):
            raise UsageError(
                f"Rule {entry.rule} cannot be switched off: it leaves rows out, and no row is left out untold. "
                "Its severity can be changed."
            )
