"""Linking a real release: who is found where, what is refused, and that nothing half-written stays."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from linkage.configs import packaged
from linkage.engine import Engine, Step, open_engine
from linkage.errors import InputError, UsageError
from linkage.store import LINKED_TABLES, open_linked, require_columns
from linkage.store.linking import link, refuse_other_forms
from pseudo.errors import KeyCustodyError, PolicyError, ReleaseError
from pseudo.keys import RootKey
from pseudo.policy import load_policy
from pseudo.release import make_release
from pseudo.request import ReleaseRequest
from tests.unit.release_requests import approver, sender

ANN, BOB, CAT = "9990000018", "9990000026", "9990000034"
REQUEST = ReleaseRequest(
    controller="a",
    recipient="b",
    project="c",
    opt_out="none",
    key_version="1",
    release_id="r1",
    expires=date(2030, 1, 1),
)


def care_table(policy: object) -> pa.Table:
    people = [("P1", ANN, "found"), ("P1", ANN, "found"), ("P2", BOB, "confirmed"), ("P3", None, "none")]
    required = {
        name: None
        for name, treatment in policy.policy.tables["social_care"].columns.items()  # type: ignore[attr-defined]
        if not treatment.optional
    }
    rows = [
        required
        | {"la_code": "991", "person_unique_identifier": local, "traced_nhs_number": number, "link_quality": quality}
        | {"record_id": f"991/{place}", "event_start_date": "2022-04-01", "date_of_birth": "1940-06-01"}
        for place, (local, number, quality) in enumerate(people)
    ]
    return pa.Table.from_pylist(rows, schema=pa.schema([(name, pa.string()) for name in rows[0]]))


def health_table(columns: str, *rows: tuple[str | None, ...]) -> pa.Table:
    names = columns.split()
    return pa.Table.from_pylist(
        [dict(zip(names, row, strict=False)) for row in rows], schema=pa.schema([(name, pa.string()) for name in names])
    )


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    policy = load_policy(packaged("release/secure.yaml"))
    gp = "nhs_number practice_code registration_start_date registration_end_date date_of_birth gender ethnic_category "
    gp += "postcode date_of_death"
    stay = "newnhsno epikey sex mydob classpat admimeth admidate disdate epistart epiend epiorder diag_4_01 diag_4_02"
    tables = {
        "social_care": care_table(policy),
        "gp_registrations": health_table(gp, (ANN, "A81001", "2010-01-01"), (CAT, "A81001", "2010-01-01")),
        "admissions": health_table(stay, (ANN, "E1"), (None, "E2")),
    }
    listed = {
        "social_care": {
            name: ["x"]
            for name, treatment in policy.policy.tables["social_care"].columns.items()
            if getattr(treatment, "values", None) == "listed"
        }
    }
    out = tmp_path_factory.mktemp("release") / "r1"
    key = RootKey(bytes(range(32)), "k1")
    make_release(
        tables,
        policy,
        root_key=key,
        signing_key=sender(),
        request=REQUEST,
        out_dir=out,
        listed_values=listed,
        as_at=date(2026, 1, 1),
    )
    return out


@pytest.fixture
def linked(release: Path, tmp_path: Path) -> Path:
    return link(release, tmp_path / "linked", as_at=date(2026, 1, 1), public_key=sender().public).folder


def people(engine: Engine) -> list[tuple[object, ...]]:
    sql = "select person_id_type, in_social_care, in_admissions, in_gp, in_conditions, authorities from person order by all"
    return engine.rows(Step("people", sql))


def test_one_row_per_person_says_where_they_are_found(linked: Path) -> None:
    with open_linked(linked) as engine:
        assert people(engine) == [
            ("la_person_id", True, False, False, False, 1),
            ("nhs_number", False, False, True, False, 0),
            ("nhs_number", True, False, False, False, 1),
            ("nhs_number", True, True, True, False, 1),
            ("one_time", False, True, False, False, 0),
        ]


def test_link_quality_by_authority_and_kind_of_id(linked: Path) -> None:
    with open_linked(linked) as engine:
        rows = engine.table("link_quality").to_pylist()
    assert [(row["person_id_type"], row["people"], row["found_in_gp"], row["found_in_admissions"]) for row in rows] == [
        ("la_person_id", 1, 0, 0),
        ("nhs_number", 2, 1, 1),
    ]
    assert [row["found_nowhere"] for row in rows] == [1, 1]


def test_every_released_row_is_in_the_linked_tables(release: Path, linked: Path) -> None:
    with open_linked(linked) as engine:
        assert set(LINKED_TABLES) <= {path.stem for path in linked.glob("*.parquet")}
        assert engine.count("social_care") == pq.read_metadata(release / "social_care.parquet").num_rows == 4
        assert engine.count("admissions") == 2
        assert engine.count("long_term_conditions") == 0


def test_the_manifest_counts_people_and_names_the_domain(linked: Path) -> None:
    manifest = json.loads((linked / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["counts"]["people_in_social_care"] == 3
    assert manifest["counts"]["people_in_social_care_and_health"] == 1
    assert manifest["settings"]["domain"]["recipient"] == "b"
    assert len(manifest["settings"]["domain"]["key_check_value"]) == 8


def test_the_same_release_gives_the_same_bytes(release: Path, linked: Path, tmp_path: Path) -> None:
    again = link(release, tmp_path / "again", as_at=date(2026, 1, 1), public_key=sender().public).folder
    assert [(again / f"{name}.parquet").read_bytes() for name in LINKED_TABLES] == [
        (linked / f"{name}.parquet").read_bytes() for name in LINKED_TABLES
    ]


def test_an_altered_release_is_not_linked(release: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    for path in release.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    with (copy / "admissions.parquet").open("ab") as handle:
        handle.write(b"x")
    with pytest.raises(ReleaseError):
        link(copy, tmp_path / "linked", public_key=sender().public)
    assert not (tmp_path / "linked").exists()


def test_an_expired_release_is_not_linked(release: Path, tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="expired"):
        link(release, tmp_path / "linked", as_at=date(2031, 1, 1), public_key=sender().public)


def test_an_altered_linked_folder_is_not_opened(linked: Path) -> None:
    (linked / "person.parquet").unlink()
    with pytest.raises(InputError, match=r"person\.parquet: missing"):
        open_linked(linked)


def test_another_folder_is_not_a_linked_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"manifest\.json"):
        open_linked(tmp_path)


def test_a_missing_column_is_named(linked: Path) -> None:
    with open_linked(linked) as engine, pytest.raises(InputError, match="lacks date_of_birth"):
        require_columns(engine, "social_care", ["la_code", "date_of_birth"])


def test_the_input_folder_is_not_written_into(release: Path) -> None:
    with pytest.raises(UsageError, match="holds the input"):
        link(release, release, public_key=sender().public)


def deaths(out: Path, **changes: object) -> Path:
    """A release of deaths alone: of the same project unless ``changes`` says otherwise."""
    policy = load_policy(packaged("release/secure.yaml"))
    rows = health_table(
        "nhs_number date_of_death underlying_cause", (ANN, "2022-09-01", "I639"), (CAT, "2022-10-01", "I500")
    )
    key = RootKey(bytes(range(32)), "k1")
    request = replace(REQUEST, release_id="r2", **changes)  # type: ignore[arg-type]
    day = date(2026, 1, 1)
    make_release({"deaths": rows}, policy, root_key=key, signing_key=sender(), request=request, out_dir=out, as_at=day)
    return out


def test_health_tables_that_came_with_the_pseudonyms_of_the_project_are_linked_too(
    release: Path, tmp_path: Path
) -> None:
    done = link(
        release,
        tmp_path / "linked",
        others=[deaths(tmp_path / "deaths")],
        as_at=date(2026, 1, 1),
        public_key=sender().public,
    )
    assert done.counts["deaths_rows"] == 2
    with open_linked(done.folder) as engine:
        sql = "select in_social_care, in_gp from person where in_deaths order by all"
        assert engine.rows(Step("dead", sql)) == [(False, True), (True, True)]


@pytest.mark.parametrize(
    ("changes", "name"),
    [({"project": "d"}, "project"), ({"opt_out": "ndo"}, "opt_out"), ({"recipient": "x"}, "recipient")],
)
def test_pseudonyms_of_another_domain_are_not_linked(
    release: Path, tmp_path: Path, changes: dict[str, str], name: str
) -> None:
    with pytest.raises(InputError, match=rf"of another domain .* \({name}, key_check_value differ\)"):
        link(
            release,
            tmp_path / "linked",
            others=[deaths(tmp_path / "deaths", **changes)],
            as_at=date(2026, 1, 1),
            public_key=sender().public,
        )


def test_one_table_in_two_releases_is_refused(release: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is in another of these releases too"):
        link(release, tmp_path / "linked", others=[release], as_at=date(2026, 1, 1), public_key=sender().public)


def test_what_stands_for_a_person_must_have_the_form_of_a_pseudonym(tmp_path: Path) -> None:
    with open_engine(folders=[tmp_path]) as engine:
        engine.register("care", pa.table({"person_pseudonym": ["bje46jynpaiuanzzlqerucb3qq", "9990000018", None]}))
        with pytest.raises(InputError, match="care: 1 person pseudonyms do not have the form") as caught:
            refuse_other_forms(engine, ["care"])
    assert ANN not in str(caught.value)


def test_a_release_that_somebody_else_signed_is_not_linked(release: Path, tmp_path: Path) -> None:
    day = date(2026, 1, 1)
    with pytest.raises(ReleaseError, match="signed by another key"):
        link(release, tmp_path / "linked", public_key=approver().public, as_at=day)
    link(release, tmp_path / "linked", public_key=sender().public, as_at=day)
    settings = json.loads((tmp_path / "linked" / "manifest.json").read_text(encoding="utf-8"))["settings"]
    assert settings["signed_by"] == [sender().public.fingerprint]


def test_nothing_is_linked_without_the_key_of_whom_to_trust(release: Path, tmp_path: Path) -> None:
    with pytest.raises(KeyCustodyError, match="give the sender's public key"):
        link(release, tmp_path / "linked", public_key=None, as_at=date(2026, 1, 1))  # type: ignore[arg-type]
    assert not (tmp_path / "linked").exists()
