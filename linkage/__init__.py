"""cldlink: check, trace, pseudonymise and link English adult social care Client Level Data.

The public Python API is the functions named here; each command of ``cldlink`` is a thin call of one of them.
"""

# The subpackage ``linkage.trace`` is loaded before the function of the same name is bound to the package.
import linkage.trace.run  # noqa: F401
from linkage.api import (
    RequestFile,
    check,
    consolidate_submissions,
    read_request,
    release,
    trace,
    traced,
    train,
)
from linkage.cohort.study.run import study_run
from linkage.cohort.tables import tables_salt
from linkage.store import link
from linkage.trace.evaluate import evaluate_trace
from linkage.trace.feedback import write_feedback
from linkage.trace.register import build_register

__version__ = "0.1.0"

__all__ = [
    "RequestFile",
    "build_register",
    "check",
    "consolidate_submissions",
    "evaluate_trace",
    "link",
    "read_request",
    "release",
    "study_run",
    "tables_salt",
    "trace",
    "traced",
    "train",
    "write_feedback",
]
