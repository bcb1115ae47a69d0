"""Checks what is in deploy/: check.py BINARY, or check.py --write to write what is made from the chart.

Each part yields a line for what holds, and ends the run with what doesn't. Nothing is left out in silence: what no
tool here can show is in deploy/README.md.
"""

import sys
import time

import chart
import composed
import fleet
import made
import simulated
import units
from common import Failed

PARTS = (chart, made, composed, units, fleet, simulated)


def main(words):
    began = time.monotonic()
    if words == ["--write"]:
        for said in made.write():
            print(f"deploy-write: {said}")
        return 0
    (binary,) = words
    for part in PARTS:
        try:
            for said in part.check(binary):
                print(f"deploy-check: {said}", flush=True)
        except Failed as failure:
            print(f"deploy-check: {part.__name__}: {failure}", file=sys.stderr)
            return 1
    print(f"deploy-check: all holds, in {time.monotonic() - began:.0f} s")
    return 0


sys.exit(main(sys.argv[1:]))
