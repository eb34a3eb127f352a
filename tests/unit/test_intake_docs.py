"""The reference pages are what the data say. To write them again: ``python -m tests.unit.test_intake_docs``."""

from pathlib import Path

import pytest

from linkage.intake.rules.docs import rules_page
from linkage.spec.docs import specifications_page

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
PAGES = {"rules.md": rules_page, "specifications.md": specifications_page}


@pytest.mark.parametrize("name", PAGES)
def test_a_reference_page_is_current(name: str) -> None:
    assert (REFERENCE / name).read_text(encoding="utf-8") == PAGES[name]()


if __name__ == "__main__":
    for page, write in PAGES.items():
        (REFERENCE / page).write_text(write(), encoding="utf-8", newline="\n")
