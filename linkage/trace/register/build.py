"""Building and updating a register in slices, so that memory is bounded and a killed build goes on where it was."""

import json
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path
from typing import Any

from linkage.engine import Engine, EngineOptions, Step, open_engine, side_by_side
from linkage.errors import InputError
from linkage.runs import Manifest, file_record, note, noted, staged_outputs, whole, work_folder
from linkage.trace.records import PostcodeKind
from linkage.trace.register import index, people
from linkage.trace.register.extract import Extract, slices_for, write_slices
from linkage.trace.register.folder import FORMAT, Register, bucket_bits, hash_check, open_register, part_name
from linkage.trace.settings import load_register_settings
from linkage.trace.source import ColumnMap, require_file
from linkage.trace.usable import readable_extract, refuse_unusable

Report = Callable[[int, int], None]
"""Told how many of how many parts are done."""

_MEMORY = "4GB"
_MAP = "Check the column map: name the right column with --columns {}=YOUR_HEADING."
_RIGHT_COLUMN = (
    "If it is the right one: postcodes that are not British need --postcode-as text; a column that nobody can read is better "
    "left out of the extract."
)


@dataclass(frozen=True)
class _Build:
    """One build: where its parts are, what it is made of. ``earlier`` is the register that an update starts from.

    ``limits`` are those of all engines together, which may touch ``folders`` only.
    """

    work: Path
    limits: EngineOptions
    folders: Sequence[Path]
    extract: Extract
    slices: int
    earlier: Register | None
    report: Report | None

    @property
    def buckets(self) -> int:
        """How many files the index is cut into."""
        return 1 << bucket_bits(self.slices)

    @property
    def parts(self) -> int:
        """How many parts there are to do: files to cut, slices, buckets, and the end."""
        return len(self.extract.sources) + self.slices + self.buckets + 1

    def done(self, parts: int) -> None:
        """Tell whoever wants to know how far the build is."""
        if self.report:
            self.report(parts, self.parts)


def build_register(
    sources: Sequence[Path],
    out: Path,
    *,
    columns: ColumnMap | None = None,
    postcode_as: PostcodeKind = "uk",
    as_at: str | None = None,
    options: EngineOptions | None = None,
    report: Report | None = None,
) -> dict[str, Any]:
    """Prepare a register from CSV or Parquet extracts and write it to ``out``; return its counts.

    A row is one version of one person's record; rows of the same NHS number need ``valid_from`` or ``valid_to`` to tell
    the current one (blank ``valid_to``, else the latest). Or a row is all of a person, with former values in columns such
    as ``postcode_2``. Rows without a valid NHS number are left out and counted. ``as_at`` is the day of the extract.
    A build that was killed goes on from its finished parts when it is run again. Raises InputError when no row is usable
    or one number stands on several undated rows.
    """
    extract = Extract(sources, columns or ColumnMap({}), postcode_as, as_at)
    return _make("register build", extract, out, None, options, report)


def update_register(
    register: Path,
    sources: Sequence[Path],
    out: Path,
    *,
    as_at: str,
    columns: ColumnMap | None = None,
    options: EngineOptions | None = None,
    report: Report | None = None,
) -> dict[str, Any]:
    """Write to ``out`` a register brought up to date by a later extract, taken on the day ``as_at``; return its counts.

    Versions of the later extract take the place of earlier ones that start on the same day or later; earlier history
    stays, and so does everybody whom the later extract does not name. ``out`` may be the register itself.
    """
    earlier = open_register(register)
    extract = Extract(sources, columns or ColumnMap({}), earlier.postcode_as, as_at)
    return _make("register update", extract, out, earlier, options, report)


def with_scratch(options: EngineOptions | None, scratch: Path, memory: str | None = None) -> EngineOptions:
    """The options with a temporary directory and, if wanted, a memory limit where the caller named none."""
    options = options or EngineOptions()
    return replace(
        options,
        memory_limit=options.memory_limit or memory,
        temp_directory=options.temp_directory or scratch,
    )


