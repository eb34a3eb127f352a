"""A submission turned into local tables and codes and mapped forward again is the same submission."""

from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from linkage.intake.mapping import make_submission
from linkage.spec import load_specification
from tests.unit.local_extract import Extract, by_heading, read_rows
from tests.unit.synth_submissions import PLACES, plain_files

LAST_QUARTER = 4


@cache
def submissions() -> dict[str, list[dict[str, str]]]:
    """The last file of the year of each authority of a small world, by version."""
    found = {}
    for version, place in PLACES.items():
        columns = plain_files()[place, LAST_QUARTER]
        cells = zip(*(columns[name].tolist() for name in load_specification(version).ids), strict=True)
        found[version] = [dict(zip(load_specification(version).ids, row, strict=True)) for row in cells]
    return found


def counted(rows: list[dict[str, str]]) -> Counter[tuple[tuple[str, str], ...]]:
    return Counter(tuple(sorted(row.items())) for row in rows)


@pytest.mark.parametrize("version", PLACES)
def test_an_extract_maps_back_to_the_submission_it_was_made_from(version: str, tmp_path: Path) -> None:
    extract = Extract(version, submissions()[version])
    result = make_submission(extract.write(tmp_path / "extract"), tmp_path / "out", synthetic=True)
    written = read_rows(tmp_path / "out" / "submission_IDENTIFIABLE.csv")
    assert counted(written) == counted(by_heading(extract.spec, extract.rows))
    assert list(written[0]) == list(extract.spec.headings)
    assert (result.rows, result.unmapped) == (len(extract.rows), ())
    for table in result.tables:
        assert table.rows_in == table.rows_out + table.blank + sum(other.rows for other in table.others)


def test_derived_references_are_unique(tmp_path: Path) -> None:
    extract = Extract("v6", submissions()["v6"], references=False)
    make_submission(extract.write(tmp_path / "extract"), tmp_path / "out", synthetic=True)
    written = read_rows(tmp_path / "out" / "submission_IDENTIFIABLE.csv")
    given = [row["Event Reference"] for row in written if row["Event Type"]]
    assert "" not in given
    assert len({*given}) == len(given) > 0
