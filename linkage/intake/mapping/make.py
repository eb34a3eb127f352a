"""Extract, map, combine: from a project to one submission with its report."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from linkage.engine import Engine, EngineOptions, open_engine
from linkage.errors import InputError
from linkage.intake.mapping.build import Build
from linkage.intake.mapping.crosswalk import Crosswalk, read_crosswalk
from linkage.intake.mapping.events import written_step
from linkage.intake.mapping.faults import (
    read_sheets,
    refuse_faulty_project,
    refuse_missing_headings,
    unfilled_fields,
)
from linkage.intake.mapping.project import CostTable, Project, load_project
from linkage.intake.mapping.result import (
    MappingResult,
    merged_people,
    people_and_uncosted,
    refused_rows,
    table_counts,
    value_counts,
)
from linkage.intake.mapping.write import Written, write_mapping
from linkage.intake.rules import rule
from linkage.intake.values import Closeness
from linkage.runs import file_record, staged_outputs
from linkage.spec import load_specification


@dataclass(frozen=True)
class _Made:
    """A project that has been through the database, and what is written of it."""

    result: MappingResult
    written: Written


def check_project(path: Path, *, synthetic: bool = False, options: EngineOptions | None = None) -> MappingResult:
    """Run a mapping project and write nothing: what ``make_submission`` would report.

    Raises ConfigError and UsageError for the project, InputError for its files; each lists every fault.
    """
    with open_engine(options) as engine:
        return _made(engine, path, synthetic).result


def make_submission(
    path: Path, out: Path, *, synthetic: bool = False, options: EngineOptions | None = None
) -> MappingResult:
    """Run a mapping project and write the submission, the report and the lists beside it into ``out``, all or nothing.

    Raises as ``check_project``.
    """
    with staged_outputs(out) as folder, open_engine(options, [folder]) as engine:
        made = _made(engine, path, synthetic)
        write_mapping(engine, made.result, made.written, folder)
    return made.result


def _made(engine: Engine, path: Path, synthetic: bool) -> _Made:
    project = load_project(path)
    specification = load_specification(project.file.specification)
    refuse_faulty_project(project, specification, synthetic=synthetic)
    refuse_missing_headings(project)
    wording = rule("F09")
    closeness = Closeness(wording.number("similarity"), wording.number("suggestion_similarity"))
    sheets = read_sheets(project, specification, closeness)
    crosswalk = _crosswalk(project)
    build = Build(engine, project, specification)
    build.run(sheets, crosswalk)
    merged = merged_people(build)
    unsigned = sum(line.who is None for sheet in sheets for line in sheet.lines)
    result = _result(build, closeness, merged=len({row["new_id"] for row in merged}), unsigned=unsigned)
    return _Made(result, Written(written_step(specification), refused_rows(build), merged))


def _crosswalk(project: Project) -> Crosswalk:
    entry = project.file.crosswalk
    crosswalk = read_crosswalk(project.locate(entry), entry.worksheet) if entry else Crosswalk((), {})
    if crosswalk.moves:
        raise InputError(
            "The crosswalk of a project is about one authority's identifiers: leave new_la_code out, with this authority in "
            "la_code. 'cldlink map ids' and 'cldlink submission consolidate' take people to another authority."
        )
    return crosswalk


def _result(build: Build, closeness: Closeness, *, merged: int, unsigned: int) -> MappingResult:
    project, specification = build.project, build.specification
    unmapped, defaults = value_counts(build, closeness)
    priced = {table.services for table in project.file.costs}
    services = [placed.position for placed in build.placed if placed.table.name in priced]
    people, uncosted = people_and_uncosted(build.engine, services)
    return MappingResult(
        project=project.path.name,
        version=specification.version,
        rows=build.engine.count("mapped_submission"),
        people=people,
        uncosted=uncosted if any(isinstance(table, CostTable) for table in project.tables) else None,
        tables=table_counts(build),
        unmapped=unmapped,
        defaults=defaults,
        unfilled=tuple(field.heading for field in unfilled_fields(project, specification)),
        people_merged=merged,
        unsigned_lines=unsigned,
        inputs=tuple(_inputs(project)),
    )


def _inputs(project: Project) -> list[dict[str, Any]]:
    """Name, size and hash of the project and of every file it names, each once."""
    file = project.file
    entries = [*project.tables, *file.sheets.values(), *([file.crosswalk] if file.crosswalk else [])]
    paths = [project.path, *(project.locate(entry) for entry in entries)]
    return [file_record(path) for path in dict.fromkeys(paths)]
