"""Tables of the page on sequels, made from ``configs/measures/sequels.yaml`` and the definitions of the measures."""

from linkage.cohort.derive.sequels import SequelRule, sequel_rules
from linkage.cohort.derive.settings import grouped_values
from linkage.cohort.measures.definition import measure_definition

_MEASURES = {"request": "salt_sts001", "short_term": "salt_sts002a"}
_NUMBERS = {
    "episode_gap_days": "days between two of them that are one",
    "first_within_days": "days until the first event that follows",
    "chain_gap_days": "days between events that follow",
}


def _table(headings: list[str], rows: list[list[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _wording(field: str, group: str) -> str:
    return grouped_values().fields[field].groups[group][0]


def number_rows() -> str:
    rules = sequel_rules().rules
    rows = [[words, *(str(getattr(rules[name], number)) for name in _MEASURES)] for number, words in _NUMBERS.items()]
    return _table(["At most", "Requests", "Short-term support"], rows)


def _columns(name: str) -> str:
    rule = sequel_rules().rules[name]
    found: dict[str, list[str]] = {}
    for group, column in rule.services.items():
        found.setdefault(column, []).append(f"service *{_wording('service_type', group)}*")
    for group, column in rule.outcomes.items():
        found.setdefault(column, []).append(f"*{_wording('event_outcome', group)}*{_limit(rule, group)}")
    about = {column.id: column.about for column in measure_definition(_MEASURES[name]).columns}
    rows = [[f"`{column}`", about[column], "; ".join(found.get(column, ["none of these"]))] for column in about]
    return _table(["Column", "What followed", "Told by"], rows)


def _limit(rule: SequelRule, group: str) -> str:
    if group in rule.later_outcomes:
        return ""
    return " (its own outcome, nothing following)" if group in rule.only_when_nothing_follows else " (its own outcome)"


TABLES = {
    "sequel_numbers": number_rows,
    "sequels_of_requests": lambda: _columns("request"),
    "sequels_of_short_term": lambda: _columns("short_term"),
}
