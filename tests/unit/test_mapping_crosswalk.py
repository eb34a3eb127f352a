"""New person identifiers in place of old ones: checks of the crosswalk, in projects, in whole submissions."""

from pathlib import Path

import pytest

from linkage.errors import InputError
from linkage.intake.mapping import read_crosswalk, replace_ids
from tests.unit.local_extract import read_rows
from tests.unit.mapping_projects import Small, csv_text, fates
from tests.unit.submission_files import write_rows

HEADING = "old_id,new_id,from,la_code"


def crosswalk(folder: Path, *lines: str, heading: str = HEADING) -> Path:
    path = folder / "ids.csv"
    path.write_text(csv_text(heading, lines), encoding="utf-8")
    return path


def moves(folder: Path, *lines: str) -> Path:
    """A crosswalk that names the authority people belong to now."""
    return crosswalk(folder, *lines, heading=f"{HEADING},new_la_code")


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["A,N1,,992", "A,N2,,992"], "lines 1 and 2: one old identifier would become several"),
        (["A,N1,,992", "A,N1,01/06/2022,992"], "lines 1 and 2: the same replacement is given twice"),
        (["A,B,,992", "B,A,,992"], "line 1: the replacements go round in a circle"),
        (["A,,,992"], "line 1: old_id, new_id and la_code are all needed"),
        (["A,N1,June,992"], "line 1: 'from' is no date"),
        (["A,N1,,9999"], "line 1: the LA code is not known"),
    ],
)
def test_a_crosswalk_that_cannot_be_used_is_refused_by_line(lines: list[str], said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        read_crosswalk(crosswalk(tmp_path, *lines))
    assert said in str(error.value)


def test_several_identifiers_may_become_one_and_are_reported(tmp_path: Path) -> None:
    read = read_crosswalk(crosswalk(tmp_path, "A,N,,992", "B,N,,992", "C,M,,992", "A,N,,991"))
    assert read.merges == (("992", "N", ("A", "B")),)


def test_a_chain_is_followed_to_its_end(tmp_path: Path) -> None:
    read = read_crosswalk(crosswalk(tmp_path, "A,B,01/04/2020,992", "B,C,01/04/2022,992", "D,D,,992"))
    assert {line["old_id"]: line["new_id"] for line in read.table().to_pylist()} == {"A": "C", "B": "C"}


FILES = {
    "people.csv": "ID,Name\nA,Old\nB,Newer\nN,Newest\nC,Other\n",
    "services.csv": "No,ID,From,To,What\n1,A,01/05/2022,,HC\n2,B,02/05/2022,,HC\n3,N,03/05/2022,,HC\n4,C,04/05/2022,,HC\n",
}


def renumbered(folder: Path) -> Small:
    crosswalk(folder, "A,N,,992", "B,N,,992", "C,M,,992", "N,X,,991")
    old = {"old_ids": True}
    return Small(folder, FILES, services=old, people=old, crosswalk={"file": "ids.csv"})


def test_events_and_people_of_old_tables_get_new_identifiers(tmp_path: Path) -> None:
    assert renumbered(tmp_path).column("Person Unique Identifier") == ["M", "N", "N", "N"]


def test_of_merged_people_the_record_under_the_present_identifier_is_used(tmp_path: Path) -> None:
    small = renumbered(tmp_path)
    assert small.column("Last Name") == ["Other", "Newest", "Newest", "Newest"]
    assert fates(small.make(), "people")["another row of the same person is used"] == 2


def test_merged_people_are_listed(tmp_path: Path) -> None:
    listed = renumbered(tmp_path).listed("merged_people_IDENTIFIABLE.csv")
    assert [(row["new_id"], row["old_id"]) for row in listed] == [("N", "A"), ("N", "B"), ("N", "N")]


def test_tables_that_do_not_hold_old_identifiers_stay_as_they_are(tmp_path: Path) -> None:
    crosswalk(tmp_path, "P1,N,,992")
    assert Small(tmp_path, crosswalk={"file": "ids.csv"}).column("Person Unique Identifier") == ["P1"]


def test_a_submission_gets_new_identifiers_up_to_the_day_they_hold_from(tmp_path: Path) -> None:
    rows = [
        {"person_unique_identifier": "A", "client_type": "Carer", "adult_1_linked_person_id": "C"},
        {"person_unique_identifier": "B"},
        {"person_unique_identifier": "C"},
        {"person_unique_identifier": "D"},
    ]
    file = write_rows(tmp_path / "q4.csv", rows, "v6")
    # The period of the file ends on 31 March 2023.
    ids = crosswalk(tmp_path, "A,N,01/04/2023,992", "B,N,,992", "C,M,31/03/2023,992", "D,X,,991")
    done = replace_ids(file, ids, tmp_path / "out")
    written = read_rows(tmp_path / "out" / "submission_IDENTIFIABLE.csv")
    assert [row["Person Unique Identifier"] for row in written] == ["N", "N", "C", "D"]
    assert (done.rows_out, done.rows_changed, done.people_merged) == (4, 2, 1)


def test_linked_persons_of_carers_are_replaced_too(tmp_path: Path) -> None:
    file = write_rows(tmp_path / "q4.csv", [{"client_type": "Carer", "adult_1_linked_person_id": "C"}], "v6")
    replace_ids(file, crosswalk(tmp_path, "C,M,,992"), tmp_path / "out")
    [row] = read_rows(tmp_path / "out" / "submission_IDENTIFIABLE.csv")
    assert row["Adult 1 Linked Person_ID"] == "M"


def test_rows_that_cannot_be_read_are_in_the_rejects(tmp_path: Path) -> None:
    file = write_rows(tmp_path / "q4.csv", [{}, {}], "v6")
    with file.open("a", encoding="utf-8") as handle:
        handle.write("too,few\n")
    done = replace_ids(file, crosswalk(tmp_path, "P1,N,,992"), tmp_path / "out")
    assert (done.rows_in, done.rows_out, done.rows_rejected) == (3, 2, 1)
    assert len(read_rows(tmp_path / "out" / "rejects_IDENTIFIABLE.csv")) == 1


@pytest.mark.parametrize("heading", [f"{HEADING},new_authority", f"{HEADING},name,", "old_id,new_id,from"])
def test_columns_that_are_missing_or_not_known_are_refused(heading: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="headings are") as error:
        read_crosswalk(crosswalk(tmp_path, "A,N,,992,x", heading=heading))
    assert "new_authority" not in str(error.value)


def test_people_may_belong_to_another_authority_now(tmp_path: Path) -> None:
    read = read_crosswalk(moves(tmp_path, "A,N,01/04/2023,991,992", "N,M,01/04/2024,992,", "B,B,,991,993", "C,M,,992,"))
    found = {(row["la_code"], row["old_id"]): (row["new_la_code"], row["new_id"]) for row in read.table().to_pylist()}
    expected = {
        ("991", "A"): ("992", "M"),
        ("992", "N"): ("992", "M"),
        ("991", "B"): ("993", "B"),
        ("992", "C"): ("992", "M"),
    }
    assert found == expected
    assert read.merges == (("992", "M", ("A", "C", "N")),)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("A,N,,991,899", "line 1: the new LA code is not known"),
        ("A,N,,503,899", "line 1: the new LA code is not known"),
        ("A,N,,102,89", "line 1: the new LA code is not known"),
        ("A,N,,102,899", None),
    ],
    ids=["of an invented one", "of one that goes on", "no code", "of one whose successors' codes are not known here"],
)
def test_the_new_authority_is_known_or_comes_after_the_old_one(line: str, said: str | None, tmp_path: Path) -> None:
    path = moves(tmp_path, line)
    if said is None:
        assert read_crosswalk(path).moves
        return
    with pytest.raises(InputError, match=said):
        read_crosswalk(path)


