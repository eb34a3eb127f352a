"""The names of each record, with their faults.

Order of the steps: the name the person uses, how it is spelt, what is added or lost, what stands in its place, and in which
field it is written. A record whose given name is lost or an initial shows no other fault of the given name.
"""

from dataclasses import dataclass

import numpy as np

from linkage.synth.draws import Bools, Ints, Texts
from linkage.synth.people.population import FEMALE, Households
from linkage.synth.records.fault_draws import FaultDraws
from linkage.synth.records.faults import familiar_forms
from linkage.synth.records.misspelling import misspelt, without_accents, without_punctuation


@dataclass
class _Written:
    """Given and family names as they stand so far; changed step by step."""

    first: Texts
    last: Texts


def twins_of(people: Households) -> Ints:
    """The twin of each person, either way round; -1 for none."""
    twin = people.twin_of.copy()
    younger = np.flatnonzero(twin >= 0)
    twin[twin[younger]] = younger
    return twin


def unnamed_twins(made: FaultDraws, left_out: Bools) -> Bools:
    """Records of twins of the same sex that hold "Twin 1" or "Twin 2" for a given name, and no number."""
    people = made.people
    twin = twins_of(people)
    alike = (twin >= 0) & (people.sex == people.sex[twin])
    rate = made.profile.faults.name.twin_placeholder
    return made.note("twin_placeholder", made.strikes("twin_placeholder", rate, alike[made.row] & ~left_out))


def given_names(made: FaultDraws, twins: Bools) -> tuple[Texts, Texts]:
    """First and last names as written; ``twins`` marks the records of ``unnamed_twins``."""
    lives, row = made.lives, made.row
    single = lives.single[row]
    struck = _struck(made, twins, single)
    whole = ~struck["given_name_placeholder"] & ~twins & ~struck["initial_only"] & ~single
    named = ~struck["family_name_placeholder"]
    given = made.names.given[lives.given[row]]
    names = _Written(given.copy(), np.where(single, given, _family_names(made, 0)).astype(object))
    _used_given_names(made, names, whole)
    _used_family_names(made, names, named & ~single)
    _spelling(made, names, struck)
    _marks_lost(made, names, whole, named)
    _additions(made, names, whole, named)
    names.first[struck["initial_only"]] = [name[0] for name in names.first[struck["initial_only"]]]
    _placeholders(made, names, twins, struck)
    _fields(made, names, named & ~single & ~twins & ~struck["given_name_placeholder"])
    _single_names(made, names, single)
    _capitals(made, names)
    return names.first, names.last


def _family_names(made: FaultDraws, column: int) -> Texts:
    """The family name of each person in a column of their names (0 is the present one)."""
    lives, row = made.lives, made.row
    codes = made.people.pattern_code[row]
    return made.names.family_texts(lives.family[row, column], lives.second_family[row, column], codes)


def _struck(made: FaultDraws, twins: Bools, single: Bools) -> dict[str, Bools]:
    """Records whose names are lost, reduced or misspelt: at most one of these for a given name, and for a family name.

    ``names_placeholder`` is lost on both sides at once, with ``given_name_placeholder`` and ``family_name_placeholder``.
    """
    rates = made.profile.faults.name
    two = ~single & ~twins
    both = made.strikes("names_placeholder", rates.both_placeholder, two)
    given = {
        "given_name_placeholder": (rates.given_placeholder, two & ~both, None),
        "initial_only": (rates.initial_only, two & ~both, None),
        "given_name_typo": (rates.given_typo, two & ~both, None),
    }
    struck = made.one_of("given_name", given)
    family = {
        "family_name_placeholder": (rates.family_placeholder, two & ~both & ~struck["given_name_placeholder"], None),
        "family_name_typo": (rates.family_typo, ~both, None),
    }
    struck |= made.one_of("family_name", family) | {"names_placeholder": both}
    for name in ("given_name_placeholder", "family_name_placeholder"):
        struck[name] = made.note(name, struck[name] | both)
    made.note("initial_only", struck["initial_only"])
    return struck


def _used_given_names(made: FaultDraws, names: _Written, among: Bools) -> None:
    """The familiar form or the other given name that a person goes by."""
    rates, lives, row, draws = made.profile.faults.name, made.lives, made.row, made.draws
    used = among & draws.chance("usual_name", made.record_id, rates.usual_name_written)
    other = used & (lives.other_given[row] >= 0)
    other &= draws.chance("goes_by_other", made.person_id, rates.goes_by_other_given_name)
    names.first[made.note("other_given_name", other)] = made.names.given[lives.other_given[row[other]]]
    familiar = used & ~other & draws.chance("goes_by_nickname", made.person_id, rates.goes_by_nickname)
    people = np.flatnonzero(familiar)
    forms = familiar_forms(draws, made.person_id[people], names.first[people].tolist())
    formal = [form or name for form, name in zip(forms, names.first[people].tolist(), strict=True)]
    made.note("nickname", _replaced(made, names.first, people, formal))


def _used_family_names(made: FaultDraws, names: _Written, among: Bools) -> None:
    """A former family name, or half of a double one."""
    rates, lives, row = made.profile.faults.name, made.lives, made.row
    renamed = among & ~np.isnat(lives.renamed[row, 0])
    was = np.flatnonzero(made.strikes("previous_family_name", rates.previous_family, renamed))
    earlier = _family_names(made, 1)[was].tolist()
    changed = made.note("previous_family_name", _replaced(made, names.last, was, earlier))
    double = among & ~changed & (lives.second_family[row, 0] >= 0)
    halved = made.note("double_name_reduced", made.strikes("double_name_reduced", rates.double_reduced, double))
    second = made.draws.chance("which_half", made.record_id, rates.double_reduced_to_second)
    part = np.where(second, lives.second_family[row, 0], lives.family[row, 0])
    names.last[halved] = made.names.family[part[halved]]


