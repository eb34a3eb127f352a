"""The file of a release request: what a recipient asked for and a custodian approves, as YAML.

The short form (``RequestFile``) names the domain of the pseudonyms only and serves invented people. The full form
(``RequestDocument``) is what section 14 of the requirements lists: who, why, under which permission, which people,
tables, columns and period, until when. Nothing outside it is released.
"""

import re
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints, field_validator, model_validator

from pseudo.audit_entry import require_form
from pseudo.config_file import ConfigModel, config_hash, read_config
from pseudo.domain import SUITE, require_name
from pseudo.errors import AuditValueError, PolicyError
from pseudo.request import ReleaseRequest

NO_OPT_OUT = "none"
_BLANK = "FILL IN"
_AUTHORITY = re.compile(r"[0-9]{3}")


def _filled_in(text: str) -> str:
    if _BLANK in text:
        raise ValueError("fill this in")
    return text


Line = Annotated[
    str, StringConstraints(min_length=1, max_length=300, pattern=r"^[^\r\n]+$"), AfterValidator(_filled_in)
]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class RequestFile(ConfigModel):
    """The short form: who gives data to whom, for which project, until when (``YYYY-MM-DD``)."""

    controller: str
    recipient: str
    project: str
    opt_out: str
    key_version: str
    release_id: str
    expires: date | None = None


class DomainValues(ConfigModel):
    """What the pseudonyms are bound to. ``opt_out`` names the opt-out treatment, ``none`` where nobody is taken out."""

    controller: str
    recipient: str
    project: str
    opt_out: str
    key_version: str

    @field_validator("*")
    @classmethod
    def _is_name(cls, value: str) -> str:
        return _plain(value)


class Applicant(ConfigModel):
    """Who asks: the organisation, and the role (not the name of a person) that answers for the data there."""

    organisation: Line
    contact: Line


class LegalBasis(ConfigModel):
    """Why the data may be given, and the reference of the section 251 support where confidentiality is set aside."""

    basis: Line
    section_251: Line | None = None


class Agreement(ConfigModel):
    """The data sharing agreement (DSA or DARS reference) and its term, both days included."""

    reference: Line
    starts: date
    ends: date


class Permission(ConfigModel):
    """An authority whose people may be in the release, and where its permission is written down."""

    code: str
    permission: Line

    @field_validator("code")
    @classmethod
    def _is_code(cls, code: str) -> str:
        if not _AUTHORITY.fullmatch(code):
            raise ValueError("the code of an authority has three digits; put it in quotes")
        return code


class Period(ConfigModel):
    """First and last day of the data, both included."""

    starts: date
    ends: date


class Cohort(ConfigModel):
    """Whose rows are released: everybody's, or only those of the people who are in one of the tables.

    People of a table are told by NHS number; rows without a valid number are nobody's and stay out of the other tables.
    """

    description: Line
    people_of: str | None = None


class RequestedTable(ConfigModel):
    """A table: the columns approved, by the names under which they are released.

    ``dates`` are source columns whose days must lie in the approved period; a table that is not about a period, such as
    registrations, has none.
    """

    columns: list[str] = Field(min_length=1)
    dates: list[str]


class OptOut(ConfigModel):
    """One list of people who are taken out before pseudonymisation, or the reason why it takes nobody out.

    ``kind`` says what comes back: ``check``, the numbers sent without those opted out (the national service);
    ``objections``, the people who objected (Type 1, local lists). Tables that are not in ``tables`` keep everybody, and
    ``reason`` must then say why: not applicable, or an exemption such as an authority's own data. ``without_number``:
    what happens to rows whose person has no valid NHS number and so cannot be checked: ``review`` stops the release with
    their number. ``longest_days``: how old the list may be on the day of the release.
    """

    name: str
    kind: Literal["check", "objections"]
    tables: list[str] = Field(default_factory=list)
    reason: Line | None = None
    without_number: Literal["keep", "drop", "review"] = "keep"
    longest_days: int = Field(default=30, ge=1)

    @field_validator("name")
    @classmethod
    def _is_name(cls, name: str) -> str:
        return _plain(name)


