"""Files of the national tracing service: what is asked, and how every kind of answer is brought back."""

import csv
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from linkage import api
from linkage.audited import Asked
from linkage.errors import InputError, UsageError
from linkage.trace.compare import compare_traces
from linkage.trace.national import request as requests
from linkage.trace.national.answers import FAULTS, OUTSTANDING, import_responses
from linkage.trace.national.layouts import layout, national_files
from linkage.trace.national.local import ANSWER, read_request
from linkage.trace.national.response import read_response
from linkage.trace.queries import Queries
from linkage.trace.register import build_register

STAMP = datetime(2026, 11, 21, 15, 30)
FIELDS = (
    "query_id",
    "nhs_number",
    "given_name",
    "other_given_name",
    "family_name",
    "date_of_birth",
    "postcode",
    "gender",
)
# fmt: off
PEOPLE = [
    ("ann",   "943 476 5919", "Ann",    "",     "Fox",        "01/02/1950", "ls14ap",   "F"),
    ("again", "9434765919",   "Ann",    "",     "Fox",        "1950-02-01", "LS1 4AP",  "2"),
    ("bad",   "9434765918",   "Twin 1", "",     "Sm_ith (x)", "1950",       "ZZ99 3VZ", "X"),
    ("none",  "",             "",       "",     "",           "",           "",         ""),
    ("cy",    "9990000018",   "Cy",     "Bo",   "Ó Briain",   "03/03/1933", "LS1",      "M"),
    ("di",    "",             "Di",     "",     "Fox",        "04/04/1944", "LS1 4AP",  "F"),
]
# fmt: on
REFERENCE = {
    "di": "R202611211530000000003",
    "bad": "R202611211530000000004",
    "ann": "R202611211530000000001",
    "cy": "R202611211530000000002",
}  # fmt: skip


def queries() -> Queries:
    columns = dict(zip(FIELDS, zip(*PEOPLE, strict=True), strict=True))
    return Queries(table=pa.table({name: pa.array([v or None for v in values]) for name, values in columns.items()}))


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("national") / "asked"
    requests.write_request(queries(), out, layout_name="mpt", stamp=STAMP)
    return out


def sent_rows(folder: Path) -> list[list[str]]:
    (file,) = (folder / requests.SEND).glob("*.csv")
    with file.open(encoding="utf-8", newline="") as handle:
        return list(csv.reader(handle))


def references(folder: Path) -> dict[str, str | None]:
    rows = pq.read_table(folder / requests.ASKED).to_pylist()
    return {row["query_id"]: row["unique_reference"] for row in rows}


def test_an_mpt_file_has_four_values_first_and_its_own_name_as_reference(asked: Path) -> None:
    header, *rows = sent_rows(asked)
    assert header == ["MPTREQ_20261121153000", "SPINE_MPTPHASE4_TRACE", "20261121153000", "4"]
    assert [len(row) for row in rows] == [23] * 4
    assert (asked / "send_IDENTIFIABLE" / "MPTREQ_20261121153000.csv").is_file()


def test_values_are_sent_in_the_form_the_service_takes_and_the_unusable_left_blank(asked: Path) -> None:
    columns = layout("mpt").request
    sent = {row[0]: dict(zip(columns, row, strict=True)) for row in sent_rows(asked)[1:]}
    shown = {name: [sent[ref][field] for field in columns[1:8]] for name, ref in references(asked).items() if ref}
    assert shown == {
        "ann": ["9434765919", "FOX", "ANN", "", "2", "19500201", "LS1 4AP"],
        "again": ["9434765919", "FOX", "ANN", "", "2", "19500201", "LS1 4AP"],
        "bad": ["", "SMITH X", "", "", "0", "1950", ""],
        "cy": ["9990000018", "Ó BRIAIN", "CY", "BO", "1", "19330303", ""],
        "di": ["", "FOX", "DI", "", "2", "19440404", "LS1 4AP"],
    }


def test_same_details_share_a_reference_and_nothing_to_send_has_none(asked: Path) -> None:
    found = references(asked)
    assert found["ann"] == found["again"]
    assert found["none"] is None
    assert all(not set(reference or "") & set(":-") for reference in found.values())


