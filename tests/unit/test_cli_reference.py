"""The page of the command line is what the program says. To write it again: ``python -m tests.unit.test_cli_reference``."""

from pathlib import Path

import pytest

from tests.unit.command_tree import Command, Parameter, commands

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "cli.md"
INTRODUCTION = """# The command line

Generated from the program itself. Every command also says this with `--help`.

Counts go to stdout, messages to stderr. With `--json` the result is one object: `schema_version`, `command`, `status`,
`results`. What an exit code means: [exit codes](exit_codes.md). What a command writes: [files](files.md).
`cldlink --version` shows the version; `--install-completion` and `--show-completion` serve the shell.

"""


def cli_page() -> str:
    """The page as Markdown."""
    found = commands()
    contents = [f"- [`{_typed(command)}`](#{_anchor(command)}): {_sentence(command)}" for command in found]
    return INTRODUCTION + "\n".join(contents) + "\n" + "".join(map(_section, found))


def _section(command: Command) -> str:
    usage = " ".join([_typed(command), *map(_usage, command.parameters)])
    text = "\n\n".join(part for part in (command.help, command.epilog) if part).replace("**Examples**\n\n", "")
    rows = "\n".join(map(_row, command.parameters))
    table = f"\n\n| Argument or option | Value | Default | Meaning |\n|---|---|---|---|\n{rows}" if rows else ""
    return f"\n## {_heading(command)}\n\n```text\n{usage}\n```\n\n{_with_code(text)}{table}\n"


def _usage(parameter: Parameter) -> str:
    name = parameter.names[0]
    shown = " ".join(part for part in (name, parameter.value) if part) if parameter.is_option else name.upper()
    return (shown if parameter.required else f"[{shown}]") + ("…" if parameter.repeated else "")


def _row(parameter: Parameter) -> str:
    name = parameter.names[0] if parameter.is_option else parameter.names[0].upper()
    default = "required" if parameter.required else f"`{parameter.default}`" if parameter.default else ""
    value = f"`{parameter.value}`" if parameter.value else ""
    cells = (f"`{name}`", value, default, parameter.help)
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"


def _with_code(text: str) -> str:
    """Paragraphs of the help, joined to one line each; commands in them as code."""
    paragraphs = [" ".join(paragraph.split()) for paragraph in text.split("\n\n")]
    return "\n\n".join(map(_marked, paragraphs))


def _marked(paragraph: str) -> str:
    lead, command, rest = paragraph.partition("cldlink ")
    return f"{lead}`{command}{rest}`" if command and lead in ("", "Example: ", "Next: ", "See also: ") else paragraph


def _sentence(command: Command) -> str:
    return " ".join(command.help.split("\n\n")[0].split())


def _heading(command: Command) -> str:
    return " ".join(command.words)


def _typed(command: Command) -> str:
    return f"cldlink {' '.join(command.typed)}"


def _anchor(command: Command) -> str:
    return "-".join(command.words)


def test_the_page_of_the_command_line_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == cli_page()


@pytest.mark.parametrize("command", commands(), ids=_heading)
def test_the_help_of_a_command_shows_how_to_use_it(command: Command) -> None:
    told = f"{command.help}\n{command.epilog}"
    assert "Example" in told or "Next: " in told


@pytest.mark.parametrize("command", commands(), ids=_heading)
def test_every_argument_and_option_of_a_command_has_help(command: Command) -> None:
    assert [parameter.names for parameter in command.parameters if not parameter.help] == []


if __name__ == "__main__":
    PAGE.write_text(cli_page(), encoding="utf-8", newline="\n")
