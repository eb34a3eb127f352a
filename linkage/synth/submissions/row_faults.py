"""Faults of submission rows that a check should find: wording, blanks, missing mechanisms, dates the wrong way round."""

import numpy as np
import numpy.typing as npt

from linkage.spec import Field, Specification
from linkage.synth.block import Block, Setting
from linkage.synth.care.clients import ASSOCIATED
from linkage.synth.columns import Columns
from linkage.synth.draws import Bools, Draws, Ints, Texts
from linkage.synth.people.places import postcode_texts

# Person fields that a case system leaves blank now and then (never those that identify the person).
_OFTEN_BLANK = (
    "accommodation_status", "employment_status", "has_informal_carer", "ethnicity", "gp_practice_code",
    "client_funding_status",
)  # fmt: skip
_BLANK_ON_EVENTS = ("route_of_access", "review_reason", "service_component")
# Without these a row could not be read at all.
_NEVER_MISWORDED = ("event_type", "client_type")


def with_row_faults(setting: Setting, block: Block, table: Columns, spec: Specification) -> Columns:
    """The rows with their faults; a fault of a person field is the same on all rows of the record.

    ``backwards`` marks rows whose end is put before their start, ``twice`` rows that stand in a file two times.
    """
    draws, rates = Draws(setting.profile.seed), setting.profile.submission
    record_id = block.records.record_id[table["record"].astype(np.int64)]
    event_id = table["event_id"].astype(np.int64)
    table = table | _other_wording(
        draws, rates.guidance_wording, rates.case_or_spaces, table, spec, (record_id, event_id)
    )
    for name in filter(spec.has, _OFTEN_BLANK):
        table[name] = _blanked(table[name], draws.chance(f"blank/{name}", record_id, rates.field_blank))
    for name in _BLANK_ON_EVENTS:
        table[name] = _blanked(table[name], draws.chance(f"blank/{name}", event_id, rates.field_blank))
    table["delivery_mechanism"] = _blanked(
        table["delivery_mechanism"], draws.chance("no_mechanism", event_id, rates.mechanism_missing)
    )
    table["event_outcome"] = _blanked(
        table["event_outcome"], draws.chance("no_outcome", event_id, rates.outcome_missing)
    )
    table |= _references(draws, rates.reference_missing, rates.reference_repeated, table, event_id)
    table["backwards"] = draws.chance("end_before_start", event_id, rates.end_before_start)
    table["postcode"] = _disagreeing_postcodes(setting, block, table, event_id)
    table["twice"] = draws.chance("row_twice", event_id, rates.duplicate_row) & (table["client_type"] != ASSOCIATED)
    return table


def _other_wording(
    draws: Draws, guidance: float, damaged: float, table: Columns, spec: Specification, ids: tuple[Ints, Ints]
) -> Columns:
    """Guidance wording in place of the specification's, and values with another case or a trailing space."""
    changed: Columns = {}
    for field in spec.list_fields:
        if field.id in _NEVER_MISWORDED or field.section == "submission":
            continue
        of = ids[0] if field.section == "person" else ids[1]
        values = _aliased(field, table[field.id], draws.chance(f"guidance/{field.id}", of, guidance))
        spoilt = draws.chance(f"spoilt/{field.id}", of, damaged)
        changed[field.id] = np.array(
            [_spoilt(v) if bad else v for v, bad in zip(values.tolist(), spoilt.tolist(), strict=True)], dtype=object
        )
    return changed


def _aliased(field: Field, values: npt.NDArray[np.generic], struck: Bools) -> Texts:
    listed = field.value_list.values if field.value_list else ()
    alias = {entry.value: entry.aliases[0] for entry in listed if entry.aliases}
    return np.array(
        [alias.get(v, v) if bad else v for v, bad in zip(values.tolist(), struck.tolist(), strict=True)], dtype=object
    )


def _spoilt(value: str) -> str:
    return value.lower() if len(value) % 2 else f"{value} " if value else value


def _blanked(values: npt.NDArray[np.generic], struck: Bools) -> Texts:
    return np.where(struck, "", values).astype(object)


def _references(draws: Draws, missing: float, repeated: float, table: Columns, event_id: Ints) -> Columns:
    reference = table["event_reference"].copy()
    again = np.flatnonzero(draws.chance("reference_repeated", event_id, repeated))
    again = again[again > 0]
    reference[again] = reference[again - 1]
    return {"event_reference": _blanked(reference, draws.chance("no_reference", event_id, missing))}


def _disagreeing_postcodes(setting: Setting, block: Block, table: Columns, event_id: Ints) -> Texts:
    """An earlier postcode left on single rows of people who moved: not all rows of the person agree."""
    record = table["record"].astype(np.int64)
    earlier = block.lives.postcode[block.records.row[record], 1]
    struck = Draws(setting.profile.seed).chance("disagrees", event_id, setting.profile.submission.details_disagree)
    old = struck & (earlier >= 0) & (np.asarray(table["postcode"] != ""))
    return np.where(old, postcode_texts(earlier), table["postcode"]).astype(object)
