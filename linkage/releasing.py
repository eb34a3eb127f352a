"""A release from the command line and the Python API: approval, numbers, opt-outs, then ``pseudo`` makes it.

As ``linkage.api`` this module stands above the zones: it joins submissions, their trace, an approved request and a release.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from linkage.audited import Asked, audited, manifest_hash
from linkage.configs import packaged
from linkage.engine import EngineOptions, open_engine
from linkage.errors import RefusedError, UsageError
from linkage.feedback.traced import Trace, log_of, open_trace
from linkage.release_rows import (
    SOCIAL_CARE,
    Rows,
    join_identifiers,
    keep_cohort,
    numbers_of,
    put_numbers_beside_events,
    take_out,
)
from linkage.runs.outputs import alone
from linkage.runs.scratch import scratch_folder
from linkage.spec import load_specification, versions
from linkage.spec.authorities import authorities
from pseudo.approvals import ApprovedRequest
from pseudo.audit_entry import KeyUse
from pseudo.config_file import read_config
from pseudo.grounds import Grounds
from pseudo.keys import RootKey
from pseudo.optout import read_opt_out, write_check_list
from pseudo.policy import LoadedPolicy, load_policy
from pseudo.release import Release, make_release
from pseudo.request import ReleaseRequest
from pseudo.request_file import RequestFile
from pseudo.signing import PublicKey, SigningKey
from pseudo.staging import clear_left
from pseudo.treatments import Lookups, read_postcode_directory

_NEVER_ISSUED = "9"  # NHS numbers that begin with 9 are for tests and invented people


@dataclass(frozen=True)
class ReleaseInputs:
    """What a release is made of.

    ``tables`` are CSV or Parquet files by the table name of the policy; ``social_care`` is the events of
    ``consolidate_submissions`` and ``traced_in`` the folder of their trace. ``identifiers`` are, for tables that come without
    NHS numbers, the files that have them. ``policy`` is a packaged policy, or a .yaml file; ``postcodes`` the postcode
    directory that its areas are looked up in. ``everyone`` is a table of everybody known to the domain (column ``nhs_number``),
    over whom pseudonyms that also leave as whole numbers are compared.
    """

    tables: Mapping[str, Path]
    policy: str = "secure"
    traced_in: Path | None = None
    identifiers: Mapping[str, Path] = field(default_factory=dict)
    postcodes: Path | None = None
    everyone: Path | None = None


def read_request(path: Path) -> ReleaseRequest:
    """Read a short request, for invented people. Raises ConfigError with every fault, PolicyError for a name not allowed."""
    return ReleaseRequest(**read_config(path, RequestFile).model_dump())


def release(
    inputs: ReleaseInputs,
    out: Path,
    *,
    request: ApprovedRequest | ReleaseRequest,
    root_key: RootKey,
    signing_key: SigningKey,
    approvers: Sequence[PublicKey] = (),
    opt_outs: Path | None = None,
    with_csv: bool = False,
    asked: Asked | None = None,
    options: EngineOptions | None = None,
    as_at: date | None = None,
) -> Release:
    """Make a release: nothing outside the approved request, nobody who opted out, signed and in the audit log.

    A bare ``ReleaseRequest`` has no approval and is taken for invented people only. ``opt_outs`` is the folder of the
    lists; ``as_at`` (default: today) judges expiry and their age. Tables on their way, which identify people, are in the
    temporary folder of ``options`` and go when it is done. Raises PolicyError and RefusedError for everything that
    was not approved or not checked, InputError for tables that do not fit; nothing is left of a release that failed.
    """
    day = as_at or datetime.now(UTC).date()
    approved = request if isinstance(request, ApprovedRequest) else None
    trace = _trace(inputs)
    asked = _asked(asked or Asked(), request, trace, out)
    made_from = {"trace": trace.made_from} if trace else {}
    sources = [*made_from.values(), *([approved.sha256] if approved else [])]
    short = _short(request)
    with alone(out), audited("release make", asked, out, made_from=sources, signer=signing_key) as done:
        clear_left(out)
        done.key = KeyUse.of(short.domain("nhs_number"), key_id=root_key.key_id, kcv=root_key.kcv)
        if approved:
            approved.as_logged(asked.log(out).folder).require_current(day, approvers)
        loaded = load_policy(policy_file(inputs.policy))
        entries = approved.document.opt_outs if approved else []
        lists = [(entry, read_opt_out(opt_outs, entry, day)) for entry in entries]
        with _rows(inputs, loaded, options) as rows:
            if approved:
                keep_cohort(rows, approved.document.cohort)
            else:
                _require_invented(rows)
            records = [take_out(rows, entry, people) for entry, people in lists]
            made = make_release(
                rows.files,
                loaded,
                root_key=root_key,
                signing_key=signing_key,
                request=short,
                out_dir=out,
                listed_values={SOCIAL_CARE: _listed_values()},
                lookups=_lookups(inputs, approved),
                grounds=Grounds(approved, records, rows.steps, made_from),
                everyone=inputs.everyone,
                with_csv=with_csv,
                as_at=day,
            )
        done.counts, done.manifest = _counts(made, records), manifest_hash(out)
    return made


def write_opt_out_lists(
    inputs: ReleaseInputs,
    folder: Path,
    *,
    request: ApprovedRequest,
    mailbox: str,
    asked: Asked | None = None,
    options: EngineOptions | None = None,
    on: date | None = None,
) -> dict[str, int]:
    """Write the list of every opt-out of a request that a service checks, and record it; return the numbers on each.

    Raises UsageError when the request has none, InputError for tables that do not fit.
    """
    checked = [entry for entry in request.document.opt_outs if entry.kind == "check" and entry.tables]
    if not checked:
        raise UsageError("The request takes nobody out by a service's check, so there is no list to send.")
    trace = _trace(inputs)
    asked = _asked(asked or Asked(), request, trace, folder)
    made_from = [*([trace.made_from] if trace else []), request.sha256]
    with (
        audited("optout list", asked, folder, made_from=made_from) as done,
        _rows(inputs, load_policy(policy_file(inputs.policy)), options) as rows,
    ):
        keep_cohort(rows, request.document.cohort)
        day = on or datetime.now(UTC).date()
        lists = {entry.name: numbers_of(rows, entry.tables) for entry in checked}
        counts = {
            name: int(write_check_list(folder, name, numbers, mailbox=mailbox, on=day)["numbers"])
            for name, numbers in lists.items()
        }
        done.counts = {f"{_plain(name)}_numbers": number for name, number in counts.items()}
    return counts


def policy_file(policy: str) -> Path:
    """A policy file by its path, or a packaged one by its name. Raises UsageError when no packaged one has that name."""
    if policy.endswith((".yaml", ".yml")):
        return Path(policy)
    known = sorted(path.stem for path in packaged("release").glob("*.yaml"))
    if policy not in known:
        raise UsageError(f"There is no release policy of that name. Known: {', '.join(known)}; or give a .yaml file.")
    return packaged(f"release/{policy}.yaml")


@contextmanager
def _rows(inputs: ReleaseInputs, policy: LoadedPolicy, options: EngineOptions | None) -> Iterator[Rows]:
    """The tables with their numbers beside them, in a scratch folder that goes when the block ends."""
    with scratch_folder("release", options.temp_directory if options else None) as scratch:
        files = {name: Path(path) for name, path in inputs.tables.items()}
        folders = {path.resolve().parent for path in [*files.values(), *inputs.identifiers.values()]}
        if inputs.traced_in:
            folders.add(inputs.traced_in.resolve())
        with open_engine(options, folders=[*sorted(folders), scratch]) as engine:
            rows = Rows(engine, policy.policy, scratch, files)
            if SOCIAL_CARE in files and inputs.traced_in:
                put_numbers_beside_events(rows, inputs.traced_in)
            for table, identifiers in inputs.identifiers.items():
                if table not in files:
                    raise UsageError(f"--identifiers names {table}, which is not among the tables.")
                join_identifiers(rows, table, Path(identifiers))
            yield rows


def _trace(inputs: ReleaseInputs) -> Trace | None:
    if SOCIAL_CARE in inputs.tables and inputs.traced_in is None:
        raise UsageError("A release of social_care needs the trace of its people: give --trace FOLDER.")
    return open_trace(inputs.traced_in) if inputs.traced_in else None


def _asked(asked: Asked, request: ApprovedRequest | ReleaseRequest, trace: Trace | None, out: Path) -> Asked:
    """Who asks, what for (as the request says) and the log that it goes into, which is the one that knows the trace."""
    if isinstance(request, ApprovedRequest):
        reference = f"{request.name}:{request.document.release_id}"
        asked = replace(
            asked, purpose=asked.purpose or request.document.purpose, submission=asked.submission or reference
        )
    elif not asked.synthetic:
        raise UsageError(
            "This request has no approval. Have a full one approved (cldlink request template, cldlink request approve); "
            "only for synthetic data may it be left out, with --synthetic."
        )
    else:
        asked = replace(asked, submission=asked.submission or request.release_id)
    log = log_of(asked, trace, None) if trace else asked.log(out)
    return replace(asked, audit=log.folder)


def _lookups(inputs: ReleaseInputs, approved: ApprovedRequest | None) -> Lookups:
    """The postcode directory, and the day on which ages are taken: the last day of the approved period."""
    directory = read_postcode_directory(inputs.postcodes) if inputs.postcodes else None
    return Lookups(directory, approved.document.period.ends if approved else None)


def _short(request: ApprovedRequest | ReleaseRequest) -> ReleaseRequest:
    return request.document.release_request() if isinstance(request, ApprovedRequest) else request


def _require_invented(rows: Rows) -> None:
    """Raise RefusedError when anybody in the tables may be real: a number that is issued, an authority that exists."""
    invented = {entry.code for entry in authorities() if entry.synthetic}
    for table in [name for name in rows.files if name in rows.policy.tables]:
        roles, columns = rows.roles(table), rows.columns(table)
        real = 0
        if roles.nhs_number in columns:
            number = rows.number_sql(table)
            real += rows.ask(
                table, "issued", f"select count(*) from source where left({number}, 1) <> '{_NEVER_ISSUED}'"
            )[0][0]
        if roles.la_code in columns:
            codes = rows.ask(table, "authorities", f"select distinct cast({roles.la_code} as varchar) from source")
            real += sum(code is not None and code not in invented for (code,) in codes)
        if real:
            raise RefusedError(
                f"{table}: these people may be real, and an unapproved request is for invented ones only. Have a full request "
                "approved: cldlink request template, cldlink request approve."
            )


def _counts(made: Release, opt_outs: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Rows and people for the audit log: names and whole numbers only."""
    counts = {f"{name}_rows": int(record["counts"]["rows_out"]) for name, record in made.manifest["tables"].items()}
    for entry in opt_outs:
        name = "".join(letter if letter.isalnum() else "_" for letter in entry["name"].lower())
        counts |= {
            f"optout_{name}_{what}": entry[what] for what in ("sent", "kept", "removed", "listed") if what in entry
        }
    return counts


def _plain(name: str) -> str:
    """A name as counts of the audit log are named: small letters, digits and underscores, a letter first."""
    return re.sub(r"[^a-z0-9]", "_", f"list_{name}".lower() if not name[:1].isalpha() else name.lower())


def _listed_values() -> dict[str, list[str]]:
    """Every wording that any specification version lists for a field, aliases included."""
    listed: dict[str, list[str]] = {}
    for version in versions():
        for listed_field in load_specification(version).list_fields:
            if listed_field.value_list:
                known = listed.get(listed_field.id, [])
                listed[listed_field.id] = sorted({*known, *listed_field.value_list.wordings})
    return listed