def _spelling(made: FaultDraws, names: _Written, struck: dict[str, Bools]) -> None:
    kinds = made.profile.faults.name.typo_kinds
    for name, texts in (("given_name_typo", names.first), ("family_name_typo", names.last)):
        where = np.flatnonzero(struck[name])
        wrong = misspelt(made.draws, name, made.record_id[where], texts[where].tolist(), kinds)
        made.note(name, _replaced(made, texts, where, wrong))


def _marks_lost(made: FaultDraws, names: _Written, given: Bools, family: Bools) -> None:
    """Accents, apostrophes and hyphens that a system does not keep."""
    rates = made.profile.faults.name
    spaces = made.draws.chance("mark_to_space", made.record_id, 0.5)
    accents = made.strikes("accents_lost", rates.accents_lost)
    marks = made.strikes("punctuation_lost", rates.punctuation_lost)
    for texts, among in ((names.first, given), (names.last, family)):
        plain = np.flatnonzero(accents & among)
        made.note("accents_lost", _replaced(made, texts, plain, [without_accents(text) for text in texts[plain]]))
        bare = np.flatnonzero(marks & among)
        without = [without_punctuation(text, space) for text, space in zip(texts[bare], spaces[bare], strict=True)]
        made.note("punctuation_lost", _replaced(made, texts, bare, without))


def _additions(made: FaultDraws, names: _Written, given: Bools, family: Bools) -> None:
    """Titles before the given name, words after the family name, and names cut off."""
    rates, draws = made.profile.faults.name, made.draws
    for sex in ("female", "male"):
        of_sex = given & ((made.people.sex[made.row] == FEMALE) == (sex == "female"))
        titled = made.note("title_in_name", made.strikes("title_in_name", rates.title, of_sex))
        titles = draws.choose("title", made.record_id, rates.titles[sex])
        names.first[titled] = titles[titled] + " " + names.first[titled]
    dead = family & ~np.isnat(made.lives.death[made.row])
    deceased = made.note("deceased_in_name", made.strikes("deceased_in_name", rates.deceased_in_name, dead))
    names.last[deceased] = names.last[deceased] + f" {rates.deceased_text}"
    suffixed = made.note("suffix_in_name", made.strikes("suffix_in_name", rates.suffix, family & ~deceased))
    suffixes = draws.choose("suffix", made.record_id, rates.suffixes)
    names.last[suffixed] = names.last[suffixed] + " " + suffixes[suffixed]
    cut = made.strikes("name_cut", rates.cut)
    for texts, among in ((names.first, given), (names.last, family)):
        short = np.flatnonzero(cut & among)
        made.note("name_cut", _replaced(made, texts, short, [text[: rates.cut_to_letters] for text in texts[short]]))


def _placeholders(made: FaultDraws, names: _Written, twins: Bools, struck: dict[str, Bools]) -> None:
    lists = made.profile.faults.name.placeholders
    given, family, whole = (
        made.draws.choose(f"placeholder/{kind}", made.record_id, lists[kind]) for kind in ("given", "family", "both")
    )
    both, unnamed, nameless = (
        struck[name] for name in ("names_placeholder", "given_name_placeholder", "family_name_placeholder")
    )
    names.first[unnamed], names.last[nameless] = given[unnamed], family[nameless]
    halves = [text.rpartition(" ") for text in whole[both]]
    names.first[both], names.last[both] = [first for first, _, _ in halves], [last for _, _, last in halves]
    older = made.people.twin_of[made.row] < 0
    names.first[twins] = np.where(older, "Twin 1", "Twin 2").astype(object)[twins]


def _fields(made: FaultDraws, names: _Written, both: Bools) -> None:
    """Names in each other's field: by the habit of a naming pattern, or by mistake."""
    rates = made.profile.faults.name
    patterns = made.people.pattern[made.row]
    inverted = made.nobody()
    for pattern, rate in rates.inverted.items():
        inverted |= made.strikes("names_inverted", rate, both & np.asarray(patterns == pattern))
    swapped = made.strikes("names_swapped", rates.swapped, both & ~inverted)
    crossed = made.note("names_inverted", inverted) | made.note("names_swapped", swapped)
    names.first[crossed], names.last[crossed] = names.last[crossed], names.first[crossed]


def _single_names(made: FaultDraws, names: _Written, single: Bools) -> None:
    """People with one name, so far the family name: in which field it stands, and what fills the other."""
    forms = made.draws.choose("single_name", made.record_id, made.profile.faults.name.single)
    for position in np.flatnonzero(single).tolist():
        place, _, filler = forms[position].partition(" ")
        name = names.last[position]
        other = name if filler == "same" else filler
        names.first[position], names.last[position] = (name, other) if place == "given" else (other, name)
    made.note("single_name", single & np.asarray(forms != "family"))


def _capitals(made: FaultDraws, names: _Written) -> None:
    share = np.array([authority.upper_case_names for authority in made.profile.authorities])
    upper = made.draws.chance("upper_case", made.record_id, share[made.people.authority[made.row]])
    for texts in (names.first, names.last):
        texts[upper] = [name.upper() for name in texts[upper]]


def _replaced(made: FaultDraws, texts: Texts, struck: Ints, new: list[str]) -> Bools:
    """Write the new texts; the records whose text is another now."""
    changed = np.array([old != text for old, text in zip(texts[struck].tolist(), new, strict=True)], dtype=bool)
    texts[struck] = new
    return _marked(made, struck[changed])


def _marked(made: FaultDraws, positions: Ints) -> Bools:
    marked = made.nobody()
    marked[positions] = True
    return marked
