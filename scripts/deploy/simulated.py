"""The simulation behind docs/capacity.md: it agrees with queueing theory and with the page, and its rules are those of src/admission."""

import sys

from common import ROOT, expect, run


def check(_binary):
    said = run(sys.executable, ROOT / "scripts" / "capacity", "check", patience=900).splitlines()
    expect(len(said) > 10, "the simulation says too little")
    yield f"{len(said)} comparisons of the simulation with formulas, with src and with docs/capacity.md hold"
