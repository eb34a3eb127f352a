"""A synthetic world with known truth: people, lives, care, the sources that hold them, and their faults."""

from typing import TYPE_CHECKING, Any

from linkage.synth.profile import SynthProfile, load_profile, profile_names

if TYPE_CHECKING:
    from linkage.synth.build import synth

__all__ = ["SynthProfile", "load_profile", "profile_names", "synth"]


def __getattr__(name: str) -> Any:
    """``synth``, whose modules are loaded when it is first asked for."""
    if name == "synth":
        from linkage.synth.build import synth

        return synth
    raise AttributeError(name)
