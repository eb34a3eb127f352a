"""Requests for releases: a template to fill in, and approvals and withdrawals that are recorded."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from linkage.audited import Asked, audited
from linkage.configs import packaged
from linkage.errors import UsageError
from linkage.releasing import policy_file
from pseudo.approvals import ApprovedRequest, approve, read_approved, withdraw
from pseudo.config_file import ConfigModel, read_config
from pseudo.policy import load_policy
from pseudo.request_file import read_request_document
from pseudo.signing import SigningKey

_TEMPLATE = "requests/template.txt"
_DATES = "requests/dates.yaml"


class _Dates(ConfigModel):
    """The form of ``configs/requests/dates.yaml``: source columns of the days of each table."""

    dates: dict[str, list[str]]


def write_template(out: Path, policy: str) -> None:
    """Write a request to fill in, with every table and column that a policy releases and its hash.

    Raises UsageError when the file is there.
    """
    if out.exists():
        raise UsageError(f"{out}: the file exists and is not overwritten. Give another name.")
    loaded = load_policy(policy_file(policy))
    dates = read_config(packaged(_DATES), _Dates).dates
    lines = []
    for name, table in loaded.policy.tables.items():
        lines += [f"  {name}:", f"    dates: [{', '.join(dates.get(name, []))}]", "    columns:"]
        lines += [f"      - {column}" for column, _ in table.released()]
    text = packaged(_TEMPLATE).read_text(encoding="utf-8")
    for word, value in {
        "{{policy}}": loaded.policy.name,
        "{{policy_version}}": loaded.policy.version,
        "{{policy_sha256}}": loaded.sha256,
        "{{tables}}": "\n".join(lines),
    }.items():
        text = text.replace(word, value)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(text, encoding="utf-8", newline="\n")


def approved(
    request: Path, register: Path, *, signing_key: SigningKey, asked: Asked | None = None, on: date | None = None
) -> ApprovedRequest:
    """Approve a request: put it into the register, sign it, record it. Raises what ``pseudo.approvals.approve`` does."""
    document, digest = read_request_document(request)
    given = asked or Asked()
    name = f"{document.id}.v{document.version}"
    given = replace(given, purpose=given.purpose or document.purpose, submission=given.submission or name)
    with audited("request approve", given, register, made_from=[digest], signer=signing_key) as done:
        by = given.action("request approve").actor
        made = approve(request, register, signing_key=signing_key, by=by, on=on or datetime.now(UTC).date())
        done.manifest = made.sha256
    return made


def withdrawn(
    path: Path, *, signing_key: SigningKey, reason: str, asked: Asked | None = None, on: date | None = None
) -> None:
    """Withdraw an approval for good, signed and recorded."""
    request = read_approved(path)
    given = asked or Asked()
    given = replace(
        given, purpose=given.purpose or request.document.purpose, submission=given.submission or request.name
    )
    with audited("request withdraw", given, path.parent, made_from=[request.sha256], signer=signing_key):
        by = given.action("request withdraw").actor
        withdraw(request, signing_key=signing_key, by=by, on=on or datetime.now(UTC).date(), reason=reason)
