"""The parts of a build: cuts of the extract, slices of the people, buckets of the index; each is done once, whole or not at
all, and those of a kind side by side.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

from linkage.engine import Engine, EngineOptions, Step, side_by_side
from linkage.runs import note, noted, whole
from linkage.trace.register import index, people
from linkage.trace.register.confidentiality import refuse_unknown_codes
from linkage.trace.register.extract import PART, Cut, Extract, write_slices
from linkage.trace.register.folder import Register, bucket_bits, part_name
from linkage.trace.settings import load_register_settings
from linkage.trace.usable import readable_extract, refuse_unusable

Report = Callable[[int, int], None]
"""Told how many of how many parts are done."""
_RIGHT_COLUMN = (
    "If it is the right one, leave it out of the extract: a column that nobody can read is of no use. Postcodes that are not "
    "British need --postcode-as text."
)


@dataclass(frozen=True)
class Build:
    """One build: where its parts are, what it is made of. ``earlier`` is the register that an update starts from.

    ``limits`` are those of all engines together, which may touch ``folders`` only.
    """

    work: Path
    limits: EngineOptions
    folders: Sequence[Path]
    extract: Extract
    cuts: Sequence[Cut]
    slices: int
    earlier: Register | None
    report: Report | None

    @property
    def buckets(self) -> int:
        """How many files the index is cut into."""
        return 1 << bucket_bits(self.slices)

    @property
    def parts(self) -> int:
        """How many parts there are to do: cuts of the extract, slices, buckets, and the end."""
        return len(self.cuts) + self.slices + self.buckets + 1

    def done(self, parts: int) -> None:
        """Tell whoever wants to know how far the build is."""
        if self.report:
            self.report(parts, self.parts)


def cut_all(build: Build) -> None:
    """Write every row of the extract to the slice that it belongs to."""
    (build.work / "raw").mkdir(exist_ok=True)

    def make(engine: Engine, part: int) -> int:
        _cut(engine, build, part)
        return part

    with side_by_side(range(len(build.cuts)), make, build.limits, build.folders) as made:
        for part in made:
            build.done(part + 1)


def _cut(engine: Engine, build: Build, part: int) -> None:
    folder = build.work / "raw" / f"{part:03}"
    if not folder.exists():
        with whole(folder) as aside:
            write_slices(engine, build.extract, build.cuts[part], aside, build.slices)
            aside.mkdir(exist_ok=True)


def _raw(build: Build, number: int) -> list[Path]:
    return sorted((build.work / "raw").glob(f"*/slice={number}/*.parquet"))


def count_cut(engine: Engine, build: Build) -> dict[str, Any]:
    """Rows of the extract, those of them without a valid NHS number, and those of each slice.

    Raises InputError when a row that counts has a confidentiality code that is not known.
    """
    mark = build.work / "cut.json"
    counts = noted(mark)
    if counts is None:
        valid = [path for number in range(build.slices) for path in _raw(build, number)]
        refuse_unknown_codes(engine, valid, build.extract.sources, PART)
        everything, invalid = (build.work / "raw").glob("*/*/*.parquet"), _raw(build, build.slices)
        counts = {
            "rows_read": _rows(engine, everything),
            "rows_without_valid_nhs_number": _rows(engine, invalid),
            "rows_of_slices": [_rows(engine, _raw(build, number)) for number in range(build.slices)],
        }
        note(mark, counts)
    return counts


def first_ids_of(engine: Engine, build: Build, rows: Sequence[int]) -> list[int]:
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


def make_slices(build: Build, first_ids: Sequence[int], *, small: bool) -> list[dict[str, Any]]:
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
            build.done(len(build.cuts) + len(counted))
    return counted


def _slice(engine: Engine, build: Build, number: int, first_id: int, *, small: bool) -> dict[str, Any]:
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


def make_buckets(build: Build) -> None:
    """Make the files of the index."""
    (build.work / "key").mkdir(exist_ok=True)

    def make(engine: Engine, bucket: int) -> int:
        _bucket(engine, build, bucket)
        return bucket

    with side_by_side(range(build.buckets), make, build.limits, build.folders) as made:
        for bucket in made:
            build.done(len(build.cuts) + build.slices + bucket + 1)


def _bucket(engine: Engine, build: Build, bucket: int) -> None:
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
