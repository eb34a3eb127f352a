"""The one gate for figures: counts of people go in, and what may be shown comes out.

A table of figures arrives with the number of *people* behind every cell, for fifty visits may be one person. What
leaves is a ``GatedTable``, which only this gate can make: writers and charts take nothing else.
"""

from pseudo.disclosure.cells import Cells, Difference, Percentage, Totals
from pseudo.disclosure.gate import GatedTable, GateRecord, apply
from pseudo.disclosure.policies import DEFAULT_POLICY, DisclosurePolicy, choose_policy, load_policies

__all__ = [
    "DEFAULT_POLICY",
    "Cells",
    "Difference",
    "DisclosurePolicy",
    "GateRecord",
    "GatedTable",
    "Percentage",
    "Totals",
    "apply",
    "choose_policy",
    "load_policies",
]
