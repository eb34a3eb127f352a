"""How good a trace was: against a file of truth, or estimated from a sample that people looked at."""

from linkage.trace.evaluate.figures import Estimate, Evaluation, Gap, GroupQuality, Proportion
from linkage.trace.evaluate.measure import evaluate_trace

__all__ = ["Estimate", "Evaluation", "Gap", "GroupQuality", "Proportion", "evaluate_trace"]
