"""The commands of ``cldlink`` as they are in the program, for the tests of its documentation."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import typer.main

from linkage.cli.commands import app

SHOWN_AS = {Path: "PATH", int: "N", float: "NUMBER", str: "TEXT", datetime: "YYYY-MM-DD"}


@dataclass(frozen=True)
class Parameter:
    """One argument or option; ``names`` as typed, ``value`` what follows it (empty for a switch)."""

    names: tuple[str, ...]
    value: str
    is_option: bool
    required: bool
    repeated: bool
    default: str
    help: str


@dataclass(frozen=True)
class Command:
    """One command by its words, such as ``("register", "build")``; ``help`` and ``epilog`` as written in the code.

    ``typed`` are the words without the name of a default command: ``("trace",)`` for ``("trace", "file")``.
    """

    words: tuple[str, ...]
    typed: tuple[str, ...]
    help: str
    epilog: str
    parameters: tuple[Parameter, ...]

    @property
    def option_names(self) -> set[str]:
        """Every spelling of every option."""
        return {name for parameter in self.parameters if parameter.is_option for name in parameter.names}


@cache
def commands() -> tuple[Command, ...]:
    """Every command that does something, in the order of ``cldlink --help``."""
    return tuple(_below(typer.main.get_command(app), ()))


@cache
def groups() -> set[tuple[str, ...]]:
    """The words that only stand before others, such as ``("register",)``."""
    return {command.words[:-1] for command in commands() if len(command.words) > 1}


def _below(node: Any, words: tuple[str, ...], typed: tuple[str, ...] | None = None) -> Iterator[Command]:
    for name, child in getattr(node, "commands", {}).items():
        yield from _below(child, (*words, name), words if name == getattr(node, "default_command", "") else None)
    if not hasattr(node, "commands"):
        yield Command(words, typed or words, node.help or "", node.epilog or "", tuple(map(_parameter, node.params)))


def _parameter(found: Any) -> Parameter:
    kind = found.type_descriptor.annotation
    shown = "" if getattr(found, "is_flag", False) else found.metavar or _shown(kind)
    given = found.default.as_posix() if isinstance(found.default, Path) else found.default
    default = "" if given is None or shown == "" else str(given)
    is_option = found.param_type_name == "option"
    repeated = found.multiple or found.nargs != 1
    return Parameter(tuple(found.opts), shown, is_option, found.required, repeated, default, found.help or "")


def _shown(kind: Any) -> str:
    if get_origin(kind) is Literal:
        return "|".join(get_args(kind))
    inner = [part for part in get_args(kind) if part is not type(None)]
    return _shown(inner[0]) if inner else SHOWN_AS[kind]