def test_a_mesh_file_begins_with_the_names_of_its_columns(tmp_path: Path) -> None:
    counts = requests.write_request(queries(), tmp_path / "asked", layout_name="mesh", stamp=STAMP)
    assert counts["queries"] == 6
    assert counts["rows_sent"] == 4
    assert tuple(sent_rows(tmp_path / "asked")[0]) == layout("mesh").request


def test_requests_are_split_at_the_largest_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = national_files().model_copy(update={"max_rows": 3})
    monkeypatch.setattr(requests, "national_files", lambda: small)
    counts = requests.write_request(queries(), tmp_path / "asked", layout_name="mpt", stamp=STAMP)
    files = sorted((tmp_path / "asked" / requests.SEND).glob("*.csv"))
    assert counts["files"] == 2
    assert [path.stem for path in files] == ["MPTREQ_20261121153000", "MPTREQ_20261121153001"]
    assert [path.read_text(encoding="utf-8").splitlines()[0].split(",")[-1] for path in files] == ["3", "1"]


@pytest.mark.parametrize(
    ("nhs_number", "born", "said"),
    [("Ann", "1950", "nhs_number"), ("9434765919", "LS1 4AP", "date_of_birth"), ("9434765919", "1950", None)],
)
def test_a_wrong_column_map_is_told_before_anything_is_asked(
    tmp_path: Path, nhs_number: str, born: str, said: str | None
) -> None:
    columns = {"query_id": map(str, range(20)), "nhs_number": [nhs_number] * 20, "date_of_birth": [born] * 20}
    people = Queries(table=pa.table({name: pa.array(list(values)) for name, values in columns.items()}))
    if said is None:
        requests.write_request(people, tmp_path / "asked", layout_name="mesh", stamp=STAMP)
        return
    with pytest.raises(InputError, match=f"None of the 20 values of the field {said}"):
        requests.write_request(people, tmp_path / "asked", layout_name="mesh", stamp=STAMP)
    assert list(tmp_path.iterdir()) == []


def mpt(
    path: Path,
    rows: list[dict[str, str]],
    *,
    counted: int | None = None,
    code: str = "00",
    reference: str = "MPTREQ_20261121153000",
) -> Path:
    columns = layout("mpt").response
    lines = [[reference, "SPINE_MPT_RESPONSE", str(len(rows) if counted is None else counted), code]]
    lines += [[row.get(column, "") for column in columns] for row in rows]
    with path.open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle).writerows(lines)
    return path


def answer(reference: str, code: str, matched: str, indicator: str = "1", asked_number: str = "") -> dict[str, str]:
    return {
        "UNIQUE REFERENCE": reference,
        "REQ_NHS_NUMBER": asked_number,
        "ERROR/SUCCESS_CODE": code,
        "MATCHED_NHS_NO": matched,
        "MATCHED_ALGORITHM_INDICATOR": indicator,
        "MATCHED_CONFIDENCE_PERCENTAGE": "100",
        "DATE_OF_BIRTH": "19500201",
        "POSTCODE": "LS1 4AP",
    }


def traced(asked: Path, tmp_path: Path, rows: list[dict[str, str]]) -> dict[str, dict[str, object]]:
    import_responses([mpt(tmp_path / "r.csv", rows)], asked, tmp_path / "answered")
    return {row["query_id"]: row for row in pq.read_table(tmp_path / "answered" / "trace.parquet").to_pylist()}


# fmt: off
CODES = [  # the number given, then code, number and step of the answer; what becomes of it
    ("9434765919", "00", "9434765919", "1", "confirmed",       "9434765919", "national_cross_check"),
    ("9434765919", "00", "9990000026", "4", "corrected",       "9990000026", "national_algorithmic"),
    ("9990000018", "90", "9990000026", "1", "superseded",      "9990000026", "national_cross_check"),
    ("",           "00", "9990000026", "3", "found",           "9990000026", "national_alphanumeric"),
    ("9434765918", "00", "9990000026", "4", "found",           "9990000026", "national_algorithmic"),
    ("",           "00", "0000000000", "4", "not_found",       None,         "national_algorithmic"),
    ("",           "97", "9999999999", "4", "multiple",        None,         "national_algorithmic"),
    ("",           "98", "0000000000", "4", "not_found",       None,         "national_algorithmic"),
    ("",           "96", "0000000000", "0", "not_enough_data", None,         "national_none"),
    ("9434765919", "91", "",           "1", "invalidated",     None,         "national_cross_check"),
]
# fmt: on


