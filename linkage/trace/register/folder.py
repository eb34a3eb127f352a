"""A prepared register as a folder: opening, describing, and reading people, versions and keys from it."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from linkage.engine import Engine, Step, Value, open_engine
from linkage.errors import DiskFullError, InputError, InternalError, MachineError, UsageError
from linkage.runs import file_record, read_manifest
from linkage.trace.records import KEY_BITS, PostcodeKind, postcode_parts_sql, words_of_forms_sql

FORMAT = "cldlink-register-2"
COMMANDS = ("register build", "register update")
# Between the words of a list kept as text: no name or postcode holds it.
SEPARATOR = "\x1f"
# The database's filter of a join knows who is in a span of 2^26 ids; of a wider one it knows the ends, and reads everybody.
_SPAN = 1 << 25
# Bytes of a register that are hashed in a second or less.
_HASHED_AT_ONCE = 256 << 20

Given = ParamSpec("Given")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Register:
    """An opened register: where it is, how many people it holds, and what tracing needs of it.

    Slice ``n`` of the people is all numbers whose hash leaves ``n``; their ``person_id`` follow on from ``first_ids[n]``.
    ``small``: the keys that tell enough in a small register only are in the index.
    """

    folder: Path
    people: int
    postcode_as: PostcodeKind
    u: Mapping[str, Mapping[str, float]]
    first_ids: tuple[int, ...]
    bucket_bits: int
    small: bool
    as_at: str | None

    @property
    def slices(self) -> int:
        """The number of files that the people are cut into."""
        return len(self.first_ids)

    @property
    def succession_file(self) -> Path:
        """One row per superseded NHS number: its current number, whether that record is sensitive, and ``broken``."""
        return self.folder / "succession.parquet"

    @property
    def term_file(self) -> Path:
        """One row per (compared column, value): its share of the people who have one."""
        return self.folder / "term_frequency.parquet"

    def person_files(self, slices: Sequence[int] | None = None) -> list[str]:
        """The files with one row per NHS number: all, or those of some slices."""
        return [str(self.folder / "person" / part_name(n)) for n in (range(self.slices) if slices is None else slices)]

    def version_files(self, slices: Sequence[int] | None = None) -> list[str]:
        """The files with one row per version of a record: all, or those of some slices."""
        return [str(self.folder / "version" / part_name(n)) for n in (range(self.slices) if slices is None else slices)]

    def key_files(self, buckets: Sequence[int] | None = None) -> list[str]:
        """The files of the index that exist: all, or those of some buckets (the upper bits of a key)."""
        chosen = range(1 << self.bucket_bits) if buckets is None else buckets
        paths = (self.folder / "key" / part_name(n) for n in chosen)
        return [str(path) for path in paths if path.is_file()]

    def slices_of_people(self, engine: Engine, table: str) -> list[int]:
        """The slices of the people (``person_id``) of a table."""
        step = Step(
            "slices_of_people",
            f"""
