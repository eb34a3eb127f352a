"""A synthetic world with known truth: people, lives, care, the sources that hold them, and their faults."""

from linkage.synth.build import synth
from linkage.synth.profile import SynthProfile, load_profile, profile_names

__all__ = ["SynthProfile", "load_profile", "profile_names", "synth"]
