"""``make bench``: every benchmark that needs no file from outside; Febrl 4 too when its folder is given.

``python -m tests.benchmarks [FEBRL_FOLDER]``
"""

import json
import os
import sys
from pathlib import Path

from tests.benchmarks import check, febrl4, keeping, nhs_number, planted, release, synth, tracing

if __name__ == "__main__":
    print(json.dumps({"cpus": os.cpu_count(), "python": sys.version.split()[0]}))
    print("nhs_number", json.dumps(nhs_number.run()))
    print("release", json.dumps(release.run()))
    tracing.main(["--people", "100000", "--submitted", "8", "--absent", "0.3", "--trace", "default,mps"])
    print("check", json.dumps(check.run(200_000)))
    print("keeping", json.dumps(keeping.run()))
    print("planted", json.dumps(planted.run()))
    print("synth", json.dumps(synth.run()))
    if len(sys.argv) > 1:
        print("febrl4, whole register", json.dumps(febrl4.run(Path(sys.argv[1]))))
        print("febrl4, a fifth taken away", json.dumps(febrl4.run(Path(sys.argv[1]), without=5)))
