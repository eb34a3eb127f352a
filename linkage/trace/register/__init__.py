"""The person register: an extract of people with their history, prepared once, traced against many times.

A prepared register is a folder. ``person/`` (one row per NHS number), ``version/`` (the extract's rows, by person) and
``key/`` (an inverted index of blocking keys) are cut into numbered files, so that a few people are found without reading
the nation; ``succession.parquet``, ``term_frequency.parquet``, ``register.json`` (what tracing needs to know of it) and
``manifest.json`` stand beside them. It holds identifiers: keep it where the extract may be kept.
"""

from linkage.trace.register.build import build_register, update_register, with_scratch
from linkage.trace.register.extract import FORMER_FIELDS, REGISTER_FIELDS
from linkage.trace.register.folder import Register, describe_register, open_register, standing, versions_of

__all__ = [
    "FORMER_FIELDS",
    "REGISTER_FIELDS",
    "Register",
    "build_register",
    "describe_register",
    "open_register",
    "standing",
    "update_register",
    "versions_of",
    "with_scratch",
]
