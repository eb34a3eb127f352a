"""The process that draws charts for another one: a specification on each line of its input, a drawing on each of its output.

``python -m linkage.report.draw_worker`` is started by ``linkage.report.ahead`` only. It ends when its input ends, so it
never outlives the process it works for.
"""

import json
import signal
import sys
from typing import IO

from linkage.report.charts import drawn


def serve(reading: IO[str], writing: IO[str]) -> None:
    """Answer every line until the end; null where a chart cannot be drawn."""
    for line in reading:
        try:
            answer = drawn(json.loads(line))
        except ValueError:
            answer = None
        writing.write(json.dumps(answer) + "\n")
        writing.flush()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the process it works for
    try:
        serve(sys.stdin, sys.stdout)
    except OSError:
        sys.exit(0)
