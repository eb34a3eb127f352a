"""An official specification workbook → a specification file that completes one of ours.

Columns are matched by their headings to the fields of the version that the new one is based on; from there come ids,
sections, conditions and the wordings of the guidance, which no workbook holds. Headings, order, mandatory or voluntary,
types and lists are the workbook's.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from linkage.errors import InputError, UsageError
from linkage.spec.files import FieldEntry, ListEntry, SpecificationFile, ValueEntry
from linkage.spec.headings import heading_key
from linkage.spec.layout import WorkbookColumn, WorkbookTable, find_table
from linkage.spec.load import load_specification, specification_of, versions
from linkage.spec.specification import Field, Specification, ValueList
from linkage.spec.workbook import read_workbook

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")
_FLAG = re.compile(r"\s*\*\*[^*]+\*\*.*$")
_REMARK = re.compile(r"[(\[]")
_EVENT_TYPES = {
    "request": "Request",
    "assessment": "Assessment",
    "service": "Service",
    "review": "Review",
    "cost": "Service",
}


@dataclass(frozen=True)
class ImportedSpecification:
    """What was read from a workbook. ``new`` and ``missing`` are headings that only the workbook, only the base has;
    ``still_open`` are fields whose list the workbook does not give.
    """

    file: SpecificationFile
    fields: int
    lists: int
    new: tuple[str, ...]
    missing: tuple[str, ...]
    still_open: tuple[str, ...]


def import_specification(workbook: Path, *, version: str, based_on: str) -> ImportedSpecification:
    """Read a specification workbook in the v4.2 layout.

    Raises UsageError for a name that cannot be given to it, InputError (with the place) for a workbook that holds no such
    specification, repeats a heading or a value, or has a new field with an empty list.
    """
    if not _NAME.fullmatch(version) or version in versions():
        raise UsageError(
            f"'{version}' cannot name the new version: give a new name of small letters, digits, points and hyphens, such as "
            f"release2-official (taken: {', '.join(versions())})."
        )
    if based_on not in versions():
        raise UsageError(
            f"There is no specification '{based_on}' to base it on. Known versions: {', '.join(versions())}."
        )
    base = load_specification(based_on)
    try:
        return _imported(workbook.name, find_table(read_workbook(workbook)), version, base)
    except InputError as error:
        text = str(error)
        raise InputError(text if text.startswith(str(workbook)) else f"{workbook}: {text}") from None


def write_specification(imported: ImportedSpecification, out: Path) -> None:
    """Write the specification file. Raises UsageError when there is a file of that name: it may have been edited by hand."""
    if out.suffix.lower() not in (".yaml", ".yml"):
        raise UsageError(f"{out}: give a file that ends in .yaml.")
    if out.exists():
        raise UsageError(f"{out}: there is such a file already. Give another name, or remove it.")
    text = (
        f"# Specification {imported.file.version}, read from a workbook by 'cldlink spec import'; yours to edit. Use it with\n"
        f"# --spec {out.name}. Wordings of {imported.file.based_on} that a value stands for are its from_base.\n"
    )
    document = _plain(
        imported.file.model_dump(exclude_defaults=True) | {"effective_from": imported.file.effective_from}
    )
    text += yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
    part = out.with_name(f".{out.name}.part")
    part.write_text(text, encoding="utf-8", newline="\n")
    part.replace(out)


def import_results(imported: ImportedSpecification) -> tuple[dict[str, Any], list[str]]:
    """What was read, as plain values and as lines: how much, and where the workbook and the base differ."""
    results = {
        "version": imported.file.version,
        "fields": imported.fields,
        "lists": imported.lists,
        "new_fields": list(imported.new),
        "missing_fields": list(imported.missing),
        "open_lists": list(imported.still_open),
    }
    told = (
        ("New", imported.new),
        ("Not in the workbook", imported.missing),
        ("Lists that the workbook does not give, still open", imported.still_open),
    )
    lines = [f"{imported.file.version}: {imported.fields} fields, {imported.lists} lists"]
    return results, lines + [f"{title}: {'; '.join(headings)}" for title, headings in told if headings]


def _imported(source: str, table: WorkbookTable, version: str, base: Specification) -> ImportedSpecification:
    entries, lists = _Builder(base).build(table)
    file = SpecificationFile(
        version=version,
        title=f"Client Level Data specification {version}",
        source=f"Workbook {source}, on top of {base.version}",
        published=base.published,
        effective_from=base.effective_from,
        submitted_from=base.submitted_from,
        period="rolling_12_months" if base.period == "rolling_12_months" else "year_to_date",
        based_on=base.version,
        lists=lists,
        fields=tuple(entries),
    )
    specification = specification_of(file)
    return ImportedSpecification(
        file,
        fields=len(specification.fields),
        lists=len(specification.list_fields),
        new=tuple(field.heading for field in specification.fields if not base.has(field.id)),
        missing=tuple(field.heading for field in base.fields if not specification.has(field.id)),
        still_open=tuple(specification.field(field_id).heading for field_id in specification.open_fields),
    )


class _Builder:
    """The fields and lists of a new version, column by column."""

    def __init__(self, base: Specification) -> None:
        self.base = base
        self.by_key = {
            heading_key(wording): field for field in base.fields for wording in (*field.heading_aliases, field.heading)
        }
        self.entries: dict[str, FieldEntry] = {}
        self.lists: dict[str, ListEntry] = {}

    def build(self, table: WorkbookTable) -> tuple[list[FieldEntry], dict[str, ListEntry]]:
        columns = {self._matched(column.lines)[0]: column for column in table.columns}
        for name in table.information:
            if name not in columns:
                self._add(*self._information(name), where="Submission Information")
        if not table.information:
            for field in self.base.section("submission"):
                if field.heading not in columns:
                    self._add(field, field.heading, "", None, where="Submission Information")
        for column in table.columns:
            heading, named, remark = self._matched(column.lines)
            self._add(named, heading, remark, column, where=column.where)
        return list(self.entries.values()), self.lists

    def _information(self, name: str) -> tuple[Field | None, str, str, None]:
        return self.by_key.get(heading_key(name)), name, "", None

    def _matched(self, lines: Sequence[str]) -> tuple[str, Field | None, str]:
        """The heading, the field of the base that it names, and the remark behind it. The longest run of lines that names
        a field is the heading; else the lines before the first in brackets.
        """
        for count in range(len(lines), 0, -1):
            heading = " ".join(lines[:count])
            if heading_key(heading) in self.by_key:
                return heading, self.by_key[heading_key(heading)], " ".join(lines[count:])
        remark = next((at for at, line in enumerate(lines) if at and _REMARK.match(line)), len(lines))
        return " ".join(lines[:remark]), None, " ".join(lines[remark:])

    def _add(
        self, field: Field | None, heading: str, remark: str, column: WorkbookColumn | None, *, where: str
    ) -> None:
        entry = _entry(field, heading, remark, column)
        if entry.id in self.entries:
            raise InputError(f"{where}: the heading '{heading}' stands for a field that has a column already.")
        if entry.type == "list":
            entry = entry.model_copy(update={"list": self._list(entry, field, column, where)})
        self.entries[entry.id] = entry

    def _list(self, entry: FieldEntry, field: Field | None, column: WorkbookColumn | None, where: str) -> str:
        """The name of the field's list; fields that share a list in the base share it while their values are the same."""
        before = field.value_list if field else None
        values = column.values if column else ()
        if not values and before is None:
            raise InputError(f"{where}: '{entry.heading}' is a list and has no values below its type.")
        found = _list_entry(values, before, f"{where} ('{entry.heading}')")
        name = before.name if before else entry.id
        if self.lists.setdefault(name, found) != found:
            name = entry.id
            self.lists[name] = found
        return name


