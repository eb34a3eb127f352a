"""Groups of commands of which one needs no name."""

from typing import Any

from typer.core import TyperGroup


class DefaultGroup(TyperGroup):
    """A group that runs ``default_command`` unless another of its commands is named."""

    default_command: str

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the default command in front unless another one is named."""
        if not args or args[0] not in self.commands:
            args = [self.default_command, *args]
        return super().parse_args(ctx, args)


def with_default(command: str) -> type[DefaultGroup]:
    """The group in which ``command`` needs no name: ``cldlink trace people.csv`` is ``cldlink trace file people.csv``."""
    return type("DefaultGroup", (DefaultGroup,), {"default_command": command})
