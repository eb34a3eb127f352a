"""The command line ``cldlink``: every command parses, calls one function of the public API, prints, and exits."""

from linkage.cli.main import main

__all__ = ["main"]
