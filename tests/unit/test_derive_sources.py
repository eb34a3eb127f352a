"""The derivation reads files where they lie, shows its steps, and agrees with LTS001 as it is published."""

from datetime import date
from pathlib import Path

import pytest

from linkage.cohort.derive.definitions import lts001_definition
from linkage.cohort.derive.run import Derivation, derive, steps_shown
from linkage.cohort.derive.source import linked_file, linked_source, own_file
from linkage.cohort.measures.salt_lts001 import run_lts001
from linkage.engine import Step, open_engine
from linkage.errors import InputError
from linkage.store import open_linked
from tests.unit.derived_events import YEAR, care_engine, derived, request, service, table
from tests.unit.linked_tables import linked_folder
from tests.unit.linked_tables import service as linked_service

COMMUNITY = "Long Term Support: Community"


def test_a_file_is_read_where_it_lies(tmp_path: Path) -> None:
    with care_engine([service("ann"), request("bob")]) as held, open_engine(folders=[tmp_path]) as engine:
        engine.register("social_care", held.table("social_care"))
        engine.write_parquet(Step("write", "select * from social_care"), tmp_path / "social_care.parquet")
        engine.drop("social_care")
        derive(engine, linked_file(engine, tmp_path / "social_care.parquet"), Derivation(period=YEAR))
        assert table(engine, "select event_id, event_type from event order by 1") == [(0, "service"), (1, "request")]
        with pytest.raises(InputError, match="person_unique_identifier, date_of_birth"):
            own_file(engine, tmp_path / "social_care.parquet")


def test_a_linked_folder_is_opened_without_its_largest_table(tmp_path: Path) -> None:
    folder = linked_folder(tmp_path / "linked", social_care=[linked_service("x")])
    with open_linked(folder, without=("social_care",)) as engine:
        assert table(engine, "select count(*) from duckdb_tables() where table_name = 'social_care'") == [(0,)]
        derive(engine, linked_file(engine, folder / "social_care.parquet"), Derivation(period=YEAR))
        assert (engine.count("event"), engine.count("linked_person")) == (1, 1)


def test_the_steps_are_shown_in_the_order_in_which_they_run() -> None:
    with derived([service("ann")]) as engine:
        ran = [step.name for step in engine.steps]
        shown = steps_shown(linked_source(engine), Derivation(period=YEAR), YEAR)
    assert [named.step.name for named in shown] == ran
    assert all(named.about for named in shown)
    numbers = {number for named in shown for number in named.number.replace(" to ", ", ").split(", ")}
    assert {*map(str, range(1, 13))} <= numbers


def test_tables_that_no_later_step_reads_are_dropped() -> None:
    with derived([service("ann")], keep_steps=False) as engine:
        left = {name for (name,) in table(engine, "select table_name from duckdb_tables()")}
    assert {"event", "person", "spell", "event_flow", "unmapped_value", "chosen_submission"} <= left
    assert not {"submitted", "events_in_period", "not_kept", "latest_detail"} & left


def test_long_term_support_is_that_of_lts001() -> None:
    death = date(2022, 6, 1)
    rows = [
        service("ann"),
        service("ann", service_type=COMMUNITY, delivery_mechanism="Direct Payment", event_end_date=date(2022, 5, 1)),
        service("bob", service_type=COMMUNITY, delivery_mechanism="CASSR Managed Personal Budget", date_of_death=death),
        service("bob", service_type=COMMUNITY, date_of_death=death, event_start_date=date(2022, 5, 1)),
        service("cat", client_type="Carer"),
        service("dan", event_start_date=date(2022, 1, 1), event_end_date=date(2022, 4, 9)),
        service("dan", event_start_date=date(2022, 4, 10), service_type="Long Term Support: Residential Care"),
        service("eve", service_type="Short Term Support: ST-Max"),
        service("one", person_id_type="one_time"),
    ]
    placed = "select person_pseudonym, setting::varchar, {0}::varchar, start_date, end_date from {1} order by all"
    chains = "select person_pseudonym, {0}, {1} from {2} order by all"
    with derived(rows, selection="single", stated_period=True, leave_out=()) as engine:
        ours = table(
            engine,
            placed.format(
                "mechanism_group",
                "event join person using (la_code, person_key)"
                " where setting is not null and client_type_group = 'service_user'",
            ),
        )
        our_chains = table(
            engine,
            chains.format(
                "start_date",
                "coalesce(end_date, '9999-12-31')",
                "spell join person using (la_code, person_key) where setting = 'any'",
            ),
        )
        run_lts001(engine, lts001_definition(), YEAR, la_codes=[])
        assert ours == table(engine, placed.format("mechanism", "long_term_rows"))
        assert our_chains == table(engine, chains.format("chain_start", "chain_end", "long_term_chains"))
