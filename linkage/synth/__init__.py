"""A synthetic world with known truth: people, lives, care, the sources that hold them, and their faults."""

from typing import TYPE_CHECKING, Any

from linkage.synth.profile import SynthProfile, load_profile, profile_names

if TYPE_CHECKING:
    from linkage.synth.build import Making, synth

__all__ = ["Making", "SynthProfile", "load_profile", "profile_names", "synth"]


def __getattr__(name: str) -> Any:
    """``synth`` and ``Making``, whose modules are loaded when they are first asked for."""
    if name in ("Making", "synth"):
        from linkage.synth import build

        return getattr(build, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
