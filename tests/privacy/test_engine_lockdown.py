"""The database touches only the folders it was given and reaches no network; no error, foreseen or not, quotes a value."""

from pathlib import Path

import pandas as pd
import pytest

from linkage.cli import main
from linkage.engine import Step, open_engine
from linkage.errors import LinkageError

CANARY = "Zzcanary"


@pytest.mark.parametrize(
    "sql",
    [
        f"select '{CANARY}'::date",
        f"select cast('{CANARY}' as integer)",
        f"select error('{CANARY}')",
        f"select {CANARY} from range(1)",
        f"select * from read_csv('{CANARY}.csv')",
    ],
)
def test_an_error_of_the_database_quotes_no_value(sql: str) -> None:
    with open_engine() as engine, pytest.raises(LinkageError) as caught:
        engine.run(Step("fails", sql))
    assert CANARY not in str(caught.value)
    assert caught.value.__cause__ is None and caught.value.__suppress_context__


def test_only_the_named_folders_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()
    for name in ("inside/a.csv", "outside.csv"):
        (tmp_path / name).write_text("a\n1\n", encoding="utf-8")
    with open_engine(folders=[tmp_path / "inside"]) as engine:
        read = "select * from read_csv($path)"
        assert engine.run(Step("inside", read, {"path": str(tmp_path / "inside" / "a.csv")})) == 1
        with pytest.raises(LinkageError, match="outside the folders"):
            engine.run(Step("outside", read, {"path": str(tmp_path / "outside.csv")}))


@pytest.mark.parametrize(
    "sql",
    [
        "install httpfs",
        "load httpfs",
        "set enable_external_access = true",
        "set allowed_directories = ['/']",
        "select * from read_csv('https://example.invalid/people.csv')",
    ],
)
def test_the_lock_cannot_be_opened_from_within(sql: str) -> None:
    with open_engine() as engine, pytest.raises(LinkageError):
        engine.rows(Step("unlock", sql))


def test_variables_of_the_program_cannot_be_read_as_tables() -> None:
    people = pd.DataFrame({"name": [CANARY]})
    with open_engine() as engine, pytest.raises(LinkageError):
        engine.rows(Step("peek", "select * from people"))
    assert len(people) == 1


def test_an_unforeseen_error_shows_its_kind_and_not_its_text(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def fails(**_: object) -> None:
        raise KeyError(CANARY)

    monkeypatch.setattr("linkage.cli.commands.app", fails)
    with pytest.raises(SystemExit) as stopped:
        main()
    out, err = capfd.readouterr()
    assert stopped.value.code == 70 and "KeyError" in err and CANARY not in out + err
