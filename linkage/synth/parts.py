"""What one block adds to each file of a synthetic world, ready to be appended."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from linkage.synth import health, register
from linkage.synth.block import Block, Setting
from linkage.synth.columns import Columns
from linkage.synth.profile import SynthProfile
from linkage.synth.reference import POSTCODES, population_counts
from linkage.synth.source import Source
from linkage.synth.submissions.files import SubmissionFile, block_submissions, submission_files
from linkage.synth.truth import care_homes, salt_cells, submitted
from linkage.synth.truth.groups import group_counts
from linkage.synth.writing import PARQUET, arrow_table, csv_bytes

TRUTH = Source("truth/submitted_people", submitted.COLUMNS, submitted.truth_rows)


@dataclass(frozen=True)
class Plan:
    """What to make: the profile (with its number of people and seed), the form of the tables, and whether all of them."""

    profile: SynthProfile
    form: str
    register_only: bool = False

    @property
    def sources(self) -> tuple[Source, ...]:
        """The tables to make, in the order in which they are listed."""
        if self.register_only:
            return (register.SOURCE,)
        return (register.SOURCE, *health.SOURCES, POSTCODES, TRUTH, salt_cells.SOURCE, care_homes.SOURCE)

    @property
    def submissions(self) -> tuple[SubmissionFile, ...]:
        """The submissions to make; they are CSV whatever the form of the other tables."""
        return () if self.register_only else submission_files(self.profile)


@dataclass(frozen=True)
class Part:
    """Rows of one file: bytes to append to a CSV, or a table."""

    rows: int
    content: bytes | pa.Table


@dataclass(frozen=True)
class BlockParts:
    """The parts of one block by name of the table or submission, and the counts that are summed over blocks."""

    number: int
    people: int
    parts: dict[str, Part]
    groups: Counter[tuple[str, ...]] = field(default_factory=Counter)
    population: Counter[tuple[str, int, int]] = field(default_factory=Counter)


def block_parts(plan: Plan, setting: Setting, block: Block) -> BlockParts:
    """Everything one block adds to the files of the plan."""
    tables = {source.name: source.rows(setting, block) for source in plan.sources}
    parts = {source.name: _part(plan.form, source.columns, tables[source.name]) for source in plan.sources}
    if plan.register_only:
        return BlockParts(block.number, len(block.people), parts)
    for file, table in block_submissions(setting, block):
        rows = len(table[file.columns[0]])
        parts[file.name] = Part(rows, csv_bytes(file.columns, table, "\r\n", file.encoding))
    groups = group_counts(setting, block, tables[TRUTH.name])
    return BlockParts(block.number, len(block.people), parts, groups, population_counts(setting, block))


def _part(form: str, columns: tuple[str, ...], table: Columns) -> Part:
    rows = len(np.asarray(table[columns[0]]))
    return Part(rows, arrow_table(columns, table) if form == PARQUET else csv_bytes(columns, table))
