"""A column of text as its distinct values and a number for each row: what is done to a value is done once."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

DICTIONARY = pa.dictionary(pa.int32(), pa.string())


@dataclass(frozen=True)
class TextColumn:
    """``values`` are distinct and never null; ``codes`` has the position among them for each row, −1 for null."""

    values: pa.Array
    codes: npt.NDArray[np.int32]

    @classmethod
    def of(cls, column: pa.ChunkedArray) -> "TextColumn":
        """The column of an Arrow table, of text or of a dictionary of texts."""
        if not pa.types.is_dictionary(column.type):
            column = pc.dictionary_encode(column.cast(pa.string()))
        if not column.num_chunks:
            return cls(pa.array([], pa.string()), np.zeros(0, np.int32))
        whole = column.unify_dictionaries().combine_chunks()
        whole = whole.chunk(0) if isinstance(whole, pa.ChunkedArray) else whole
        return cls(whole.dictionary, _codes(whole.indices))

    def counts(self) -> npt.NDArray[np.int64]:
        """How many rows have each value."""
        return np.bincount(self.codes[self.codes >= 0], minlength=len(self.values))

    def replaced(self, values: pa.Array) -> "TextColumn":
        """The column with other values for the present ones, in their order; they may repeat and be null."""
        encoded = values.dictionary_encode()
        return TextColumn(encoded.dictionary, np.append(_codes(encoded.indices), np.int32(-1))[self.codes])

    def rows(self, chosen: npt.NDArray[np.bool_]) -> npt.NDArray[np.intp]:
        """The positions of rows that have one of the chosen values."""
        return np.flatnonzero(np.append(chosen, False)[self.codes])

    def arrow(self) -> pa.Array:
        """The column as an Arrow dictionary array."""
        codes = pa.array(self.codes, pa.int32(), mask=self.codes < 0)
        return pa.DictionaryArray.from_arrays(codes, self.values)


def _codes(indices: pa.Array) -> npt.NDArray[np.int32]:
    codes: npt.NDArray[np.int32] = indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32)
    return codes
