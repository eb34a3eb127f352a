"""What a release policy may not put together, and that every fault of a policy is named at once with what to do."""

from pathlib import Path

import pytest
import yaml

from pseudo.errors import ConfigError, PolicyError
from pseudo.policy import LoadedPolicy, load_policy, require_all_treated
from pseudo.treatments import Lookups

Columns = dict[str, object]
EXACT = {"treatment": "keep", "type": "date"}
LSOA = {"treatment": "area", "level": "lsoa"}
MONTH = "birth_month"
SEX = {"treatment": "keep", "values": ["1", "2"]}
K = {"k": 5, "tables": {"t": {"quasi_identifiers": ["birth_month", "lsoa"]}}}


def load(folder: Path, tables: dict[str, Columns], environment: str = "secure", **more: object) -> LoadedPolicy:
    """A policy of these tables; the columns of each beside its NHS number."""
    number = {"nhs_number": {"treatment": "pseudonymise", "field": "nhs_number"}}
    written = {
        name: {
            "description": "d",
            "person": {"nhs_number": "nhs_number"},
            "columns": number | {column: how for column, how in columns.items() if column != "derived"},
            "derived": columns.get("derived", {}),
        }
        for name, columns in tables.items()
    }
    policy = {"name": "p", "version": "1", "description": "d", "environment": environment, "tables": written, **more}
    (folder / "policy.yaml").write_text(yaml.safe_dump(policy), encoding="utf-8")
    return load_policy(folder / "policy.yaml")


def refused(folder: Path, tables: dict[str, Columns], environment: str = "secure", **more: object) -> list[str]:
    with pytest.raises(PolicyError) as caught:
        load(folder, tables, environment, **more)
    return str(caught.value).splitlines()[1:]


@pytest.mark.parametrize("level", ["lsoa", "sector", "postcode_district"])
def test_a_birth_month_and_a_small_area_may_not_stand_together(tmp_path: Path, level: str) -> None:
    area = {"treatment": "area", "level": level}
    (fault,) = refused(tmp_path, {"t": {"b": MONTH, "p": area, "gender": SEX}})
    assert fault.startswith(f"t.birth_month, t.{level}: may not stand together")
    assert "Release the birth year or an age band" in fault


def test_nor_in_two_tables_which_join_by_person(tmp_path: Path) -> None:
    (fault,) = refused(tmp_path, {"t": {"b": MONTH}, "u": {"p": LSOA}})
    assert fault.startswith("t.birth_month, u.lsoa: may not stand together")


@pytest.mark.parametrize("coarser", ["birth_year", {"treatment": "age_band", "on": "2023-03-31", "bands": [65]}])
def test_a_coarser_birth_may_stand_beside_a_small_area(tmp_path: Path, coarser: object) -> None:
    load(tmp_path, {"t": {"b": coarser, "p": LSOA, "gender": SEX}})


def test_they_may_where_k_anonymity_holds_for_everyone(tmp_path: Path) -> None:
    load(tmp_path, {"t": {"b": MONTH, "p": LSOA}}, anonymity=K)


@pytest.mark.parametrize(
    "weaker",
    [
        {**K, "share_below": 0.01},
        {**K, "tables": {"t": {"quasi_identifiers": ["lsoa"]}}},
    ],
)
def test_a_weaker_condition_does_not_allow_them(tmp_path: Path, weaker: dict[str, object]) -> None:
    assert "may not stand together" in refused(tmp_path, {"t": {"b": MONTH, "p": LSOA}}, anonymity=weaker)[0]


def test_a_condition_on_one_table_does_not_hold_for_another(tmp_path: Path) -> None:
    anonymity = {"k": 5, "tables": {"t": {"quasi_identifiers": ["birth_month"]}, "u": {"quasi_identifiers": ["lsoa"]}}}
    assert "may not stand together" in refused(tmp_path, {"t": {"b": MONTH}, "u": {"p": LSOA}}, anonymity=anonymity)[0]


def test_a_small_area_and_exact_event_dates_may_not_stand_together(tmp_path: Path) -> None:
    (fault,) = refused(tmp_path, {"t": {"p": LSOA, "day": EXACT}})
    assert "Release the dates as months" in fault
    load(tmp_path, {"t": {"p": LSOA, "day": {"treatment": "shift"}}})
    load(tmp_path, {"t": {"p": LSOA, "reporting_period_end_date": EXACT}})


def test_a_birth_month_and_exact_event_dates_stand_together_in_a_secure_environment_only(tmp_path: Path) -> None:
    tables: dict[str, Columns] = {"t": {"b": MONTH, "day": EXACT}}
    load(tmp_path, tables)
    assert "may not stand together" in refused(tmp_path, tables, "open")[0]


def test_a_policy_without_an_environment_is_held_to_the_rules_of_both(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="may not stand together"):
        load(tmp_path, {"t": {"b": MONTH, "day": EXACT}}, environment=None)  # type: ignore[arg-type]


