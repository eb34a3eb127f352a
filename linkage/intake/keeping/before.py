"""What a store knows of an authority's earlier submissions when the next one comes in."""

from datetime import date
from pathlib import Path

from linkage.intake.keeping.store import Entry, Store
from linkage.intake.rules.side_inputs import SideInputs


def known_inputs(store: Store, received: date, la_code: str | None, period_end: date | None) -> SideInputs:
    """The day of receipt as that of submission, and the last submission up to the period's end, of which the data are there,
    as the one before. Raises InputError when that is not as it was stored.
    """
    before = [entry for entry in _before(store, la_code, period_end) if not entry.purged]
    if not before:
        return SideInputs(submitted=received)
    store.verify(before[-1:])
    original, spec = store.original(before[-1])
    return SideInputs(previous=original, submitted=received, previous_spec=spec)


def reports_before(store: Store, la_code: str | None, period_end: date | None) -> list[Path]:
    """The folders of the reports on the authority's submissions up to a period's end, in their order; those purged too."""
    return [store.folder(entry, "reports") for entry in _before(store, la_code, period_end)]


def _before(store: Store, la_code: str | None, period_end: date | None) -> list[Entry]:
    """The latest version for each period up to the end of one."""
    if la_code is None or period_end is None:
        return []
    mine = [entry for entry in store.entries() if entry.la_code == la_code and entry.period_end <= period_end]
    return list({entry.period_end: entry for entry in mine}.values())
