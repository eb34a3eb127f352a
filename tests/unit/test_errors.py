"""Exit codes: one for every kind of error, as documented."""

import os
import re
import signal
from pathlib import Path

import pytest

import pseudo.errors
from linkage import errors
from linkage.cli.main import main
from linkage.errors import ExitCode, LinkageError, exit_code
from linkage.runs import staged_outputs

DOCUMENTED = Path(__file__).parents[2] / "docs" / "reference" / "exit_codes.md"

CODES: dict[type[BaseException], int] = {
    errors.UsageError: 2,
    pseudo.errors.ConfigError: 2,
    pseudo.errors.SourcePathError: 2,
    pseudo.errors.AuditValueError: 2,
    pseudo.errors.AuditPathError: 2,
    pseudo.errors.AuditError: 6,
    pseudo.errors.LedgerError: 6,
    pseudo.errors.FileInUseError: 7,
    pseudo.errors.ReleasePathError: 2,
    errors.InputError: 3,
    pseudo.errors.IdentifierError: 3,
    pseudo.errors.SourceError: 3,
    errors.RefusedError: 4,
    pseudo.errors.PolicyError: 4,
    pseudo.errors.OutputRecordError: 4,
    pseudo.errors.KeyCustodyError: 6,
    pseudo.errors.ReleaseError: 6,
    errors.MachineError: 7,
    pseudo.errors.WorkerError: 7,
    errors.DiskFullError: 7,
    pseudo.errors.ReleaseWriteError: 7,
    MemoryError: 7,
    PermissionError: 7,
    OSError: 7,
    errors.InternalError: 70,
    ValueError: 70,
    KeyError: 70,
    KeyboardInterrupt: 130,
}


@pytest.mark.parametrize(("kind", "code"), CODES.items(), ids=[kind.__name__ for kind in CODES])
def test_exit_code(kind: type[BaseException], code: int) -> None:
    assert exit_code(kind("what, where, what to do")) == code


def subclasses(kind: type[BaseException]) -> set[type[BaseException]]:
    return {found for direct in kind.__subclasses__() for found in {direct, *subclasses(direct)}}


@pytest.mark.parametrize("base", [LinkageError, pseudo.errors.PseudoError])
def test_every_error_of_ours_has_a_code_of_its_own(base: type[BaseException]) -> None:
    ours = {kind for kind in subclasses(base) if kind.__module__ in ("linkage.errors", "pseudo.errors")}
    assert ours <= CODES.keys()


def test_every_code_is_documented() -> None:
    codes = re.findall(r"^\| (\d+) \|", DOCUMENTED.read_text(encoding="utf-8"), re.MULTILINE)
    assert [int(code) for code in codes] == sorted(ExitCode)


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_command_that_is_stopped_says_so_and_leaves_nothing_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], sent: int, code: int
) -> None:
    def half_way(**_: object) -> None:
        with staged_outputs(tmp_path / "out") as folder:
            (folder / "half").touch()
            signal.raise_signal(sent)

    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr("linkage.cli.commands.app", half_way)
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == code and list(tmp_path.iterdir()) == []
    assert "has been removed" in capsys.readouterr().err
    assert signal.getsignal(signal.SIGTERM) == before
