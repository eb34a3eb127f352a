"""A submission turned into local tables and codes and mapped forward again is the same submission."""

from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from linkage.intake.mapping import make_submission
from linkage.synth.block import load_setting, make_blocks
from linkage.synth.profile import load_profile
from linkage.synth.submissions.files import block_submissions
from tests.unit.local_extract import Extract, by_heading, read_rows

VERSIONS = ("v4.2", "v6", "release1")
LAST_QUARTER = 4


@cache
def submissions() -> dict[str, list[dict[str, str]]]:
    """The last file of the year of each authority of a small clean world, by version."""
    profile = load_profile("clean")
    setting = load_setting(profile.model_copy(update={"people": 600, "seed": 11}))
    found: dict[str, list[dict[str, Any]]] = {}
    for block in make_blocks(setting):
        for file, rows in block_submissions(setting, block):
            if file.quarter == LAST_QUARTER:
                columns = [np.asarray(rows[name]).tolist() for name in file.columns]
                listed = [dict(zip(file.columns, cells, strict=True)) for cells in zip(*columns, strict=True)]
                found.setdefault(file.authority.spec, []).extend(listed)
    return found


def counted(rows: list[dict[str, str]]) -> Counter[tuple[tuple[str, str], ...]]:
    return Counter(tuple(sorted(row.items())) for row in rows)


@pytest.mark.parametrize("version", VERSIONS)
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
