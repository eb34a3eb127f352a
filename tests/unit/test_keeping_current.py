"""Which row of which file stands: cumulative files whole, rolling files event by event, and four quarters against the truth."""

import csv
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from linkage.engine import Engine, Step, open_engine
from linkage.errors import InputError
from linkage.intake import Consolidation, consolidate
from linkage.spec import load_specification
from linkage.synth.submissions.files import submission_files
from linkage.synth.submissions.quarters import QUARTERS, as_known, covered_from, ledger
from tests.unit.submission_files import Row, write_rows
from tests.unit.synth_submissions import PLACES, World, files, three_authorities, with_rates, world

ROLLING = {
    "Q1": ("01/07/2022", "30/06/2023"),
    "Q2": ("01/10/2022", "30/09/2023"),
    "Q3": ("01/01/2023", "31/12/2023"),
}
ENDED_2022 = {"event_start_date": "01/05/2022", "event_end_date": "10/08/2022", "event_outcome": "NFA - Deceased"}
ENDED_2023 = {"event_start_date": "01/05/2022", "event_end_date": "10/03/2023", "event_outcome": "NFA - Deceased"}


@pytest.fixture
def engine() -> Iterator[Engine]:
    with open_engine() as opened:
        yield opened


def rolling(folder: Path, name: str, *rows: Row) -> Path:
    start, end = ROLLING[name]
    period = {"reporting_period_start_date": start, "reporting_period_end_date": end}
    return write_rows(folder / f"{name}.csv", [{**period, **row} for row in rows], "release1")


def run(engine: Engine, *paths: Path) -> Consolidation:
    return consolidate(engine, paths, synthetic=True, as_at=date(2024, 4, 20))


def standing(engine: Engine) -> list[tuple[object, ...]]:
    sql = "select submission, person_unique_identifier, event_start_date, event_end_date from events"
    return engine.rows(Step("look", sql))


def statuses(result: Consolidation) -> list[tuple[str, str]]:
    return [(s.check.file, s.status) for s in result.submissions]


def test_an_event_completed_before_a_rolling_window_stays(engine: Engine, tmp_path: Path) -> None:
    earlier = rolling(tmp_path, "Q1", ENDED_2022, {"person_unique_identifier": "P2"})
    later = rolling(tmp_path, "Q2", {"person_unique_identifier": "P2"})
    result = run(engine, later, earlier)
    assert standing(engine) == [
        ("Q1.csv", "P1", date(2022, 5, 1), date(2022, 8, 10)),
        ("Q2.csv", "P2", date(2022, 5, 1), None),
    ]
    assert statuses(result) == [("Q1.csv", "current_in_part"), ("Q2.csv", "current")]
    assert result.counts["rows_superseded"] == 1


def test_an_event_in_the_coverage_of_the_later_file_and_absent_there_is_withdrawn(
    engine: Engine, tmp_path: Path
) -> None:
    earlier = rolling(tmp_path, "Q1", ENDED_2023, {"person_unique_identifier": "P2"})
    result = run(engine, earlier, rolling(tmp_path, "Q2", {"person_unique_identifier": "P3"}))
    assert [row[1] for row in standing(engine)] == ["P3"]
    assert statuses(result) == [("Q1.csv", "superseded"), ("Q2.csv", "current")]


def test_the_window_begins_on_its_first_day(engine: Engine, tmp_path: Path) -> None:
    last = {**ENDED_2022, "event_end_date": "30/09/2022"}
    first = {**ENDED_2022, "event_end_date": "01/10/2022", "person_unique_identifier": "P2"}
    run(engine, rolling(tmp_path, "Q1", last, first), rolling(tmp_path, "Q2", {"person_unique_identifier": "P3"}))
    assert [row[1] for row in standing(engine)] == ["P1", "P3"]


def test_an_ended_event_sent_again_stands_once_as_the_later_file_has_it(engine: Engine, tmp_path: Path) -> None:
    again = {**ENDED_2022, "event_end_date": "12/08/2022"}
    run(engine, rolling(tmp_path, "Q1", ENDED_2022), rolling(tmp_path, "Q2", again))
    assert standing(engine) == [("Q2.csv", "P1", date(2022, 5, 1), date(2022, 8, 12))]


def test_the_event_reference_does_not_tell_events_apart(engine: Engine, tmp_path: Path) -> None:
    first, again = {**ENDED_2022, "event_reference": "A"}, {**ENDED_2022, "event_reference": "B"}
    run(engine, rolling(tmp_path, "Q1", first), rolling(tmp_path, "Q2", again))
    assert [row[0] for row in standing(engine)] == ["Q2.csv"]


def test_an_event_that_ends_before_it_starts_is_judged_by_its_start(engine: Engine, tmp_path: Path) -> None:
    backwards = {"event_start_date": "01/12/2022", "event_end_date": "01/08/2022", "event_outcome": "NFA - Deceased"}
    run(engine, rolling(tmp_path, "Q1", backwards), rolling(tmp_path, "Q2", {"person_unique_identifier": "P3"}))
    assert [row[1] for row in standing(engine)] == ["P3"]


def test_an_event_stays_over_several_later_files(engine: Engine, tmp_path: Path) -> None:
    fill = {"person_unique_identifier": "P9"}
    files = [rolling(tmp_path, "Q1", ENDED_2022), rolling(tmp_path, "Q2", ENDED_2023), rolling(tmp_path, "Q3", fill)]
    run(engine, *files)
    assert [row[:2] for row in standing(engine)] == [("Q1.csv", "P1"), ("Q3.csv", "P9")]


def test_two_rolling_files_of_the_same_period_are_an_error(engine: Engine, tmp_path: Path) -> None:
    first = rolling(tmp_path, "Q1", {})
    second = first.with_name("again.csv")
    second.write_bytes(first.read_bytes())
    with pytest.raises(InputError, match=r"Q1\.csv, again\.csv"):
        run(engine, first, second)


def test_a_rolling_file_supersedes_a_cumulative_one_event_by_event(engine: Engine, tmp_path: Path) -> None:
    own = {"la_code": "993", "reporting_period_end_date": "31/03/2023"}
    ended = {**own, **ENDED_2022, "event_start_date": "01/04/2022", "event_end_date": "30/06/2022"}
    earlier = write_rows(tmp_path / "v6.csv", [ended, {**own, "person_unique_identifier": "P2"}], "v6")
    run(engine, earlier, rolling(tmp_path, "Q1", {"person_unique_identifier": "P3"}))
    assert [row[:2] for row in standing(engine)] == [("v6.csv", "P1"), ("Q1.csv", "P3")]


@pytest.fixture(scope="module")
def corrected() -> World:
    """Four quarters of three authorities with late, withdrawn, lost and corrected events."""
    rates = {"recorded_late": 0.05, "withdrawn_later": 0.05, "lost_later": 0.05, "corrected_later": 0.05}
    return world(with_rates(three_authorities(), **rates))


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
