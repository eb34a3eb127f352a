"""Published figures beside ours: the newsletter's difference, marks without one, and no line left out."""

import csv
from pathlib import Path

import openpyxl
import pyarrow as pa
import pytest

from linkage.cohort.official import tables_official
from linkage.cohort.outputs import check_outputs
from linkage.cohort.published import compared, read_published
from linkage.cohort.shown import disclosure_policy
from linkage.cohort.tables import tables_salt
from linkage.errors import InputError
from pseudo.disclosure import Cells, apply
from tests.unit.derived_events import service
from tests.unit.own_folders import own_folder
from tests.unit.placed_people import linked_with_everything

HOME = {"service_type": "Long Term Support: Community", "birth_month": "1980-06"}
ROWS = [service(f"d{number}", **HOME, delivery_mechanism="Direct Payment") for number in range(12)]
ROWS += [service(f"m{number}", **HOME, delivery_mechanism="CASSR Managed Personal Budget") for number in range(8)]
ROWS += [service(f"n{number}") for number in range(3)]
HEADING = "table,la_code,age_band,primary_support_reason,column,published\n"
LINES = """lts001a,991,18 to 64,Mental Health Support,community_direct_payment,15
lts001a,991,18 to 64,mental health support,community_managed,[c]
lts001a,991,,,total,"1,000"
lts001b,,,,nursing,4
lts001b,991,65+,,prison,5
lts001b,991,65+,,hostel,5
lts001x,991,,,total,=1+1
lts001b,991,All adults,Total,prison,-
"""


def written(text: str, folder: Path) -> Path:
    path = folder / "given.csv"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("published")
    linked_with_everything(folder / "linked", ROWS)
    tables_salt(folder / "linked", folder / "out", published=written(HEADING + LINES, folder))
    return folder


def test_each_published_figure_has_ours_and_the_difference(folder: Path) -> None:
    with (folder / "out" / "published.csv").open(encoding="utf-8", newline="") as lines:
        rows = [
            (row["column"], row["ours"], row["published"], row["difference_percent"]) for row in csv.DictReader(lines)
        ]
    assert rows == [
        ("community_direct_payment", "10", "15", "33.3"),
        ("community_managed", "10", "[c]", ""),
        ("total", "25", "1,000", "97.5"),
        ("nursing", "5", "4", "-25.0"),
        ("prison", "-", "5", "100.0"),
        ("hostel", "no such row or column", "5", ""),
        ("total", "this table was not made", "'=1+1", ""),
        ("prison", "-", "-", ""),
    ]


def test_they_stand_in_workbook_and_page_of_lts001(folder: Path) -> None:
    book = openpyxl.load_workbook(folder / "out" / "lts001.xlsx")
    assert book.sheetnames == ["LTS001a", "LTS001b", "LTS001c", "Flow", "Notes", "Published"]
    assert [cell.value for cell in book["LTS001a"][3]][3:6] == [
        "Nursing",
        "Residential",
        "Community: Direct Payment only",
    ]
    assert [cell.value for cell in book["Published"][3]][4:] == [10, 15, 33.3]
    page = (folder / "out" / "lts001.html").read_text(encoding="utf-8")
    assert "Beside the published figures" in page and "33.3" in page
    assert check_outputs(folder / "out")[1] == []


@pytest.mark.parametrize(
    ("ours", "published", "difference"),
    [
        (945, 925, "-2.2"),
        (450, 500, "10.0"),
        (5, 10, "50.0"),
        (7180, 7180, "0.0"),
        (9520, 9485, "-0.4"),
        (5670, 5750, "1.4"),
    ],
)
def test_the_difference_is_the_newsletters(tmp_path: Path, ours: int, published: int, difference: str) -> None:
    exact = pa.table({"la_code": ["991"], "age_band": ["All adults"], "total": [ours]})
    shown = {"lts001a": apply(disclosure_policy("none"), exact, Cells(counts={"total": "total"}))}
    figures = read_published(written(f"table,la_code,column,published\nlts001a,991,total,{published}\n", tmp_path))
    assert [one.difference_percent for one in compared(figures, shown)] == [difference]


def test_measures_stand_beside_published_figures_too(folder: Path) -> None:
    text = "table,la_code,age_band,column,published\nascof_3d_clients,991,18 to 64,part_2a_percent,40.0\n"
    out = folder / "official"
    rows = [service(f"d{number}", **HOME, delivery_mechanism="Direct Payment") for number in range(112)]
    rows += [service(f"m{number}", **HOME, delivery_mechanism="CASSR Managed Personal Budget") for number in range(88)]
    linked_with_everything(folder / "more", rows)
    tables_official(folder / "more", out, measures=["ascof_3d_clients"], published=written(text, folder))
    assert "ascof_3d_clients,991,18 to 64,part_2a_percent,55.0,40.0,-37.5\n" in (out / "published.csv").read_text()
    assert "Published" in openpyxl.load_workbook(out / "official.xlsx").sheetnames


def test_an_authority_knows_its_figures_from_its_own_submissions(folder: Path) -> None:
    own = own_folder(folder / "current", ROWS)
    ids = ["ascof_3d_clients", "ascof_2e", "salt_sts001"]
    linked = tables_official(folder / "linked", folder / "of_linked", measures=ids, ledger=folder / "l1")
    mine = tables_official(own, folder / "of_own", measures=ids, ledger=folder / "l2")
    assert {name: one.display for name, one in mine.tables.items()} == {
        name: one.display for name, one in linked.tables.items()
    }
    salt = tables_salt(own, folder / "salt_of_own", ledger=folder / "l3").tables
    assert (
        salt["lts001a"].display
        == tables_salt(folder / "linked", folder / "again", ledger=folder / "l4").tables["lts001a"].display
    )


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("table,la_code,column\n", "lacks the columns published"),
        ("table,la_code,column,published\nlts001a,991,,5\n", "line 2: table, column and published must be given"),
        (
            "table,la_code,column,published\nlts001a,991,total,5\nlts001a,991,total,6\n",
            "line 3: this figure is there twice",
        ),
    ],
)
def test_a_file_that_is_none_is_refused(tmp_path: Path, text: str, what: str) -> None:
    with pytest.raises(InputError, match=what):
        read_published(written(text, tmp_path))
