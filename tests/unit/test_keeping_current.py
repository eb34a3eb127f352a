"""Which row of which file stands: cumulative files whole, rolling files event by event, and four quarters against the truth."""

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from linkage.engine import Engine, Step, open_engine
from linkage.errors import InputError
from linkage.intake import Consolidation, consolidate
from linkage.intake.keeping.current import events_step, make_current, standing_parts
from linkage.intake.keeping.kept import KeptFile
from linkage.spec import load_specification
from linkage.synth.submissions.files import submission_files
from linkage.synth.submissions.quarters import QUARTERS, as_known, covered_from, ledger
from tests.unit.submission_files import Row, cells, write_rows
from tests.unit.synth_submissions import PLACES, World, files, three_authorities, with_rates, world

ROLLING = {
    "Q1": ("01/07/2022", "30/06/2023"),
    "Q2": ("01/10/2022", "30/09/2023"),
    "Q3": ("01/01/2023", "31/12/2023"),
}
ENDED_2022 = {"event_start_date": "01/05/2022", "event_end_date": "10/08/2022", "event_outcome": "NFA - Deceased"}
ENDED_2023 = {"event_start_date": "01/05/2022", "event_end_date": "10/03/2023", "event_outcome": "NFA - Deceased"}


P3 = {"person_unique_identifier": "P3"}


@pytest.fixture
def engine() -> Iterator[Engine]:
    with open_engine() as opened:
        yield opened


def rolling(engine: Engine, name: str, *rows: Row) -> KeptFile:
    """A rolling submission in its kept form."""
    start, end = ROLLING[name]
    period = {"reporting_period_start_date": start, "reporting_period_end_date": end}
    return kept(engine, name, [{**period, **row} for row in rows], "release1")


def kept(engine: Engine, name: str, rows: Sequence[Row], version: str) -> KeptFile:
    """A submission in its kept form, as if it had been checked."""
    spec = load_specification(version)
    records = []
    for number, row in enumerate(rows, start=1):
        texts = dict(zip(spec.ids, cells(row, number, version), strict=True))
        record: dict[str, object] = {field: text or None for field, text in texts.items()}
        days = {field.id: day(texts[field.id]) for field in spec.date_fields}
        records.append(record | days | {f"{field}_given": None for field in days} | {"row_number": number})
    dates = {field.id for field in spec.date_fields}
    types = {
        name: pa.date32() if name in dates else pa.int64() if name == "row_number" else pa.string()
        for name in records[0]
    }
    engine.register(name, pa.Table.from_pylist(records, schema=pa.schema(list(types.items()))))
    code, *period = (
        records[0][field] for field in ("la_code", "reporting_period_start_date", "reporting_period_end_date")
    )
    assert isinstance(period[0], date) and isinstance(period[1], date)
    return KeptFile(name, str(code), spec, *period, place=name)


def day(text: str) -> date | None:
    return datetime.strptime(text, "%d/%m/%Y").date() if text else None


def standing(engine: Engine, *files: KeptFile) -> list[tuple[object, ...]]:
    """The current record of these files."""
    parts = standing_parts(files)
    make_current(engine, parts)
    engine.run(events_step(parts))
    sql = "select submission, person_unique_identifier, event_start_date, event_end_date from events"
    return engine.rows(Step("look", sql))


def test_an_event_completed_before_a_rolling_window_stays(engine: Engine) -> None:
    earlier = rolling(engine, "Q1", ENDED_2022, {"person_unique_identifier": "P2"})
    later = rolling(engine, "Q2", {"person_unique_identifier": "P2"})
    assert standing(engine, later, earlier) == [
        ("Q1", "P1", date(2022, 5, 1), date(2022, 8, 10)),
        ("Q2", "P2", date(2022, 5, 1), None),
    ]


def test_an_event_in_the_coverage_of_the_later_file_and_absent_there_is_withdrawn(engine: Engine) -> None:
    earlier = rolling(engine, "Q1", ENDED_2023, {"person_unique_identifier": "P2"})
    assert [row[1] for row in standing(engine, earlier, rolling(engine, "Q2", P3))] == ["P3"]


def test_the_window_begins_on_its_first_day(engine: Engine) -> None:
    last = {**ENDED_2022, "event_end_date": "30/09/2022"}
    first = {**ENDED_2022, "event_end_date": "01/10/2022", "person_unique_identifier": "P2"}
    record = standing(engine, rolling(engine, "Q1", last, first), rolling(engine, "Q2", P3))
    assert [row[1] for row in record] == ["P1", "P3"]


def test_an_ended_event_sent_again_stands_once_as_the_later_file_has_it(engine: Engine) -> None:
    again = {**ENDED_2022, "event_end_date": "12/08/2022"}
    record = standing(engine, rolling(engine, "Q1", ENDED_2022), rolling(engine, "Q2", again))
    assert record == [("Q2", "P1", date(2022, 5, 1), date(2022, 8, 12))]


def test_the_event_reference_does_not_tell_events_apart(engine: Engine) -> None:
    first, again = {**ENDED_2022, "event_reference": "A"}, {**ENDED_2022, "event_reference": "B"}
    record = standing(engine, rolling(engine, "Q1", first), rolling(engine, "Q2", again))
    assert [row[0] for row in record] == ["Q2"]


def test_an_event_that_ends_before_it_starts_is_judged_by_its_start(engine: Engine) -> None:
    backwards = {**ENDED_2022, "event_start_date": "01/12/2022", "event_end_date": "01/08/2022"}
    record = standing(engine, rolling(engine, "Q1", backwards), rolling(engine, "Q2", P3))
    assert [row[1] for row in record] == ["P3"]


