"""The derived variables: one row per submitted row, each variable as its definition says; the page is in step with them."""

from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from linkage.cohort.derive.definitions import lts001_definition
from linkage.cohort.derive.dictionary import (
    HEADINGS,
    data_dictionary,
    dictionary_rows,
    guide_steps,
    transformation_guide,
)
from linkage.cohort.derive.source import linked_source
from linkage.cohort.derive.variables import derive_variables, derived_variables
from linkage.cohort.measures.salt_lts001 import run_lts001
from linkage.cohort.variables import DATASET, DICTIONARY, GUIDE, write_variables
from linkage.errors import InputError
from tests.unit.derived_events import YEAR, Row, assessment, derived, request, review, service, table

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "derived_variables.md"
COMMUNITY = "Long Term Support: Community"
DIRECT, MANAGED, COMMISSIONED = "Direct Payment", "CASSR Managed Personal Budget", "CASSR Commissioned Support"


def community(person: str, mechanism: str | None, **changes: Any) -> Row:
    return service(person, service_type=COMMUNITY, delivery_mechanism=mechanism, **changes)


def variables(
    rows: list[Row], *names: str, tables: dict[str, pa.Table] | None = None, **choices: Any
) -> list[tuple[Any, ...]]:
    """These variables of each row, in order."""
    with derived(rows, **choices) as engine:
        for name, content in (tables or {}).items():
            engine.register(name, content)
        derive_variables(engine, linked_source(engine), YEAR)
        return table(engine, f"select {', '.join(names)} from derived_variable order by row_id")


def test_every_submitted_row_is_there_once_and_says_what_became_of_it() -> None:
    rows = [service("ann"), service("ann"), service("bob", event_start_date=None), request("cat", event_end_date=None)]
    assert variables(rows, "event_key", "is_superseded", "left_out") == [
        (1, True, None),
        (1, False, None),
        (None, False, "no start date"),
        (None, False, "not in the period"),
    ]


def test_a_row_that_counts_in_several_quarters_is_there_once() -> None:
    first = {"reporting_period_end_date": date(2022, 9, 30)}
    rows = [service("ann", **first)]
    assert variables(rows, "event_key", "effective_end_date", selection="joined", stated_period=True) == [
        (0, None),
    ]


def test_ages_have_a_band_of_salt_and_a_fine_one() -> None:
    months = ["2005-05", "2005-04", "1998-03", "1958-05", "1958-03", "1920-01", None]
    found = variables(
        [service(str(place), birth_month=month) for place, month in enumerate(months)],
        "age",
        "age_band",
        "fine_age_band",
    )
    assert found == [
        (17, None, None),
        (17, None, None),
        (25, "18 to 64", "25 to 44"),
        (64, "18 to 64", "45 to 64"),
        (65, "65+", "65 to 74"),
        (103, "65+", "95+"),
        (None, None, None),
    ]


def test_a_client_is_existing_when_long_term_support_is_open_on_the_day() -> None:
    rows = [
        service("long", event_end_date=date(2022, 6, 1)),
        request("long", event_start_date=date(2022, 6, 1)),
        request("long", event_start_date=date(2022, 6, 2)),
        request("nobody"),
        service("same day", event_start_date=date(2022, 6, 1)),
        request("same day", event_start_date=date(2022, 6, 1)),
    ]
    found = [status for (status,) in variables(rows, "client_status")]
    assert found == ["new", "existing", "new", "new", "new", "existing"]


