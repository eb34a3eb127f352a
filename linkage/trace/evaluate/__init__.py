"""How good a trace was: against a file of truth, or estimated from a sample that people looked at."""

from linkage.trace.evaluate.estimate import SampleEstimate
from linkage.trace.evaluate.estimate_report import estimate_from_labels
from linkage.trace.evaluate.figures import Estimate, Evaluation, Gap, GroupQuality, Proportion
from linkage.trace.evaluate.measure import Question, evaluate_trace
from linkage.trace.evaluate.sample import SamplePlan, TracedPeople, draw_sample
from linkage.trace.evaluate.statement import write_statement
from linkage.trace.evaluate.statement_facts import Sources
from linkage.trace.evaluate.write import Showing, write_evaluation

__all__ = [
    "Estimate",
    "Evaluation",
    "Gap",
    "GroupQuality",
    "Proportion",
    "Question",
    "SampleEstimate",
    "SamplePlan",
    "Showing",
    "Sources",
    "TracedPeople",
    "draw_sample",
    "estimate_from_labels",
    "evaluate_trace",
    "write_evaluation",
    "write_statement",
]