select distinct list_position(list_transform($first, lambda f: f <= person_id), true) from {table}""",
            {"first": list(reversed(self.first_ids))},
        )
        return sorted(self.slices - row[0] for row in engine.rows(step))

    def people_step(self, engine: Engine, name: str, files: Callable[[Sequence[int]], list[str]], wanted: str) -> Step:
        """The rows of the wanted people (``person_id`` of a table) in files of theirs; of nobody, still with every column.

        Only the parts of the files that hold somebody wanted are read.
        """
        groups: dict[int, list[int]] = {}
        for number in self.slices_of_people(engine, wanted) or [0]:
            groups.setdefault(self.first_ids[number] // _SPAN, []).append(number)
        parts, values = [], dict[str, Value]()
        for group, numbers in groups.items():
            values[f"files_{group}"] = files(numbers)
            ends = [self.first_ids[numbers[0]], *self.first_ids[numbers[-1] + 1 :][:1]]
            some = " and ".join(f"person_id {than} {end}" for than, end in zip((">=", "<"), ends, strict=False))
            parts.append(
                f"select p.* from read_parquet($files_{group}) p semi join (from {wanted} where {some}) w using (person_id)"
            )
        return Step(name, "\nunion all ".join(parts), values)

    def slices_of_numbers(self, engine: Engine, table: str) -> list[int]:
        """The slices where the NHS numbers of a table would stand."""
        sql = f"select distinct {slice_sql('nhs_number', self.slices)} from {table} where nhs_number is not null"
        return sorted(row[0] for row in engine.rows(Step("slices_of_numbers", sql)))

    def buckets_of_keys(self, engine: Engine, table: str) -> list[int]:
        """The buckets where the keys (``key_hash``) of a table would stand."""
        sql = f"select distinct {bucket_sql(self.bucket_bits)} from {table}"
        return sorted(row[0] for row in engine.rows(Step("buckets_of_keys", sql)))


def part_name(number: int) -> str:
    """The file name of a slice or bucket.

    >>> part_name(7)
    '007.parquet'
    """
    return f"{number:03}.parquet"


def slice_sql(number: str, slices: int) -> str:
    """SQL of the slice that a person belongs to, from the NHS number."""
    return f"cast(hash({number}) % {slices} as integer)"


def bucket_bits(slices: int) -> int:
    """How many upper bits of a key tell its bucket: a register of one slice has one bucket, any other sixty-four."""
    return 0 if slices == 1 else 6


def bucket_sql(bits: int) -> str:
    """SQL of the bucket of a ``key_hash``."""
    return f"cast(key_hash >> {KEY_BITS - bits} as integer)"


def standing(folder: Path) -> tuple[str, dict[str, str]]:
    """A query of the standing of every NHS number of a prepared register, with its values: ``nhs_number``,
    ``current_nhs_number``, ``sensitive`` (this or the current record), ``invalidated``.
    """
    sql = """
select p.nhs_number, coalesce(s.current_nhs_number, p.nhs_number) as current_nhs_number,
  p.sensitive or coalesce(s.current_sensitive, false) as sensitive, p.invalidated
from read_parquet($people) p left join read_parquet($succession) s on s.nhs_number = p.nhs_number"""
    return sql, {
        "people": str(folder.resolve() / "person" / "*.parquet"),
        "succession": str(folder.resolve() / "succession.parquet"),
    }


def versions_of(folder: Path) -> str:
    """The files with the history of a prepared register, as one name for ``read_parquet``.

    Raises InputError when they are not there.
    """
    if not (folder / "version").is_dir():
        raise InputError(f"{folder}: no prepared register with its history. Build the register again.")
    return str(folder.resolve() / "version" / "*.parquet")


def whole_person_sql(source: str, succession: str, postcode_as: PostcodeKind) -> str:
    """A person's row as it is compared, from the packed row of the files and the table of successions.

    ``dob`` becomes text, the lists hold what any version ever held, and ``sensitive`` counts that of the current record.
    ``given_related`` and ``family_related`` are empty: nicknames are those of the query. A record whose succession is
    ``broken`` counts as invalidated: it was replaced, and nothing valid takes its place.
    """

    def words(*forms: str) -> str:
        several = " or ".join([f"contains({forms[0]}, ' ')", *(f"{form} is not null" for form in forms[1:])])
        listed = "list_concat([" + ", ".join(forms[:-1]) + f"], {_split(forms[-1])})"
        return f"case when {several} then {words_of_forms_sql(listed)} when {forms[0]} is null then [] else [{forms[0]}] end"

    def held(single: str, more: str) -> str:
        alone = f"case when {single} is null then [] else [{single}] end"
        return f"case when {more} is null then {alone} else list_sort(list_concat({alone}, {_split(more)})) end"

    return f"""
select p.person_id, p.nhs_number, coalesce(s.current_nhs_number, p.nhs_number) as current_nhs_number,
  given, family, cast(dob as varchar) as dob, postcode, {postcode_parts_sql(postcode_as)}, gender,
  {words("given", "other_given", "given_more")} as given_tokens, {words("family", "family_more")} as family_tokens,
  {held("postcode", "postcode_more")} as postcodes, {held("cast(dob as varchar)", "dob_more")} as dobs,
  date_of_death, p.sensitive or coalesce(s.current_sensitive, false) as sensitive,
  invalidated or coalesce(s.broken, false) as invalidated, coalesce(s.broken, false) as broken,
  []::varchar[] as given_related, []::varchar[] as family_related
