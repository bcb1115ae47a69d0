"""The systemd units: what systemd says of them, and that all that pixmill asks the system for is let through."""

import re
import subprocess
import tempfile
from pathlib import Path

from common import DEPLOY, Failed, expect, run
from fleet import LOOPBACK, Server, ask, free_port, post, until

UNITS = DEPLOY / "systemd"
# Of 10, by the sum that systemd makes of what a service may still do.
EXPOSURE = 0.5


def called(name):
    """The system calls that a group of systemd's has, groups in it included."""
    if not name.startswith("@"):
        return {name}
    words = run("systemd-analyze", "--no-pager", "syscall-filter", name).split("\n")
    names = {word.strip() for word in words if word.startswith(" ") and not word.strip().startswith("#")}
    return set().union(*(called(name) for name in names if name))


def allowed(unit):
    """What the unit's filters leave, in their order."""
    left = set()
    for line in re.findall(r"^SystemCallFilter=(.*)$", unit, re.M):
        names = set().union(*(called(name) for name in line.removeprefix("~").split()))
        left = left - names if line.startswith("~") else left | names
    return left


def asked(binary, isolation):
    """The system calls that pixmill makes from its start to the end of its drain, with a picture and a profile between."""
    with tempfile.TemporaryDirectory() as folder:
        trace = Path(folder) / "trace"
        # Beside it, not around it: signals go to pixmill itself then.
        strace = ["strace", "-D", "-f", "-q", "-o", trace]
        operators = (LOOPBACK, free_port())
        admin = ("--admin-address", "{}:{}".format(*operators))
        with Server(binary, "--isolation", isolation, *admin, before=strace) as server:
            status, _ = post(server.address, "/resize?width=20&type=webp")
            expect(status == 200, f"a picture is answered {status}")
            status, _ = ask(operators, "/debug/pprof/profile?seconds=1")
            expect(status == 200, f"a profile is answered {status}")
            ends = re.compile(rf"^{server.process.pid} +\+\+\+ exited with 0", re.M)
        until(lambda: ends.search(trace.read_text()), "strace has seen the end")
        return set(re.findall(r"^\d+ +(\w+)\(", trace.read_text(), re.M))


def check(binary):
    with tempfile.TemporaryDirectory() as folder:
        for unit in UNITS.iterdir():
            # The program has to be there for systemd, and isn't installed here.
            text = unit.read_text().replace("/usr/local/bin/pixmill", str(Path(binary).resolve()))
            (Path(folder) / unit.name).write_text(text)
        units = sorted(Path(folder).iterdir())
        said = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True, timeout=60
        )
        # It says what it doesn't know of, and ends with 0.
        if said.returncode != 0 or said.stderr:
            raise Failed(f"systemd-analyze verify: {said.stderr}")
        yield "systemd takes its units without a word"
        threshold = f"--threshold={EXPOSURE * 10:.0f}"
        run("systemd-analyze", "security", "--offline=true", "--no-pager", threshold, Path(folder) / "pixmill.service")
        yield f"systemd's exposure level of the service is {EXPOSURE} of 10 at most"
    left = allowed((UNITS / "pixmill.service").read_text())
    for isolation in ("off", "process"):
        # strace's names of two that systemd knows by one.
        missing = {"newfstatat": "fstatat64"}
        lacking = {call for call in asked(binary, isolation) if call not in left and missing.get(call) not in left}
        # The first is made by who starts it, before the filter.
        lacking.discard("execve")
        expect(not lacking, f"the unit's filter refuses {', '.join(sorted(lacking))}, with isolation {isolation}")
    yield f"the unit's {len(left)} system calls are enough from start to drain, with and without isolation"
