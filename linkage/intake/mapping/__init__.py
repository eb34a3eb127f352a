"""Local mapping: from the tables of a case system and of finance to one submission in national values."""

from linkage.intake.mapping.crosswalk import Crosswalk, read_crosswalk, replaced_ids_step
from linkage.intake.mapping.ids import Replacement, replace_ids
from linkage.intake.mapping.make import check_project, make_submission
from linkage.intake.mapping.result import MappingResult, TableCount, ValueCount
from linkage.intake.mapping.write import report_text

__all__ = [
    "Crosswalk",
    "MappingResult",
    "Replacement",
    "TableCount",
    "ValueCount",
    "check_project",
    "make_submission",
    "read_crosswalk",
    "replace_ids",
    "replaced_ids_step",
    "report_text",
]
