"""The national cascade against the vectors of ``tests/vectors/cascade``: components in both forms, and whole traces."""

import sys
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml

from linkage.engine import Engine, EngineOptions, Step, open_engine
from linkage.normalise import name, nhs_number
from linkage.trace.cascade import (
    BUCKET_COLUMNS,
    QUERY_FIELDS,
    CascadeRequest,
    cleaning,
    empty_bucket_step,
    run_cascade,
    scores,
    submission_reference,
)
from linkage.trace.cascade import settings as cascade_settings
from linkage.trace.cascade.diagnostics import diagnostics_step, person_id_sql, person_id_type_sql
from linkage.trace.cascade.succession import current_step, predecessor_step

VECTORS = Path(__file__).parents[1] / "vectors" / "cascade"
VERSION = (
    "nhs_number", "given_name", "other_given_name", "family_name", "date_of_birth", "gender", "postcode",
    "gp_practice_code", "valid_from", "valid_to", "date_of_death", "confidentiality", "superseded_by",
)  # fmt: skip
REFERENCE = submission_reference("ab" * 32)
AS_AT = date(2024, 3, 31)


def vectors(page: str) -> dict[str, Any]:
    return yaml.safe_load((VECTORS / f"{page}.yaml").read_text(encoding="utf-8"))


COMPONENTS = vectors("components")


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with open_engine(EngineOptions(threads=1)) as opened:
        yield opened


def sql(engine: Engine, expression: str, **values: Any) -> Any:
    columns = ", ".join(f"cast(${key} as {'varchar[]' if key == 'many' else 'varchar'}) as {key}" for key in values)
    return engine.value(Step("one", f"select {expression} from (select {columns})", values))


def change_settings(patch: pytest.MonkeyPatch, values: Mapping[str, Any]) -> None:
    """Give parameters of the cascade other values."""
    packaged = cascade_settings.load_cascade_settings()
    parameters = {key: getattr(packaged.parameters, key) for key in values}
    update = {key: parameter.model_copy(update={"value": values[key]}) for key, parameter in parameters.items()}
    changed = packaged.model_copy(update={"parameters": packaged.parameters.model_copy(update=update)})
    for key, module in list(sys.modules.items()):
        if key.startswith("linkage.trace.cascade.") and hasattr(module, "load_cascade_settings"):
            patch.setattr(module, "load_cascade_settings", lambda: changed)


@pytest.mark.parametrize(("query", "reference", "score"), COMPONENTS["date_scores"])
def test_the_score_of_a_date_of_birth(engine: Engine, query: str, reference: str, score: int) -> None:
    assert scores.date_score(query, reference) == score
    assert sql(engine, scores.date_score_sql("q", "r"), q=query, r=reference) == score


@pytest.mark.parametrize(("query", "reference", "elements"), COMPONENTS["date_elements"])
def test_the_parts_of_a_date_that_agree(engine: Engine, query: str, reference: str, elements: int) -> None:
    assert scores.date_elements(query, reference) == elements
    assert sql(engine, scores.date_elements_sql("q", "r"), q=query, r=reference) == elements


@pytest.mark.parametrize(("query", "current", "historic", "score"), COMPONENTS["postcode_scores"])
def test_the_score_of_a_postcode(engine: Engine, query: str, current: str, historic: list[str], score: float) -> None:
    expression = scores.postcode_score_sql("q", "c", "many")
    assert sql(engine, expression, q=query, c=current, many=historic) == pytest.approx(score, abs=0.005)
    best = scores.postcode_score(query, current) or max([scores.postcode_score(query, h) for h in historic], default=0)
    assert best == pytest.approx(score, abs=0.005)


@pytest.mark.parametrize(("query", "reference", "score"), COMPONENTS["gender_scores"])
def test_the_score_of_a_gender(engine: Engine, query: str, reference: str, score: int) -> None:
    assert scores.gender_score(query, reference) == score
    assert sql(engine, scores.gender_score_sql("q", "r"), q=query, r=reference) == score


