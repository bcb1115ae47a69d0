"""The simulation's self-check: against formulas of queueing theory, and against the numbers and tests of src/admission."""

import math
import random
import re
from pathlib import Path

import admission
import measure
from admission import Budget, Queue, Settings, Work
from fleet import Simulation, Task, poisson

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "admission"
ENDLESS = dict(queue=10**9, memory_limit=1 << 60, request_timeout=1e9)


def erlang_c(servers, load):
    """Share of requests that wait in M/M/c, `load` being what is offered, in servers."""
    top = load**servers / math.factorial(servers) * servers / (servers - load)
    return top / (sum(load**k / math.factorial(k) for k in range(servers)) + top)


def wait_mmc(servers, load):
    """Mean wait in M/M/c, in service times."""
    return erlang_c(servers, load) / (servers - load)


def loss_mmck(servers, places, load):
    """Share of requests that M/M/c/K refuses, with so many places to wait."""
    weights = [1.0]
    for k in range(1, servers + places + 1):
        weights.append(weights[-1] * load / min(k, servers))
    return weights[-1] / sum(weights)


def exponential(mean, rng):
    """A task whose service times are drawn from the exponential distribution."""
    return Task("exponential", 0, 1, 1, mean, [rng.expovariate(1 / mean) for _ in range(100_000)])


def simulate(settings, nodes, task, rate, count, how="least connections", seed=7):
    """What was seen, and the work that was offered, in workers: by chance it is some more or less than the rate says."""
    arrivals = list(poisson([(task, 1)], rate, count / rate, random.Random(seed)))
    run = Simulation(settings, nodes, how, seed, warm=0.1 * count / rate)
    run.SENDING = 0.0
    return run.run(arrivals), sum(service for _, _, service in arrivals) / arrivals[-1][0]


def near(what, found, expected, within):
    off = found / expected - 1
    assert abs(off) <= within, f"{what}: {found:.4g}, expected {expected:.4g}"
    return f"{what}: {found:.4g}, by formula {expected:.4g} ({off:+.1%})"


def mean_wait(result, task):
    """In service times."""
    waits = result.all_waits()
    return sum(waits) / len(waits) / task.mean()


def formulas():
    task = exponential(0.02, random.Random(3))
    for servers, busy in ((1, 0.5), (2, 0.8), (4, 0.85), (16, 0.9)):
        result, load = simulate(Settings(servers, **ENDLESS), 1, task, servers * busy / task.mean(), 60_000)
        name = f"M/M/{servers} at {busy}"
        yield near(f"{name}, mean wait in services", mean_wait(result, task), wait_mmc(servers, load), 0.1)
        waits = result.all_waits()
        yield near(f"{name}, share that waits", sum(wait > 0 for wait in waits) / len(waits), erlang_c(servers, load), 0.03)
    for servers, busy in ((2, 1.0), (2, 1.5), (8, 1.05)):
        limited = Settings(servers, queue=16, memory_limit=1 << 60, request_timeout=1e9)
        result, load = simulate(limited, 1, task, servers * busy / task.mean(), 60_000)
        yield near(f"M/M/{servers}/16 at {busy}, refused", result.share_refused(), loss_mmck(servers, 16, load), 0.08)
    fixed = Task("fixed", 0, 1, 1, 0.02, [0.02])
    result, load = simulate(Settings(1, **ENDLESS), 1, fixed, 0.8 / 0.02, 60_000)
    yield near("M/D/1 at 0.8, mean wait in services", mean_wait(result, fixed), load / (2 * (1 - load)), 0.1)
    # A random choice makes each of many nodes an M/M/1 of its own.
    result, load = simulate(Settings(1, **ENDLESS), 50, task, 50 * 0.7 / task.mean(), 60_000, "random")
    yield near("50 M/M/1 by chance at 0.7, mean wait", mean_wait(result, task), wait_mmc(1, load / 50), 0.1)
    # The better of two, in the limit of many nodes: k or more are at a share of busy^(2^k - 1) of them.
    result, load = simulate(Settings(1, **ENDLESS), 200, task, 200 * 0.9 / task.mean(), 60_000, "random two")
    expected = sum((load / 200) ** (2**k - 1) for k in range(1, 30)) / (load / 200) - 1
    yield near("200 M/M/1 by the better of two at 0.9, mean wait", mean_wait(result, task), expected, 0.1)


