"""Who is behind a figure: people and events, the step that put them there, why others do not count; only where it may be seen."""

import csv
from datetime import date
from pathlib import Path

import pytest

from linkage.cohort.measures.registry import MEASURES
from linkage.errors import RefusedError, UsageError
from linkage.explaining import Explanation, explain
from tests.main_job import cldlink
from tests.unit.derived_events import YEAR, assessment, review, service
from tests.unit.linked_tables import linked_folder
from tests.unit.own_folders import own_folder
from tests.unit.placed_people import figures, measured, people

HOME = {"service_type": "Long Term Support: Community", "birth_month": "1980-06"}
MANAGED = HOME | {"delivery_mechanism": "CASSR Managed Personal Budget"}
DIRECT = HOME | {"delivery_mechanism": "Direct Payment"}
ROWS = [
    service("ann", **DIRECT, nhs_number="9434765919"),
    service("ann", **DIRECT, nhs_number="9434765919"),  # another record of the same event
    review("ann", nhs_number="9434765919", birth_month="1980-06"),
    service("ann2", **MANAGED, nhs_number="9434765919", event_start_date=date(2022, 5, 1)),  # ann's other local id
    service("bob", **MANAGED),
    service("cat"),
    service("dan", **DIRECT, date_of_death=date(2023, 1, 1)),
    assessment("eve"),
    service("=fay", **DIRECT, event_start_date=date(2023, 4, 1)),
    service("gil", **DIRECT | {"birth_month": None}),
    service("gil", **DIRECT | {"birth_month": None, "event_start_date": None}),
]


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return own_folder(tmp_path_factory.mktemp("explain") / "current", ROWS)


@pytest.fixture(scope="module")
def direct(own: Path) -> Explanation:
    return explain("ascof_3d_clients", own, own.parent / "direct", cell={"column": "direct_payment"})


@pytest.fixture(scope="module")
def all_of_ann(own: Path) -> Explanation:
    return explain("all", own, own.parent / "ann", person="ann")


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


def test_the_people_of_a_cell_with_the_event_and_step_that_put_them_there(direct: Explanation) -> None:
    counted = [row for row in read(direct.folder / "people_IDENTIFIABLE.csv") if row["counted"] == "yes"]
    assert [(row["person_unique_identifier"], row["in_group"], row["event_reference"]) for row in counted] == [
        ("ann; ann2", "Age on the last day: 18 to 64", "E2"),
        ("gil", "Age on the last day: Age not known", "E10"),
    ]
    assert {row["step"] for row in counted} == {"ascof_3d_clients_people"}


def test_why_somebody_does_not_count(direct: Explanation) -> None:
    why = {
        row["person_unique_identifier"]: row["why_not"]
        for row in read(direct.folder / "people_IDENTIFIABLE.csv")
        if row["counted"] == "no"
    }
    assert why == {"cat": "has a nursing or residential place on the last day"}


def test_what_became_of_every_row(direct: Explanation) -> None:
    events = {row["event_reference"]: row for row in read(direct.folder / "events_IDENTIFIABLE.csv")}
    assert set(events) == {"E1", "E2", "E3", "E4", "E6", "E10", "E11"}, "rows of these people, and of nobody else"
    assert (events["E1"]["became"], events["E1"]["step"], events["E1"]["kept_row_number"]) == (
        "another record of the same event is kept", "not_kept (7, 9)", "2",
    )  # fmt: skip
    assert (events["E11"]["became"], events["E11"]["step"]) == ("no start date", "events_in_period (3, 4)")
    assert (events["E2"]["became"], events["E2"]["decides"]) == (
        "kept as an event", "ascof_3d_clients: a direct payment",
    )  # fmt: skip


def test_as_many_people_as_the_figure_says(own: Path, tmp_path: Path) -> None:
    rows = [{**row, "person_pseudonym": row.get("nhs_number", row["person_pseudonym"])} for row in ROWS]
    for row in rows:
        row.pop("nhs_number", None)
    with measured("ascof_3d_clients", rows) as engine:
        exact = {row["age_band"]: row for row in figures(engine, "ascof_3d_clients")}
    done = explain("ascof_3d_clients", own, tmp_path / "out", cell={"column": "clients", "age_band": "18 to 64"})
    assert sum(place.people for place in done.places if place.stands_in) == exact["18 to 64"]["clients"] == 2
    done = explain("ascof_3d_clients", own, tmp_path / "out", cell={"column": "self_directed", "age_band": "All"})
    assert sum(place.people for place in done.places if place.stands_in) == exact["All"]["self_directed"] == 3


def test_a_total_of_lts001_and_the_rows_in_its_scope(own: Path, tmp_path: Path) -> None:
    done = explain(
        "lts001b", own, tmp_path, cell={"column": "total", "primary_support_reason": "Mental Health Support"}
    )
    counted = [
        row["person_unique_identifier"] for row in read(tmp_path / "people_IDENTIFIABLE.csv") if row["counted"] == "yes"
    ]
    assert counted == ["bob", "ann; ann2", "cat"]
    assert [(place.stands_in, place.people) for place in done.places if place.reason] == [(None, 1)]
    scope = {row["event_reference"]: row["in_lts001"] for row in read(tmp_path / "events_IDENTIFIABLE.csv")}
    assert scope["E3"] == "not a service"
    assert scope["E2"] == "long-term support in the period (lts001a) and on its last day (lts001b, lts001c)"