class PolicyReference(ConfigModel):
    """The de-identification policy that was looked at, by the hash of its file."""

    name: str
    version: str
    sha256: Sha256


class RequestDocument(ConfigModel):
    """A full request. ``destroy_by`` is the day on which the recipient has destroyed the data at the latest."""

    id: str
    version: int = Field(ge=1)
    applicant: Applicant
    purpose: str
    legal_basis: LegalBasis
    agreement: Agreement
    dpia: Line
    environment: Literal["secure", "open"]
    recipient_key: Sha256 | None = None
    domain: DomainValues
    release_id: str
    suite: Literal["hmac-sha256"] = SUITE  # type: ignore[assignment]
    authorities: list[Permission]
    period: Period
    cohort: Cohort
    policy: PolicyReference
    tables: dict[str, RequestedTable] = Field(min_length=1)
    linked_data_sets: list[Line] = Field(default_factory=list)
    opt_outs: list[OptOut]
    disclosure_policy: Line
    expires: date
    destroy_by: date

    @field_validator("id", "release_id")
    @classmethod
    def _is_plain(cls, value: str) -> str:
        return _plain(value)

    @field_validator("purpose")
    @classmethod
    def _fits_the_log(cls, purpose: str) -> str:
        try:
            require_form("purpose", _filled_in(purpose))
        except AuditValueError as error:
            raise ValueError(str(error)) from None
        return purpose

    @model_validator(mode="after")
    def _consistent(self) -> "RequestDocument":
        faults = [*self._order_faults(), *self._table_faults(), *self._opt_out_faults()]
        if faults:
            raise ValueError("; ".join(faults))
        return self

    def _order_faults(self) -> list[str]:
        pairs = {
            "the period ends before it starts": (self.period.starts, self.period.ends),
            "the agreement ends before it starts": (self.agreement.starts, self.agreement.ends),
            "it expires after the agreement ends": (self.expires, self.agreement.ends),
            "the day of destruction is before the day of expiry": (self.expires, self.destroy_by),
        }
        return [fault for fault, (first, second) in pairs.items() if first > second]

    def _table_faults(self) -> list[str]:
        asked = [("cohort.people_of", self.cohort.people_of)] if self.cohort.people_of else []
        asked += [(f"opt_outs.{entry.name}", table) for entry in self.opt_outs for table in entry.tables]
        unknown = [
            f"{where} names the table {table}, which is not under tables"
            for where, table in asked
            if table not in self.tables
        ]
        codes = [entry.code for entry in self.authorities]
        if len(codes) != len(set(codes)):
            unknown.append("an authority is there twice")
        return unknown

    def _opt_out_faults(self) -> list[str]:
        names = [entry.name for entry in self.opt_outs]
        faults = ["two opt-outs have one name"] if len(names) != len(set(names)) else []
        for entry in self.opt_outs:
            if entry.reason is None and set(entry.tables) != set(self.tables):
                left = ", ".join(sorted(set(self.tables) - set(entry.tables)))
                faults.append(
                    f"opt_outs.{entry.name} leaves out {left}: give the reason (not applicable because, exempt because)"
                )
        applied = any(entry.tables for entry in self.opt_outs)
        if applied == (self.domain.opt_out == NO_OPT_OUT):
            faults.append(
                "domain.opt_out names the opt-out treatment, such as ndo-applied, where people are taken out, "
                f"and is {NO_OPT_OUT} where nobody is"
            )
        return faults

    def release_request(self) -> ReleaseRequest:
        """The domain of the pseudonyms, the delivery and the last day."""
        return ReleaseRequest(**self.domain.model_dump(), release_id=self.release_id, expires=self.expires)


def read_request_document(path: Path) -> tuple[RequestDocument, str]:
    """A full request and the SHA-256 of its file.

    Raises ConfigError with every fault, PolicyError when a value of its domain is not a plain name.
    """
    document = read_config(path, RequestDocument)
    document.release_request()
    return document, config_hash(path)


def _plain(value: str) -> str:
    try:
        return require_name("name", value)
    except PolicyError as error:
        raise ValueError(str(error).removeprefix("name: ").removesuffix(".")) from None
