"""A fleet as events: requests come, a balancer chooses a process, its admission decides, work takes its time, answers leave.

Everything is drawn from one seed, so that the same run gives the same numbers.
"""

import heapq
import random
from collections import deque

from admission import Admission, Work


class Task:
    """What one kind of request takes: bytes in and out, bytes at the peak, the estimate, and service times as measured (s)."""

    def __init__(self, name, takes, gives, peak, thought, services):
        self.name, self.takes, self.gives, self.peak, self.thought, self.services = name, takes, gives, peak, thought, services

    def mean(self):
        return sum(self.services) / len(self.services)


class Request:
    __slots__ = ("at", "task", "service", "deadline", "work", "started", "left", "since", "version", "node")

    def __init__(self, at, task, service):
        self.at, self.task, self.service = at, task, service
        self.started, self.version = None, 0


class Node:
    """One process. What runs beyond its cores shares them."""

    def __init__(self, settings):
        self.admission = Admission(settings)
        self.cores = settings.cores
        self.running = set()
        self.connections = 0
        self.place = None
        # Seconds of CPU that work has had, up to the last change.
        self.used, self.changed = 0.0, 0.0

    def rate(self):
        return min(1.0, self.cores / len(self.running)) if self.running else 1.0

    def advance(self, now):
        """Lets time pass for what runs."""
        rate, passed = self.rate(), now - self.changed
        for request in self.running:
            request.left -= passed * rate
        self.used += passed * rate * len(self.running)
        self.changed = now


class Balancer:
    """Chooses among nodes by the connections that they have."""

    def __init__(self, how, rng):
        self.how, self.rng = how, rng
        self.nodes = []
        self.levels = []
        self.turn = 0

    def add(self, node):
        self.nodes.append(node)
        self.put(node)

    def remove(self, node):
        self.nodes.remove(node)
        self.pull(node)
        node.place = None

    def choose(self):
        if self.how == "round robin":
            self.turn = (self.turn + 1) % len(self.nodes)
            return self.nodes[self.turn]
        if self.how == "random":
            return self.rng.choice(self.nodes)
        if self.how == "random two":
            two = self.rng.sample(self.nodes, 2) if len(self.nodes) > 1 else self.nodes
            return min(two, key=lambda node: node.connections)
        # Least connections: any of those that have the fewest.
        for level in self.levels:
            if level:
                return level[int(self.rng.random() * len(level))]

    def change(self, node, by):
        known = node.place is not None
        if known:
            self.pull(node)
        node.connections += by
        if known:
            self.put(node)

    def put(self, node):
        while len(self.levels) <= node.connections:
            self.levels.append([])
        level = self.levels[node.connections]
        node.place = len(level)
        level.append(node)

    def pull(self, node):
        level = self.levels[node.connections]
        last = level.pop()
        if last is not node:
            level[node.place] = last
            last.place = node.place


class Result:
    """What was seen of the requests that came after the warm-up."""

    def __init__(self):
        self.waits, self.refused = {}, {}
        self.answered = self.offered = 0
        # What happened when, for who wants to draw it: (time, answered or the reason).
        self.moments = []

    def all_waits(self):
        return sorted(wait for waits in self.waits.values() for wait in waits)

    def share_refused(self):
        return sum(self.refused.values()) / max(self.offered, 1)


def quantile(ordered, share):
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else 0.0


