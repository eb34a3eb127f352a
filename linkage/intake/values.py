"""What a value given for a list field is: the listed wording, a near miss, or something else. With the value meant."""

import difflib
import re
from dataclasses import dataclass

from linkage.normalise.text import trim
from linkage.spec import ValueList

EXACT = "exact"
SPACING = "spacing"
LETTER_CASE = "letter_case"
PUNCTUATION = "punctuation"
GUIDANCE_WORDING = "guidance_wording"
GUIDANCE_ONLY = "guidance_only"
SIMILAR = "similar"
UNLISTED = "unlisted"

_LONGEST_COMPARED = 200


@dataclass(frozen=True)
class Closeness:
    """How alike two wordings must be (0 to 1, Ratcliff-Obershelp) to be a near miss, and to be suggested at all."""

    similarity: float
    suggestion_similarity: float


@dataclass(frozen=True)
class Judgement:
    """``canonical`` is the listed value that is certainly meant, or None; ``suggestion`` may be a guess."""

    kind: str
    canonical: str | None
    suggestion: str | None


def judge_value(value_list: ValueList, text: str, closeness: Closeness) -> Judgement:
    """Judge one value as given. The wording must be identical to be exact; spaces, letter case and punctuation aside,
    the listed value or its alias is certainly meant; beyond that it is only suggested.
    """
    if text in value_list.names:
        return Judgement(EXACT if text in value_list.wordings else GUIDANCE_ONLY, text, None)
    aliases = {alias: value.value for value in value_list.values for alias in value.aliases}
    if text in aliases:
        return Judgement(GUIDANCE_WORDING, aliases[text], aliases[text])
    for kind, form in ((SPACING, _one_space), (LETTER_CASE, _one_space_lower), (PUNCTUATION, wording_key)):
        meant = {form(name): name for name in value_list.names}.get(form(text))
        if meant:
            return Judgement(kind, meant, meant)
    meant = {wording_key(alias): value for alias, value in aliases.items()}.get(wording_key(text))
    return Judgement(GUIDANCE_WORDING, meant, meant) if meant else _guess(value_list, text, closeness)


def wording_key(text: str) -> str:
    """Letters and digits of a wording in lower case, ``&`` read as "and"; dashes, spaces and stops do not count.

    >>> wording_key('NFA – Support ended - other reason') == wording_key('NFA - Support ended: Other reason')
    True
    """
    return re.sub(r"[^\w%+]|_", "", text.casefold().replace("&", "and"))


def _one_space(text: str) -> str:
    return " ".join(trim(text).split())


def _one_space_lower(text: str) -> str:
    return _one_space(text).casefold()


def _guess(value_list: ValueList, text: str, closeness: Closeness) -> Judgement:
    keys = {wording_key(name): name for name in value_list.names}
    key = wording_key(text)
    if len(key) > _LONGEST_COMPARED:
        return Judgement(UNLISTED, None, None)
    for kind, cutoff in ((SIMILAR, closeness.similarity), (UNLISTED, closeness.suggestion_similarity)):
        close = difflib.get_close_matches(key, keys, n=1, cutoff=cutoff)
        if close:
            return Judgement(kind, None, keys[close[0]])
    return Judgement(UNLISTED, None, None)
