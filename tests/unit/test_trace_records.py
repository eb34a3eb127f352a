"""People as they are compared: the same row whether the database makes it or, for a few people, Python."""

from itertools import zip_longest

import pyarrow as pa
import pytest

from linkage.engine import open_engine
from linkage.trace.few_people import query_table
from linkage.trace.nicknames import load_nicknames, related_names
from linkage.trace.records import LINK_FIELDS, PostcodeKind, query_steps
from tests.unit.test_normalise import cases

_VECTORS = ("nhs_number", "name", "name", "date_of_birth", "postcode", "gender")
_ODD = (
    {"given_name": "ZZZ", "family_name": "TEST PATIENT"},
    {"given_name": "Unknown", "family_name": None},
    {"given_name": "Unknown", "family_name": "Fox"},
    {"given_name": " ", "family_name": "123"},
    {"date_of_birth": "00/03/1972", "postcode": "ZZ99 3VZ", "gender": "9"},
    {"given_name": "Mary Jane", "family_name": "Smith-Jones", "date_of_birth": "1972"},
    {"given_name": "Bill", "family_name": "Kate", "date_of_birth": "??/03/72"},
    {},
)
_LISTS = ("given_tokens", "family_tokens")


def people() -> pa.Table:
    values = [[case["value"] for case in cases(vector)] for vector in _VECTORS]
    values[2] = values[2][::-1]
    values[3] = [*values[3], *(case["value"] for case in cases("date_parts"))]
    rows = [dict(zip(LINK_FIELDS, row, strict=True)) for row in zip_longest(*values)]
    rows += [dict.fromkeys(LINK_FIELDS) | odd for odd in _ODD]
    fields = {field: pa.array([row[field] for row in rows], pa.string()) for field in LINK_FIELDS}
    numbers = pa.array(range(len(rows)), pa.int64())
    known = {"query_row": numbers, "query_id": numbers.cast(pa.string()), "nhs_number_given": fields["nhs_number"]}
    return pa.table(known | fields | {"other_given_name": fields["family_name"]})


@pytest.mark.parametrize("postcode_as", ["uk", "text"])
def test_both_ways_to_prepare_people_give_the_same_rows(postcode_as: PostcodeKind):
    with open_engine() as engine:
        load_nicknames(engine)
        engine.register("query_source", people())
        engine.run_all(query_steps(postcode_as))
        by_database = engine.table("query").sort_by("query_row")
    by_hand = query_table(people().to_pylist(), postcode_as)
    assert by_hand.schema == by_database.schema
    assert compared(by_hand) == compared(by_database)


def compared(table: pa.Table) -> list[dict[str, object]]:
    """The rows; the order of the words of a name has no meaning."""
    return [row | {words: sorted(row[words]) for words in _LISTS} for row in table.to_pylist()]


def test_two_placeholders_or_one_alone_name_nobody():
    rows = query_table(people().to_pylist()[-len(_ODD) :], "uk").to_pylist()
    assert [row["nameless"] for row in rows] == [True, True, *[False] * 6]


def test_nicknames_are_related_both_ways_and_never_to_themselves():
    related = related_names()
    assert "WILLIAM" in related["BILL"] and "BILL" in related["WILLIAM"]
    assert not any(name in others for name, others in related.items())
