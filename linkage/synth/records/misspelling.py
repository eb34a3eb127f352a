"""Names written wrongly: wrong keys, as heard, as read; without accents and marks.

Each function takes numbers from 0 (included) to 1 (excluded) for its choices, so that the same numbers always make the same
error. A name that an error cannot strike comes back as it was.
"""

import re
import unicodedata
from functools import cache

import numpy as np

from linkage.configs import read_packaged
from linkage.synth.draws import Draws, Ints
from pseudo.config_file import ConfigModel

_PUNCTUATION = re.compile("['’-]")
_MIDDLE = 0.5


class Misspelling(ConfigModel):
    """The form of ``configs/synth/names/misspelling.yaml``."""

    edits: dict[str, float]
    keyboard: dict[str, str]
    phonetic: tuple[tuple[str, str], ...]
    look_alike: tuple[tuple[str, str], ...]


@cache
def _rules() -> Misspelling:
    return read_packaged("synth/names/misspelling.yaml", Misspelling)


def misspelt(draws: Draws, name: str, ids: Ints, words: list[str], kinds: dict[str, float]) -> list[str]:
    """The words with one error each; ``kinds`` weighs edit, phonetic and look_alike. An error of a kind that does not
    fit the word is an edit instead. Words of one letter stay as they are.
    """
    kind = draws.choose(f"{name}/kind", ids, kinds).tolist()
    what, place, key = (draws.uniform(f"{name}/{part}", ids).tolist() for part in ("what", "place", "key"))
    wrong = []
    for word, how, *numbers in zip(words, kind, what, place, key, strict=True):
        changed = rewritten(word, how, numbers[1]) if how != "edit" else word
        wrong.append(edited(word, *numbers) if changed == word else changed)
    return wrong


def edited(word: str, what: float, place: float, key: float) -> str:
    """The word with one letter wrong, lost, added or exchanged with the next; the first letter is kept."""
    if len(word) < 2:
        return word
    edit = _edit(what)
    at = 1 + int(place * (len(word) - 1))
    letter = word[at]
    if edit == "delete" and len(word) > 2:
        return word[:at] + word[at + 1 :]
    if edit == "insert":
        added = letter if key < _MIDDLE else _neighbour(letter, (key - _MIDDLE) / _MIDDLE)
        return word[: at + 1] + added.lower() + word[at + 1 :]
    if edit == "transpose" and at + 1 < len(word) and letter != word[at + 1]:
        return word[:at] + word[at + 1] + letter + word[at + 2 :]
    return word[:at] + _neighbour(letter, key) + word[at + 1 :]


def rewritten(word: str, how: str, which: float) -> str:
    """The word with one part written as it sounds (``phonetic``) or as it looks (``look_alike``)."""
    table = _rules().phonetic if how == "phonetic" else _rules().look_alike
    fitting = [(found, new) for old, new in table for found in _found(word, old)]
    if how == "look_alike":
        fitting = [(span, new) for span, new in fitting if span[0] > 0]
    if not fitting:
        return word
    (start, end), new = fitting[int(which * len(fitting))]
    return word[:start] + (new.capitalize() if word[start].isupper() else new) + word[end:]


def without_accents(word: str) -> str:
    """The word in plain letters: accents and cedillas lost."""
    return "".join(mark for mark in unicodedata.normalize("NFD", word) if not unicodedata.combining(mark))


def without_punctuation(word: str, space: bool) -> str:
    """The word without apostrophes and hyphens, or with spaces in their place."""
    bare = _PUNCTUATION.sub(" " if space else "", word)
    return bare if space or bare == word else bare[0] + bare[1:].lower()


def _edit(what: float) -> str:
    edges = np.cumsum(list(_rules().edits.values()))
    return list(_rules().edits)[int(np.searchsorted(edges, what * edges[-1], side="right"))]


def _neighbour(letter: str, which: float) -> str:
    near = _rules().keyboard.get(without_accents(letter).lower(), "e")
    key = near[int(which * len(near))]
    return key.upper() if letter.isupper() else key


def _found(word: str, part: str) -> list[tuple[int, int]]:
    """Where a part of the table stands in a word, as start and end (excluded)."""
    pattern = re.compile(part.replace("^", r"\A").replace("$", r"\Z"), re.IGNORECASE)
    return [found.span() for found in pattern.finditer(word)]
