"""The linked tables on disk: social care and health side by side on one pseudonym.

``linkage.store.linking`` makes them of releases; who only reads them need not load all that verifies a release.
"""

from linkage.store.catalogue import LINKED_TABLES, open_linked, require_columns, require_days, require_other_folder

__all__ = [
    "LINKED_TABLES",
    "open_linked",
    "require_columns",
    "require_days",
    "require_other_folder",
]