@pytest.mark.parametrize(("query", "reference", "score"), COMPONENTS["name_scores"])
def test_the_score_of_a_name(engine: Engine, query: str, reference: str, score: float) -> None:
    cleaned = {"q": cleaning.clean_text(query), "r": cleaning.clean_text(reference)}
    assert sql(engine, scores.cleaned_name_score_sql("q", "r"), **cleaned) == pytest.approx(score, abs=0.005)


@pytest.mark.parametrize(("typed", "cleaned", "scored"), COMPONENTS["names"])
def test_names_are_cleaned(engine: Engine, typed: str | None, cleaned: str | None, scored: str | None) -> None:
    assert cleaning.clean_name(typed) == sql(engine, cleaning.clean_name_sql("t"), t=typed) == cleaned
    assert sql(engine, cleaning.at_form_sql("t"), t=cleaned) == scored
    assert cleaned is None or cleaning.at_form(cleaned) == scored


@pytest.mark.parametrize(("typed", "mapping", "joined", "sound"), COMPONENTS["block_names"])
def test_names_for_blocking(
    monkeypatch: pytest.MonkeyPatch, typed: str, mapping: dict[str, str], joined: str, sound: str
) -> None:
    change_settings(monkeypatch, {"name_mapping": mapping})
    assert cleaning.block_name(typed) == joined
    assert name.soundex(cleaning.block_name(typed)) == sound


@pytest.mark.parametrize(("typed", "cleaned"), COMPONENTS["postcodes"])
def test_postcodes_are_cleaned(engine: Engine, typed: str, cleaned: str | None) -> None:
    assert cleaning.clean_postcode(typed) == sql(engine, cleaning.clean_postcode_sql("t"), t=typed) == cleaned


@pytest.mark.parametrize(("typed", "part"), COMPONENTS["partial_dates"])
def test_partial_dates_of_a_query(engine: Engine, typed: str, part: str | None) -> None:
    assert cleaning.partial_date(typed) == sql(engine, cleaning.partial_date_sql("t"), t=typed) == part


@pytest.mark.parametrize(("written", "read"), COMPONENTS["reference_dates"])
def test_dates_of_the_register(engine: Engine, written: str, read: str | None) -> None:
    assert cleaning.reference_date(written) == sql(engine, cleaning.reference_date_sql("t"), t=written) == read


@pytest.mark.parametrize(("number", "valid"), COMPONENTS["numbers"])
def test_numbers(number: str, valid: bool) -> None:
    assert nhs_number.is_valid(number) is valid


