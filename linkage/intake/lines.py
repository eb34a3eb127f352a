"""The lines of a text held as UTF-8 bytes: where each begins and ends, and which stand as whole records by themselves."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

Positions = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.uint8]

_CHUNK = 1 << 25
_LONGEST = 100_000
_LINE_FEED, _RETURN, _QUOTE = 10, 13, 34
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_REPLACEMENT = "\ufffd".encode()


def line_ends(data: bytes) -> Positions:
    """Where each line ends, its line feed, return or both included; the last one with the text."""
    whole = np.frombuffer(data, np.uint8)
    found = []
    for start in range(0, len(whole), _CHUNK):
        chunk = whole[start : start + _CHUNK]
        at = [np.flatnonzero(chunk == _LINE_FEED) + start]
        returns = np.flatnonzero(chunk == _RETURN) + start
        if len(returns):
            after = whole[np.minimum(returns + 1, len(whole) - 1)]
            at.append(returns[(after != _LINE_FEED) | (returns == len(whole) - 1)])
        found.append(np.sort(np.concatenate(at)) + 1)
    ends = np.concatenate(found) if found else np.zeros(0, np.int64)
    if len(whole) and (not len(ends) or ends[-1] != len(whole)):
        ends = np.append(ends, len(whole))
    return ends.astype(np.int64)


@dataclass(frozen=True)
class Lines:
    """The lines of a text; line 0 is the first."""

    data: bytes

    @cached_property
    def ends(self) -> Positions:
        """Where each line ends, its end of line included."""
        return line_ends(self.data)

    @cached_property
    def starts(self) -> Positions:
        """Where each line begins."""
        return np.concatenate([np.zeros(min(1, len(self.ends)), np.int64), self.ends[:-1]])

    @cached_property
    def _whole(self) -> Bytes:
        return np.frombuffer(self.data, np.uint8)

    def __len__(self) -> int:
        return len(self.ends)

    def text(self, line: int) -> str:
        """One line with its end of line."""
        return self.data[int(self.starts[line]) : int(self.ends[line])].decode()

    def after(self, line: int) -> Iterator[str]:
        """Every line from this one on."""
        return (self.text(number) for number in range(line, len(self)))

    def parts(self, first: int) -> Iterator[range]:
        """The lines from ``first`` on in runs of some 32 MB."""
        while first < len(self):
            last = int(np.searchsorted(self.ends, int(self.starts[first]) + _CHUNK, side="right"))
            part = range(first, max(last, first + 1))
            yield part
            first = part.stop

    def joined(self, lines: Positions) -> bytes | memoryview:
        """The bytes of these lines, which are in order, one after the other."""
        breaks = np.flatnonzero(np.diff(lines) > 1) + 1
        runs = zip(np.concatenate([[0], breaks]), np.concatenate([breaks, [len(lines)]]) - 1, strict=True)
        view = memoryview(self.data)
        pieces = [view[int(self.starts[lines[first]]) : int(self.ends[lines[last]])] for first, last in runs]
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def irregular(self, part: range, separator: str) -> Flags:
        """Which lines of a part may not be a record by themselves, or not one that the fast reader reads alike.

        They are blank, very long, end with a lone return, hold a byte-order mark at their beginning or a character that
        could not be decoded, or have a quotation mark that does not stand where the rules of CSV want it.
        """
        starts, ends = self.starts[part.start : part.stop], self.ends[part.start : part.stop]
        content = self._content_ends(starts, ends)
        odd: Flags = (content == starts) | (ends - starts > _LONGEST) | (self._whole[ends - 1] == _RETURN)
        odd |= self._badly_quoted(starts, content, separator)
        for mark, anywhere in ((_BYTE_ORDER_MARK, False), (_REPLACEMENT, True)):
            for at in self._found(mark, int(starts[0]), int(ends[-1])):
                line = int(np.searchsorted(ends, at, side="right"))
                odd[line] |= anywhere or at == starts[line]
        return odd

    def _content_ends(self, starts: Positions, ends: Positions) -> Positions:
        content: Positions = ends - np.isin(self._whole[ends - 1], (_LINE_FEED, _RETURN))
        fed = (content < ends) & (content > starts)
        both: Positions = fed & (self._whole[content - 1] == _RETURN) & (self._whole[ends - 1] == _LINE_FEED)
        return content - both

    def _badly_quoted(self, starts: Positions, content: Positions, separator: str) -> Flags:
        """Marks alternate between opening and closing a cell: an opening one stands at the beginning of a cell or behind a
        closing one, a closing one at the end of a cell or before an opening one.
        """
        first, last = int(starts[0]), int(content[-1])
        quotes = np.flatnonzero(self._whole[first:last] == _QUOTE) + first
        if not len(quotes):
            return np.zeros(len(starts), bool)
        line = np.searchsorted(starts, quotes, side="right") - 1
        first_of_line = np.searchsorted(quotes, starts)
        order = np.arange(len(quotes)) - first_of_line[line]
        opening, cell_end = order % 2 == 0, ord(separator)
        before = np.where(quotes > starts[line], self._whole[quotes - 1], cell_end)
        after = np.where(quotes + 1 < content[line], self._whole[np.minimum(quotes + 1, last - 1)], cell_end)
        beside = np.where(opening, before, after)
        right = (beside == cell_end) | ((beside == _QUOTE) & (order > 0))
        bad: Flags = np.diff(np.append(first_of_line, len(quotes))) % 2 == 1
        bad[line[~right]] = True
        return bad

    def _found(self, mark: bytes, start: int, end: int) -> Iterator[int]:
        at = self.data.find(mark, start, end)
        while at >= 0:
            yield at
            at = self.data.find(mark, at + 1, end)
