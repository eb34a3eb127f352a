"""What an extract's confidentiality codes mean. No code is taken for "not sensitive" unless the list says so.

The register keeps ``S`` (sensitive), ``I`` (invalidated) or null (ordinary), whichever code of the list the extract has.
"""

from collections.abc import Sequence
from pathlib import Path

from linkage.engine import Engine, Step, Value, literal
from linkage.errors import InputError
from linkage.trace.settings import load_register_settings

_KEPT = {"sensitive": "S", "invalidated": "I"}


def kept_code_sql(field: str, unknown: str) -> str:
    """SQL of the code that the register keeps; case and blanks do not count. ``unknown``: SQL of any code not listed."""
    whens = " ".join(
        f"when {literal(code)} then {literal(_KEPT[meaning]) if meaning in _KEPT else 'null'}"
        for code, meaning in load_register_settings().confidentiality.items()
    )
    return (
        f"case when {field} is null then null else "
        f"case upper(regexp_replace({field}, '\\s', '', 'g')) {whens} when '' then null else {unknown} end end"
    )


def may_be_sensitive(code: str) -> bool:
    """Whether a code marks a sensitive record, or is none of those listed and so may.

    >>> may_be_sensitive("s"), may_be_sensitive("yes"), may_be_sensitive("U"), may_be_sensitive("")
    (True, True, False, False)
    """
    plain = "".join(code.upper().split())
    return bool(plain) and load_register_settings().confidentiality.get(plain, "sensitive") == "sensitive"


SENSITIVE = literal(_KEPT["sensitive"])
"""SQL of the code of a sensitive record."""


def refuse_unknown_codes(engine: Engine, files: Sequence[Path], sources: Sequence[Path], rows_of_a_source: int) -> None:
    """Raise InputError when rows of an extract hold a code that is not listed: it may be one that marks a sensitive record.

    ``files`` are its rows as cut, numbered on by ``rows_of_a_source`` from source to source; no code is shown.
    """
    if not files:
        return
    values: dict[str, Value] = {"files": [str(path) for path in files], "known": [*_KEPT.values()]}
    sql = """
select count(*), count(distinct confidentiality), min(source_row) from read_parquet($files)
where layer = 0 and confidentiality is not null and not list_contains($known, confidentiality)"""
    rows, codes, first = engine.rows(Step("unknown_confidentiality", sql, values))[0]
    if rows:
        listed = load_register_settings().confidentiality
        accepted = "; ".join(
            f"{', '.join(code for code in listed if listed[code] == meaning)} ({meaning})"
            for meaning in dict.fromkeys(listed.values())
        )
        raise InputError(
            f"The field confidentiality holds a code that is not known in {rows:,} rows of the register extract ({codes:,} such "
            f"codes; the first in {sources[first // rows_of_a_source]}, row {first % rows_of_a_source:,}). A record that may be "
            f"sensitive must not pass for an ordinary one. Accepted: {accepted}; or blank (ordinary). Name the right column "
            "with --columns confidentiality=YOUR_HEADING, or write these codes in the column."
        )
