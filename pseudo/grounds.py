"""What a release rests on beside its domain: the approval, who was taken out, what it was made from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pseudo.approvals import ApprovedRequest


@dataclass(frozen=True)
class Grounds:
    """What the manifest says about why a release may be, and about what happened before pseudonymisation.

    ``approved`` is None for invented people only. ``opt_outs`` are the records of ``pseudo.optout``, ``steps`` the rows of
    each table after each step, ``made_from`` the hashes of the manifests it was made from, by what they are of.
    """

    approved: ApprovedRequest | None = None
    opt_outs: Sequence[Mapping[str, Any]] = ()
    steps: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    made_from: Mapping[str, str] = field(default_factory=dict)

    def record(self) -> dict[str, Any]:
        """The grounds as they stand in a manifest; nobody is listed."""
        return {
            "approval": _approval(self.approved) if self.approved else None,
            "opt_outs": [dict(entry) for entry in self.opt_outs],
            "steps": {table: dict(steps) for table, steps in sorted(self.steps.items())},
            "made_from": dict(self.made_from),
        }


def _approval(approved: ApprovedRequest) -> dict[str, Any]:
    document, approval = approved.document, approved.approval
    return {
        "request": document.id,
        "version": document.version,
        "sha256": approved.sha256,
        "applicant": document.applicant.organisation,
        "purpose": document.purpose,
        "legal_basis": document.legal_basis.model_dump(),
        "agreement": document.agreement.reference,
        "dpia": document.dpia,
        "environment": document.environment,
        "recipient_key": document.recipient_key,
        "authorities": {entry.code: entry.permission for entry in document.authorities},
        "period": {"starts": document.period.starts.isoformat(), "ends": document.period.ends.isoformat()},
        "cohort": document.cohort.description,
        "disclosure_policy": document.disclosure_policy,
        "approved_by": approval.by if approval else None,
        "approved_on": approval.on.isoformat() if approval else None,
        "approver_fingerprint": approval.signature.fingerprint if approval else None,
        "destroy_by": document.destroy_by.isoformat(),
    }