def test_the_columns_of_lts001_are_those_of_the_measure() -> None:
    ended = {"event_end_date": date(2022, 9, 30)}
    rows = [
        service("nursing"),
        community("nursing", DIRECT),
        service("residential", service_type="Long Term Support: Residential Care", **ended),
        community("direct", DIRECT),
        community("part", DIRECT),
        community("part", COMMISSIONED, **ended),
        community("managed", MANAGED),
        community("managed", COMMISSIONED),
        community("commissioned", COMMISSIONED),
        community("not known", None),
        service("prison", service_type="Long Term Support: Prison"),
        community("carer", DIRECT, client_type="Carer"),
    ]
    asked = "select distinct person_pseudonym, {0}_column from derived_variable join person using (la_code, person_key)"
    with derived(rows, selection="single", stated_period=True) as engine:
        derive_variables(engine, linked_source(engine), YEAR)
        ours = {name: dict(table(engine, asked.format(name))) for name in ("lts001a", "lts001b")}
        run_lts001(engine, lts001_definition(), YEAR, la_codes=[])
        placed = "select person_pseudonym, column_id from placed_{0}"
        theirs = {name: dict(table(engine, placed.format(name))) for name in ("lts001a", "lts001b")}
    for name in ours:
        assert {person: column for person, column in ours[name].items() if column} == theirs[name]
    assert ours["lts001a"]["part"] == "community_part_direct_payment"
    assert ours["lts001b"]["part"] == "community_direct_payment"


def test_the_mechanism_of_the_period_tells_part_direct_payments() -> None:
    rows = [
        community("direct", DIRECT),
        community("part", DIRECT),
        community("part", MANAGED),
        community("managed", MANAGED),
        community("commissioned", COMMISSIONED),
        community("not known", None),
        service("nursing"),
    ]
    found = [mechanism for (mechanism,) in variables(rows, "mechanism_in_period")]
    part = "part_direct_payment"
    assert found == ["direct_payment", part, part, "managed", "commissioned", "not_known", None]


def test_continuous_support_is_that_of_the_spell_open_at_the_end() -> None:
    rows = [
        service("long", event_start_date=date(2022, 3, 30)),
        service("a year", event_start_date=date(2022, 3, 31)),
        service("gap", event_start_date=date(2020, 1, 1), event_end_date=date(2022, 5, 1)),
        service("gap", event_start_date=date(2022, 5, 3)),
        service("ended", event_end_date=date(2023, 3, 30)),
    ]
    assert variables(rows, "continuous_support_start", "continuous_over_12_months") == [
        (date(2022, 3, 30), True),
        (date(2022, 3, 31), False),
        (date(2022, 5, 3), False),
        (date(2022, 5, 3), False),
        (None, None),
    ]


def test_reviews_of_the_period_are_planned_unplanned_or_both() -> None:
    unplanned = {"review_reason": "Unplanned - Carer related", "event_start_date": date(2022, 7, 1)}
    rows = [
        review("planned"),
        review("unplanned", **unplanned),
        review("both"),
        review("both", **unplanned),
        review("short", review_reason="Review of short term support"),
    ]
    assert [kind for (kind,) in variables(rows, "review_type")] == ["planned", "unplanned", "both", "both", None]


def test_the_first_assessment_is_the_earliest_in_the_data() -> None:
    later = {"event_start_date": date(2022, 7, 1)}
    rows = [assessment("ann", **later), assessment("ann"), review("ann"), assessment("bob", **later)]
    assert [first for (first,) in variables(rows, "is_first_assessment")] == [False, True, None, True]


