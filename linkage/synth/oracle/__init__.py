"""The LTS001 oracle: a submission built backwards from published tables, which counting it must give back."""

from linkage.synth.oracle.build import synth_lts001

__all__ = ["synth_lts001"]
