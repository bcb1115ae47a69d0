"""How many pixmills a load takes, by simulation: the tables and the chart of docs/capacity.md.

    python3 scripts/capacity check                     the simulation against queueing theory, src/admission and what is shown
    python3 scripts/capacity tables [CHART.svg]        what docs/capacity.md shows, and the chart
    python3 scripts/capacity tasks BINARY PHOTO        measures what tasks take, for tasks.json: 12 megapixels, best
    python3 scripts/capacity measure BINARY SMALL LARGE [SECONDS]
                                                       the binary under open-loop load beside the simulation

Standard library alone, and one seed: the same call gives the same numbers, but for what is measured.
"""

import json
import os
import sys
import time
from pathlib import Path

import theory
from fleet import Task

TASKS = Path(__file__).with_name("tasks.json")


def check():
    for said in theory.check():
        print(f"capacity: {said}", flush=True)
    print(f"capacity: {shown()}")


def shown():
    """Two tables of docs/capacity.md are what is simulated now; the others take minutes."""
    import tables

    page, all_tasks = (theory.ROOT / "docs" / "capacity.md").read_text(), list(tasks())
    rows = [*tables.by_task(all_tasks), *tables.with_dear(all_tasks, tables.site(all_tasks))]
    for row in rows:
        assert f"| {' | '.join(row)} |\n" in page, f"docs/capacity.md doesn't say {row}"
    return f"{len(rows)} rows of docs/capacity.md are what is simulated"


def tasks():
    """The tasks as they were measured: their service times stretched to all the CPU that one takes, handling included."""
    for name, known in json.loads(TASKS.read_text()).items():
        mean = sum(known["services"]) / len(known["services"])
        services = [service * known["cpu"] / mean for service in known["services"]]
        yield Task(name, known["takes"], known["gives"], known["peak"], known["thought"], services)


def measure_tasks(binary, photo):
    import measure

    with measure.Server(binary, 1, {0}) as server:
        png = Path("/tmp") / f"capacity-{os.getpid()}.png"
        photo_bytes = Path(photo).read_bytes()
        png.write_bytes(server.get("/resize?width=2048&type=png", photo_bytes)[2])
        small = png.with_suffix(".jpg")
        small.write_bytes(server.get("/resize?width=1920&quality=85", photo_bytes)[2])
        loads = [
            measure.Load("JPEG of 3 MP to 300 px", small, "width=300"),
            measure.Load("JPEG of 12 MP to 300 px", photo, "width=300"),
            measure.Load("JPEG of 12 MP to 800 px", photo, "width=800"),
            measure.Load("JPEG of 12 MP to WebP of 800 px", photo, "width=800&type=webp"),
            measure.Load("JPEG of 12 MP to AVIF of 800 px", photo, "width=800&type=avif"),
            measure.Load("JPEG of 12 MP to 2400 px", photo, "width=2400"),
            measure.Load("PNG of 3 MP to PNG of 720 px", png, "width=720"),
        ]
        known = {}
        for load in loads:
            task, cpu, _ = load.measure(server, 3.0)
            known[task.name] = {
                "takes": task.takes, "gives": task.gives, "peak": task.peak, "thought": round(task.thought, 5),
                "cpu": round(cpu, 5), "services": [round(service, 5) for service in task.services[:60]],
            }
            wall = task.mean()
            print(f"{task.name}: {cpu * 1000:.1f} ms of CPU, {wall * 1000:.1f} ms on the worker, peak {task.peak / 1e6:.1f} MB")
        png.unlink()
        small.unlink()
    lines = (f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in known.items())
    TASKS.write_text("{\n" + ",\n".join(lines) + "\n}\n")


def measure_points(binary, small, large, seconds=7.0):
    import measure

    cheap = measure.Load("cheap", small, "width=300")
    dear = measure.Load("dear", large, "width=1200&type=avif")
    began, rows = time.monotonic(), []
    for workers, cores, others in ((1, {0}, {1}), (2, {0, 1}, {0, 1})):
        measure.on_cores(others)
        points = [([(cheap, 1)], busy) for busy in (0.5, 0.8, 0.95, 1.5)]
        if workers == 2:
            points.append(([(cheap, 30), (dear, 1)], 0.8))
        for mix, busy in points:
            for seed in (1, 2):
                with measure.Server(binary, workers, cores) as server:
                    known = {load.name: load.measure(server, 0.5) for load, _ in mix}
                    rows.append(measure.point(server, workers, known, mix, busy, float(seconds), seed))
                    rows[-1]["mix"] = " and ".join(load.name for load, _ in mix)
                    show(rows[-1])
    print(f"{time.monotonic() - began:.0f} s in all")


def show(row):
    def line(found):
        mean, most, refused = found
        return f"{mean * 1000:8.1f} {most * 1000:8.1f} {refused:7.1%}"

    print(
        f"{row['workers']} workers, {row['mix']}, load {row['busy']}: {row['requests']} requests, {row['rate']:.0f}/s, "
        f"{row['lost']} lost, {row['others']} other answers; work offered {row['offered']:.2f} of the workers; "
        f"CPU {row['cpu'] * 1000:.1f} ms each, alone {row['alone'] * 1000:.1f}; {row['way'] * 1000:.2f} ms to a worker"
    )
    print("                        mean ms   p99 ms refused")
    print("  measured             ", line(row["measured"]))
    print("  same arrivals        ", line(row["same"]))
    for name, column in zip(("lowest", "median", "highest"), zip(*row["redrawn"])):
        print(f"  20 others, {name:10s}", line(column), flush=True)


def main(words):
    match words:
        case ["check"]:
            check()
        case ["tables", *chart]:
            import tables

            tables.show(list(tasks()), *chart)
        case ["tasks", binary, photo]:
            measure_tasks(binary, photo)
        case ["measure", binary, small, large, *seconds]:
            measure_points(binary, small, large, *seconds)
        case _:
            print(__doc__)
            return 64
    return 0


sys.exit(main(sys.argv[1:]))
