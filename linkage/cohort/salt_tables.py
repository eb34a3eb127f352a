"""LTS001 of a linked folder, as it was written."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from linkage.cohort.derive.definitions import Lts001Definition
from linkage.cohort.derive.period import Period
from pseudo.disclosure import GatedTable


@dataclass(frozen=True)
class SaltTables:
    """What was written: ``tables`` by file name without its ending (lts001a, lts001b, lts001c, lts001_flow, link_quality)."""

    folder: Path
    period: Period
    definition: Lts001Definition
    tables: Mapping[str, GatedTable]