from {source} p left join {succession} s on s.nhs_number = p.nhs_number"""


def _split(packed: str) -> str:
    return f"coalesce(string_split({packed}, chr(31)), [])"


def open_register(folder: Path) -> Register:
    """Open a prepared register. Raises UsageError when the folder is none, InputError when it is damaged or of another
    format.

    Every file must have its length; a register of up to 256 MB is compared with its hashes too. A larger one is not, for
    it would take longer than many a trace: ``describe_register`` does it when asked, and so does a step that cannot read it.
    """
    require_whole(folder)
    try:
        document = json.loads((folder / "register.json").read_text(encoding="utf-8"))
        first_ids = tuple(int(number) for number in document.get("first_ids", ()))
        with open_engine() as engine:
            if document.get("format") != FORMAT or document.get("hash_check") != hash_check(engine):
                raise InputError(f"{folder}: the register was prepared by another version. Build it again.")
        return Register(
            folder,
            int(document["people"]),
            document["postcode_as"],
            document["u"],
            first_ids,
            int(document["bucket_bits"]),
            bool(document["small"]),
            document["as_at"],
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise _damaged(folder, "register.json") from None


def describe_register(folder: Path, *, verify: bool = False) -> dict[str, Any]:
    """What a register holds: counts, spans, settings, the hashes of the extracts it was made of.

    ``verify`` compares every file with its hash, whatever the size of the register, and adds how many there are. Raises
    UsageError when the folder is not a register, InputError when a file of it is missing or not as it was written.
    """
    manifest = require_whole(folder, hashed=True if verify else None)
    verified = {"files_verified": len(manifest["outputs"])} if verify else {}
    extracts = {f"extract_{record['name']}": record["sha256"] for record in manifest["inputs"]}
    return {**manifest["counts"], **manifest["settings"], **extracts, **verified}


def hash_check(engine: Engine) -> str:
    """The engine's hash of a constant: an index made with another hash function must not be used."""
    return str(engine.value(Step("hash_check", "select hash('cldlink', 1)")))


def require_whole(folder: Path, *, hashed: bool | None = None) -> dict[str, Any]:
    """The manifest, if every file that it names is there in its full length and, where ``hashed``, with its hash (None: of
    a small register).
    """
    manifest = read_manifest(folder)
    if manifest.get("command") not in COMMANDS:
        raise UsageError(
            f"{folder}: made by 'cldlink {manifest.get('command')}'. Give a folder of 'cldlink {COMMANDS[0]}'."
        )
    try:
        sizes = {record["name"]: int(record["bytes"]) for record in manifest["outputs"]}
        hashes = {record["name"]: record["sha256"] for record in manifest["outputs"]}
    except (KeyError, TypeError, ValueError):
        raise _damaged(folder, "manifest.json") from None
    compared = sum(sizes.values()) <= _HASHED_AT_ONCE if hashed is None else hashed
    for name, size in sizes.items():
        path = folder / name
        if (
            not path.is_file()
            or path.stat().st_size != size
            or (compared and file_record(path)["sha256"] != hashes[name])
        ):
            raise _damaged(folder, name)
    return manifest


def _damaged(folder: Path, name: str) -> InputError:
    return InputError(
        f"{folder}: the register is damaged: {name} is missing, or not as it was written. Restore the folder from a copy, or "
        "build the register again."
    )


def reads_register(
    function: Callable[Concatenate[Engine, Register, Given], Result],
) -> Callable[Concatenate[Engine, Register, Given], Result]:
    """Of a function that reads files of a register: when it fails, they are compared with their hashes, and damage is said."""

    @wraps(function)
    def reading(engine: Engine, register: Register, /, *args: Given.args, **kwargs: Given.kwargs) -> Result:
        try:
            return function(engine, register, *args, **kwargs)
        except DiskFullError:
            raise
        except (InputError, InternalError, MachineError, TypeError):
            require_whole(register.folder, hashed=True)
            raise

    return reading
