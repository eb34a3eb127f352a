"""From a profile to a folder: register, submissions, health extracts, truth, README and manifest."""

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from linkage.errors import MachineError, RefusedError, UsageError
from linkage.runs import staged_outputs
from linkage.synth.block import Setting, load_setting
from linkage.synth.parallel import parts_in_order
from linkage.synth.parts import Plan
from linkage.synth.people.population import LARGEST_WORLD
from linkage.synth.profile import SynthProfile
from linkage.synth.readme import readme_text
from linkage.synth.reference import POPULATION_COLUMNS, POPULATION_FILE, population_table
from linkage.synth.truth.groups import COLUMNS as GROUP_COLUMNS
from linkage.synth.truth.groups import merged_counts
from linkage.synth.truth.planted import planted_text
from linkage.synth.writing import CSV, FORMS, CsvFile, opened, write_manifest, write_table, write_text

GROUPS_FILE = "truth/expected_by_group"
# Below this many people, starting worker processes takes longer than the work.
_WORKERS_FROM_PEOPLE = 40_000
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Making:
    """How to make a world. ``form`` is ``csv`` or ``parquet`` (submissions are CSV in either).

    ``register_only`` makes the person register and nothing else. ``workers`` processes share the work; the result does not
    depend on them. ``progress`` is told how many people are done, and of how many.
    """

    form: str = CSV
    register_only: bool = False
    workers: int = 1
    progress: Progress | None = None


@dataclass
class _Made:
    """What has been counted while blocks went by: people and rows by file, records by group, population."""

    counts: dict[str, int]
    groups: Counter[tuple[str, ...]] = field(default_factory=Counter)
    population: Counter[tuple[str, int, int]] = field(default_factory=Counter)


def synth(
    profile: SynthProfile,
    out: Path,
    *,
    synthetic: bool,
    people: int | None = None,
    seed: int | None = None,
    absent: float | None = None,
    making: Making = Making(),
) -> dict[str, int]:
    """Make a synthetic world in ``out``; return its counts (people, and rows by file).

    ``people``, ``seed`` and ``absent`` (the share of submitted people who are not on the register) replace those of the
    profile. ``synthetic`` must be true: it says that the caller knows that the authorities are invented. Raises
    RefusedError without it, UsageError for a value out of its limits, MachineError when the folder cannot be written or a
    worker process is stopped. Nothing appears in ``out`` unless everything succeeded.
    """
    if not synthetic:
        raise RefusedError(
            "This makes data of invented authorities. Give --synthetic to say that this is what you want."
        )
    if making.form not in FORMS or making.workers < 1:
        raise UsageError(f"--format is one of {', '.join(FORMS)}, and --workers at least 1.")
    plan = Plan(_changed(profile, people, seed, absent), making.form, making.register_only)
    setting = load_setting(plan.profile)
    workers = making.workers if plan.profile.people >= _WORKERS_FROM_PEOPLE else 1
    try:
        with staged_outputs(out) as folder:
            made = _write_blocks(folder, plan, workers, making.progress)
            _write_rest(folder, plan, setting, made)
    except OSError:
        raise MachineError(f"{out}: a file could not be written. Check the space on the disk and the rights.") from None
    return made.counts


def _changed(profile: SynthProfile, people: int | None, seed: int | None, absent: float | None) -> SynthProfile:
    if (people is not None and people < 1) or (seed is not None and seed < 0):
        raise UsageError("--people must be at least 1 and --seed at least 0.")
    if people is not None and people > LARGEST_WORLD:
        raise UsageError(f"--people may be {LARGEST_WORLD:,} at most: there are no more synthetic NHS numbers.")
    if absent is not None and not 0 <= absent <= 1:
        raise UsageError("--absent is a share from 0 to 1, such as 0.05.")
    changes: dict[str, object] = {"people": people, "seed": seed}
    if absent is not None:
        changes["register_rates"] = profile.register_rates.model_copy(update={"absent": absent})
    return profile.model_copy(update={name: value for name, value in changes.items() if value is not None})


def _write_blocks(folder: Path, plan: Plan, workers: int, progress: Progress | None) -> _Made:
    """Append every block to the files as it comes."""
    paths = {source.name: f"{source.name}.{plan.form}" for source in plan.sources}
    files = {source.name: opened(folder / paths[source.name], plan.form, source.columns) for source in plan.sources}
    for file in plan.submissions:
        paths[file.name] = f"submissions/{file.name}"
        files[file.name] = CsvFile(folder / paths[file.name], file.headings, "\r\n", file.encoding)
    made = _Made({"people": 0} | dict.fromkeys(paths.values(), 0))
    try:
        for parts in parts_in_order(plan, workers):
            for name, part in parts.parts.items():
                files[name].append(parts.number, part.content)
                made.counts[paths[name]] += part.rows
            made.counts["people"] += parts.people
            made.groups.update(parts.groups)
            made.population.update(parts.population)
            if progress:
                progress(made.counts["people"], plan.profile.people)
    finally:
        for written in files.values():
            written.close()
    return made


def _write_rest(folder: Path, plan: Plan, setting: Setting, made: _Made) -> None:
    """Tables of counts, planted effects, README and manifest."""
    if not plan.register_only:
        for name, columns, table in (
            (POPULATION_FILE, POPULATION_COLUMNS, population_table(made.population)),
            (GROUPS_FILE, GROUP_COLUMNS, merged_counts([made.groups])),
        ):
            path = f"{name}.{plan.form}"
            made.counts[path] = write_table(folder / path, columns, table, plan.form)
        write_text(folder / "truth" / "planted.yaml", planted_text(setting))
    write_text(folder / "README.md", readme_text(setting, made.counts, made.groups, plan.form))
    profile = plan.profile
    settings = {
        "profile": profile.name,
        "profile_sha256": hashlib.sha256(profile.model_dump_json().encode()).hexdigest(),
        "people": profile.people,
        "seed": profile.seed,
        "absent": profile.register_rates.absent,
        "format": plan.form,
        "register_only": plan.register_only,
    }
    write_manifest(folder, settings, made.counts)
