"""What docs/capacity.md shows: tables in Markdown, and one chart as SVG."""

import random

import scaling
from admission import Settings
from chart import drawn
from fleet import ARRIVALS, Simulation, quantile

COUNT = 24_000
SEED = 11
# What a site asks for: thumbnails above all, and some of what takes longer.
SITE = {
    "JPEG of 3 MP to 300 px": 30,
    "JPEG of 12 MP to 300 px": 35,
    "JPEG of 12 MP to 800 px": 25,
    "JPEG of 12 MP to WebP of 800 px": 8,
    "PNG of 3 MP to PNG of 720 px": 2,
}
WORKERS = (1, 2, 4, 8)
LOADS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.1)


def site(tasks):
    return [(task, SITE[task.name]) for task in tasks if task.name in SITE]


def mean(mix):
    return sum(weight * task.mean() for task, weight in mix) / sum(weight for _, weight in mix)


def steady(mix, nodes, workers, busy, arrivals="Poisson", how="least connections", count=COUNT, **settings):
    """A fleet under a load that stays: `busy` of all its workers."""
    rate = busy * nodes * workers / mean(mix)
    run = Simulation(Settings(workers, **settings), nodes, how, SEED, warm=0.15 * count / rate)
    return run.run(ARRIVALS[arrivals](mix, rate, count / rate, random.Random(SEED)))


def milliseconds(result):
    waits = result.all_waits()
    return f"{quantile(waits, 0.5) * 1000:.0f}, {quantile(waits, 0.99) * 1000:.0f}"


def table(head, rows):
    print(f"\n| {' | '.join(head)} |\n|{' --- |' * len(head)}")
    for row in rows:
        print(f"| {' | '.join(row)} |", flush=True)


def by_task(tasks):
    """What a core does, and what a request holds meanwhile."""
    for task in tasks:
        cpu = task.mean()
        yield task.name, f"{cpu * 1000:.0f}", f"{1 / cpu:.0f}", f"{task.peak / 1e6:.0f}", f"{task.takes / 1e6:.1f}", f"{task.gives / 1e3:.0f}"


def by_load(mix, curves):
    """Four pods of one size, ever busier."""
    for busy in LOADS:
        row = [f"{busy:.2f}"]
        for arrivals in ARRIVALS:
            for workers in WORKERS:
                result = steady(mix, 4, workers, busy, arrivals)
                curves[arrivals, workers].append((busy, quantile(result.all_waits(), 0.99)))
                refused = result.share_refused()
                row.append(milliseconds(result) + (f"; {refused:.1%}" if refused > 0.0005 else ""))
        yield row


def by_balancer(mix):
    for nodes in (2, 10, 50, 200):
        for how in ("least connections", "random two", "round robin"):
            row = [str(nodes), how]
            for busy in (0.7, 0.9):
                # Each pod has to see some hundred requests.
                row.append(milliseconds(steady(mix, nodes, 2, busy, how=how, count=max(COUNT, 300 * nodes))))
            yield row


def with_dear(tasks, mix):
    """What thumbnails wait for where dear work is among them."""
    dear = next(task for task in tasks if "AVIF" in task.name)
    for share in (0, 1, 5, 20):
        all_kinds = mix if not share else [*mix, (dear, sum(SITE.values()) * share / (100 - share))]
        result = steady(all_kinds, 4, 2, 0.8)
        cheap = sorted(result.waits.get("JPEG of 3 MP to 300 px", []))
        slow = sorted(result.waits.get(dear.name, []))
        yield (
            f"{share} %", f"{quantile(cheap, 0.5) * 1000:.0f}, {quantile(cheap, 0.99) * 1000:.0f}",
            f"{quantile(slow, 0.5) * 1000:.0f}, {quantile(slow, 0.99) * 1000:.0f}" if slow else "", f"{result.share_refused():.1%}",
        )


def by_scaling(mix, histories):
    """A load that grows at once, and one that grows within five minutes; two pods are there before."""
    task = max(mix, key=lambda part: part[0].mean() * part[1])[0]
    pod = 2 / task.mean()
    loads = {
        "four times as much at once": scaling.step(1.2 * pod, 4.8 * pod, 60),
        "six times as much in 5 min": scaling.ramp(1.2 * pod, 7.2 * pod, 60, 360),
    }
    ways = [
        ("CPU at 80 %", {"cpu": 0.8}),
        ("CPU at 65 %", {"cpu": 0.65}),
        ("CPU at 50 %", {"cpu": 0.5}),
        ("CPU at 65 %, 16 wait", {"cpu": 0.65, "queue": 16}),
        ("CPU at 50 %, 16 wait", {"cpu": 0.5, "queue": 16}),
        ("CPU at 50 %, 4 wait", {"cpu": 0.5, "queue": 4}),
        ("CPU at 50 %, 16 wait; 6 pods at least", {"cpu": 0.5, "queue": 16, "least": 6}),
    ]
    for name, load in loads.items():
        for way, targets in ways:
            found = scaling.scenario(Settings(2), task, load, 540.0, **targets)
            histories[name, way] = (load, found["moments"])
            yield (
                name, way, f"{found['refused']:.1%}", str(found["seconds"]),
                f"{found['p99'] * 1000:.0f}", str(found["pods"]), f"{found['pod minutes']:.0f}",
            )


def pods(mix, rate, workers, wait, refused=0.001, arrivals="pages"):
    """The fewest pods by which all but one of a hundred wait for less than so long (s), and next to none is refused."""
    nodes = max(1, int(rate * mean(mix) / workers))
    while True:
        result = steady(mix, nodes, workers, rate * mean(mix) / nodes / workers, arrivals)
        if quantile(result.all_waits(), 0.99) <= wait and result.share_refused() <= refused:
            return nodes, result
        nodes += 1


def example(mix, rate, spare=1):
    """From traffic to pods, with one that may be missing."""
    for arrivals in ARRIVALS:
        for workers in (1, 2, 4):
            nodes, result = pods(mix, rate, workers, 0.1, arrivals=arrivals)
            busy = rate * mean(mix) / nodes / workers
            yield arrivals, str(workers), str(nodes), str(nodes + spare), f"{busy:.2f}", milliseconds(result)


def show(tasks, path=None):
    mix = site(tasks)
    print(f"A picture of the site's mix takes {mean(mix) * 1000:.1f} ms of one core.")
    table(["task", "CPU, ms", "a core, a second", "peak, MB", "in, MB", "out, KB"], by_task(tasks))
    curves = {(arrivals, workers): [] for arrivals in ARRIVALS for workers in WORKERS}
    head = [f"{workers} {'worker' if workers == 1 else 'workers'}, {arrivals}" for arrivals in ARRIVALS for workers in WORKERS]
    table(["load", *head], by_load(mix, curves))
    table(["pods", "balancer", "load 0.7", "load 0.9"], by_balancer(mix))
    table(["AVIF among them", "thumbnails wait, ms", "AVIF waits, ms", "refused"], with_dear(tasks, mix))
    histories = {}
    table(["load", "scaled by", "refused", "seconds with refusals", "p99 wait, ms", "pods", "pod minutes"], by_scaling(mix, histories))
    table(["arrivals", "workers in a pod", "pods", "with one to spare", "load", "wait, ms"], example(mix, 300))
    if path:
        with open(path, "w") as file:
            file.write(drawn(curves, histories))