def _entry(field: Field | None, heading: str, remark: str, column: WorkbookColumn | None) -> FieldEntry:
    """The field with what the workbook says of it."""
    stated: dict[str, Any] = {"type": column.data_type, "requirement": column.requirement} if column else {}
    if field is None:
        section = column.section if column else "submission"
        events = (_EVENT_TYPES[section],) if section in _EVENT_TYPES else ()
        new = {"id": _id(heading), "heading": heading, "section": section, "event_types": events, "note": remark}
        return FieldEntry.model_validate({"type": "text", "requirement": "not_stated"} | new | stated)
    aliases = [wording for wording in (*field.heading_aliases, field.heading) if wording != heading]
    return FieldEntry.model_validate(
        {
            "id": field.id,
            "heading": heading,
            "heading_aliases": tuple(dict.fromkeys(aliases)),
            "section": field.section,
            "requirement": field.requirement,
            "type": field.data_type,
            "event_types": field.event_types,
            "client_types": field.client_types,
            "condition": field.condition,
            "note": field.note,
            "certainty": field.certainty,
        }
        | stated
    )


def _list_entry(texts: Sequence[str], before: ValueList | None, where: str) -> ListEntry:
    """The list of the workbook; that of the base, still open, where the workbook gives none. Values that only the
    guidance has stay.
    """
    known = {value.value: value for value in before.values} if before else {}
    wordings = {_FLAG.sub("", text): text for text in texts}
    if len(wordings) != len(texts):
        twice = next(text for text in texts if [_FLAG.sub("", t) for t in texts].count(_FLAG.sub("", text)) > 1)
        raise InputError(f"{where}: the value '{twice}' is listed twice.")
    if not texts:
        return ListEntry(values=tuple(ValueEntry(value=v, aliases=known[v].aliases) for v in known), open=True)
    gone = {_wording_key(value): value for value in known if value not in wordings}
    values = []
    for value, text in wordings.items():
        aliases = known[value].aliases if value in known else ()
        flagged = (text,) if text != value and text not in aliases else ()
        meant = () if value in known else tuple(filter(None, [gone.get(_wording_key(value))]))
        values.append(ValueEntry(value=value, aliases=(*aliases, *flagged), from_base=meant))
    kept = [v for v in known.values() if v.guidance_only and v.value not in wordings]
    values += [ValueEntry(value=v.value, aliases=v.aliases, guidance_only=True) for v in kept]
    return ListEntry(values=tuple(values))


def _wording_key(text: str) -> str:
    return re.sub(r"[^a-z0-9%+]", "", text.casefold().replace("&", "and"))


def _id(heading: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", heading.lower()).strip("_") or "column"


class _Text(str):
    """Text that is quoted in the file, so that nothing is taken for a number."""


class _Dumper(yaml.SafeDumper):
    """Writes ``_Text`` in double quotes."""


_Dumper.add_representer(
    _Text, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", str(text), style='"')
)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return _Text(value) if isinstance(value, str) else value
