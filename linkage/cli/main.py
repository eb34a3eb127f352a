"""Where the command line starts, and where every error becomes a message and an exit code.

No traceback and no message of a library ever reaches the user: it could quote a person's data. An unforeseen error shows
its type and where in cldlink it arose, nothing else.
"""

import errno
import signal
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import typer

from linkage.errors import ExitCode, LinkageError, exit_code
from linkage.runs import kept_notes
from pseudo.errors import PseudoError

_INTERRUPTED = (
    "Interrupted. What was half written has been removed; earlier outputs are as they were. Run the command again."
)
_TERMINATED = "Ended from outside (SIGTERM)." + _INTERRUPTED.removeprefix("Interrupted.")
_MACHINE = "The machine could not do it ({kind}): check the path, the rights, the free space and that no file is open elsewhere."


@dataclass
class _Termination:
    """Makes SIGTERM (a service manager, a shutdown) end a command as Ctrl-C does; a second one cannot stop the tidying up."""

    received: bool = False

    def __call__(self, *_: object) -> None:
        self.received = True
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise KeyboardInterrupt


def main() -> None:
    """Run ``cldlink``; exits with a code of ``linkage.errors.ExitCode``."""
    with _terminable() as termination:
        try:
            _run()
        except KeyboardInterrupt as stop:
            if termination.received:
                _fail(_with_notes(_TERMINATED, stop), ExitCode.TERMINATED)
            _fail(_with_notes(_INTERRUPTED, stop), ExitCode.INTERRUPTED)


@contextmanager
def _terminable() -> Iterator[_Termination]:
    """SIGTERM raises KeyboardInterrupt meanwhile, unless whoever started the program has it ignored."""
    termination = _Termination()
    in_main = threading.current_thread() is threading.main_thread()
    if not in_main or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield termination
        return
    signal.signal(signal.SIGTERM, termination)
    try:
        yield termination
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _run() -> None:
    """The command, with every error but an interruption told and turned into its code."""
    try:
        from linkage.cli.commands import app

        app(prog_name="cldlink")
    except SystemExit as stop:
        if stop.code == ExitCode.INTERRUPTED:
            raise KeyboardInterrupt from stop
        raise
    except (LinkageError, PseudoError) as error:
        _fail(_with_notes(str(error), error), exit_code(error))
    except Exception as error:
        code = exit_code(error)
        text = _machine(error) if code == ExitCode.MACHINE else _internal(error)
        _fail(_with_notes(text, error), code)


def _with_notes(text: str, error: BaseException) -> str:
    """The text, and where finished parts of the work are kept."""
    return " ".join([text, *kept_notes(error)])


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
