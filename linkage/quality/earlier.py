"""Earlier submissions of the same authority, for the trend: measured anew, or read from the folder of their check."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from linkage.engine import open_engine
from linkage.errors import InputError, UsageError
from linkage.intake import CheckOptions, check_into
from linkage.intake.rules.side_inputs import OF_ANOTHER, SideInputs
from linkage.quality.completeness import measure_completeness
from linkage.quality.effects import fix_first
from linkage.quality.measured import QUALITY, Measured, measured, read_measured
from linkage.runs.outputs import MANIFEST
from linkage.spec import load_specification


@dataclass(frozen=True)
class Earlier:
    """Where earlier submissions are, and how they are to be read."""

    paths: Sequence[Path]
    synthetic: bool
    options: CheckOptions


def read_earlier(earlier: Earlier) -> tuple[Measured, ...]:
    """The earlier submissions in the order of their periods.

    A path is a submission, or the folder, ``manifest.json`` or ``quality.json`` of a check. Raises UsageError when one is
    not there, otherwise as ``check_submission``.
    """
    found = [_measured(path, earlier) for path in earlier.paths]
    return tuple(sorted(found, key=lambda one: (one.period_end or date.min, one.file)))


def refuse_others(now: Measured, earlier: Sequence[Measured]) -> None:
    """Raise InputError when an earlier submission is another authority's: no report holds two of them."""
    for one in earlier:
        if one.la_code != now.la_code:
            raise InputError(f"{one.file}: {OF_ANOTHER}")


def _measured(path: Path, earlier: Earlier) -> Measured:
    if path.is_dir():
        return _of_folder(path)
    if path.name in (MANIFEST, QUALITY):
        return _of_folder(path.parent)
    with open_engine(earlier.options.engine) as engine:
        result = check_into(engine, path, synthetic=earlier.synthetic, options=_alone(earlier.options))
        specification = load_specification(result.version)
        completeness = measure_completeness(engine, specification)
        return measured(result, completeness, fix_first(engine, specification, effects=False).lts001)


def _alone(options: CheckOptions) -> CheckOptions:
    """The options of a check without what belongs to the present submission alone."""
    reference = SideInputs(reference=options.inputs.reference)
    return CheckOptions(options.as_at, options.engine, rules=options.rules, inputs=reference)


def _of_folder(folder: Path) -> Measured:
    if not (folder / QUALITY).is_file():
        raise UsageError(f"{folder}: no {QUALITY} here. Give an earlier submission, or the folder of its check.")
    return read_measured(folder / QUALITY)
