"""Words in an event's own description that tell what it is: the one free text that the rules read."""

from linkage.engine import literal
from linkage.intake.rules.context import Context
from linkage.intake.rules.model import Rule, all_of, found_sql


def described(rule: Rule, context: Context, part: str, where: str = "true") -> str:
    """Events of which the description holds one of the rule's words, as whole words, letter case aside. A word that
    ends in an asterisk stands for every word that begins so.
    """
    if not context.has("event_description"):
        return all_of()
    pattern = r"\b(" + "|".join(_pattern(word) for word in rule.texts("words")) + ")"
    told = f"regexp_matches(lower(s.event_description), {literal(pattern)})"
    return found_sql(part, "event_description", f"{where} and s.event_description is not null and {told}")


def _pattern(word: str) -> str:
    spaced = word.lower().replace(" ", "[ -]+")
    return spaced.removesuffix("*") if spaced.endswith("*") else spaced + r"\b"
