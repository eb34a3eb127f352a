"""The person register: an extract of people with their history, prepared once, traced against many times.

A prepared register is a folder: ``person.parquet`` (one row per NHS number, sorted by it), ``version.parquet``
(the extract's rows, sorted by person), ``blocking_key.parquet`` (an
inverted index, sorted by key), ``term_frequency.parquet``, ``register.json`` (what the model needs to know of it) and
``manifest.json``. It holds identifiers: keep it where the extract may be kept.
"""

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from linkage.engine import Engine, EngineOptions, Step, ident, open_engine
from linkage.errors import InputError, UsageError
from linkage.normalise import date_of_birth, postcode
from linkage.runs import Manifest, file_record, read_manifest, staged_outputs
from linkage.trace import model
from linkage.trace.comparisons import FREQUENCY_COLUMNS
from linkage.trace.nicknames import load_nicknames
from linkage.trace.records import (
    LINK_FIELDS,
    PostcodeKind,
    blocking_key_step,
    nickname_step,
    normalised_step,
    postcode_parts_sql,
    words_sql,
)
from linkage.trace.settings import RegisterSettings, load_register_settings
from linkage.trace.source import ColumnMap, Source, load_source, require_file

REGISTER_FIELDS = (
    *LINK_FIELDS,
    "other_given_name",
    "valid_from",
    "valid_to",
    "date_of_death",
    "confidentiality",
    "superseded_by",
    "gp_practice_code",
)
_COMMAND = "register build"
_FORMAT = "cldlink-register-1"
_REQUIRED = ("nhs_number", "date_of_birth")


@dataclass(frozen=True)
class Register:
    """An opened register: where it is, how many people it holds, and what the model needs of it."""

    folder: Path
    people: int
    postcode_as: PostcodeKind
    u: Mapping[str, Mapping[str, float]]

    @property
    def person_file(self) -> Path:
        """One row per NHS number."""
        return self.folder / "person.parquet"

    @property
    def version_file(self) -> Path:
        """One row per version of a person's record, as the extract has it."""
        return self.folder / "version.parquet"

    @property
    def key_file(self) -> Path:
        """One row per (blocking key, person)."""
        return self.folder / "blocking_key.parquet"

    @property
    def term_file(self) -> Path:
        """One row per (compared column, value): its share of the people who have one."""
        return self.folder / "term_frequency.parquet"


def build_register(
    sources: Sequence[Path],
    out: Path,
    *,
    columns: ColumnMap | None = None,
    postcode_as: PostcodeKind = "uk",
    options: EngineOptions | None = None,
) -> dict[str, int]:
    """Prepare a register from CSV or Parquet extracts and write it to ``out``; return its counts.

    A row is one version of one person's record; rows of the same NHS number need ``valid_from`` or ``valid_to`` to tell
    the current one (blank ``valid_to``, else the latest). Rows without a valid NHS number are left out and counted.
    Raises InputError when no row is usable or one number stands on several undated rows.
    """
    for path in sources:
        require_file(path, "the register extract")
    with tempfile.TemporaryDirectory(prefix="cldlink-") as scratch, staged_outputs(out) as staging:
        folders = [*(path.resolve().parent for path in sources), Path(scratch), staging]
        with open_engine(with_scratch(options, Path(scratch)), folders) as engine:
            load_nicknames(engine)
            rows = _load_sources(engine, sources, columns or ColumnMap({}), Path(scratch))
            engine.run(normalised_step("version_normalised", "source", postcode_as, keep=_KEPT))
            engine.run(_version_step())
            _refuse_duplicates(engine)
            engine.run_all([_chain_step(), _person_step(postcode_as), _flag_step()])
            engine.run(nickname_step("person", "person_flagged", "person_id"))
            counts = _counts(engine, rows)
            _write(engine, staging, postcode_as)
        Manifest(
            _COMMAND,
            [file_record(path) for path in sources],
            counts,
            {"postcode_as": postcode_as, "columns": dict((columns or ColumnMap({})).headings)},
        ).write(staging)
    return counts


