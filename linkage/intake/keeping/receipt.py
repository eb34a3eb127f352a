"""The receipt of a submission: a text to send back, without identifiers."""

from typing import TYPE_CHECKING

from linkage.intake.check import CheckResult
from linkage.intake.write import summary_text

if TYPE_CHECKING:
    from linkage.intake.keeping.add import Incoming
    from linkage.intake.keeping.kinds import Shrunk
    from linkage.intake.keeping.store import Entry


def added_text(entry: "Entry", check: CheckResult, incoming: "Incoming", fewer: "tuple[Shrunk, ...]") -> str:
    """The receipt of an accepted file: what was received when, its hash, the rows accounted for, and what was found."""
    lines = [
        f"Receipt {entry.id}",
        "",
        f"Received {entry.received:%d/%m/%Y} and kept, as version {entry.version} for this authority and period.",
        f"SHA-256 of the file: {entry.sha256}",
        f"Comments: {'given' if incoming.comments else 'none'}.",
    ]
    if fewer:
        lines += ["", "Far fewer events than in the submission before. Is the file complete?"]
        lines += [f"  {kind}" for kind in fewer]
    return "\n".join(lines) + "\n\n" + summary_text(check)


def returned_text(check: CheckResult, incoming: "Incoming") -> str:
    """What goes back with a file that is not accepted."""
    lines = [
        "Returned: this file is not accepted and was not kept. Put right what is listed as a reason, and send it again.",
        "",
        f"Received {incoming.received:%d/%m/%Y}.",
        f"SHA-256 of the file: {check.record['sha256']}",
    ]
    return "\n".join(lines) + "\n\n" + summary_text(check)
