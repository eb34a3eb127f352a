"""Sections of the report: made of figures as the gate shows them, and readable as HTML."""

from datetime import date

import pytest

from linkage.cohort.report import linkage_section, lts001_section, study_section
from linkage.cohort.salt_tables import SaltTables
from linkage.cohort.study.run import StudyResult, study_run
from linkage.cohort.tables import tables_salt
from linkage.report import Chart, Figures, Report, Section, Table, render_html
from tests.unit.linked_tables import episode, linked_folder, registration, service


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> tuple[SaltTables, StudyResult]:
    folder = tmp_path_factory.mktemp("report")
    linked = linked_folder(
        folder / "linked",
        social_care=[service(f"p{place}") for place in range(43)],
        gp_registrations=[registration(f"p{place}", gender=str(1 + place % 2)) for place in range(143)],
        admissions=[episode(f"p{place}", admidate=date(2022, 5, 1)) for place in range(10, 92)],
    )
    return tables_salt(linked, folder / "tables"), study_run(linked, "emergency_admission", folder / "study")


def part(section: Section, kind: type, title: str) -> Table | Chart:
    return next(p for p in section.parts if isinstance(p, kind) and p.title == title)  # type: ignore[attr-defined]


def test_lts001_by_setting_and_in_full(results: tuple[SaltTables, StudyResult]) -> None:
    section = lts001_section(results[0])
    overview = part(section, Table, "LTS001 by setting and mechanism")
    assert [row[0] for row in overview.rows] == ["991, LTS001a", "991, LTS001b", "991, LTS001c"]
    assert (overview.rows[0][1], overview.rows[0][2], overview.rows[0][-1]) == (45, "-", 45)
    assert [row[0] for row in part(section, Table, "LTS001a, authority 991, age 65+").rows] == [
        "Mental Health Support",
        "Total",
    ]


def test_the_chart_has_a_bar_for_every_table(results: tuple[SaltTables, StudyResult]) -> None:
    chart = part(lts001_section(results[0]), Chart, "People by setting and mechanism")
    assert len({row[0] for row in chart.rows}) == 3
    assert len(chart.rows) == 3 * 8


def test_linked_data_counts_by_kind_of_id(results: tuple[SaltTables, StudyResult]) -> None:
    table = linkage_section(results[0]).parts[0]
    assert isinstance(table, Table)
    assert table.rows[0][:4] == ["991", "nhs_number", 45, 45]


def test_the_study_says_its_ratio_first(results: tuple[SaltTables, StudyResult]) -> None:
    figures = next(p for p in study_section(results[1]).parts if isinstance(p, Figures))
    assert figures.figures[0].label.startswith("Rate ratio, adjusted")
    assert figures.figures[0].value == f"{results[1].adjusted.exposure.rate_ratio:.2f}"


def test_no_exact_count_reaches_the_page(results: tuple[SaltTables, StudyResult]) -> None:
    sections = [linkage_section(results[0]), lts001_section(results[0]), study_section(results[1])]
    page = render_html(Report("Linked data", sections))
    assert ">43<" not in page
    assert ">143<" not in page
    assert ">45<" in page
