"""Every example in a docstring is true."""

import doctest
import importlib
import pkgutil

import pytest

import linkage
import pseudo


def modules() -> list[str]:
    names = []
    for package in (linkage, pseudo):
        names += [found.name for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")]
    return [name for name in names if not name.endswith("__main__")]


@pytest.mark.parametrize("name", modules())
def test_examples(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_there_are_examples() -> None:
    attempted = sum(len(test.examples) for name in modules() for test in _examples(name))
    assert attempted > 25


def _examples(name: str) -> list[doctest.DocTest]:
    return doctest.DocTestFinder(exclude_empty=True).find(importlib.import_module(name))