def open_register(folder: Path) -> Register:
    """Open a prepared register. Raises UsageError when the folder is none, InputError when it is of another format."""
    describe_register(folder)
    try:
        document = json.loads((folder / "register.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise InputError(f"{folder}: register.json is missing or damaged. Build the register again.") from None
    with open_engine() as engine:
        if document.get("format") != _FORMAT or document.get("hash_check") != _hash_check(engine):
            raise InputError(f"{folder}: the register was prepared by another version. Build it again.")
    return Register(folder, int(document["people"]), document["postcode_as"], document["u"])


def describe_register(folder: Path) -> dict[str, Any]:
    """The counts and settings that a register was built with.

    Raises UsageError when the folder is not a register, InputError when a file of it is missing or cut short.
    """
    manifest = read_manifest(folder)
    if manifest["command"] != _COMMAND:
        raise UsageError(f"{folder}: made by 'cldlink {manifest['command']}'. Give a folder of 'cldlink {_COMMAND}'.")
    for record in manifest["outputs"]:
        path = folder / record["name"]
        if not path.is_file() or path.stat().st_size != record["bytes"]:
            raise InputError(f"{path}: missing, or not as it was written. Build the register again.")
    return {**manifest["counts"], **manifest["settings"]}


def with_scratch(options: EngineOptions | None, scratch: Path) -> EngineOptions:
    """The options with a temporary directory, if the caller named none."""
    options = options or EngineOptions()
    return EngineOptions(options.memory_limit, options.threads, options.temp_directory or scratch)


_VERSION_FIELDS = (
    "given_name",
    "other_given_name",
    "family_name",
    "date_of_birth",
    "gender",
    "postcode",
    "gp_practice_code",
    "valid_from",
    "valid_to",
    "date_of_death",
    "confidentiality",
    "superseded_by",
)
_DATES = ("date_of_birth", "valid_from", "valid_to", "date_of_death")
_KEPT = ("source_row", "valid_from", "valid_to", "date_of_death", "confidentiality", "superseded_by")


def _load_sources(engine: Engine, sources: Sequence[Path], columns: ColumnMap, scratch: Path) -> int:
    parts = []
    for number, path in enumerate(sources):
        name = f"source_{number}"
        found = load_source(engine, name, Source(path, columns, scratch), REGISTER_FIELDS)
        lacking = [field for field in _REQUIRED if field not in found]
        if lacking:
            raise InputError(
                f"{path}: no column for {' and '.join(lacking)}. Name it with --columns {lacking[0]}=YOUR_HEADING."
            )
        parts.append(f"select {number} as part, * from {ident(name)}")
    union = "\nunion all ".join(parts)
    rows = engine.run(
        Step("source", f"select row_number() over (order by part, row_number) as source_row, * from ({union})")
    )
    engine.drop(*(f"source_{number}" for number in range(len(sources))))
    if rows == 0:
        raise InputError("The register extract has a heading and no rows.")
    return rows


def _version_step() -> Step:
    """Versions with a valid number, newest first: ``age_rank`` 1 is the current one."""
    return Step(
        "version",
        """
select *, row_number() over (partition by nhs_number order by
    (valid_to is null) desc, try_cast(valid_to as date) desc nulls last,
    try_cast(valid_from as date) desc nulls last, source_row desc) as age_rank
from version_normalised where nhs_number is not null""",
    )


def _refuse_duplicates(engine: Engine) -> None:
    undated = Step(
        "undated_duplicates",
        """
select count(*) from (
  select nhs_number from version group by nhs_number
  having count(*) > 1 and count(*) filter (where valid_from is null and valid_to is null) > 1)""",
    )
    repeated = engine.value(undated)
    if repeated:
        raise InputError(
            f"The register extract has {repeated} NHS numbers on more than one undated row. Give the history's dates "
            "with --columns valid_from=…,valid_to=…, or remove the duplicates."
        )
    if engine.count("version") == 0:
        raise InputError("The register extract has no row with a valid NHS number. Check the column map.")


def _chain_step() -> Step:
    """The current number of each number that was superseded, following the chain (20 steps at most)."""
    return Step(
        "chain",
        """
with recursive link as (
  select nhs_number, replace(superseded_by, ' ', '') as next from version
  where age_rank = 1 and superseded_by is not null and replace(superseded_by, ' ', '') <> nhs_number),
walk as (
  select nhs_number, next, 1 as steps from link
  union all
  select walk.nhs_number, link.next, walk.steps + 1 from walk join link on link.nhs_number = walk.next
  where walk.steps < 20)
select nhs_number, arg_max(next, steps) as current_nhs_number from walk group by nhs_number""",
    )


def _person_step(postcode_as: PostcodeKind) -> Step:
    """One row per NHS number: the current version's values, and what any version ever held as lists."""
    given_words = f"list_concat({words_sql('given')}, {words_sql('other_given')})"
    return Step(
        "person_base",
        f"""
with everything as (
  select nhs_number,
    list_sort(list_distinct(flatten(list({given_words})))) as given_tokens,
    list_sort(list_distinct(flatten(list({words_sql("family")})))) as family_tokens,
    list_sort(list_distinct(list(postcode) filter (where postcode is not null))) as postcodes,
    list_sort(list_distinct(list(dob) filter (where dob is not null))) as dobs
  from version group by nhs_number)
select row_number() over (order by v.nhs_number) as person_id, v.nhs_number,
  coalesce(chain.current_nhs_number, v.nhs_number) as current_nhs_number,
  v.given, v.family, v.dob, v.postcode, {postcode_parts_sql(postcode_as)}, v.gender,
  e.given_tokens, e.family_tokens,
  coalesce(e.postcodes, []::varchar[]) as postcodes, coalesce(e.dobs, []::varchar[]) as dobs,
  upper(coalesce(v.confidentiality, '')) as confidentiality, try_cast(v.date_of_death as date) as date_of_death
from version v join everything e using (nhs_number) left join chain using (nhs_number)
where v.age_rank = 1""",
    )


def _flag_step() -> Step:
    """Add ``sensitive`` (codes S, Y of this or the current record) and ``invalidated`` (code I)."""
    return Step(
        "person_flagged",
        """
select p.* exclude (confidentiality),
  p.confidentiality in ('S', 'Y') or coalesce(c.confidentiality in ('S', 'Y'), false) as sensitive,
  p.confidentiality = 'I' as invalidated
from person_base p left join person_base c on c.nhs_number = p.current_nhs_number""",
    )


def _counts(engine: Engine, rows: int) -> dict[str, int]:
    versions = engine.count("version")
    flags = engine.rows(
        Step(
            "count_flags",
            """
select count(*) filter (where sensitive), count(*) filter (where invalidated),
  count(*) filter (where current_nhs_number <> nhs_number) from person""",
        )
    )[0]
    return {
        "rows_read": rows,
        "rows_without_valid_nhs_number": rows - versions,
        "versions": versions,
        "people": engine.count("person"),
        "sensitive": flags[0],
        "invalidated": flags[1],
        "superseded": flags[2],
    }


def _version_text_step(postcode_as: PostcodeKind) -> Step:
    """The history as the extract has it, by person: text trimmed, whole dates and postcodes in canonical form."""
    written = {field: f"s.{field}" for field in _VERSION_FIELDS}
    written |= {field: date_of_birth.iso_sql(f"s.{field}") for field in _DATES}
    if postcode_as == "uk":
        written["postcode"] = f"coalesce({postcode.clean_sql('s.postcode')}, s.postcode)"
    columns = ",\n  ".join(f"{sql} as {field}" for field, sql in written.items())
    return Step(
        "write_version",
        f"""
select p.person_id, v.nhs_number,
  {columns}
from version v join source s using (source_row) join person p on p.nhs_number = v.nhs_number
order by p.person_id, v.age_rank desc""",
    )


def _write(engine: Engine, staging: Path, postcode_as: PostcodeKind) -> None:
    settings = load_register_settings()
    engine.write_parquet(Step("write_person", "select * from person order by person_id"), staging / "person.parquet")
    engine.write_parquet(_version_text_step(postcode_as), staging / "version.parquet")
    engine.run(blocking_key_step("person_key", "person", "person_id", swap_dates=False))
    engine.run(_useful_key_step(settings.max_people_per_key))
    engine.write_parquet(
        Step("write_key", "select key_hash, person_id from useful_key order by key_hash, person_id"),
        staging / "blocking_key.parquet",
    )
    engine.run(_term_frequency_step(settings))
    engine.write_parquet(
        Step("write_term", "select * from term_frequency order by field, value"), staging / "term_frequency.parquet"
    )
    document: dict[str, Any] = {
        "format": _FORMAT,
        "people": engine.count("person"),
        "postcode_as": postcode_as,
        "hash_check": _hash_check(engine),
        "u": model.estimate_u(engine, "person", settings),
    }
    text = json.dumps(document, indent=1) + "\n"
    (staging / "register.json").write_text(text, encoding="utf-8", newline="\n")


def _useful_key_step(max_people_per_key: int) -> Step:
    return Step(
        "useful_key",
        """
select k.key_hash, k.row_id as person_id from person_key k
join (select key_hash from person_key group by key_hash having count(*) <= $limit) u using (key_hash)""",
        {"limit": max_people_per_key},
    )


def _term_frequency_step(settings: RegisterSettings) -> Step:
    """One row per (column, value): its share of the people, the packaged baseline counting as some more people.

    A register of a few people would otherwise make every name look common.
    """
    more = settings.baseline_people
    parts = [
        f"select '{column}' as field, {column} as value,\n"
        f"  (count(*) + {more * settings.baseline_frequency[column]}) / (sum(count(*)) over () + {more}) as frequency\n"
        f"from person where {column} is not null group by {column}"
        for column in FREQUENCY_COLUMNS
    ]
    return Step("term_frequency", "\nunion all ".join(parts))


def _hash_check(engine: Engine) -> str:
    """The engine's hash of a constant: an index made with another hash function must not be used."""
    return str(engine.value(Step("hash_check", "select hash('cldlink')")))