def test_requests_and_short_term_support_say_what_followed() -> None:
    short = {"service_type": "Short Term Support: ST-Max", "event_start_date": date(2022, 6, 8)}
    ended = {"event_end_date": date(2022, 6, 20), "event_outcome": "NFA - Support declined"}
    rows = [
        request("ann"),
        request("ann", event_start_date=date(2022, 6, 4)),
        service("ann", **short, event_end_date=date(2022, 6, 10)),
        service("ann", **{**short, "event_start_date": date(2022, 6, 11)}, **ended),
        request("bob"),
        service("bob"),
        service("bob", **short, **ended),
        service("cat", **short, **ended),
        service("dan", **short),
    ]
    assert variables(rows, "request_sequel", "short_term_sequel") == [
        ("with_another", None),
        ("short_term_max", None),
        (None, "with_another"),
        (None, "declined"),
        ("existing_client", None),
        (None, None),
        (None, "existing_client"),
        (None, "no_request"),
        (None, None),
    ]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output for an authority's own folder of three events, with a lookup of one postcode."""
    root = tmp_path_factory.mktemp("own")
    common = {
        "la_code": "991",
        "submission": "q4.csv",
        "reporting_period_start_date": YEAR.start,
        "reporting_period_end_date": YEAR.end,
        "date_of_birth": date(1940, 6, 17),
        "date_of_death": None,
        "event_type": "Service",
        "service_type": COMMUNITY,
        "event_start_date": date(2022, 5, 1),
        "event_end_date": None,
        "last_name": "SECRETNAME",
    }
    people = [("1", "9990000018", "AB1 2CD", "found"), ("2", None, "zz9 9zz", "not_found"), (None, None, None, None)]
    rows = [
        common
        | {"row_number": number, "person_unique_identifier": own, "nhs_number": nhs, "postcode": postcode}
        | {"trace_outcome": outcome}
        for number, (own, nhs, postcode, outcome) in enumerate(people, start=1)
    ]
    (root / "current").mkdir()
    pq.write_table(pa.Table.from_pylist(rows), root / "current" / "events.parquet")
    lookup = {"postcode": ["ab12cd"], "lsoa": ["E01000001"], "ward": ["E05000001"], "la_code": ["E09000001"]}
    pq.write_table(pa.table(lookup), root / "postcodes.parquet")
    write_variables(root / "current", root / "out", postcodes=root / "postcodes.parquet")
    return root / "out"


def test_an_authoritys_own_events_come_back_row_by_row_without_an_identifier(written: Path) -> None:
    dataset = pq.read_table(written / DATASET)
    assert dataset.column("row_number").to_pylist() == [1, 2, 3]
    assert dataset.column("person_key_source").to_pylist() == ["given", "la_person_id", None]
    assert dataset.column("trace_status").to_pylist() == ["found", "not_found", "none"]
    assert dataset.column("lsoa").to_pylist() == ["E01000001", None, None]
    assert dataset.column("left_out").to_pylist() == [None, None, "no person key"]
    for path in written.iterdir():
        assert not [secret for secret in (b"SECRETNAME", b"9990000018", b"AB1 2CD") if secret in path.read_bytes()]


def test_dictionary_and_guide_are_beside_the_dataset(written: Path) -> None:
    names = ["la_code", "submission", "row_number", *(row[0] for row in dictionary_rows())]
    assert pq.read_schema(written / DATASET).names == names
    assert (written / DICTIONARY).read_text().splitlines()[0] == ",".join(HEADINGS)
    assert "### `not_kept` (step 9)" in (written / GUIDE).read_text()


def test_a_folder_without_events_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"events\.parquet"):
        write_variables(tmp_path, tmp_path / "out")


def test_the_twenty_two_are_all_there_and_come_from_steps_that_are() -> None:
    assert [one.number for one in derived_variables() if one.number] == list(range(1, 23))
    steps = {named.step.name for named in guide_steps()} | {"submitted row"}
    assert {step for one in derived_variables() for step in one.step.split(", ")} <= steps


def page() -> str:
    return f"""# Derived variables

What is derived from submitted events, row by row, and how. Made from `configs/measures/derived_variables.yaml` and from the
steps themselves by `python -m tests.unit.test_derived_variables`. The groups of values are in
`configs/measures/grouped_values.yaml`, hierarchies and parameters in `configs/measures/derivation.yaml`.

Sources. DHSC: the department's public code and methodology (DataS-DHSC/ASC-CLD-LA-Dashboard, 9bee728), whose steps are
numbered 1 to 12. NHS England: its description of SALT from client level data
(NHSDigital/ASC-Client-Level-Data-SALT-ASCOF-transformations, d6ff762). The newsletter of December 2021 says that 22 variables
were agreed; no list of them is public, so 1 to 22 are a proposed set.

## Data dictionary

{data_dictionary()}

## Transformation guide

Each step makes one table; they run in this order.

{transformation_guide()}
"""


def test_the_page_is_in_step_with_the_definitions() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m tests.unit.test_derived_variables"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
