"""Configuration files: YAML on disk → a checked, frozen pydantic model, or one error that lists every fault.

YAML is read so that nothing is guessed: ``No`` stays text, ``010`` stays text, dates stay text; only true/false,
whole and decimal numbers and null become values. Messages give file, line, column and key, never the value.
"""

import difflib
import hashlib
import re
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from pseudo.errors import ConfigError

Model = TypeVar("Model", bound=BaseModel)
Mark = tuple[int, int]
KeyPath = tuple[str | int, ...]


class ConfigModel(BaseModel):
    """Base of every configuration model: unknown keys are refused, instances are frozen, inputs are not echoed."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class _PlainLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """A YAML loader without the guesses of YAML 1.1; the fast one where PyYAML was built with it."""


_PlainLoader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("tag:yaml.org,2002:bool", r"^(?:true|false)$", "tf"),
    ("tag:yaml.org,2002:null", r"^(?:null|~|)$", ["n", "~", ""]),
    ("tag:yaml.org,2002:int", r"^-?(?:0|[1-9][0-9]*)$", "-0123456789"),
    ("tag:yaml.org,2002:float", r"^-?(?:0|[1-9][0-9]*)\.[0-9]+(?:e-?[0-9]+)?$|^-?[1-9][0-9]*e-?[0-9]+$", "-0123456789"),
):
    _PlainLoader.add_implicit_resolver(_tag, re.compile(_pattern), list(_first))


def read_config(path: Path, model: type[Model]) -> Model:
    """Read one YAML file into ``model``.

    Raises ConfigError when the file is missing, is not YAML, repeats a key or does not fit the model; all faults of the
    file are listed at once, each with its line.
    """
    text = _read_text(path)
    try:
        node, document = _parsed(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else str(path)
        raise ConfigError(f"{where}: this is not readable YAML. Check the indentation and quotes there.") from None
    duplicates = _duplicate_keys(node)
    if duplicates:
        raise ConfigError("\n".join(f"{path}:{line}:{column}: the key is given twice" for line, column in duplicates))
    if not isinstance(document, dict):
        raise ConfigError(f"{path}: the file should hold 'key: value' lines and does not.")
    try:
        return model.model_validate(document)
    except ValidationError as error:
        marks = _marks(node)
        raise ConfigError("\n".join(_fault(path, fault, marks, model) for fault in _faults(error))) from None


def config_hash(path: Path) -> str:
    """SHA-256 (hex) of a configuration file's bytes, for manifests."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _parsed(text: str) -> tuple[Any, Any]:
    """The nodes of a YAML text, which know their places, and what they stand for; both None for an empty text."""
    loader = _PlainLoader(text)
    try:
        node = loader.get_single_node()
        return node, None if node is None else loader.construct_document(node)
    finally:
        loader.dispose()


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(f"{path}: there is no such configuration file.") from None
    except IsADirectoryError:
        raise ConfigError(f"{path}: this is a folder; give a YAML file.") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: the file is not UTF-8 text.") from None


def _faults(error: ValidationError) -> list[Any]:
    return list(error.errors(include_url=False, include_context=True, include_input=False))


def _fault(path: Path, fault: Any, marks: dict[KeyPath, Mark], model: type[BaseModel]) -> str:
    location: KeyPath = tuple(fault["loc"])
    line, column = _nearest(location, marks)
    key = ".".join(str(part) for part in location) or "file"
    hint = ""
    if fault["type"] == "extra_forbidden":
        close = difflib.get_close_matches(str(location[-1]), list(_field_names(model)), n=1)
        hint = f" Did you mean '{close[0]}'?" if close else ""
    return f"{path}:{line}:{column}: {key}: {_sentence(fault)}.{hint}"


def _sentence(fault: Any) -> str:
    """What is wrong, without the value that is."""
    if fault["type"] == "extra_forbidden":
        return "unknown key"
    if fault["type"] == "union_tag_not_found":
        return f"the key {fault['ctx']['discriminator']} is missing"
    if fault["type"] == "union_tag_invalid":
        return f"the key {fault['ctx']['discriminator']} must be one of {fault['ctx']['expected_tags']}"
    return str(fault["msg"]).removeprefix("Value error, ")


def _field_names(model: type[BaseModel]) -> set[str]:
    """Every key that the model or a model inside it knows."""
    names: set[str] = set()

    def walk(schema: Any) -> None:
        if isinstance(schema, dict):
            names.update(schema.get("properties", {}))
            for part in schema.values():
                walk(part)
        elif isinstance(schema, list):
            for part in schema:
                walk(part)

    walk(model.model_json_schema())
    return names


def _nearest(location: KeyPath, marks: dict[KeyPath, Mark]) -> Mark:
    while location and location not in marks:
        location = location[:-1]
    return marks.get(location, (1, 1))


def _marks(node: Any, path: KeyPath = ()) -> dict[KeyPath, Mark]:
    """Line and column (from 1) of every key path in the file."""
    if node is None:
        return {}
    found: dict[KeyPath, Mark] = {path: (node.start_mark.line + 1, node.start_mark.column + 1)}
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = (*path, key.value)
            found |= _marks(value, inner)
            found[inner] = (key.start_mark.line + 1, key.start_mark.column + 1)
    elif isinstance(node, yaml.SequenceNode):
        for position, value in enumerate(node.value):
            found |= _marks(value, (*path, position))
    return found


def _duplicate_keys(node: Any) -> list[Mark]:
    if isinstance(node, yaml.SequenceNode):
        return [mark for value in node.value for mark in _duplicate_keys(value)]
    if not isinstance(node, yaml.MappingNode):
        return []
    marks, known = [], set()
    for key, _ in node.value:
        if key.value in known:
            marks.append((key.start_mark.line + 1, key.start_mark.column + 1))
        known.add(str(key.value))
    return marks + [mark for _, value in node.value for mark in _duplicate_keys(value)]
