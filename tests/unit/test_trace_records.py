"""People as they are compared: the same row whether the database makes it or, for a few people, Python."""

from itertools import zip_longest

import pyarrow as pa
import pytest

from linkage.engine import open_engine
from linkage.trace.records import LINK_FIELDS, PostcodeKind, normalised_rows, normalised_step
from tests.unit.test_normalise import cases

_VECTORS = ("nhs_number", "name", "name", "date_of_birth", "postcode", "gender")
_ODD = (
    {"given_name": "ZZZ", "family_name": "TEST PATIENT"},
    {"given_name": "Unknown", "family_name": None},
    {"given_name": "Unknown", "family_name": "Fox"},
    {"given_name": " ", "family_name": "123"},
    {"date_of_birth": "00/03/1972", "postcode": "ZZ99 3VZ", "gender": "9"},
    {},
)


def people() -> pa.Table:
    values = [[case["value"] for case in cases(vector)] for vector in _VECTORS]
    values[2] = values[2][::-1]
    values[3] = [*values[3], *(case["value"] for case in cases("date_parts"))]
    rows = [dict(zip(LINK_FIELDS, row, strict=True)) for row in zip_longest(*values)]
    rows += [dict.fromkeys(LINK_FIELDS) | odd for odd in _ODD]
    fields = {field: pa.array([row[field] for row in rows], pa.string()) for field in LINK_FIELDS}
    return pa.table(
        {"query_row": pa.array(range(len(rows)), pa.int64())} | fields | {"other_given_name": fields["family_name"]}
    )


@pytest.mark.parametrize("postcode_as", ["uk", "text"])
def test_both_ways_to_normalise_people_give_the_same_rows(postcode_as: PostcodeKind):
    with open_engine() as engine:
        engine.register("source", people())
        engine.run(normalised_step("made", "source", postcode_as, keep=("query_row",)))
        by_database = engine.table("made").sort_by("query_row").to_pylist()
    by_hand = normalised_rows(people().to_pylist(), postcode_as, keep=("query_row",)).to_pylist()
    assert by_hand == by_database


def test_two_placeholders_or_one_alone_name_nobody():
    rows = normalised_rows(people().to_pylist()[-len(_ODD) :], "uk", keep=("query_row",)).to_pylist()
    assert [row["nameless"] for row in rows] == [True, True, False, False, False, False]
