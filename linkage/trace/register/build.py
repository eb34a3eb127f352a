"""Building and updating a register in slices, so that memory is bounded and a killed build goes on where it was."""

import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from linkage.engine import Engine, EngineOptions, open_engine
from linkage.errors import InputError
from linkage.runs import Manifest, file_record, note, noted, staged_outputs, work_folder
from linkage.trace.records import PostcodeKind
from linkage.trace.register import index
from linkage.trace.register.extract import Extract, cuts_of, slices_for
from linkage.trace.register.folder import FORMAT, Register, bucket_bits, hash_check, open_register
from linkage.trace.register.parts import Build, Report, count_cut, cut_all, first_ids_of, make_buckets, make_slices
from linkage.trace.settings import load_register_settings
from linkage.trace.source import ColumnMap, require_file
from linkage.trace.usable import next_to_none, refuse_unusable

_MEMORY = "4GB"
_MAP = "Check the column map: name the right column with --columns {}=YOUR_HEADING."


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
        with open_engine(limits, [Path(scratch), *folders]) as engine:
            cuts = cuts_of(engine, extract.sources)
            build = Build(work, limits, folders, extract, cuts, slices, earlier, report)
            counts = _run(engine, build)
        with staged_outputs(out) as staging:
            for name in ("person", "version", "key", "succession.parquet", "term_frequency.parquet", "register.json"):
                shutil.move(work / name, staging / name)
            Manifest(command, inputs, counts, settings).write(staging)
        build.done(build.parts)
    return counts


def _key_settings() -> Mapping[str, Any]:
    return load_register_settings().model_dump()


def _run(engine: Engine, build: Build) -> dict[str, Any]:
    done = noted(build.work / "done.json")
    if done is not None:
        return done
    cut_all(build)
    cut = count_cut(engine, build)
    invalid = cut["rows_without_valid_nhs_number"]
    refuse_unusable({"nhs_number": (cut["rows_read"], cut["rows_read"] - invalid)}, "The register needs it.")
    most = load_register_settings().most_rows_of_a_small_register
    small = cut["rows_read"] + (build.earlier.people if build.earlier else 0) <= most
    first_ids = first_ids_of(engine, build, cut.pop("rows_of_slices"))
    counted = make_slices(build, first_ids, small=small)
    make_buckets(build)
    counts = _added(cut, counted)
    sizes = [int(c["people"]) for c in counted]
    counts["superseded"], counts["succession_broken"] = _finish(engine, build, sizes, first_ids, small=small)
    _refuse_broken(counts["superseded"], counts["succession_broken"])
    note(build.work / "done.json", counts)
    return counts


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


def _refuse_broken(superseded: int, broken: int) -> None:
    """Raise InputError when next to no succession leads to a record: the column may be another, or the extract lacks people."""
    if next_to_none(superseded, superseded - broken):
        raise InputError(
            f"{f'Only {superseded - broken}' if superseded > broken else 'None'} of the {superseded} numbers of the field "
            "superseded_by leads to a record of the register. Probably another column is mapped: "
            "name the right one with --columns superseded_by=YOUR_HEADING. Or the extract lacks the records that took their "
            "place: add them."
        )


def _finish(
    engine: Engine, build: Build, sizes: Sequence[int], first_ids: Sequence[int], *, small: bool
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
