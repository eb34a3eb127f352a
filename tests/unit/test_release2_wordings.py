"""The same people in the wordings of Release 1 and of Release 2: one record, nothing changed, the same LTS001 figures."""

from collections.abc import Sequence
from datetime import date
from itertools import product
from pathlib import Path

import pytest

from linkage.cohort.derive.definitions import lts001_definition
from linkage.cohort.derive.long_term_support import NEEDED_COLUMNS
from linkage.cohort.derive.period import Period
from linkage.cohort.measures.salt_lts001 import run_lts001
from linkage.engine import Step, open_engine
from linkage.intake import consolidate
from linkage.intake.keeping.compare import compare_submissions
from linkage.spec import in_every_version, load_specification, mapping
from tests.unit.keeping_stores import add
from tests.unit.submission_files import OWN, Row, write_rows

R1, R2 = load_specification("release1"), load_specification("release2")
WORDS = mapping("release1", "release2")
JUNE = {"reporting_period_start_date": "01/07/2024", "reporting_period_end_date": "30/06/2025"}
SEPTEMBER = {"reporting_period_start_date": "01/10/2024", "reporting_period_end_date": "30/09/2025"}
LIST_IDS = {field.id for field in R1.list_fields}


def in_release_2(row: Row) -> dict[str, str | None]:
    """A row of Release 1 as Release 2 words it; what it does not give is worded as in the helper's own rows."""
    return {field: WORDS.get(field, {}).get(value or "", value) for field, value in row.items()}


def people(period: Row) -> list[dict[str, str | None]]:
    """One person for every support reason, long-term setting and mechanism of Release 1, and an open carer service."""
    services = [value for value in R1.values("service_type") if value.startswith("Long Term")]
    mechanisms = ["Direct Payment", "CASSR Managed Personal Budget", "CASSR Commissioned Support"]
    found = [
        {
            "person_unique_identifier": f"P{number}",
            "primary_support_reason": r,
            "service_type": s,
            "delivery_mechanism": m,
        }
        for number, (r, s, m) in enumerate(product(R1.values("primary_support_reason"), services, mechanisms))
    ]
    carer = {"person_unique_identifier": "C1", "client_type": "Carer", "service_type": "Carer Support: Direct to Carer"}
    return [{**period, "event_start_date": "01/05/2024", **row} for row in (*found, carer)]


def both(folder: Path, period: Row = SEPTEMBER) -> tuple[Path, Path]:
    rows = people(period)
    return (
        write_rows(folder / "r1.csv", rows, "release1"),
        write_rows(folder / "r2.csv", [in_release_2(row) for row in rows], "release2"),
    )


def figures(path: Path, spec: str) -> list[tuple[object, ...]]:
    """LTS001a, b and c by support reason, age band and column."""
    renamed = {
        "person_pseudonym": "person_unique_identifier as person_pseudonym",
        "person_id_type": "'nhs_number' as person_id_type",
        "birth_month": "strftime(date_of_birth, '%Y-%m') as birth_month",
    }
    columns = ", ".join(renamed.get(name, name) for name in NEEDED_COLUMNS)
    with open_engine() as engine:
        consolidate(engine, [path], spec=spec, synthetic=True, as_at=date(2026, 1, 31))
        engine.run(Step("social_care", f"select {columns} from events"))
        run_lts001(engine, lts001_definition(), Period(date(2024, 10, 1), date(2025, 9, 30)), la_codes=[])
        return engine.rows(Step("read", "select * from lts001_counts"))


def test_the_same_people_give_the_same_lts001_figures(tmp_path: Path) -> None:
    r1, r2 = both(tmp_path)
    before, after = figures(r1, "release1"), figures(r2, "release2")
    assert before == after
    reasons = lts001_definition().primary_support_reasons
    assert {row[4] for row in after if row[-1]} >= set(reasons)


def test_nothing_has_changed_where_only_the_wording_has(tmp_path: Path) -> None:
    r1 = write_rows(tmp_path / "r1.csv", people(JUNE), "release1")
    r2 = write_rows(tmp_path / "r2.csv", [in_release_2(row) for row in people(SEPTEMBER)], "release2")
    done = compare_submissions(str(r1), str(r2), synthetic=True)
    assert {status: events for status, events in done.statuses.items() if events} == {"unchanged": len(people(JUNE))}
    assert done.shrunk == () and not done.fields
    assert list(done.by_kind) == ["Service / Service user", "Service / Unpaid carer"]


def test_an_event_sent_again_in_the_new_wording_stands_once(tmp_path: Path) -> None:
    ended = {"event_start_date": "01/05/2024", "event_end_date": "20/08/2024", "event_outcome": "NFA - Deceased"}
    r1 = write_rows(tmp_path / "r1.csv", [{**JUNE, **ended}], "release1")
    again = in_release_2({**SEPTEMBER, **ended})
    r2 = write_rows(tmp_path / "r2.csv", [again], "release2")
    with open_engine() as engine:
        result = consolidate(engine, [r1, r2], synthetic=True, as_at=date(2026, 1, 31))
        assert engine.rows(Step("read", "select submission, event_outcome from events")) == [
            ("r2.csv", "NFA: Deceased")
        ]
    assert result.persons == 1


def test_a_kind_that_is_only_called_otherwise_has_not_shrunk(tmp_path: Path) -> None:
    paths = (
        write_rows(tmp_path / "r1.csv", people(JUNE), "release1"),
        write_rows(tmp_path / "r2.csv", [in_release_2(row) for row in people(SEPTEMBER)], "release2"),
    )
    done = [add(tmp_path / "store", path, date(2025, 11, 1)) for path in paths]
    assert [one.outcome for one in done] == ["added", "added"]
    assert done[1].entry and done[1].entry.specification == "release2"
    assert done[1].shrunk == ()


@pytest.mark.parametrize(
    ("field", "wordings", "expected"),
    [
        ("client_type", ["Service User"], ("Service User", "Service user")),
        (
            "primary_support_reason",
            ["Support with Memory & Cognition"],
            ("Support with Memory & Cognition", "Support with memory and cognition"),
        ),
    ],
)
def test_a_value_in_every_version(field: str, wordings: Sequence[str], expected: tuple[str, ...]) -> None:
    assert in_every_version(field, wordings) == expected


def test_the_rows_here_are_worded_as_release_2_has_them() -> None:
    rows = [{**OWN["release2"], **in_release_2(row)} for row in people(SEPTEMBER)]
    wrong = {
        (field, value)
        for row in rows
        for field, value in row.items()
        if field in LIST_IDS and value not in R2.values(field)
    }
    assert wrong == set()
