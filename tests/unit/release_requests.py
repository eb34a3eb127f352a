"""A full release request as tests write it, and the keys that approve it and sign releases."""

from pathlib import Path
from typing import Any

import yaml

from pseudo.policy import LoadedPolicy
from pseudo.signing import SigningKey

DOMAIN = {"controller": "c", "recipient": "r", "project": "p", "opt_out": "none", "key_version": "1"}


def approver() -> SigningKey:
    return SigningKey(bytes(range(32)), "approver")


def sender() -> SigningKey:
    return SigningKey(bytes(range(32, 64)), "sender")


def request_of(policy: LoadedPolicy | None = None, **changes: Any) -> dict[str, Any]:
    """A request for everything that a policy releases (one made-up table without a policy), with changes by key."""
    tables = {"care": {"columns": ["person_pseudonym"], "dates": []}}
    named = {"name": "small", "version": "1", "sha256": "0" * 64}
    if policy:
        tables = {
            name: {"columns": [column for column, _ in table.released()], "dates": []}
            for name, table in policy.policy.tables.items()
        }
        named = {"name": policy.policy.name, "version": policy.policy.version, "sha256": policy.sha256}
    document = {
        "id": "REQ-1",
        "version": 1,
        "applicant": {"organisation": "Example University", "contact": "Head of data"},
        "purpose": "Effect of support at home",
        "legal_basis": {"basis": "UK GDPR article 6(1)(e) and 9(2)(j)", "section_251": None},
        "agreement": {"reference": "NIC-1", "starts": "2023-01-01", "ends": "2024-12-31"},
        "dpia": "DPIA-1",
        "environment": "secure",
        "recipient_key": None,
        "domain": DOMAIN,
        "release_id": "R1",
        "authorities": [{"code": "991", "permission": "Letter 1"}, {"code": "992", "permission": "Letter 2"}],
        "period": {"starts": "2022-04-01", "ends": "2023-03-31"},
        "cohort": {"description": "Everybody", "people_of": None},
        "policy": named,
        "tables": tables,
        "opt_outs": [{"name": "ndo", "kind": "check", "reason": "Not applicable: anonymised for the recipient"}],
        "disclosure_policy": "hes_subnational",
        "expires": "2023-12-31",
        "destroy_by": "2024-06-30",
    }
    return {**document, **changes}


def write_request(path: Path, document: dict[str, Any]) -> Path:
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return path
