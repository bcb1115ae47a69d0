"""The real binary, measured: what tasks take, and how long requests wait under open-loop load, beside what the simulation says.

All traffic is on loopback, bounded in time, at rates below what one core can send. The server runs on its own cores where there are
some, at a higher priority than what else runs; what others take of them all the same is in the service times, which the server says.
"""

import asyncio
import http.client
import os
import random
import re
import socket
import subprocess
import time
from pathlib import Path

from admission import Settings
from fleet import Simulation, Task, poisson, quantile

LOOPBACK = "127.0.0.1"
PRIORITY = -5
# Nanoseconds that a pixel is thought to take: of the source, mixing included, and of the answer in each format. theory.py
# compares them with src/codecs/format.rs and src/pipeline/cost.rs.
READING = {"jpeg": 3, "png": 6}
WRITING = {"jpeg": 6, "webp": 80, "avif": 300, "png": 20}


def on_cores(cores):
    """Pins whoever runs this to these cores, at a higher priority where that is allowed."""
    os.sched_setaffinity(0, cores)
    try:
        os.setpriority(os.PRIO_PROCESS, 0, PRIORITY)
    except PermissionError:
        pass


class Server:
    """A pixmill with so many workers on these cores."""

    def __init__(self, binary, workers, cores):
        with socket.socket() as listener:
            listener.bind((LOOPBACK, 0))
            self.port = listener.getsockname()[1]
        # Its workers stay above what else runs here, too.
        words = [binary, "--host", LOOPBACK, "--port", self.port, "--workers", workers, "--worker-nice", 1]
        words += ["--log", "error", "--memory-limit", "1GiB", "--request-timeout", "30s"]
        self.process = subprocess.Popen(
            [str(word) for word in words], stdout=subprocess.DEVNULL, preexec_fn=lambda: on_cores(cores)
        )

    def __enter__(self):
        for _ in range(100):
            try:
                if self.get("/ready")[0] == 200:
                    return self
            except OSError:
                pass
            time.sleep(0.1)
        raise SystemExit("capacity: the server isn't ready within 10 s")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=60)

    def get(self, path, body=None):
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=60)
        connection.request("GET" if body is None else "POST", path, body)
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        return answer.status, dict(answer.getheaders()), data

    def metric(self, name):
        return float(re.search(rf"^{name} (\S+)", self.get("/metrics")[2].decode(), re.M)[1])


def stages(header):
    """Seconds of each stage that the server tells."""
    return {name: float(value) / 1000 for name, value in re.findall(r"(\w+);dur=([\d.]+)", header)}


def worked(times):
    """Seconds on a worker."""
    return sum(times.get(stage, 0.0) for stage in ("decode", "resize", "encode"))


class Load:
    """What is asked: a picture, and what is to be made of it."""

    def __init__(self, name, path, query):
        self.name, self.query, self.body = name, query, Path(path).read_bytes()

    def measure(self, server, seconds):
        """One after the other for so long: the task as the simulation takes it, the server's CPU for each, and the way to a worker (s).

        A worker isn't free for the next one before that one's thread has been woken: between two, it is idle for so long.
        """
        services, ways, answer = [], [], 0
        target = f"/resize?{self.query}"
        status, head, data = server.get(target, self.body)
        if status != 200:
            raise SystemExit(f"capacity: {self.name} is answered {status}: {data!r}")
        pixels = int(head["image-width"]) * int(head["image-height"])
        source = server.get("/info", self.body)[2].decode()
        across, down = (int(re.search(rf'"{side}":\s*(\d+)', source)[1]) for side in ("width", "height"))
        kind = re.search(r'"(?:format|type)":\s*"(\w+)"', source)[1]
        thought = 0.0003 + across * down * READING[kind] * 1e-9 + pixels * WRITING[head["content-type"].split("/")[1]] * 1e-9
        before, end = server.metric("pixmill_cpu_seconds_total"), time.monotonic() + seconds
        while time.monotonic() < end or len(services) < 5:
            _, head, data = server.get(target, self.body)
            times = stages(head["server-timing"])
            services.append(worked(times))
            ways.append(times.get("queue", 0.0))
            answer = len(data)
        cpu = (server.metric("pixmill_cpu_seconds_total") - before) / len(services)
        peak = self.peak(server, target)
        return Task(self.name, len(self.body), answer, int(peak), thought, services), cpu, sum(ways) / len(ways)

    def peak(self, server, target):
        """Bytes that are granted to it, looked up while it is at work."""
        most = 0.0
        for _ in range(5):
            connection = http.client.HTTPConnection(LOOPBACK, server.port, timeout=60)
            connection.request("POST", target, self.body)
            for _ in range(4):
                most = max(most, server.metric("pixmill_pixel_memory_bytes"))
            connection.getresponse().read()
            connection.close()
        return most


