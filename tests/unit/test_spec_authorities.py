"""Local authority codes as dated data, and the invented ones."""

from datetime import date

import pytest

from linkage.intake.keeping.routing import route
from linkage.spec import Successor, authorities, successors

BY_CODE = {authority.code: authority for authority in authorities()}


def test_151_real_authorities_and_three_invented_ones() -> None:
    assert sum(not authority.synthetic for authority in BY_CODE.values()) == 151
    assert {a.code: a.name for a in BY_CODE.values() if a.synthetic} == {
        "991": "Synthshire (synthetic)",
        "992": "Fictford (synthetic)",
        "993": "Exemplar Borough (synthetic)",
    }


def test_no_code_is_given_twice() -> None:
    assert len(BY_CODE) == len(authorities())


def test_an_abolished_authority_is_known_until_its_last_day() -> None:
    assert BY_CODE["102"].known_on(date(2023, 3, 31))
    assert not BY_CODE["102"].known_on(date(2023, 4, 1))


def test_names_compare_without_case_and_punctuation_and_know_their_aliases() -> None:
    assert "stockportx" not in BY_CODE["310"].name_keys
    assert "sthelens" in BY_CODE["318"].name_keys
    assert "countydurham" in BY_CODE["116"].name_keys


def test_a_successor_is_known_from_its_first_day_once_its_code_is_stated(monkeypatch: pytest.MonkeyPatch) -> None:
    assert all(one.la_code is None for one in successors())
    stated = [Successor("102", "Cumberland", date(2023, 4, 1), "E06000063", "942")]
    monkeypatch.setitem(authorities.__wrapped__.__globals__, "successors", lambda: stated)
    monkeypatch.setattr("linkage.intake.keeping.routing.successors", lambda: stated)
    known = {authority.code: authority for authority in authorities.__wrapped__()}
    monkeypatch.setattr("linkage.intake.keeping.routing.authorities", known.values)
    assert (known["942"].name, known["942"].valid_from) == ("Cumberland", date(2023, 4, 1))
    assert len(known) == len(authorities()) + 1
    assert route("942").dscros == route("102").dscros
