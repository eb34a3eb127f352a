"""A finished part has its name whole; one that a stopped run finished and did not note is made again."""

from pathlib import Path

from linkage.runs import whole


def test_a_folder_that_was_not_noted_is_made_again(tmp_path: Path) -> None:
    for content in ("first", "second"):
        with whole(tmp_path / "part") as aside:
            aside.mkdir()
            (aside / "rows").write_text(content)
    assert (tmp_path / "part" / "rows").read_text() == "second"
    assert [path.name for path in tmp_path.iterdir()] == ["part"]
