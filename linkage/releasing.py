"""A release from the command line and the Python API: the events get their traced numbers, then ``pseudo`` makes it.

As ``linkage.api`` this module stands above the zones: it joins submissions, their trace and a release.
"""

import tempfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from linkage.configs import packaged
from linkage.engine import Engine, Step, open_engine
from linkage.errors import InputError, UsageError
from linkage.spec import load_specification, versions
from linkage.trace.result import read_trace
from linkage.trace.source import TRACE_FILE, require_file
from pseudo.config_file import ConfigModel, read_config
from pseudo.keys import RootKey
from pseudo.policy import load_policy
from pseudo.release import Release, make_release
from pseudo.request import ReleaseRequest

_EVENT_COLUMNS = ("la_code", "person_unique_identifier", "postcode", "submission", "row_number")


class RequestFile(ConfigModel):
    """A request as a YAML file: who gives data to whom, for which project, until when (``YYYY-MM-DD``)."""

    controller: str
    recipient: str
    project: str
    opt_out: str
    key_version: str
    release_id: str
    expires: date | None = None


def read_request(path: Path) -> ReleaseRequest:
    """Read a request file. Raises ConfigError with every fault, PolicyError when a name is not allowed."""
    return ReleaseRequest(**read_config(path, RequestFile).model_dump())


def release(
    tables: Mapping[str, Path],
    out: Path,
    *,
    request: ReleaseRequest,
    root_key: RootKey,
    policy: str = "secure",
    traced_in: Path | None = None,
    as_at: date | None = None,
) -> Release:
    """Make a release of ``tables`` (name of the policy → CSV or Parquet) under a packaged policy, or one's own by path.

    A table ``social_care`` is the events of ``consolidate_submissions``; ``traced_in`` is the folder of their trace: the
    number of an accepted link goes beside each row before it is pseudonymised.
    """
    loaded = load_policy(_policy_file(policy))
    with tempfile.TemporaryDirectory(prefix="cldlink-") as scratch:
        sources = dict(tables)
        if "social_care" in sources:
            if traced_in is None:
                raise UsageError("A release of social_care needs the trace of its people: give --trace FOLDER.")
            sources["social_care"] = _with_numbers(sources["social_care"], traced_in, Path(scratch))
        return make_release(
            sources,
            loaded,
            root_key=root_key,
            request=request,
            out_dir=out,
            listed_values={"social_care": _listed_values()},
            as_at=as_at,
        )


def _policy_file(policy: str) -> Path:
    """A policy file by its path, or a packaged one by its name. Raises UsageError when no packaged one has that name."""
    if policy.endswith((".yaml", ".yml")):
        return Path(policy)
    known = sorted(path.stem for path in packaged("release").glob("*.yaml"))
    if policy not in known:
        raise UsageError(f"There is no release policy of that name. Known: {', '.join(known)}; or give a .yaml file.")
    return packaged(f"release/{policy}.yaml")


def _with_numbers(events: Path, trace_folder: Path, scratch: Path) -> Path:
    """The events with ``traced_nhs_number`` (accepted links only) and ``link_quality`` beside each row.

    People whose record is marked sensitive keep their events and leave without a postcode.
    """
    folders = [events.resolve().parent, trace_folder.resolve(), scratch]
    for path in (events, trace_folder / TRACE_FILE):
        require_file(path, "an input of the release")
    target = scratch / "social_care.parquet"
    with open_engine(folders=folders) as engine:
        engine.read_parquet("events", [events])
        if not {*_EVENT_COLUMNS} <= {*engine.columns("events")}:
            raise InputError(f"{events}: these are not the events that 'cldlink submission consolidate' writes.")
        _load_trace(engine, trace_folder)
        _refuse_other_people(engine)
        engine.write_parquet(_numbered_step(), target)
    return target


def _load_trace(engine: Engine, folder: Path) -> None:
    """Table ``link``: one row per person, with the number of sensitive records from the restricted file if there."""
    restricted = folder / "restricted" / "sensitive.parquet"
    read_trace(engine, "trace", folder / TRACE_FILE)
    read_trace(engine, "sensitive_trace", restricted if restricted.is_file() else folder / TRACE_FILE)
    engine.run(
        Step(
            "link",
            """
select t.query_id, t.outcome, t.sensitive, coalesce(t.nhs_number, s.nhs_number) as traced_nhs_number
from trace t left join sensitive_trace s on t.sensitive and s.query_id = t.query_id""",
        )
    )


def _refuse_other_people(engine: Engine) -> None:
    """Raise InputError when nobody of the events is in the trace: then it is the trace of another file."""
    step = Step(
        "traced_people",
        """
select count(*) from events e
where e.la_code || '/' || e.person_unique_identifier in (select query_id from link)""",
    )
    if engine.value(step) == 0:
        raise InputError("Nobody of social_care is in the trace. Give the trace of the people of these very events.")


def _numbered_step() -> Step:
    return Step(
        "social_care",
        """
select e.* replace (case when link.sensitive then null else e.postcode end as postcode),
  link.traced_nhs_number, coalesce(link.outcome, 'none') as link_quality
from events e left join link on link.query_id = e.la_code || '/' || e.person_unique_identifier
order by e.la_code, e.submission, e.row_number""",
    )


def _listed_values() -> dict[str, list[str]]:
    """Every wording that any specification version lists for a field, aliases included."""
    listed: dict[str, list[str]] = {}
    for version in versions():
        for listed_field in load_specification(version).list_fields:
            if listed_field.value_list:
                known = listed.get(listed_field.id, [])
                listed[listed_field.id] = sorted({*known, *listed_field.value_list.wordings})
    return listed