@pytest.fixture(scope="module")
def by_code(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, object]]:
    folder = tmp_path_factory.mktemp("codes")
    people = {
        "query_id": [str(number) for number in range(len(CODES))],
        "nhs_number": [given or None for given, *_ in CODES],
        "date_of_birth": [f"1950-01-{number + 1:02}" for number in range(len(CODES))],
    }
    requests.write_request(Queries(table=pa.table(people)), folder / "asked", layout_name="mpt", stamp=STAMP)
    found = references(folder / "asked")
    rows = [answer(found[str(n)] or "", code, matched, step) for n, (_, code, matched, step, *_) in enumerate(CODES)]
    import_responses([mpt(folder / "r.csv", rows)], folder / "asked", folder / "answered")
    return pq.read_table(folder / "answered" / "trace.parquet").sort_by("query_id").to_pylist()


@pytest.mark.parametrize("number", range(len(CODES)), ids=[f"{row[1]} {row[4]}" for row in CODES])
def test_every_code_becomes_an_outcome(by_code: list[dict[str, object]], number: int) -> None:
    row = by_code[number]
    assert (row["outcome"], row["nhs_number"], row["step"]) == CODES[number][4:]


def test_a_sensitive_record_is_linked_and_its_details_stay_in_the_restricted_file(asked: Path, tmp_path: Path) -> None:
    row = traced(asked, tmp_path, [answer(REFERENCE["di"], "92", "9990000026", "4")])["di"]
    assert (row["outcome"], row["nhs_number"], row["sensitive"]) == ("found", None, True)
    restricted = tmp_path / "answered" / "restricted"
    assert pq.read_table(restricted / "sensitive.parquet").to_pylist()[0]["nhs_number"] == "9990000026"
    details = pq.read_table(restricted / "national_IDENTIFIABLE.parquet").to_pylist()
    assert [row["national_date_of_birth"] for row in details] == [None]


def test_a_number_that_is_flagged_sensitive_is_withheld_whatever_the_code(asked: Path, tmp_path: Path) -> None:
    rows = [
        answer(REFERENCE["di"], "00", "9990000026") | {"SENSITIVTY FLAG": "R"},
        answer(REFERENCE["cy"], "90", "9990000026") | {"SENSITIVTY FLAG": "s"},
        answer(REFERENCE["ann"], "00", "9434765919") | {"SENSITIVTY FLAG": "U"},
    ]
    import_responses([mpt(tmp_path / "r.csv", rows)], asked, tmp_path / "answered", csv=True)
    with (tmp_path / "answered" / "trace.csv").open(encoding="utf-8", newline="") as handle:
        found = {row["query_id"]: row for row in csv.DictReader(handle)}
    assert {name: (found[name]["outcome"], found[name]["nhs_number"]) for name in ("di", "cy", "ann")} == {
        "di": ("found", ""), "cy": ("superseded", ""), "ann": ("confirmed", "9434765919"),
    }  # fmt: skip


def test_people_of_one_reference_share_the_answer_and_the_rest_is_outstanding(asked: Path, tmp_path: Path) -> None:
    rows = traced(asked, tmp_path, [answer(REFERENCE["ann"], "00", "9434765919")])
    assert {name: row["outcome"] for name, row in rows.items()} == {
        "ann": "confirmed", "again": "confirmed", "bad": "outstanding", "cy": "outstanding", "di": "outstanding",
        "none": "not_enough_data",
    }  # fmt: skip
    waiting = (tmp_path / "answered" / OUTSTANDING).read_text(encoding="utf-8").splitlines()[1:]
    assert sorted(line.split(",")[0] for line in waiting) == ["bad", "cy", "di"]


