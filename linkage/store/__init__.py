"""The linked tables on disk: social care and health side by side on one pseudonym."""

from linkage.store.catalogue import LINKED_TABLES, open_linked, require_columns, require_days, require_other_folder
from linkage.store.linking import LinkResult, link

__all__ = [
    "LINKED_TABLES",
    "LinkResult",
    "link",
    "open_linked",
    "require_columns",
    "require_days",
    "require_other_folder",
]