class Answer:
    __slots__ = ("load", "sent", "status", "times")

    def __init__(self, load, sent, status, times):
        self.load, self.sent, self.status, self.times = load, sent, status, times


async def one(port, load, began):
    """Sends one request on a connection of its own; a refusal may come before all of it is sent."""
    sent = time.monotonic()
    reader, writer = await asyncio.open_connection(LOOPBACK, port, limit=1 << 20)
    try:
        head = f"POST /resize?{load.query} HTTP/1.1\r\nHost: pixmill\r\nConnection: close\r\nContent-Length: {len(load.body)}\r\n\r\n"
        writer.write(head.encode() + load.body)
        try:
            await writer.drain()
        except ConnectionError:
            pass
        answer = await reader.readuntil(b"\r\n\r\n")
        while await reader.read(1 << 18):
            pass
    finally:
        writer.close()
    timing = re.search(rb"(?im)^server-timing: (.*?)\r", answer)
    return Answer(load, sent - began, int(answer.split()[1]), stages(timing[1].decode()) if timing else {})


async def offer(port, schedule):
    """Sends each request at its time, whatever has become of the others."""
    began, tasks = time.monotonic(), []
    for at, load in schedule:
        delay = began + at - time.monotonic()
        if delay > 0:
            await asyncio.sleep(delay)
        tasks.append(asyncio.create_task(one(port, load, began)))
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    return [answer for answer in answers if isinstance(answer, Answer)], len(answers)


def point(server, workers, tasks, mix, busy, seconds, seed):
    """One point of load: what was measured, and simulated for the very same arrivals and for others of the same rate."""
    rng = random.Random(seed)
    cost = sum(weight * tasks[load.name][1] for load, weight in mix) / sum(weight for _, weight in mix)
    rate = busy * workers / cost
    loads = [(Task(load.name, 0, 0, 0, 0, [load]), weight) for load, weight in mix]
    schedule = [(at, load) for at, _, load in poisson(loads, rate, seconds, rng)]
    before = server.metric("pixmill_cpu_seconds_total")
    answers, asked = asyncio.run(offer(server.port, schedule))
    cpu = server.metric("pixmill_cpu_seconds_total") - before
    warm = seconds / 10
    times = {load.name: [worked(a.times) for a in answers if a.load is load and a.status == 200] for load, _ in mix}
    known = {}
    for load, _ in mix:
        task, _, way = tasks[load.name]
        services = [service + way for service in times[load.name] or task.services]
        known[load.name] = Task(load.name, task.takes, task.gives, task.peak, task.thought, services)

    def arrivals():
        for answer in sorted(answers, key=lambda answer: answer.sent + answer.times.get("recv", 0.0)):
            task = known[answer.load.name]
            service = worked(answer.times) + way if answer.status == 200 else rng.choice(task.services)
            yield answer.sent + answer.times.get("recv", 0.0), task, service

    # What one that helps out takes of the others is in the times that were measured.
    settings = Settings(workers, cores=workers + 1)
    way = tasks[mix[0][0].name][2]
    same = Simulation(settings, 1, seed=seed, warm=warm).run(arrivals())
    others = [
        Simulation(settings, 1, seed=k, warm=warm).run(
            poisson([(known[load.name], weight) for load, weight in mix], rate, seconds, random.Random(k))
        )
        for k in range(100, 120)
    ]
    late = [answer for answer in answers if answer.sent >= warm]
    waits = sorted(a.times.get("queue", 0.0) for a in late if a.status == 200)
    refused = sum(a.status == 503 for a in late) / len(late)
    other = sorted(summary(result, way) for result in others)
    return {
        "busy": busy, "workers": workers, "requests": asked, "lost": asked - len(answers), "rate": rate,
        "others": sum(a.status not in (200, 503) for a in answers),
        "offered": rate * sum(w * known[l.name].mean() for l, w in mix) / sum(w for _, w in mix) / workers,
        "cpu": cpu / max(sum(a.status == 200 for a in answers), 1), "alone": cost,
        "measured": (sum(waits) / max(len(waits), 1), quantile(waits, 0.99), refused),
        "same": summary(same, way), "way": way, "redrawn": [tuple(column) for column in zip(other[1], other[10], other[18])],
    }


def summary(result, way):
    """Mean and 99th percentile of the wait until a worker has it (s), and the share that is refused."""
    waits = [wait + way for wait in result.all_waits()]
    return sum(waits) / max(len(waits), 1), quantile(waits, 0.99), result.share_refused()