def test_answers_that_cannot_be_trusted_are_told_apart_and_not_used(asked: Path, tmp_path: Path) -> None:
    rows = [
        answer(REFERENCE["ann"], "00", "9434765919"),
        answer(REFERENCE["ann"], "00", "9434765919"),
        answer(REFERENCE["di"], "00", "9990000026"),
        answer(REFERENCE["di"], "98", "0000000000"),
        answer(REFERENCE["cy"], "00", "9990000026", asked_number="9990000034"),
        answer("R999", "00", "9990000026"),
    ]
    found = traced(asked, tmp_path, rows)
    assert {name: found[name]["outcome"] for name in ("ann", "di", "cy")} == {
        "ann": "confirmed", "di": "outstanding", "cy": "outstanding",
    }  # fmt: skip
    faults = (tmp_path / "answered" / FAULTS).read_text(encoding="utf-8").splitlines()[1:]
    assert [line.split(",")[:3] for line in faults] == [
        ["r.csv", "2", "repeated"],
        ["r.csv", "3", "contradictory"],
        ["r.csv", "4", "contradictory"],
        ["r.csv", "5", "other_question"],
        ["r.csv", "6", "not_asked"],
    ]


def test_responses_that_come_one_after_another_are_read_together(asked: Path, tmp_path: Path) -> None:
    folder = tmp_path / "responses"
    folder.mkdir()
    mpt(folder / "1.csv", [answer(REFERENCE["ann"], "00", "9434765919")])
    mpt(folder / "2.csv", [answer(REFERENCE["di"], "98", "0000000000")])
    counts = import_responses([folder], asked, tmp_path / "answered")
    assert counts["answers"] == 2
    assert counts["outcome_outstanding"] == 2


def test_a_mesh_response_is_read_in_any_order_of_columns_and_with_the_older_spellings(tmp_path: Path) -> None:
    columns = ["REQ_NHS_NO" if name == "REQ_NHS_NUMBER" else name for name in reversed(layout("mesh").response)]
    row = answer("R1", "0", "9990000026") | {"REQ_NHS_NO": "9990000018", "ADDRESS_LINE1": "1 High\nStreet"}
    with (tmp_path / "r.csv").open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle).writerows([columns, [row.get(name, "") for name in columns]])
    (read,) = read_response(tmp_path / "r.csv")
    assert (read.reference, read.matched, read.asked_nhs_number) == ("R1", "9990000026", "9990000018")
    assert read.fields["ADDRESS_LINE1"] == "1 High Street"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"counted": 2}, "promises 2 rows, 1 are there"),
        ({"code": "06"}, "06: the file has too many rows"),
        ({"rows": [answer("R1", "77", "")]}, "row 1 has a code that no record can have"),
        ({"rows": [answer("", "00", "")]}, "row 1 has no reference"),
        ({"rows": [answer("R1", "00", "")]}, "row 1 has code 00, which says that a number was found, and gives none"),
        ({"rows": [answer("R1", "00", "9434765918")]}, "row 1 gives a number that is no NHS number"),
    ],
)
def test_an_unusable_response_is_refused_without_its_values(
    tmp_path: Path, change: dict[str, object], says: str
) -> None:
    given: dict[str, object] = {"rows": [answer("R1", "98", "0000000000")]} | change
    with pytest.raises(InputError) as refused:
        read_response(mpt(tmp_path / "r.csv", **given))  # type: ignore[arg-type]
    assert says in str(refused.value)
    assert "9434765918" not in str(refused.value)


