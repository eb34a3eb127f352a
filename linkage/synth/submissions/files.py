"""Quarterly submissions: what each authority's file of each quarter holds, as text in the order of its specification.

A file is made of records (who) and of events as known by the end of that quarter (see ``quarters``). What does not depend
on the quarter is made once for the four files of an authority.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from linkage.spec import Specification, authorities, load_specification
from linkage.synth.block import Block, Setting
from linkage.synth.care.clients import ASSOCIATED, CARER, USER
from linkage.synth.columns import Columns, chosen
from linkage.synth.draws import NEVER, Draws, Texts
from linkage.synth.profile import AuthorityProfile, SynthProfile
from linkage.synth.submissions.damage import damaged
from linkage.synth.submissions.details import SUPPORT_TO_CARER, user_details
from linkage.synth.submissions.event_fields import caring, with_event_fields
from linkage.synth.submissions.homes import OWN_HOME, homes_then
from linkage.synth.submissions.quarters import QUARTERS, Ledger, as_known, covered_from, ledger, quarter_end
from linkage.synth.submissions.renumbering import local_ids
from linkage.synth.submissions.row_faults import with_row_faults

_LINKED = ("adult_1_linked_person_id", "adult_2_linked_person_id", "adult_3_linked_person_id")
_OPEN_OUTCOME = "Provision of service"
_DAYS_AFTER_BACKWARDS = 3
_KNOWN_HOME = "Owner occupier or shared ownership scheme"
_SERVICE_USERS_ONLY = (
    "autism_spectrum_disorder",
    "visual_impairment",
    "hearing_impairment",
    "dementia",
    "client_funding_status",
)


@dataclass(frozen=True)
class SubmissionFile:
    """One file: its authority (at ``place`` in the profile), quarter, name, headings and encoding."""

    authority: AuthorityProfile
    place: int
    quarter: int
    name: str
    headings: tuple[str, ...]
    encoding: str

    @property
    def columns(self) -> tuple[str, ...]:
        """Ids of the columns, in the order of the file."""
        return load_specification(self.authority.spec).ids


def submission_files(profile: SynthProfile) -> tuple[SubmissionFile, ...]:
    """Every file of a profile, by authority and quarter."""
    first, last = profile.period_start.year, profile.period_end.year % 100
    return tuple(
        SubmissionFile(
            authority=authority,
            place=place,
            quarter=quarter,
            name=f"{authority.la_code}_{first}-{last:02d}_Q{quarter}.csv",
            headings=load_specification(authority.spec).headings,
            encoding=_encoding(authority, quarter),
        )
        for place, authority in enumerate(profile.authorities)
        for quarter in QUARTERS
    )


def block_submissions(setting: Setting, block: Block) -> Iterator[tuple[SubmissionFile, Columns]]:
    """The rows of one block in every file, in the order of ``submission_files``: text columns by canonical id."""
    known = ledger(setting, block)
    people = user_details(setting, block)
    prepared = None
    for file in submission_files(setting.profile):
        if prepared is None or prepared.place != file.place:
            prepared = _prepared(setting, block, known, people, file.place)
        yield file, _rows(setting, block, prepared, file.quarter)


def submission_rows(setting: Setting, block: Block, place: int, quarter: int) -> Columns:
    """The rows of one block in the file of one authority and quarter; ``block_submissions`` is quicker for all of them."""
    prepared = _prepared(setting, block, ledger(setting, block), user_details(setting, block), place)
    return _rows(setting, block, prepared, quarter)


@dataclass(frozen=True)
class _Prepared:
    """The rows of one authority in any of its files: what stays the same over the quarters, row faults included."""

    place: int
    spec: Specification
    known: Ledger
    table: Columns


def _prepared(setting: Setting, block: Block, known: Ledger, people: Columns, place: int) -> _Prepared:
    spec = load_specification(setting.profile.authorities[place].spec)
    mine = np.flatnonzero((known.events["place"] == place) & known.there.any(axis=1))
    events = chosen(known.events, mine)
    known = Ledger(events, known.there[mine], known.first[mine])
    table = {name: np.full(len(mine), "", dtype=object) for name in spec.ids}
    table |= _details(chosen(people, events["record"]), events) | with_event_fields(setting, events, spec)
    table |= caring(setting, block, events)
    return _Prepared(place, spec, known, with_row_faults(setting, block, _reworded(table, spec), spec))


def _rows(setting: Setting, block: Block, prepared: _Prepared, quarter: int) -> Columns:
    there = np.flatnonzero(prepared.known.there[:, quarter - 1])
    table = chosen(prepared.table | as_known(setting, prepared.known, quarter), there)
    table |= _ends(table, prepared.spec)
    table |= _people_then(setting, block, table, quarter)
    table |= _submission_columns(setting, prepared, quarter, len(there))
    twice = np.flatnonzero(table["twice"])
    order = np.concatenate([np.arange(len(there)), twice])
    order = order[np.lexsort([table[name][order] for name in ("event_id", "event_start_date", "sorted_by")])]
    authority = setting.profile.authorities[prepared.place]
    table = chosen(table, order)
    written = _as_text(table, prepared.spec, authority.midnight_event_types)
    return damaged(setting, authority, quarter, written, table["event_id"])


def _ends(table: Columns, spec: Specification) -> Columns:
    """Outcomes and ends as the row has them: an open event has no outcome, or says that the service is provided."""
    start, end = table["event_start_date"], table["event_end_date"]
    still_open = np.isnat(end)
    says = _OPEN_OUTCOME if _OPEN_OUTCOME in spec.values("event_outcome") else ""
    open_outcome = np.where(table["event_type"] == "Service", says, "")
    return {
        "event_outcome": np.where(still_open, open_outcome, table["event_outcome"]).astype(object),
        "event_end_date": np.where(table["backwards"] & (end > start), start - _DAYS_AFTER_BACKWARDS, end),
    }


def _details(people: Columns, events: Columns) -> Columns:
    """Person fields for every event row: those of carers differ from those of service users."""
    carer = np.isin(events["client_type"], [CARER, ASSOCIATED])
    homes = {
        name: np.where(carer & (people[name] == "Unknown"), _KNOWN_HOME, people[name]).astype(object)
        for name in ("accommodation_status", OWN_HOME)
    }
    return (
        people
        | homes
        | {
            "primary_support_reason": np.where(carer, SUPPORT_TO_CARER, people["primary_support_reason"]).astype(
                object
            ),
            **{name: np.where(carer, "", people[name]).astype(object) for name in _SERVICE_USERS_ONLY},
        }
    )


def _people_then(setting: Setting, block: Block, table: Columns, quarter: int) -> Columns:
    """What the system knew of the people at the quarter's end: identifiers, NHS numbers, homes, deaths, people cared for."""
    draws, record = Draws(setting.profile.seed), table["record"]
    ids = block.records.record_id[record]
    at_once = draws.chance("number_known", ids, setting.profile.submission.number_known_at_once)
    known_from = np.where(at_once, 1, draws.between("number_from", ids, 2, len(QUARTERS)))
    end = np.datetime64(quarter_end(setting, quarter), "D")
    dead = table["date_of_death"] <= end
    local = local_ids(setting, block, quarter)
    _, places = np.unique(local.astype(str), return_inverse=True)
    return {
        "person_unique_identifier": local[record],
        "sorted_by": places[record],
        "nhs_number": np.where(known_from > quarter, "", table["nhs_number"]).astype(object),
        "date_of_death": np.where(dead, table["date_of_death"], NEVER),
        **homes_then(setting, block, table, end),
        **_linked(block, table, local),
    }


