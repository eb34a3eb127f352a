"""The national cascade (Master Person Service) on tables: cross-check, alphanumeric, algorithmic, unmatched ids.

Rules, codes and choices: ``docs/reference/national_cascade.md``; parameters: ``configs/trace/mps.yaml``.
"""

from linkage.trace.cascade.prepare import QUERY_FIELDS
from linkage.trace.cascade.run import CascadeRequest, run_cascade
from linkage.trace.cascade.unmatched import BUCKET_COLUMNS, empty_bucket_step, submission_reference

__all__ = [
    "BUCKET_COLUMNS", "QUERY_FIELDS", "CascadeRequest", "empty_bucket_step", "run_cascade", "submission_reference",
]  # fmt: skip