def test_a_submission_of_an_authority_that_was_split_becomes_one_for_each(tmp_path: Path) -> None:
    rows = [{"person_unique_identifier": person} for person in ("A", "B", "C")]
    file = write_rows(tmp_path / "q4.csv", rows, "v4.2")
    ids = moves(tmp_path, "A,N,01/04/2023,991,992", "B,B,01/04/2023,991,993", "C,X,01/04/2022,991,992")
    done = replace_ids(file, ids, tmp_path / "out")
    columns = ("LA Code", "LA Name", "Person Unique Identifier")
    written = {
        path.name: [tuple(row[column] for column in columns) for row in read_rows(path)]
        for path in (tmp_path / "out").glob("submission_*")
    }
    assert written == {
        "submission_991_IDENTIFIABLE.csv": [("991", "Synthshire (synthetic)", "C")],
        "submission_992_IDENTIFIABLE.csv": [("992", "Fictford (synthetic)", "N")],
        "submission_993_IDENTIFIABLE.csv": [("993", "Exemplar Borough (synthetic)", "B")],
    }
    assert (done.rows_out, done.rows_changed, done.people_merged) == (3, 2, 0)


def test_a_project_is_of_one_authority(tmp_path: Path) -> None:
    moves(tmp_path, "A,N,,991,992")
    with pytest.raises(InputError, match="leave new_la_code out"):
        Small(tmp_path, crosswalk={"file": "ids.csv"}).make()