def test_an_event_stays_over_several_later_files(engine: Engine) -> None:
    second = {**ENDED_2023, "person_unique_identifier": "P2"}
    files = rolling(engine, "Q1", ENDED_2022), rolling(engine, "Q2", second), rolling(engine, "Q3", P3)
    assert [row[:2] for row in standing(engine, *files)] == [("Q1", "P1"), ("Q3", "P3")]


def test_what_a_later_file_changed_does_not_come_back_when_it_is_withdrawn(engine: Engine) -> None:
    reopened = {**ENDED_2022, "event_end_date": None, "event_outcome": "Provision of service"}
    files = rolling(engine, "Q1", ENDED_2022), rolling(engine, "Q2", reopened), rolling(engine, "Q3", P3)
    assert [row[1] for row in standing(engine, *files)] == ["P3"]


def test_a_rolling_file_supersedes_a_cumulative_one_event_by_event(engine: Engine) -> None:
    own = {"la_code": "993", "reporting_period_end_date": "31/03/2023"}
    ended = {**own, **ENDED_2022, "event_start_date": "01/04/2022", "event_end_date": "30/06/2022"}
    earlier = kept(engine, "v6", [ended, {**own, "person_unique_identifier": "P2"}], "v6")
    assert [row[:2] for row in standing(engine, earlier, rolling(engine, "Q1", P3))] == [("v6", "P1"), ("Q1", "P3")]


def test_a_cumulative_file_supersedes_those_of_its_year_whole(engine: Engine) -> None:
    ends = {"first": "30/06/2022", "second": "31/03/2023", "next": "30/06/2023"}
    files = [kept(engine, name, [{"reporting_period_end_date": end}], "v4.2") for name, end in ends.items()]
    assert [row[0] for row in standing(engine, *files)] == ["second", "next"]


def test_a_resubmission_supersedes_the_file_of_the_same_period_whole(engine: Engine) -> None:
    first = rolling(engine, "Q1", ENDED_2022)
    second = replace(rolling(engine, "Q2", P3), period_end=first.period_end, order=2)
    assert [row[1] for row in standing(engine, first, second)] == ["P3"]


def test_an_earlier_file_of_which_rows_stand_is_current_in_part(engine: Engine, tmp_path: Path) -> None:
    periods = [("01/07/2022", "30/06/2023"), ("01/10/2022", "30/09/2023")]
    paths = []
    for number, ((start, end), row) in enumerate(zip(periods, (ENDED_2022, P3), strict=True), start=1):
        period = {"reporting_period_start_date": start, "reporting_period_end_date": end}
        paths.append(write_rows(tmp_path / f"{number}.csv", [{**period, **row}, {**period, **P3}], "release1"))
    result = run(engine, *paths)
    assert [s.status for s in result.submissions] == ["current_in_part", "current"]
    assert (result.counts["rows_in"], result.events, result.counts["rows_superseded"]) == (4, 3, 1)
    with pytest.raises(InputError, match=r"1\.csv, 1\.csv"):
        run(engine, paths[0], paths[0])


@pytest.fixture(scope="module")
def corrected() -> World:
    """Four quarters of three authorities with late, withdrawn, lost and corrected events."""
    rates = {"recorded_late": 0.05, "withdrawn_later": 0.05, "lost_later": 0.05, "corrected_later": 0.05}
    return world(with_rates(three_authorities(), **rates))


def run(engine: Engine, *paths: Path) -> Consolidation:
    return consolidate(engine, paths, synthetic=True, as_at=date(2024, 4, 20))


@pytest.mark.parametrize("version", PLACES)
def test_four_quarters_with_corrections_closures_and_omissions_give_the_truth(
    corrected: World, engine: Engine, tmp_path: Path, version: str
) -> None:
    place = PLACES[version]
    result = run(engine, *written(corrected, place, tmp_path))
    sql = "select event_type, event_start_date, event_end_date from events where event_start_date is not null"
    found = Counter(engine.rows(Step("look", sql)))
    assert all(s.status != "not_accepted" for s in result.submissions)
    assert found == truth(corrected, place)


def written(made: World, place: int, folder: Path) -> list[Path]:
    """The four files of an authority as CSV."""
    tables, paths = files(made), []
    for file in submission_files(made[0].profile):
        if file.place == place:
            table, ids = tables[file.place, file.quarter], load_specification(file.authority.spec).ids
            with (folder / file.name).open("w", encoding="utf-8", newline="") as handle:
                writer = csv.writer(handle)
                writer.writerow(file.headings)
                writer.writerows(zip(*(table[name] for name in ids), strict=True))
            paths.append(folder / file.name)
    return paths


def truth(made: World, place: int) -> Counter[tuple[object, ...]]:
    """The events that should stand: each as the last file whose period covers it has it, if that file has it."""
    setting, events = made[0], Counter[tuple[object, ...]]()
    covered = np.array([covered_from(setting, place, quarter) for quarter in QUARTERS], dtype="datetime64[D]")
    for block in made[1]:
        known = ledger(setting, block)
        end = known.events["event_end_date"].astype("datetime64[D]")
        last = (np.isnat(end)[:, None] | (end[:, None] >= covered)).cumsum(axis=1).argmax(axis=1)
        mine = (known.events["place"] == place) & (known.events["event_type"] != "")
        for quarter in QUARTERS:
            then = as_known(setting, known, quarter)
            stands = mine & (last == quarter - 1) & known.there[:, quarter - 1]
            days = (
                then[name].astype("datetime64[D]")[stands].tolist() for name in ("event_start_date", "event_end_date")
            )
            events.update(zip(known.events["event_type"][stands].tolist(), *days, strict=True))
    return events
