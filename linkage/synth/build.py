"""From a profile to a folder: register, submissions, health extracts, truth, README and manifest."""

from pathlib import Path

import numpy as np

from linkage.errors import RefusedError, UsageError
from linkage.runs import staged_outputs
from linkage.synth import health, register, truth
from linkage.synth.block import Block, Setting, load_setting, make_blocks
from linkage.synth.care import Columns
from linkage.synth.profile import SynthProfile
from linkage.synth.readme import planted_text, readme_text
from linkage.synth.submissions import QUARTERS, submission
from linkage.synth.writing import write_manifest, write_submission, write_tables, write_text


def synth(
    profile: SynthProfile, out: Path, *, people: int | None = None, seed: int | None = None, synthetic: bool
) -> dict[str, int]:
    """Make a synthetic world in ``out``; return its counts (people, and rows by file).

    ``people`` and ``seed`` replace those of the profile. ``synthetic`` must be true: it says that the caller knows that
    the authorities are invented. Raises RefusedError without it, UsageError for a number below its limit, MachineError
    when the folder cannot be written. Nothing appears in ``out`` unless everything succeeded.
    """
    if not synthetic:
        raise RefusedError(
            "This makes data of invented authorities. Give --synthetic to say that this is what you want."
        )
    changes = {name: value for name, value in (("people", people), ("seed", seed)) if value is not None}
    if (people is not None and people < 1) or (seed is not None and seed < 0):
        raise UsageError("--people must be at least 1 and --seed at least 0.")
    setting = load_setting(profile.model_copy(update=changes))
    blocks = make_blocks(setting)
    with staged_outputs(out) as folder:
        counts = {"people": sum(len(block.people) for block in blocks)}
        counts |= _write_register_and_health(folder, setting, blocks)
        counts |= _write_submissions(folder, setting, blocks)
        counts |= _write_truth(folder, setting, blocks, counts)
        write_manifest(folder, {"profile": profile.name, "seed": setting.profile.seed}, counts)
    return counts


def _write_register_and_health(folder: Path, setting: Setting, blocks: list[Block]) -> dict[str, int]:
    files = (
        ("register.csv", register.COLUMNS, register.register_rows),
        ("health/admissions.csv", health.ADMISSION_COLUMNS, health.admission_rows),
        ("health/gp_registrations.csv", health.REGISTRATION_COLUMNS, health.registration_rows),
        ("health/long_term_conditions.csv", health.CONDITION_COLUMNS, health.condition_rows),
    )
    return {
        name: write_tables(folder / name, columns, [rows(setting, block) for block in blocks])
        for name, columns, rows in files
    }


def _write_submissions(folder: Path, setting: Setting, blocks: list[Block]) -> dict[str, int]:
    counts = {}
    for place in range(len(setting.profile.authorities)):
        for quarter in QUARTERS:
            file = submission(setting, blocks, place, quarter)
            counts[f"submissions/{file.name}"] = write_submission(folder / "submissions", file)
    return counts


def _write_truth(folder: Path, setting: Setting, blocks: list[Block], counts: dict[str, int]) -> dict[str, int]:
    tables = [truth.truth_rows(setting, block) for block in blocks]
    name = "truth/submitted_people.csv"
    counts = counts | {name: write_tables(folder / name, truth.COLUMNS, tables)}
    write_text(folder / "truth" / "planted.yaml", planted_text(setting))
    write_text(folder / "README.md", readme_text(setting, counts, _story(tables)))
    return counts


def _story(tables: list[Columns]) -> dict[str, dict[str, int]]:
    """Records by outcome, difficulty, and authority, for the README."""
    story = {}
    for column in ("la_code", "expected_outcome", "difficulty", "given_number"):
        values, sizes = np.unique(np.concatenate([table[column].astype(str) for table in tables]), return_counts=True)
        story[column] = dict(zip(values.tolist(), sizes.tolist(), strict=True))
    return story
