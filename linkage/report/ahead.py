"""Charts drawn by a second process while this one goes on: the library that draws holds up whatever else Python does."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType

from linkage.report.charts import can_draw, draw_svg
from linkage.report.document import Chart
from linkage.report.specification import drawable_rows, specification


class DrawnAhead:
    """Charts asked for before they are needed. The process starts with the first, and ends with the block.

    A chart that was not asked for, or that the other process did not draw, is drawn when it is needed.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="drawing")
        self._asked: dict[str, Future[str | None]] = {}

    def __enter__(self) -> "DrawnAhead":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if self._process:
            self._process.kill()
        self._thread.shutdown(cancel_futures=True)
        if self._process:
            self._process.communicate()

    def ask(self, charts: Iterable[Chart]) -> None:
        """Begin to draw these; does not wait."""
        if not can_draw():
            return
        for chart in charts:
            if rows := drawable_rows(chart):
                line = json.dumps(specification(chart, rows))
                if line not in self._asked:
                    self._asked[line] = self._thread.submit(self._drawn, line)

    def svg(self, chart: Chart) -> str:
        """The chart, as ``draw_svg`` gives it; waits until it is drawn."""
        asked = self._asked.get(json.dumps(specification(chart, drawable_rows(chart))))
        return (asked.result() if asked else None) or draw_svg(chart)

    def _drawn(self, line: str) -> str | None:
        """The answer of the other process; None when it has none, or is not there."""
        try:
            self._process = self._process or _started()
            assert self._process.stdin and self._process.stdout
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
            answer = json.loads(self._process.stdout.readline())
        except (OSError, ValueError):
            return None
        return answer if isinstance(answer, str) else None


def _started() -> "subprocess.Popen[str]":
    root = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "linkage.report.draw_worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": path, "PYTHONIOENCODING": "utf-8"},
    )