class Simulation:
    """Runs arrivals through a fleet. Ticks, which an autoscaler sets, may add and remove nodes."""

    # Seconds in which a client takes its answer.
    SENDING = 0.02

    def __init__(self, settings, nodes, how="least connections", seed=1, warm=0.0):
        self.settings, self.warm = settings, warm
        self.rng = random.Random(seed)
        self.balancer = Balancer(how, self.rng)
        self.events, self.count = [], 0
        # Who waits, or has waited, by deadline: all have the same time, so that this is the order in which they come.
        self.waiting = deque()
        self.result = Result()
        for _ in range(nodes):
            self.balancer.add(Node(settings))

    def at(self, time, what, *more):
        self.count += 1
        heapq.heappush(self.events, (time, self.count, what, more))

    def run(self, arrivals):
        """Lets all arrivals, (time, task, service) in their order, come and go."""
        arrivals = iter(arrivals)
        coming = next(arrivals, None)
        while coming or self.events:
            now = min(coming[0] if coming else self.events[0][0], self.events[0][0] if self.events else coming[0])
            while self.waiting and self.waiting[0].deadline <= now:
                late = self.waiting.popleft()
                self.expire(late.deadline, late)
            if coming and (not self.events or coming[0] <= self.events[0][0]):
                self.arrive(Request(*coming))
                coming = next(arrivals, None)
            else:
                now, _, what, more = heapq.heappop(self.events)
                what(now, *more)
        return self.result

    def count_in(self, request, outcome):
        if request.at < self.warm:
            return
        self.result.offered += 1
        if outcome == "answered":
            self.result.answered += 1
        else:
            self.result.refused[outcome] = self.result.refused.get(outcome, 0) + 1
        self.result.moments.append((request.at, outcome))

    def arrive(self, request):
        now, node, task = request.at, self.balancer.choose(), request.task
        books = node.admission
        if not books.look():
            return self.count_in(request, "place")
        if not books.upload(task.takes):
            return self.count_in(request, "uploads")
        request.node, request.deadline = node, now + self.settings.request_timeout
        request.work = Work(task.peak, task.thought, request)
        refused = books.enter(request.work, now, request.deadline)
        if refused:
            books.uploads -= task.takes
            return self.count_in(request, refused)
        self.balancer.change(node, 1)
        self.start(node, now)
        if request.started is None:
            self.waiting.append(request)

    def start(self, node, now):
        """Begins what was granted."""
        granted = node.admission.granted
        if not granted:
            return
        node.advance(now)
        crowded = len(node.running) > node.cores
        for work in granted:
            request = work.item
            request.started, request.left, request.since = now, request.service, now
            node.running.add(request)
        begun = [work.item for work in granted]
        granted.clear()
        crowding = len(node.running) > node.cores
        self.plan(node, now, node.running if crowding or crowded else begun)

    def plan(self, node, now, requests):
        """Says when they will end, if nothing changes."""
        rate = node.rate()
        for request in requests:
            request.version += 1
            self.at(now + max(request.left, 0.0) / rate, self.finish, request, request.version)

    def finish(self, now, request, version):
        if version != request.version:
            return
        node = request.node
        node.advance(now)
        crowded = len(node.running) > node.cores
        node.running.discard(request)
        if crowded:
            self.plan(node, now, node.running)
        late = now > request.deadline
        answer = 0 if late else request.task.gives
        node.admission.uploads -= request.task.takes
        node.admission.done(request.work, now - request.started, not late, answer, now)
        self.start(node, now)
        if request.at >= self.warm and not late:
            self.result.waits.setdefault(request.task.name, []).append(request.started - request.at)
        self.count_in(request, "late" if late else "answered")
        if answer:
            self.at(now + self.SENDING, self.sent, request, answer)
        else:
            self.balancer.change(node, -1)

    def sent(self, now, request, answer):
        node = request.node
        node.admission.sent(request.work, answer, now)
        self.start(node, now)
        self.balancer.change(node, -1)

    def expire(self, now, request):
        if request.started is not None:
            return
        node = request.node
        node.admission.leave(request.work, now)
        node.admission.uploads -= request.task.takes
        self.start(node, now)
        self.balancer.change(node, -1)
        self.count_in(request, "queue-timeout")


def poisson(mix, rate, seconds, rng):
    """Requests that know nothing of each other: (time, task, service). `rate` is a number, or a function of time with `rate.most`."""
    tasks, weights = zip(*mix)
    most, now = getattr(rate, "most", rate), 0.0
    while True:
        now += rng.expovariate(most)
        if now >= seconds:
            return
        if callable(rate) and rng.random() * most > rate(now):
            continue
        task = rng.choices(tasks, weights)[0]
        yield now, task, rng.choice(task.services)


def pages(mix, rate, seconds, rng, size=12, spread=0.05):
    """The same rate in bursts: pages with some 12 pictures, all asked for within 50 ms."""
    tasks, weights = zip(*mix)
    coming, now = [], 0.0
    while now < seconds:
        now += rng.expovariate(rate / size)
        for _ in range(1 + int(rng.expovariate(1 / (size - 0.5)))):
            coming.append(now + rng.random() * spread)
    for at in sorted(time for time in coming if time < seconds):
        task = rng.choices(tasks, weights)[0]
        yield at, task, rng.choice(task.services)


ARRIVALS = {"Poisson": poisson, "pages": pages}