def test_every_measure_of_one_person(all_of_ann: Explanation) -> None:
    places = {place.measure: place for place in all_of_ann.places}
    assert set(places) | set(all_of_ann.lacking) == {"lts001a", "lts001b", "lts001c", *MEASURES}
    assert places["lts001a"].stands_in == "Community: Part Direct Payment"
    assert places["ascof_3d_clients"].stands_in == "a direct payment"
    assert (places["ascof_2b"].stands_in, places["ascof_2b"].reason, places["ascof_2b"].people) == (None, None, 0)
    assert sum(place.measure == "long_term_monthly" for place in all_of_ann.places) == 12
    rows = read(all_of_ann.folder / "events_IDENTIFIABLE.csv")
    assert [row["event_reference"] for row in rows] == ["E1", "E2", "E4", "E3"]
    rules = (all_of_ann.folder / "rules.md").read_text(encoding="utf-8")
    assert "## ascof_3d_clients\n" in rules and "- `not_kept` (9): Step 9, one row per record of an event" in rules


def test_places_are_those_of_the_measure_itself(own: Path, tmp_path: Path) -> None:
    rows = [{name: value for name, value in row.items() if name != "nhs_number"} for row in ROWS[4:]]
    with measured("ascof_2e", rows) as engine:
        expected = {person: placed[0] for person, placed in people(engine, "ascof_2e").items()}
    explain("ascof_2e", own, tmp_path)
    definition = MEASURES["ascof_2e"].definition
    words = {column.id: column.about for column in definition.columns} | definition.reasons
    told = {
        row["person_unique_identifier"]: row["stands_in"] or row["why_not"]
        for row in read(tmp_path / "people_IDENTIFIABLE.csv")
    }
    assert {person: told[person] for person in expected} == {person: words[place] for person, place in expected.items()}


def test_no_name_is_written_and_no_cell_is_a_formula(own: Path, tmp_path: Path) -> None:
    explain("ascof_3d_clients", own, tmp_path, person="=fay")
    explain("reviewed", own, tmp_path / "reviewed", period=YEAR)
    text = "".join(path.read_text(encoding="utf-8-sig") for path in tmp_path.rglob("*.csv"))
    assert "Marentshaws" not in text and "9434765919" not in text
    assert "'=fay" in text and "\n=fay" not in text and ",=fay" not in text


@pytest.mark.parametrize(
    ("measure", "options", "what"),
    [
        ("ascof_9z", {}, "There is no measure ascof_9z. Known: all, lts001a"),
        ("all", {}, "explained for one person"),
        ("ascof_2b", {"cell": {"age_band": "65+"}}, "not divided by 'age_band'. A cell is named by: la_code, gender, column"),
        ("ascof_2b", {"cell": {"gender": "Woman"}}, "gender has no such value. It has: Female"),
        ("ascof_2b", {"cell": {"column": "moved"}}, "no column of that name. It has: admitted"),
        ("ascof_2b", {"person": "zed"}, "No row has this person identifier"),
        ("ascof_2b", {"la": ["992"]}, "991"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_told(own: Path, tmp_path: Path, measure: str, options: dict[str, str], what: str) -> None:
    with pytest.raises(UsageError, match=what):
        explain(measure, own, tmp_path / "out", **options)  # type: ignore[arg-type]
    assert not (tmp_path / "out").exists()


def test_a_linked_folder_is_refused(tmp_path: Path) -> None:
    linked = linked_folder(tmp_path / "linked")
    with pytest.raises(RefusedError, match="de-identified"):
        explain("ascof_2b", linked, tmp_path / "out")
    ran = cldlink("tables", "explain", "ascof_2b", linked, "--out", tmp_path / "out")
    assert (ran.code, ran.out) == (4, "")


def test_the_command_prints_places_and_nobody(own: Path, tmp_path: Path) -> None:
    ran = cldlink(
        "tables", "explain", "ascof_3d_clients", own, "--cell", "column=direct_payment", "--out", tmp_path / "out"
    )
    assert ran.out == (
        "ascof_3d_clients                2 people  count in all\n"
        "ascof_3d_clients                1 person  a direct payment  (Age on the last day: 18 to 64)\n"
        "ascof_3d_clients                1 person  a direct payment  (Age on the last day: Age not known)\n"
        "ascof_3d_clients                1 person  does not count: has a nursing or residential place on the last day"
        "  (Age on the last day: 65 and above)\n"
    ), ran.err
    assert "NAME=VALUE" in cldlink("tables", "explain", "ascof_2b", own, "--cell", "x", "--out", tmp_path / "o").err
