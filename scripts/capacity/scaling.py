"""Autoscaling by Kubernetes' rules: what the HorizontalPodAutoscaler sees, when it looks, and how long a pod takes to come."""

import math
import random

from fleet import Node, Simulation, poisson, quantile

# The controller looks every 15 s; what it sees of CPU is the mean of half a minute that ended 15 s ago, as metrics-server and kubelet give it.
SYNC = 15.0
TOLERANCE = 0.1
# Down by a fifth a minute, and only to what has been enough for five minutes.
STABLE = 300.0


class Load:
    """Requests a second as a function of time."""

    def __init__(self, function, most):
        self.function, self.most = function, most

    def __call__(self, now):
        return self.function(now)


def step(low, high, at):
    return Load(lambda now: low if now < at else high, high)


def ramp(low, high, begins, ends):
    def rate(now):
        return low + (high - low) * min(max((now - begins) / (ends - begins), 0.0), 1.0)

    return Load(rate, high)


class Autoscaler:
    """Adds and removes nodes of a running simulation. Targets: `cpu`, a share of the cores, and `queue`, requests that wait in each pod."""

    def __init__(self, run, least, most, cpu=None, queue=None, starting=(30.0, 60.0), seconds=600.0):
        self.run, self.least, self.most, self.cpu, self.queue = run, least, most, cpu, queue
        self.starting, self.seconds = starting, seconds
        self.coming = 0
        self.born = {node: -1e9 for node in run.balancer.nodes}
        self.samples = {node: [] for node in run.balancer.nodes}
        self.recommended, self.history = [], []
        run.at(SYNC, self.tick)

    def tick(self, now):
        for node in self.run.balancer.nodes:
            node.advance(now)
            self.samples.setdefault(node, []).append((now, node.used, node.admission.queue.length))
        self.history.append((now, len(self.run.balancer.nodes), self.coming))
        wanted = max((self.wanted(value, target) for value, target in self.metrics(now)), default=self.current())
        self.scale(now, min(max(wanted, self.least), self.most))
        if now + SYNC < self.seconds:
            self.run.at(now + SYNC, self.tick)

    def current(self):
        return len(self.run.balancer.nodes) + self.coming

    def metrics(self, now):
        """Of each metric what is known of pods, and what it should be."""
        known = [samples for node, samples in self.samples.items() if node in self.born and len(samples) >= 4]
        if self.cpu and known:
            yield [(s[-2][1] - s[-4][1]) / (s[-2][0] - s[-4][0]) / self.run.settings.workers for s in known], self.cpu
        # An adapter asks for the greatest of half a minute, and what it gets is up to 15 s old.
        known = [samples for node, samples in self.samples.items() if node in self.born and len(samples) >= 2]
        if self.queue and known:
            yield [max(sample[2] for sample in s[-3:-1]) for s in known], self.queue

    def wanted(self, values, target):
        """As the controller works it out: pods that nothing is known of count as idle when it goes up."""
        current, ratio = self.current(), sum(values) / len(values) / target
        if abs(ratio - 1) <= TOLERANCE:
            return current
        if len(values) == current:
            return math.ceil(ratio * current)
        careful = sum(values) / current / target
        if ratio < 1 or careful <= 1 + TOLERANCE:
            return current
        return max(math.ceil(careful * current), current)

    def scale(self, now, wanted):
        current = self.current()
        self.recommended.append((now, wanted))
        stable = max(value for at, value in self.recommended if at > now - STABLE)
        if wanted > current:
            # Twice as many, or four more, in a step.
            for _ in range(min(wanted, max(2 * current, current + 4)) - current):
                self.coming += 1
                self.run.at(now + self.run.rng.uniform(*self.starting), self.ready)
        elif stable < current and round(now) % 60 < SYNC:
            for _ in range(min(current - stable, max(current // 5, 1), len(self.run.balancer.nodes) - self.least)):
                self.run.balancer.remove(self.run.balancer.nodes[-1])

    def ready(self, now):
        self.coming -= 1
        node = Node(self.run.settings)
        node.changed = now
        self.born[node] = now
        self.run.balancer.add(node)


def scenario(settings, task, load, seconds, least=2, most=20, seed=5, **targets):
    """What happens to the requests of this load: seconds with refusals, the share refused, the worst wait, pods."""
    run = Simulation(settings, least, seed=seed)
    scaler = Autoscaler(run, least, most, seconds=seconds, **targets)
    result = run.run(poisson([(task, 1)], load, seconds, random.Random(seed)))
    refused = [at for at, outcome in result.moments if outcome != "answered"]
    return {
        "refused": result.share_refused(),
        "seconds": len({int(at) for at in refused}),
        "until": max(refused, default=0.0),
        "p99": quantile(result.all_waits(), 0.99),
        "pods": max(ready for _, ready, _ in scaler.history),
        "pod minutes": sum(ready + coming for _, ready, coming in scaler.history) * SYNC / 60,
        "history": scaler.history,
        "moments": result.moments,
    }