def _make(
    command: str,
    extract: Extract,
    out: Path,
    earlier: Register | None,
    options: EngineOptions | None,
    report: Report | None,
) -> dict[str, Any]:
    for path in extract.sources:
        require_file(path, "the register extract")
    inputs = [file_record(path) for path in extract.sources]
    if earlier:
        inputs.append(file_record(earlier.folder / "manifest.json"))
    settings = {
        "postcode_as": extract.postcode_as,
        "as_at": extract.as_at,
        "columns": dict(extract.columns.headings),
    }
    key = {"command": command, "format": FORMAT, "inputs": inputs, "settings": settings, "keys": _key_settings()}
    with work_folder(out, key) as work, tempfile.TemporaryDirectory(prefix="cldlink-") as scratch:
        slices = earlier.slices if earlier else slices_for(extract.sources)
        folders = [work, *(path.resolve().parent for path in extract.sources), *([earlier.folder] if earlier else [])]
        limits = with_scratch(options, Path(scratch), _MEMORY)
        build = _Build(work, limits, folders, extract, slices, earlier, report)
        with open_engine(limits, [Path(scratch), *folders]) as engine:
            counts = _run(engine, build)
        with staged_outputs(out) as staging:
            for name in ("person", "version", "key", "succession.parquet", "term_frequency.parquet", "register.json"):
                shutil.move(work / name, staging / name)
            Manifest(command, inputs, counts, settings).write(staging)
        build.done(build.parts)
    return counts


def _key_settings() -> Mapping[str, Any]:
    return load_register_settings().model_dump()


def _run(engine: Engine, build: _Build) -> dict[str, Any]:
    done = noted(build.work / "done.json")
    if done is not None:
        return done
    for part in range(len(build.extract.sources)):
        _cut(engine, build, part)
        build.done(part + 1)
    cut = _count_cut(engine, build)
    invalid = cut["rows_without_valid_nhs_number"]
    refuse_unusable({"nhs_number": (cut["rows_read"], cut["rows_read"] - invalid)}, "The register needs it.")
    most = load_register_settings().most_rows_of_a_small_register
    small = cut["rows_read"] + (build.earlier.people if build.earlier else 0) <= most
    first_ids = _first_ids(engine, build, cut.pop("rows_of_slices"))
    counted = _slices(build, first_ids, small=small)
    _buckets(build)
    counts = _added(cut, counted)
    sizes = [int(c["people"]) for c in counted]
    counts["superseded"], counts["succession_broken"] = _finish(engine, build, sizes, first_ids, small=small)
    note(build.work / "done.json", counts)
    return counts


def _cut(engine: Engine, build: _Build, part: int) -> None:
    folder = build.work / "raw" / str(part)
    if not folder.exists():
        folder.parent.mkdir(exist_ok=True)
        with whole(folder) as aside:
            write_slices(engine, build.extract, part, aside, build.slices)
            aside.mkdir(exist_ok=True)


def _raw(build: _Build, number: int) -> list[Path]:
    return sorted((build.work / "raw").glob(f"*/slice={number}/*.parquet"))


def _count_cut(engine: Engine, build: _Build) -> dict[str, Any]:
    """Rows of the extract, those of them without a valid NHS number, and those of each slice."""
    mark = build.work / "cut.json"
    counts = noted(mark)
    if counts is None:
        everything, invalid = (build.work / "raw").glob("*/*/*.parquet"), _raw(build, build.slices)
        counts = {
            "rows_read": _rows(engine, everything),
            "rows_without_valid_nhs_number": _rows(engine, invalid),
            "rows_of_slices": [_rows(engine, _raw(build, number)) for number in range(build.slices)],
        }
        note(mark, counts)
    return counts


def _first_ids(engine: Engine, build: _Build, rows: Sequence[int]) -> list[int]:
    """The first id of each slice: a slice has no more people than rows, so none need wait for those before it."""
    earlier = (
        [_rows(engine, [Path(path)]) for path in build.earlier.person_files()] if build.earlier else [0] * len(rows)
    )
    return list(accumulate((new + old for new, old in zip(rows, earlier, strict=True)), initial=1))[:-1]


def _rows(engine: Engine, paths: Iterable[Path]) -> int:
    files = [str(path) for path in paths]
    return (
        int(engine.value(Step("count_rows", "select count(*) from read_parquet($files)", {"files": files})))
        if files
        else 0
    )


def _slices(build: _Build, first_ids: Sequence[int], *, small: bool) -> list[dict[str, Any]]:
    """Make the files of every slice; return their counts."""
    for name in ("slice", "person", "version", "keys", "links"):
        (build.work / name).mkdir(exist_ok=True)
    counted: list[dict[str, Any]] = []

    def make(engine: Engine, number: int) -> dict[str, Any]:
        return _slice(engine, build, number, first_ids[number], small=small)

    with side_by_side(range(build.slices), make, build.limits, build.folders) as made:
        for counts in made:
            counted.append(counts)
            refuse_unusable(_readable(counted), _RIGHT_COLUMN)
            build.done(len(build.extract.sources) + len(counted))
    return counted


