"""What was asked for: who gives data to whom, for which project, until when."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from pseudo.domain import Domain, require_name
from pseudo.errors import PolicyError


@dataclass(frozen=True, kw_only=True)
class ReleaseRequest:
    """One approved request. The first five values, with the kind of identifier, are the domain of its pseudonyms.

    ``release_id`` names this delivery: people without any identifier get pseudonyms that no other delivery repeats.
    ``expires`` is the last day on which the release may be made or opened. Raises PolicyError when a value is not a
    plain name.
    """

    controller: str
    recipient: str
    project: str
    opt_out: str
    key_version: str
    release_id: str
    expires: date | None = None

    def __post_init__(self) -> None:
        require_name("release_id", self.release_id)
        self.domain("nhs_number")

    def domain(self, field: str) -> Domain:
        """The domain of one kind of identifier."""
        return Domain(
            controller=self.controller,
            recipient=self.recipient,
            project=self.project,
            field=field,
            opt_out=self.opt_out,
            key_version=self.key_version,
        )

    def require_current(self, as_at: date) -> None:
        """Raise PolicyError when the request has expired before ``as_at``."""
        if self.expires is not None and as_at > self.expires:
            raise PolicyError(f"The request expired on {self.expires.isoformat()}. Ask for its renewal.")

    def record(self) -> dict[str, Any]:
        """The request as it stands in a manifest."""
        return {
            "controller": self.controller,
            "recipient": self.recipient,
            "project": self.project,
            "opt_out": self.opt_out,
            "key_version": self.key_version,
            "release_id": self.release_id,
            "expires": self.expires.isoformat() if self.expires else None,
        }