def _linked(block: Block, table: Columns, local: Texts) -> Columns:
    """Identifiers of the service users of this very file that a carer cares for, without gaps."""
    records = block.records
    there = np.zeros(len(records), dtype=bool)
    there[table["record"][table["client_type"] == USER]] = True
    identifier = np.full(len(block.people) + 1, "", dtype=object)
    own = np.flatnonzero(~records.duplicate & there)
    identifier[records.row[own]] = local[own]
    linked = identifier[table["linked"]]
    for row in np.flatnonzero((table["linked"] >= 0).any(axis=1)).tolist():
        names = [name for name in linked[row].tolist() if name]
        linked[row] = names + [""] * (len(_LINKED) - len(names))
    return {name: linked[:, column] for column, name in enumerate(_LINKED)}


def _reworded(table: Columns, spec: Specification) -> Columns:
    """List values in the wording of the version, where it differs from that of the version it is based on."""
    changed: Columns = {}
    for field in spec.list_fields:
        words = field.value_list.from_base if field.value_list else {}
        if words:
            names = (field.id, OWN_HOME) if field.id == "accommodation_status" else (field.id,)
            for name in names:
                changed[name] = np.array([words.get(v, v) for v in table[name].tolist()], dtype=object)
    return table | changed


def _submission_columns(setting: Setting, prepared: _Prepared, quarter: int, size: int) -> Columns:
    profile = setting.profile
    code = profile.authorities[prepared.place].la_code
    values = {
        "la_code": code,
        "la_name": next(entry.name for entry in authorities() if entry.code == code),
        "reporting_year": f"{profile.period_start.year}/{profile.period_end.year % 100:02d}",
        "reporting_period_start_date": f"{covered_from(setting, prepared.place, quarter):%d/%m/%Y}",
        "reporting_period_end_date": f"{quarter_end(setting, quarter):%d/%m/%Y}",
    }
    return {column: np.full(size, value, dtype=object) for column, value in values.items()}


def _as_text(table: Columns, spec: Specification, midnight: tuple[str, ...]) -> Columns:
    """Every column of the specification as text; dates of some event types with a midnight time, as exports write them."""
    suffix = np.where(np.isin(table["event_type"], midnight), " 00:00:00", "")
    written: Columns = {}
    for field in spec.fields:
        values = table[field.id]
        if values.dtype.kind == "M":
            values = day_texts(values)
            if field.section not in ("person", "submission"):
                values = np.where(values == "", "", values + suffix.astype(object)).astype(object)
        written[field.id] = values
    return written


def day_texts(days: npt.NDArray[np.generic]) -> Texts:
    """Dates as dd/mm/yyyy; an empty text for NaT."""
    texts = np.datetime_as_string(days.astype("datetime64[D]")).tolist() if len(days) else []
    return np.array(["" if t == "NaT" else f"{t[8:]}/{t[5:7]}/{t[:4]}" for t in texts], dtype=object)


def _encoding(authority: AuthorityProfile, quarter: int) -> str:
    if quarter in authority.windows_1252_quarters:
        return "cp1252"
    return "utf-8-sig" if quarter in authority.byte_order_mark_quarters else "utf-8"
