"""Where the command line starts, and where every error becomes a message and an exit code.

No traceback and no message of a library ever reaches the user: it could quote a person's data. An unforeseen error shows
its type and where in cldlink it arose, nothing else.
"""

import errno
import traceback
from pathlib import Path

import typer

from linkage.errors import ExitCode, LinkageError, exit_code
from pseudo.errors import PseudoError

_INTERRUPTED = (
    "Interrupted. What was being written has been removed; earlier outputs are as they were. Run the command again."
)
_MACHINE = "The machine could not do it ({kind}): check the path, the rights, the free space and that no file is open elsewhere."


def main() -> None:
    """Run ``cldlink``; exits with a code of ``linkage.errors.ExitCode``."""
    try:
        from linkage.cli.commands import app

        app(prog_name="cldlink")
    except SystemExit as stop:
        if stop.code == ExitCode.INTERRUPTED:
            _say(_INTERRUPTED)
        raise
    except KeyboardInterrupt:
        _fail(_INTERRUPTED, ExitCode.INTERRUPTED)
    except (LinkageError, PseudoError) as error:
        _fail(str(error), exit_code(error))
    except Exception as error:
        code = exit_code(error)
        text = _machine(error) if code == ExitCode.MACHINE else _internal(error)
        _fail(text, code)


def _fail(text: str, code: ExitCode) -> None:
    _say(f"cldlink: {text}")
    raise SystemExit(int(code))


def _say(text: str) -> None:
    typer.echo(text, err=True)


def _machine(error: BaseException) -> str:
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return "the disk is full. Nothing half-written is left; make room and run the command again."
    return _MACHINE.format(kind=type(error).__name__)


def _internal(error: BaseException) -> str:
    """The type of an unforeseen error and the innermost place in our own code; never its message."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _ours(frame.filename)]
    where = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "unknown place"
    return f"internal fault {type(error).__name__} at {where}. Please report this line; it holds no data."


def _ours(filename: str) -> bool:
    return (
        Path(filename).resolve().is_relative_to(Path(__file__).resolve().parents[1]) or "pseudo" in Path(filename).parts
    )