def text_table(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> pa.Table:
    return pa.table(
        {c: pa.array([str(row[c]) if row.get(c) is not None else None for row in rows], pa.string()) for c in columns}
    )


def trace(
    engine: Engine,
    register: list[dict[str, Any]],
    queries: list[dict[str, Any]],
    bucket: list[dict[str, Any]] | None = None,
) -> None:
    """Run the cascade with everybody as a candidate of every query."""
    people = sorted({row["nhs_number"] for row in register})
    versions = text_table(register, VERSION)
    person_ids = pa.array([people.index(row["nhs_number"]) + 1 for row in register], pa.int64())
    engine.register("candidate_version", versions.append_column("person_id", person_ids))
    query_table = text_table(
        [{"query_id": f"q{n}"} | query for n, query in enumerate(queries)], ("query_id", *QUERY_FIELDS)
    )
    rows = pa.array(range(1, len(queries) + 1), pa.int64())
    engine.register("query_mps", query_table.append_column("query_row", rows))
    engine.run(Step("found", "select distinct query_row, person_id from query_mps, candidate_version"))
    engine.run(empty_bucket_step())
    if bucket:
        engine.register("mps_bucket", pa.Table.from_pylist(bucket))
    run_cascade(engine, CascadeRequest(AS_AT, REFERENCE, whole_register=True))


COLUMN_OF = {
    "code": "code", "number": "matched_nhs_no", "step": "mps_successful_step", "last": "mps_last_step_attempted",
    "indicator": "indicator", "confidence": "confidence", "outcome": "outcome", "person_id": "person_id",
    "type": "person_id_type", "superseded": "superseded_nhs_number_flag", "history": "nhs_number_history_list",
    "multiple": "multiple_pds_matches_flag", "swapped": "dob_swapped_other_year", "broken": "succession_broken",
    "sensitive": "sensitive",
}  # fmt: skip
GROUPS = vectors("traces")["groups"]
TRACES = [(number, case) for number, group in enumerate(GROUPS) for case in group["cases"]]
Answers = dict[tuple[int, str], tuple[dict[str, Any], dict[str, float]]]


@pytest.fixture(scope="module")
def answers() -> Answers:
    """The diagnosed row and the candidates' scores of every trace: the queries of one register and setting in one run."""
    found: Answers = {}
    for number, group in enumerate(GROUPS):
        for changed in {str(case.get("settings", {})): case.get("settings", {}) for case in group["cases"]}.values():
            cases = [case for case in group["cases"] if case.get("settings", {}) == changed]
            with pytest.MonkeyPatch.context() as patch, open_engine(EngineOptions(threads=1)) as engine:
                change_settings(patch, changed)
                trace(engine, group["register"], [case["query"] for case in cases])
                rows = engine.table("mps_diagnosed").to_pylist()
                scored = engine.table("mps_scored").to_pylist()
            for row in rows:
                candidates = {r["nhs_number"]: r["score"] for r in scored if r["asked_row"] == row["query_row"]}
                found[number, cases[row["query_row"] - 1]["id"]] = (row, candidates)
    return found


@pytest.mark.parametrize(("group", "case"), TRACES, ids=[case["id"] for _, case in TRACES])
def test_a_trace(answers: Answers, group: int, case: dict[str, Any]) -> None:
    row, scored = answers[group, case["id"]]
    expected = dict(case["expect"])
    wanted = expected.pop("scores", None)
    assert {key: row[COLUMN_OF[key]] for key in expected} == expected
    if wanted is not None:
        columns = ("family_name", "given_name", "dateofbirth", "gender", "postcode")
        assert [row[f"{column}_algorithmic_match_score"] for column in columns] == wanted
    if "candidates" in case:
        assert scored == pytest.approx(case["candidates"], abs=0.005)


SUCCESSION = vectors("succession")


@pytest.fixture(scope="module")
def succession(engine: Engine) -> Engine:
    names = ("earlier", "later", "started", "ended")
    engine.register("entry", text_table([dict(zip(names, row, strict=True)) for row in SUCCESSION["entries"]], names))
    engine.run(
        Step("succession", "select * replace (started::timestamp as started, ended::timestamp as ended) from entry")
    )
    engine.run(predecessor_step("(select distinct later as nhs_number from entry)"))
    return engine


def response(
    engine: Engine, sent: str | None, returned: str, as_at: date | None, created: date | None
) -> dict[str, Any]:
    """The diagnosed row of a response of the national service."""
    row = {
        "matched_nhs_no": returned, "mps_id": None, "person_id": returned, "code": "00", "indicator": 1, "confidence": 100.0,
        "dateofbirth_score": None, "family_name_score": None, "given_name_score": None, "gender_score": None,
        "postcode_score": None, "nhs_number_sent": sent, "request_date": as_at or created,
    }  # fmt: skip
    engine.register("response", pa.Table.from_pylist([row]))
    engine.run(diagnostics_step("diagnosed", "response"))
    return dict(engine.table("diagnosed").to_pylist()[0])


@pytest.mark.parametrize(("sent", "returned", "as_at", "created", "flag"), SUCCESSION["flags"])
def test_the_superseded_flag_goes_by_the_date_of_the_request(
    succession: Engine, sent: str, returned: str, as_at: date | None, created: date | None, flag: bool
) -> None:
    assert response(succession, sent, returned, as_at, created)["superseded_nhs_number_flag"] is flag


@pytest.mark.parametrize(("returned", "as_at", "created", "history"), SUCCESSION["histories"])
def test_the_history_of_a_number(
    succession: Engine, returned: str, as_at: date | None, created: date | None, history: list[str]
) -> None:
    assert response(succession, None, returned, as_at, created)["nhs_number_history_list"] == history


def test_a_circle_of_numbers_ends(engine: Engine) -> None:
    links = [("1", "2"), ("2", "3"), ("3", "1"), ("0", "1"), ("8", "9")]
    rows = [{"earlier": earlier, "later": later, "started": None, "ended": None} for earlier, later in links]
    engine.register("succession", text_table(rows, ("earlier", "later", "started", "ended")))
    engine.run(current_step())
    found = {r["nhs_number"]: (r["current_nhs_number"], r["circular"]) for r in engine.table("mps_current").to_pylist()}
    assert found == {"0": ("1", True), "1": ("1", True), "2": ("1", True), "3": ("1", True), "8": ("9", False)}


UNMATCHED = vectors("unmatched")
KNOWN = {"record_number": 1} | UNMATCHED["bucket"]


@pytest.fixture(scope="module")
def unmatched() -> Iterator[Engine]:
    with open_engine() as engine:
        trace(engine, NOBODY, [case["query"] for case in UNMATCHED["cases"]], [KNOWN])
        yield engine


NOBODY = [{"nhs_number": "9990000018", "date_of_birth": "1900-02-02"}]


@pytest.mark.parametrize(("row", "case"), list(enumerate(UNMATCHED["cases"], start=1)), ids=lambda v: str(v)[:12])
def test_an_unmatched_person_keeps_an_id(unmatched: Engine, row: int, case: dict[str, Any]) -> None:
    diagnosed = {r["query_row"]: r for r in unmatched.table("mps_diagnosed").to_pylist()}[row]
    once, reusable = f"X{REFERENCE}{row:010}", f"L{REFERENCE}{row:010}"
    expected = {"match": (KNOWN["mps_id"], "MPS_ID"), "new": (reusable, "MPS_ID"), "once": (once, "ONE_TIME_USE_ID")}
    assert (diagnosed["person_id"], diagnosed["person_id_type"]) == expected[case["expect"]]


def test_the_bucket_keeps_what_it_has_and_gains_what_is_new(unmatched: Engine) -> None:
    kept = unmatched.table("mps_bucket_all").sort_by("record_number").to_pylist()
    assert [row["mps_id"][0] for row in kept] == ["A", "L", "L"]
    assert {column: kept[0][column] for column in BUCKET_COLUMNS} == KNOWN


def test_a_submission_traced_again_knows_its_own_records(engine: Engine) -> None:
    queries = [
        {"date_of_birth": "1945-06-12", "postcode": "LS1 4AP", "given_name": "Ann"},
        {"date_of_birth": "1945-06-13"},
    ]
    trace(engine, NOBODY, queries)
    first = {row["query_row"]: row["person_id"] for row in engine.table("mps_diagnosed").to_pylist()}
    trace(engine, NOBODY, queries, engine.table("mps_bucket_all").to_pylist())
    assert {row["query_row"]: row["person_id"] for row in engine.table("mps_diagnosed").to_pylist()} == first


def test_several_earlier_records_are_all_named_the_oldest_first(engine: Engine) -> None:
    trace(engine, NOBODY, [UNMATCHED["cases"][0]["query"]], [KNOWN | {"record_number": 2, "mps_id": "A0"}, KNOWN])
    (row,) = engine.table("mps_diagnosed").to_pylist()
    assert (row["mps_id"], row["person_id"]) == ("A000000001~~~A0", "A000000001")
    assert row["multiple_mps_id_matches_flag"]


@pytest.mark.parametrize(("matched", "mps_id", "once", "person_id", "kind"), UNMATCHED["person_ids"])
def test_the_person_id(
    engine: Engine, matched: str, mps_id: str | None, once: str | None, person_id: str, kind: str
) -> None:
    expression = person_id_sql("once")
    values = {"matched_nhs_no": matched, "mps_id": mps_id, "once": once}
    assert sql(engine, expression, **values) == person_id
    assert sql(engine, person_id_type_sql("p"), p=person_id) == kind


def test_ids_used_once_are_each_rows_own_and_equal_rows_have_the_same_answer(engine: Engine) -> None:
    query = {"given_name": "Peter", "family_name": "Fox", "date_of_birth": "1945-06-12", "gender": "1"}
    trace(engine, NOBODY, [query, query | {"given_name": "PETER."}])
    ids = [row["person_id"] for row in engine.table("mps_diagnosed").to_pylist()]
    assert len(set(ids)) == len(ids)
    assert engine.count("mps_query") == 1