def numbers():
    """The numbers of the rules are those of the source."""
    text = {name: (SOURCE / f"{name}.rs").read_text() for name in ("queue", "budget", "state", "pace")}
    bounds = re.search(r"const BOUNDS.*?=\s*\[(.*?)\];", text["queue"], re.S)[1]
    found = [int(number.replace("_", "")) / 1000 for number in re.findall(r"from_millis\(([\d_]+)\)", bounds)]
    assert tuple(found) == admission.BOUNDS, found
    for file, name, ours in (
        ("queue", "DEAR", admission.DEAR),
        ("budget", "MODEST", admission.MODEST),
        ("budget", "MODEST_BYTES", admission.MODEST_BYTES),
        ("budget", "LEFT", admission.LEFT),
        ("budget", "LEFT_BYTES", admission.LEFT_BYTES),
        ("state", "PATIENCE", admission.PATIENCE),
        ("pace", "MEMORY", admission.MEMORY),
        ("pace", "STUCK", admission.STUCK),
    ):
        value = re.search(rf"const {name}: \w+ = (.*?);", text[file])[1]
        value = re.sub(r"Duration::from_secs\((\d+)\)", r"\1", value)
        base, _, shift = value.partition(" << ")
        assert float(base) * 2 ** int(shift or 0) == ours, f"{name} is {value}"
    return "bounds, budgets and patience are those of src/admission"


def estimates():
    """So are those by which work is estimated."""
    rows = re.split(r"\n    FormatRow \{", (ROOT / "src" / "codecs" / "format.rs").read_text())
    mixing = int(re.search(r"const RESAMPLING: u64 = (\d+);", (ROOT / "src" / "pipeline" / "cost.rs").read_text())[1])
    found = {}
    for row in rows:
        name, times = re.search(r'"(\w+)"', row), re.search(r"nanoseconds: \((\d+), (\d+)\)", row)
        if name and times:
            found[name[1]] = (int(times[1]) + mixing, int(times[2]))
    for kind, thought in measure.READING.items():
        assert found[kind][0] == thought, f"a pixel of {kind} takes {found[kind][0]} to read"
    for kind, thought in measure.WRITING.items():
        assert found[kind][1] == thought, f"a pixel of {kind} takes {found[kind][1]} to write"
    return "estimates of work are those of src/codecs and src/pipeline"


def order():
    """Two stories that src/admission/queue.rs has as tests, too."""
    queue, now = Queue(Budget(1 << 20)), 0.0
    take = lambda: next((queue.take(kind, work), work.item)[1] for _, kind, work in queue.turns(now, lambda _: False))
    for dear in range(30):
        queue.push(Work(1, 2.0, dear))
    assert take() == 0
    queue.push(Work(1, 0.01, 100))
    queue.push(Work(1, 0.01, 101))
    assert [take(), take(), take()] == [100, 101, 1]
    queue = Queue(Budget(1 << 20))
    queue.push(Work(1, 2.0, 0))
    queue.push(Work(1, 2.0, 1))
    cheap, dear = 0, []
    for _ in range(500):
        queue.push(Work(1, 0.02, 100))
        queue.push(Work(1, 0.02, 100))
        if take() == 100:
            cheap += 1
        else:
            dear.append(cheap)
    assert len(dear) == 2 and 95 <= dear[1] - dear[0] <= 105, dear
    return "cheap work passes dear work, and leaves it its share"


def repeats():
    """The same seed gives the same numbers, to the last bit."""
    task = exponential(0.02, random.Random(3))
    first, second = (simulate(Settings(2), 3, task, 250.0, 3_000)[0].all_waits() for _ in range(2))
    assert first == second and first[-1] > 0
    return "the same seed gives the same waits"


def check():
    yield numbers()
    yield estimates()
    yield order()
    yield repeats()
    yield from formulas()