def test_accommodation_that_tells_is_grouped_beside_an_area_smaller_than_the_authority(tmp_path: Path) -> None:
    area = {"treatment": "area", "level": "postcode_area"}
    kept = {"treatment": "keep", "values": ["Refuge", "Tenant"]}
    grouped = {"treatment": "group", "groups": {"Other": ["Refuge"]}, "values": ["Tenant"]}
    (fault,) = refused(tmp_path, {"t": {"accommodation_status": kept, "p": area}})
    assert "Group these kinds of accommodation" in fault
    load(tmp_path, {"t": {"accommodation_status": grouped, "p": area}})
    load(tmp_path, {"t": {"accommodation_status": kept, "p": {"treatment": "area", "level": "la"}}})


CODE = {"treatment": "keep", "pattern": "[0-9]{3}"}
SMALL = {"column": "la_code", "values": ["510", "714", "906"]}


def test_a_birth_month_is_withheld_in_the_smallest_authorities(tmp_path: Path) -> None:
    (fault,) = refused(tmp_path, {"t": {"la_code": CODE, "b": MONTH}})
    assert fault.startswith("t.birth_month: the smallest authorities need a coarser form. Add to it withheld_when")
    load(tmp_path, {"t": {"la_code": CODE, "b": {"treatment": "birth_month", "withheld_when": [SMALL]}}})


def test_a_small_area_is_withheld_from_the_old_and_from_rare_groups(tmp_path: Path) -> None:
    columns: Columns = {"date_of_birth": "birth_year", "ethnicity": "drop", "la_code": CODE, "p": LSOA}
    faults = refused(tmp_path, {"t": columns})
    assert [fault.split(" need")[0] for fault in faults] == [
        "t.lsoa: the smallest authorities", "t.lsoa: people of 85 and over", "t.lsoa: rare ethnic groups"
    ]  # fmt: skip


# --- every fault at once


def test_every_fault_of_a_policy_is_named_with_what_to_do(tmp_path: Path) -> None:
    columns: Columns = {
        "first_name": {"treatment": "keep", "values": ["A"]},
        "surname": {"treatment": "group", "groups": {"x": ["y"]}},
        "date_of_birth": {"treatment": "shift", "output": "moved"},
        "notes": {"treatment": "keep", "pattern": ".*"},
        "code": {"treatment": "keep", "pattern": "("},
        "length": {"treatment": "days_since", "index": "nowhere", "output": "length"},
        "derived": {"again": {"source": "notes", "treatment": "drop"}},
    }
    conditions = {
        "anonymity": {
            "k": 5,
            "action": "generalise",
            "generalise": ["b"],
            "tables": {"t": {"quasi_identifiers": ["c"]}},
        },
        "insider": {"u": {"sex": ["d"]}},
    }
    faults = "\n".join(refused(tmp_path, {"t": columns}, **conditions))
    for part in (
        "t.first_name: an identifier may not be kept; drop it",
        "t.surname: an identifier may not be kept; drop it",
        "t.date_of_birth: an identifier may not be kept; drop it",
        "t.notes: its pattern lets free text through. Narrow it",
        "t.code: its pattern is not a regular expression. Correct it.",
        "t.length: reads the column nowhere, which the table does not name. Give that a treatment too.",
        "t.again: a derived column is neither dropped nor a pseudonym.",
        "anonymity: b is to be generalised and is no quasi-identifier. Name it as one.",
        "anonymity.t: no column is released under the name c. Correct its name.",
        "insider: the policy has no table u. Correct its name.",
    ):
        assert part in faults


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"anonymity": {"k": 1, "tables": {"t": {"quasi_identifiers": ["a"]}}}}, "anonymity.k"),
        ({"anonymity": {**K, "action": "generalise"}}, "'generalise' names columns exactly when"),
        ({"anonymity": {**K, "then": "drop"}}, "'then' says what follows"),
        ({"anonymity": {**K, "l": 2}}, "needs a 'sensitive' column"),
        ({"insider": {"t": {}}}, "at least one column that the insider knows"),
        ({"environment": "anywhere"}, "environment"),
    ],
)
def test_a_malformed_condition_is_a_configuration_error(tmp_path: Path, more: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load(tmp_path, {"t": {}}, **{"environment": "open", **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("derived", "message"),
    [
        ({"x": {"treatment": "birth_year"}}, "names its 'source'"),
        ({"x": {"treatment": "birth_year", "source": "y"}}, "names its 'source'"),
        ({"lsoa": {"treatment": "birth_year", "source": "p"}}, "two columns would be released as lsoa"),
    ],
)
def test_a_derived_column_names_its_source(tmp_path: Path, derived: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load(tmp_path, {"t": {"p": LSOA, "derived": derived}})


def test_what_a_release_lacks_is_named_at_once(tmp_path: Path) -> None:
    age = {"treatment": "age_band", "bands": [65]}
    column = {"treatment": "age_at", "at": "day", "output": "age_then"}
    policy = load(tmp_path, {"t": {"b": age, "c": column, "day": {**EXACT, "optional": True}, "p": LSOA}}, anonymity=K | {
        "tables": {"t": {"quasi_identifiers": ["lsoa"]}}}).policy  # fmt: skip
    with pytest.raises(PolicyError) as caught:
        require_all_treated(policy, {"t": ["nhs_number", "b", "c", "p"]}, {}, Lookups())
    for part in ("t.age_band: takes ages on the reference date", "t.age_then: reads the column day, which the table lacks",
                 "t.lsoa: needs a postcode directory, and it was not given."):  # fmt: skip
        assert part in str(caught.value)
