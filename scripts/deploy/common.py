"""What the checks share: where things are, programs that are run, and what is said."""

import subprocess
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
CHART = DEPLOY / "helm" / "pixmill"


class Failed(Exception):
    """A check has found something; the message says what."""


def expect(holds, what):
    if not holds:
        raise Failed(what)


def run(*words, fails=False, patience=120):
    """Runs a program to its end, and returns what it says on standard output, or on both where it has to fail."""
    done = subprocess.run(
        [str(word) for word in words], cwd=ROOT, capture_output=True, text=True, timeout=patience
    )
    said = done.stdout + done.stderr
    if fails:
        expect(done.returncode != 0, f"{' '.join(map(str, words))}: is taken")
        return said
    expect(done.returncode == 0, f"{' '.join(map(str, words))}: exit code {done.returncode}\n{said}")
    return done.stdout


def seconds(text):
    """Seconds of a time as pixmill writes it."""
    for unit, factor in (("ms", 0.001), ("s", 1), ("m", 60)):
        if text.endswith(unit):
            return float(text.removesuffix(unit)) * factor
    raise Failed(f"{text} is no time")


def defaults():
    """Each setting of config/default.toml with its default."""
    return tomllib.loads((ROOT / "config" / "default.toml").read_text())


def effective(binary, config=None, environment=()):
    """The configuration that pixmill says is in force, with this file and environment; Failed where it refuses."""
    words = ["env", "-i", *(f"{name}={value}" for name, value in environment), binary]
    if config is not None:
        words += ["--config", config]
    return tomllib.loads(run(*words, "check-config"))
