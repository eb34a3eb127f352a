"""What a value given for a list field is: the listed wording, a near miss, or something else. With the value meant."""

import difflib
import re
from dataclasses import dataclass

from linkage.normalise.text import separators, trim
from linkage.spec import Meaning, ValueList

EXACT = "exact"
SPACING = "spacing"
LETTER_CASE = "letter_case"
PUNCTUATION = "punctuation"
GUIDANCE_WORDING = "guidance_wording"
GUIDANCE_ONLY = "guidance_only"
SIMILAR = "similar"
UNLISTED = "unlisted"
OTHER_VERSION = "other_version"
WILL_BECOME = "will_become"

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
    aliases = {_hyphens(alias): value.value for value in value_list.values for alias in value.aliases}
    if _hyphens(text) in aliases:
        meant = aliases[_hyphens(text)]
        return Judgement(GUIDANCE_WORDING, meant, meant)
    for kind, form in ((SPACING, _one_space), (LETTER_CASE, _one_space_lower), (PUNCTUATION, wording_key)):
        known = {form(name): name for name in value_list.names}
        if form(text) in known:
            return Judgement(kind, known[form(text)], known[form(text)])
    known = {wording_key(alias): value for alias, value in aliases.items()}
    if wording_key(text) in known:
        return Judgement(GUIDANCE_WORDING, known[wording_key(text)], known[wording_key(text)])
    return _guess(value_list, text, closeness)


def judge_worded(
    value_list: ValueList, text: str, closeness: Closeness, other: Meaning, *, upcoming: bool
) -> Judgement:
    """Judge a value that another version has, and this one does not. It is certainly meant where it stands for one value
    here and is the only wording there that does. ``upcoming``: this version is not live yet, so wordings of older ones are
    right until then, and are taken as what they will become, merged or not.
    """
    if upcoming and other.earlier:
        return Judgement(WILL_BECOME, other.value, other.value)
    canonical = other.value if other.certain else judge_value(value_list, text, closeness).canonical
    return Judgement(OTHER_VERSION, canonical, other.value)


def wording_key(text: str) -> str:
    """Letters and digits of a wording in lower case, ``&`` read as "and"; dashes, spaces and stops do not count.

    >>> wording_key('NFA – Support ended - other reason') == wording_key('NFA - Support ended: Other reason')
    True
    """
    return re.sub(r"[^\w%+]|_", "", text.casefold().replace("&", "and"))


def _hyphens(text: str) -> str:
    """Every dash as a hyphen: the guidance is known as scanned text, whose dashes vary."""
    return text.translate(dict.fromkeys(map(ord, separators().hyphens), "-"))


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