def _buckets(build: _Build) -> None:
    """Make the files of the index."""
    (build.work / "key").mkdir(exist_ok=True)

    def make(engine: Engine, bucket: int) -> int:
        _bucket(engine, build, bucket)
        return bucket

    with side_by_side(range(build.buckets), make, build.limits, build.folders) as made:
        for bucket in made:
            build.done(len(build.extract.sources) + build.slices + bucket + 1)


def _slice(engine: Engine, build: _Build, number: int, first_id: int, *, small: bool) -> dict[str, Any]:
    """Make the files of one slice, unless they are made; return its counts."""
    mark = build.work / "slice" / f"{number:03}.json"
    counts = noted(mark)
    if counts is None:
        earlier = Path(build.earlier.version_files([number])[0]) if build.earlier else None
        people.load_versions(engine, earlier, [str(path) for path in _raw(build, number)], build.extract.as_at)
        people.make_people(engine, build.extract.postcode_as, first_id)
        file = part_name(number)
        with whole(build.work / "person" / file) as person, whole(build.work / "version" / file) as version:
            people.write_people(engine, person, version)
        with whole(build.work / "keys" / f"{number:03}") as keys:
            people.write_keys(engine, keys, bucket_bits(build.slices), small=small)
            keys.mkdir(exist_ok=True)
        with whole(build.work / "links" / file) as links:
            people.write_links(engine, links)
        readable = readable_extract(engine, build.extract.postcode_as)
        counts = people.slice_counts(engine) | {"readable": readable}
        note(mark, counts)
        engine.drop(*people.TABLES)
    for path in _raw(build, number):
        path.unlink()
    return counts


def _bucket(engine: Engine, build: _Build, bucket: int) -> None:
    path = build.work / "key" / part_name(bucket)
    parts = sorted((build.work / "keys").glob(f"*/bucket={bucket}/*.parquet"))
    if parts and not path.exists():
        with whole(path) as aside:
            index.write_bucket(engine, parts, aside, load_register_settings().max_people_per_key)
    for part in parts:
        part.unlink()


def _readable(counted: Sequence[Mapping[str, Any]]) -> dict[str, tuple[int, int]]:
    """Values of the extract given and readable, by field, in the slices that are done: they are random parts of it."""
    every = [counts["readable"] for counts in counted]
    return {field: (sum(one[field][0] for one in every), sum(one[field][1] for one in every)) for field in every[0]}


def _added(cut: Mapping[str, int], counted: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The counts of all slices together."""
    result: dict[str, Any] = dict(cut)
    for name in counted[0]:
        values = [counts[name] for counts in counted if counts[name] is not None]
        if name.startswith("first_valid"):
            result[name] = min(values, default=None)
        elif name.startswith("last_valid"):
            result[name] = max(values, default=None)
        elif name != "readable":
            result[name] = sum(values)
    if not result["people"]:
        if not result["rows_read"]:
            raise InputError("The register extract has a heading and no rows.")
        raise InputError(f"The register extract has no row with a valid NHS number. {_MAP.format('nhs_number')}")
    if result["without_date_of_birth"] == result["people"]:
        raise InputError(f"Nobody in the register extract has a usable date of birth. {_MAP.format('date_of_birth')}")
    return result


def _finish(
    engine: Engine, build: _Build, sizes: Sequence[int], first_ids: Sequence[int], *, small: bool
) -> tuple[int, int]:
    """Write what all slices together tell; return the number of superseded NHS numbers, and of them the broken ones."""
    settings, work = load_register_settings(), build.work
    files = [str(path) for path in sorted((work / "person").iterdir())]
    links = sorted((work / "links").iterdir())
    superseded = index.write_succession(engine, links, files, work / "succession.parquet")
    index.write_terms(engine, files, settings, work / "term_frequency.parquet")
    enough = next((n for n in range(1, len(sizes)) if sum(sizes[:n]) >= settings.u_sample_people), len(sizes))
    document = {
        "format": FORMAT,
        "people": sum(sizes),
        "postcode_as": build.extract.postcode_as,
        "as_at": build.extract.as_at,
        "bucket_bits": bucket_bits(build.slices),
        "small": small,
        "first_ids": list(first_ids),
        "hash_check": hash_check(engine),
        "u": index.measure_u(engine, files[:enough], build.extract.postcode_as, settings),
    }
    text = json.dumps(document, indent=1) + "\n"
    (work / "register.json").write_text(text, encoding="utf-8", newline="\n")
    return superseded
