"""What a treatment may need beyond the value itself: a postcode directory and the reference date of the release."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv
import pyarrow.parquet as pq
from pydantic import Field

from pseudo.config_file import ConfigModel, config_hash, read_config
from pseudo.errors import SourceError, SourcePathError
from pseudo.shipped import shipped

_KEY = "S7"  # a postcode without its space: at most seven ASCII characters


class _Columns(ConfigModel):
    """Names, as patterns, under which a directory may hold each thing; the first that a file has is taken."""

    postcode: list[str]
    lsoa: list[str]
    la: list[str]
    imd_decile: list[str]
    imd_rank: list[str]
    imd_quintile: list[str]


class _Directory(ConfigModel):
    """How postcode directories are read (``configs/deidentification/areas.yaml``)."""

    columns: _Columns
    ranked_areas: str
    ranks: int = Field(gt=0)
    no_area: list[str]


@dataclass(frozen=True)
class PostcodeDirectory:
    """Postcodes in order, and for each level the area of each. ``sha256`` is the hash of the file.

    An area is null where the file has none or a pseudo code for none.
    """

    postcodes: npt.NDArray[np.bytes_]
    levels: Mapping[str, pa.Array]
    sha256: str

    def areas(self, level: str, postcodes: pa.Array) -> pa.Array:
        """The area of each postcode, in any case and spacing; null where the directory does not have it."""
        if not len(self.postcodes):
            return pa.nulls(len(postcodes), self.levels[level].type)
        keys = _keys(postcodes.cast(pa.string()))
        place = np.searchsorted(self.postcodes, keys).clip(max=len(self.postcodes) - 1)
        return self.levels[level].take(pa.array(place, mask=self.postcodes[place] != keys))

    def area(self, level: str, postcode: str) -> str | int | None:
        """The area of one postcode."""
        found: str | int | None = self.areas(level, pa.array([postcode]))[0].as_py()
        return found


@dataclass(frozen=True)
class Lookups:
    """What one release gives its treatments. Either part may be lacking; a policy that needs it is then refused.

    ``reference_date`` is the day on which ages are taken: the last day of the period that was asked for.
    """

    directory: PostcodeDirectory | None = None
    reference_date: date | None = None

    def has(self, level: str) -> bool:
        """Whether areas of this level can be looked up."""
        return self.directory is not None and level in self.directory.levels

    def record(self) -> dict[str, str | None]:
        """What a manifest says of them."""
        return {
            "postcode_directory_sha256": self.directory.sha256 if self.directory else None,
            "reference_date": self.reference_date.isoformat() if self.reference_date else None,
        }


NO_LOOKUPS = Lookups()


def read_postcode_directory(path: Path) -> PostcodeDirectory:
    """Read a postcode directory: CSV or Parquet with the columns of the ONS Postcode Directory, or the sample's.

    Raises SourcePathError when the file is missing, SourceError when it cannot be read, has no column of postcodes or no
    area at all.
    """
    if not path.is_file():
        raise SourcePathError(f"{path}: there is no such postcode directory.")
    settings = _settings()
    found = _columns_found(path, settings.columns)
    if "postcode" not in found or len(found) == 1:
        raise SourceError(
            f"{path}: this is not a postcode directory. It needs a column of postcodes (such as pcds) and one of areas "
            "(such as lsoa21cd or lad25cd)."
        )
    table = _read(path, list(found.values()))
    postcodes = _keys(table.column(found["postcode"]))
    order = np.argsort(postcodes, kind="stable")
    levels = {
        level: values.take(pa.array(order))
        for level in ("lsoa", "la", "imd_decile", "imd_quintile")
        if (values := _level(level, table, found, settings)) is not None
    }
    return PostcodeDirectory(postcodes[order], levels, config_hash(path))


@cache
def _settings() -> _Directory:
    return read_config(shipped("deidentification/areas.yaml"), _Directory)


def _headings(path: Path) -> list[str]:
    try:
        if path.suffix.lower() == ".parquet":
            return list(pq.read_schema(path).names)
        with csv.open_csv(path) as reader:
            return list(reader.schema.names)
    except (pa.ArrowException, OSError, UnicodeDecodeError):
        raise SourceError(f"{path}: this postcode directory cannot be read as CSV or Parquet.") from None


def _columns_found(path: Path, columns: _Columns) -> dict[str, str]:
    """What is there → its heading. Byte order marks and case are ignored."""
    headings = _headings(path)
    plain = {heading.lstrip("\ufeff").lower(): heading for heading in headings}
    found: dict[str, str] = {}
    for what in _Columns.model_fields:
        for pattern in getattr(columns, what):
            matching = sorted((name for name in plain if re.fullmatch(pattern, name)), reverse=True)
            if matching:
                found[what] = plain[matching[0]]
                break
    return found


def _read(path: Path, columns: Sequence[str]) -> pa.Table:
    try:
        if path.suffix.lower() == ".parquet":
            return pa.table({name: column.cast(pa.string()) for name, column in _parquet(path, columns).items()})
        options = csv.ConvertOptions(
            include_columns=list(columns),
            column_types=dict.fromkeys(columns, pa.string()),
            strings_can_be_null=True,
            null_values=[""],
        )
        return csv.read_csv(path, convert_options=options)
    except (pa.ArrowException, OSError, UnicodeDecodeError):
        raise SourceError(f"{path}: this postcode directory cannot be read as CSV or Parquet.") from None


def _parquet(path: Path, columns: Sequence[str]) -> dict[str, pa.ChunkedArray]:
    table = pq.read_table(path, columns=list(columns))
    return {name: table.column(name) for name in columns}


def _keys(postcodes: pa.Array | pa.ChunkedArray) -> npt.NDArray[np.bytes_]:
    """Postcodes in capitals without spaces; empty for what cannot be one."""
    plain = pc.utf8_upper(pc.replace_substring_regex(pc.fill_null(postcodes, ""), r"\s", ""))
    plain = pc.if_else(pc.match_substring_regex(plain, "^[A-Z0-9]{5,7}$"), plain, "")
    return np.asarray(plain.to_numpy(zero_copy_only=False), dtype=_KEY)


def _level(level: str, table: pa.Table, found: Mapping[str, str], settings: _Directory) -> pa.Array | None:
    """The areas of one level in the order of the file; None when the file cannot give them."""
    if level in found:
        values = table.column(found[level]).combine_chunks()
        if level.startswith("imd_"):
            return pc.cast(values, pa.int64())
        return pc.if_else(pc.is_in(values, value_set=pa.array(settings.no_area)), None, values)
    if level == "imd_decile" and "imd_rank" in found and "lsoa" in found:
        return _decile(table.column(found["imd_rank"]), table.column(found["lsoa"]), settings)
    return None


def _decile(ranks: pa.ChunkedArray, areas: pa.ChunkedArray, settings: _Directory) -> pa.Array:
    """Decile of the rank among the areas of one country: 1 the most deprived tenth. Null for areas of the others."""
    rank = np.asarray(pc.fill_null(pc.cast(ranks, pa.int64()), 0))
    theirs = np.asarray(pc.fill_null(pc.starts_with(areas, settings.ranked_areas), False))
    ranked = theirs & (rank >= 1) & (rank <= settings.ranks)
    return pa.array((rank * 10 + settings.ranks - 1) // settings.ranks, pa.int64(), mask=~ranked)
