"""Who stands in another cell after a second submission: people of one's own folders, gated counts of linked ones."""

import csv
import json
from datetime import date
from pathlib import Path

import pytest

from linkage.cohort.moved import tables_moved
from linkage.errors import InputError, RefusedError, UsageError
from linkage.moving import moved_people
from tests.main_job import cldlink
from tests.unit.derived_events import Row, service
from tests.unit.own_folders import own_folder
from tests.unit.placed_people import linked_with_everything

HOME = {"service_type": "Long Term Support: Community", "birth_month": "1980-06"}
MANAGED = HOME | {"delivery_mechanism": "CASSR Managed Personal Budget"}
DIRECT = HOME | {"delivery_mechanism": "Direct Payment"}
BEFORE = [
    service("ann", **MANAGED),
    service("bob", **MANAGED),
    service("cat", **DIRECT),
    service("dan", **DIRECT),
    service("eve", **DIRECT),
    service("fay", **DIRECT),
]
AFTER = [
    service("ann", **DIRECT),
    service("bob", **MANAGED),
    service("cat", **DIRECT),
    service("cat", birth_month="1980-06"),
    service("dan", **DIRECT, event_end_date=date(2022, 9, 1)),
    service("fay", **DIRECT | {"birth_month": "1950-01"}),
    service("gil", **DIRECT),
]


def read(path: Path, encoding: str) -> list[dict[str, str]]:
    with path.open(encoding=encoding, newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("moved")
    return own_folder(folder / "before", BEFORE), own_folder(folder / "after", AFTER)


def test_everybody_who_stands_elsewhere(own: tuple[Path, Path], tmp_path: Path) -> None:
    done = moved_people("ascof_3d_clients", *own, tmp_path)
    home = "has a nursing or residential place on the last day"
    young, old = "(Age on the last day: 18 to 64)", "(Age on the last day: 65 and above)"
    rows = read(tmp_path / "moved_IDENTIFIABLE.csv", "utf-8-sig")
    assert {row["person_unique_identifier"]: (row["place_before"], row["place_after"]) for row in rows} == {
        "ann": (f"a budget that the authority manages {young}", f"a direct payment {young}"),
        "cat": (f"a direct payment {young}", f"does not count: {home} {young}"),
        "dan": (f"a direct payment {young}", "not looked at"),
        "eve": (f"a direct payment {young}", "not looked at"),
        "fay": (f"a direct payment {young}", f"a direct payment {old}"),
        "gil": ("not looked at", f"a direct payment {young}"),
    }
    assert ("991", "a direct payment", "the same column, another group", 1) in done.people
    assert sum(people for *_, people in done.people) == 6


def test_lts001_is_compared_too(own: tuple[Path, Path], tmp_path: Path) -> None:
    ran = cldlink("tables", "moved", "lts001b", *own, "--out", tmp_path / "out")
    assert "991       1  Community: CASSR Managed Personal Budget → Community: Direct Payment only\n" in ran.out, (
        ran.err
    )
    assert "991       2  Community: Direct Payment only → not looked at\n" in ran.out


def many(rows: list[Row]) -> list[Row]:
    return [{**row, "person_pseudonym": f"{row['person_pseudonym']}{copy}"} for copy in range(7) for row in rows]


def test_linked_folders_give_counts_through_the_gate_and_nobody(tmp_path: Path) -> None:
    before = linked_with_everything(tmp_path / "before", many(BEFORE))
    after = linked_with_everything(tmp_path / "after", many(AFTER))
    tables_moved("ascof_3d_clients", before, after, tmp_path / "out")
    rows = read(tmp_path / "out" / "ascof_3d_clients_moved.csv", "utf-8")
    assert {(row["column_before"], row["column_after"]): row["people"] for row in rows} == {
        ("a budget that the authority manages", "a direct payment"): "5",
        ("a direct payment", "does not count: has a nursing or residential place on the last day"): "5",
        ("a direct payment", "not looked at"): "15",
        ("a direct payment", "the same column, another group"): "5",
        ("not looked at", "a direct payment"): "5",
    }
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "ascof_3d_clients_moved.csv", "manifest.json", "disclosure_record.json", "outputs_manifest.csv",
    }  # fmt: skip
    with pytest.raises(RefusedError, match="holds pseudonyms"):
        moved_people("ascof_3d_clients", before, after, tmp_path / "people")


def test_what_cannot_be_compared_is_told(own: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="one measure at a time"):
        moved_people("all", *own, tmp_path / "out")
    linked = linked_with_everything(tmp_path / "linked", BEFORE)
    with pytest.raises(UsageError, match="no linked folder"):
        tables_moved("ascof_3d_clients", own[0], linked, tmp_path / "out")
    other = linked_with_everything(tmp_path / "other", BEFORE)
    manifest = json.loads((other / "manifest.json").read_text())
    manifest["settings"]["domain"] = {"recipient": "somebody else"}
    (other / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(InputError, match="different domains"):
        tables_moved("ascof_3d_clients", linked, other, tmp_path / "out")