def test_a_file_that_is_no_response_and_answers_to_nothing_asked_are_refused(asked: Path, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(InputError, match="neither an MPT nor a PDS MESH response"):
        read_response(tmp_path / "x.csv")
    with pytest.raises(InputError, match="None of the answers is to this request"):
        import_responses([mpt(tmp_path / "r.csv", [answer("R9", "98", "0000000000")])], asked, tmp_path / "out")
    other = mpt(tmp_path / "o.csv", [answer(REFERENCE["di"], "98", "0000000000")], reference="MPTREQ_19990101000000")
    with pytest.raises(InputError, match=r"o\.csv: the first row names another request"):
        import_responses([other], asked, tmp_path / "out")
    with pytest.raises(UsageError, match="layout"):
        requests.write_request(queries(), tmp_path / "asked", layout_name="dbs", stamp=STAMP)


def test_two_traces_are_compared_person_by_person(asked: Path, tmp_path: Path) -> None:
    ours = [("ann", "9434765919"), ("di", "9990000018"), ("cy", None), ("bad", "9990000034"), ("else", None)]
    table = {
        "query_id": [name for name, _ in ours],
        "nhs_number_given": pa.nulls(len(ours), pa.string()),
        "nhs_number": pa.array([number for _, number in ours], pa.string()),
        "outcome": ["found"] * len(ours),
        "step": ["probabilistic"] * len(ours),
        "sensitive": [False] * len(ours),
        "reason": [""] * len(ours),
    }
    pq.write_table(pa.table(table), tmp_path / "ours.parquet")
    traced(
        asked,
        tmp_path,
        [
            answer(REFERENCE["ann"], "00", "9434765919"),
            answer(REFERENCE["di"], "00", "9990000026", "4"),
            answer(REFERENCE["cy"], "00", "9990000018", "4"),
        ],
    )
    counts = compare_traces(tmp_path / "ours.parquet", tmp_path / "answered", tmp_path / "compared")
    assert counts == {
        "queries": 7, "same_number": 1, "different_number": 1, "only_first": 1, "only_second": 1,
        "not_in_first": 2, "not_in_second": 1,
    }  # fmt: skip


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("register")
    (folder / "extract.csv").write_text(
        "nhs_number,given_name,family_name,date_of_birth,gender,postcode,confidentiality\n"
        "9434765919,Ann,Fox,1950-02-01,2,LS1 4AP,\n"
        "9990000018,Di,Fox,1944-04-04,2,LS1 4AP,S\n",
        encoding="utf-8",
    )
    build_register([folder / "extract.csv"], folder / "register")
    return folder / "register"


@pytest.mark.parametrize("form", ["mpt", "mesh"])
def test_a_request_is_answered_from_a_register_and_the_answer_says_that_it_is_local(
    register: Path, tmp_path: Path, form: str
) -> None:
    requests.write_request(queries(), tmp_path / "asked", layout_name=form, stamp=STAMP)
    (file,) = (tmp_path / "asked" / requests.SEND).glob("*.csv")
    asked = api.TraceRequest(synthetic=True, asked=Asked(audit=tmp_path / "audit"))
    counts = api.answer_request(file, register, tmp_path / "answer", request=asked)
    assert counts == {"rows": 4, "restricted_rows": 1, "code_00": 1, "code_92": 1, "code_96": 1, "code_98": 1}
    with (tmp_path / "answer" / ANSWER).open(encoding="utf-8", newline="") as handle:
        first, *rows = csv.reader(handle)
    columns = layout(form).response
    found = {row[0]: row[columns.index("MATCHED_NHS_NO")] for row in rows}
    assert found == {REFERENCE["ann"]: "9434765919", REFERENCE["cy"]: "0000000000", REFERENCE["bad"]: "0000000000"}
    assert "LOCAL" in first[1] if form == "mpt" else first[-1] == "ANSWERED_LOCALLY"
    (apart,) = list(csv.reader((tmp_path / "answer" / "restricted" / ANSWER).open(encoding="utf-8")))[1:]
    assert apart[columns.index("MATCHED_NHS_NO")] == "9990000018"
    with pytest.raises(InputError, match="not the national service's"):
        import_responses([tmp_path / "answer" / ANSWER], tmp_path / "asked", tmp_path / "answered")


def test_a_request_file_that_is_cut_short_or_none_is_refused(asked: Path, tmp_path: Path) -> None:
    (file,) = (asked / requests.SEND).glob("*.csv")
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    (tmp_path / "cut.csv").write_text("".join(lines[:-1]), encoding="utf-8")
    with pytest.raises(InputError, match="cut short"):
        read_request(tmp_path / "cut.csv")
    (tmp_path / "x.csv").write_text("a,b\n", encoding="utf-8")
    with pytest.raises(InputError, match="neither an MPT nor a PDS MESH request"):
        read_request(tmp_path / "x.csv")
