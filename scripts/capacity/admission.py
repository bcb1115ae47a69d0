"""Who may work, and when, in one process: the rules of src/admission, written a second time for the simulation.

Times are seconds, memory is bytes. Nothing here knows of events: whoever calls says what time it is, and starts what
`Admission.granted` holds. `theory.py` compares the numbers below with those in src/admission.
"""

from collections import deque

# Up to which estimated time work belongs to each kind of cost but the last.
BOUNDS = (0.025, 0.2, 1.6)
# One for each kind of cost, and one for what takes much memory and little time.
CLASSES = len(BOUNDS) + 2
DEAR = 2
LARGE = CLASSES - 1
# How long one whom memory lacks lets others pass.
PATIENCE = 1.0
MODEST, MODEST_BYTES = 32, 8 << 20
LEFT, LEFT_BYTES = 8, 2 << 20
# Seconds of work after which what was measured before counts half.
MEMORY = 1.0

# How many times longer than thought work counts as, at most.
STUCK = 8


class Settings:
    """What a process is given: of cores as many as there are workers, where nothing else is said."""

    def __init__(self, workers=2, queue=64, memory_limit=1 << 30, request_timeout=30.0, cores=None):
        self.workers, self.queue, self.request_timeout = workers, queue, request_timeout
        self.cores = cores or workers
        self.upload_memory, self.pixel_memory = memory_limit // 4, memory_limit // 2


class Budget:
    """Pixel memory, and how it is shared between what takes much time or memory, and what takes little of either."""

    def __init__(self, all_bytes):
        self.all = all_bytes
        part = all_bytes // LEFT
        self.left = 0 if part < LEFT_BYTES else part
        self.modest = all_bytes if self.left == 0 else max(all_bytes // MODEST, min(MODEST_BYTES, self.left))

    def is_heavy(self, work):
        return work.dear or work.bytes > self.modest

    def fits(self, work, heavy, light):
        """Whether there is memory for it beside what heavy and light work has taken."""
        part = self.all - self.left
        leaves = not self.is_heavy(work) or work.bytes > part or heavy + work.bytes <= part
        return leaves and heavy + light + work.bytes <= self.all

    def passes(self, work, light, first):
        """Whether it may go before the first, who waits for memory."""
        return not self.is_heavy(work) and light + work.bytes <= min(self.all // LEFT, self.all - first.bytes)


class Work:
    """One request's work: what it is thought to take, and whatever the caller keeps with it."""

    __slots__ = ("bytes", "time", "cost", "dear", "lacking", "deadline", "item")

    def __init__(self, bytes_needed, time, item=None):
        self.bytes, self.time, self.item = bytes_needed, time, item
        self.cost = sum(time > bound for bound in BOUNDS)
        self.dear = self.cost >= DEAR
        self.lacking = None


class Queue:
    """Start-time fair queueing with classes of cost as flows."""

    def __init__(self, budget):
        self.budget = budget
        self.waiting = [deque() for _ in range(CLASSES)]
        self.share = [0.0] * CLASSES
        # Seconds of work that wait in each class.
        self.seconds = [0.0] * CLASSES
        self.reached = 0.0
        self.length = 0

    def kind(self, work):
        return LARGE if not work.dear and self.budget.is_heavy(work) else work.cost

    def dear(self):
        return sum(len(self.waiting[kind]) for kind in range(DEAR, LARGE))

    def heavy(self):
        return sum(len(self.waiting[kind]) for kind in range(DEAR, CLASSES))

    def push(self, work):
        kind = self.kind(work)
        if not self.waiting[kind]:
            # What it didn't ask for while it didn't wait is gone.
            self.share[kind] = max(self.share[kind], self.reached)
        self.waiting[kind].append(work)
        self.seconds[kind] += work.time
        self.length += 1

    def turns(self, now, kept):
        """Of each class the longest waiting that isn't kept from memory, that of the smallest share first."""
        turns = []
        for kind, waiting in enumerate(self.waiting):
            for work in waiting:
                if not kept(work):
                    turns.append((self.share[kind], kind, work))
                    break
                if work.lacking is None:
                    work.lacking = now
        turns.sort(key=lambda turn: turn[0])
        return turns

    def take(self, kind, work):
        """Takes it out, and counts its work."""
        self.remove(work)
        self.reached = max(self.reached, self.share[kind])
        self.share[kind] += work.time
        self.settle()

    def leave(self, work):
        self.remove(work)
        self.settle()

    def remove(self, work):
        kind = self.kind(work)
        waiting = self.waiting[kind]
        if waiting[0] is work:
            waiting.popleft()
        else:
            waiting.remove(work)
        self.seconds[kind] = self.seconds[kind] - work.time if waiting else 0.0
        self.length -= 1

    def settle(self):
        """Where nobody waits any more, nobody owes anything."""
        if self.length == 0:
            self.reached = max(self.reached, *self.share)

    def ahead(self, work):
        """Seconds of work before its turn, if nobody else comes."""
        until = self.seconds[self.kind(work)] + work.time
        return sum(min(seconds, until) for seconds in self.seconds)


class Admission:
    """The books of one process. What may start is put into `granted`."""

    def __init__(self, settings):
        self.settings = settings
        self.budget = Budget(settings.pixel_memory)
        self.queue = Queue(self.budget)
        self.busy = self.dear = self.uploads = 0
        # Bytes by what takes long or much memory, and by what takes little of either; of these, those of answers.
        self.taken, self.answers = [0, 0], [0, 0]
        self.took = self.thought = 0.1
        self.granted = []
        # What runs: since when, and its deadline.
        self.running = {}

    def look(self):
        """Whether there is a place, asked before a body is read."""
        return not self.crowded(False)

    def upload(self, length):
        """Takes upload memory; False where there isn't so much."""
        if self.uploads + length > self.settings.upload_memory:
            return False
        self.uploads += length
        return True

    def enter(self, work, now, deadline):
        """Grants at once, or lets it wait; else the reason: place, time or too-large."""
        if work.bytes > self.settings.pixel_memory:
            return "too-large"
        if self.queue.length == 0 and self.worker(work) and self.budget.fits(work, *self.taken):
            self.grant(work, now, deadline)
            return None
        if self.crowded(self.budget.is_heavy(work)):
            return "place"
        if now + self.wait(work, now) + self.seconds(work.time) / 2 > deadline:
            return "time"
        work.deadline = deadline
        self.queue.push(work)
        self.advance(now)
        return None

    def seconds(self, thought):
        return thought * self.took / self.thought

    def wait(self, work, now):
        """Seconds until a worker is likely to turn to it, if nobody else comes."""
        workers = self.settings.workers
        rests = sorted(self.rest(other, *ends, now) for other, ends in self.running.items())
        if work.dear:
            # The one that helps out takes none of these.
            rests = rests[max(len(rests) - workers, 0) :]
        places = workers + (not work.dear and self.helps())
        rests = [0.0] * (places - len(rests)) + rests
        total, turn = self.seconds(self.queue.ahead(work)), 0.0
        for count, rest in enumerate(rests):
            if count and turn <= rest:
                break
            total += rest
            turn = total / (count + 1)
        return turn

    def rest(self, work, since, deadline, now):
        thought, elapsed = self.seconds(work.time), now - since
        rest = thought - elapsed if elapsed < thought else elapsed
        return min(rest, deadline - now) if deadline > now else rest

    def leave(self, work, now):
        """Takes one that waits out."""
        self.queue.leave(work)
        self.advance(now)

    def done(self, work, took, has_made, answer, now):
        """Work has ended: its answer of so many bytes stays, the rest comes back. What made nothing tells only that it took too long."""
        self.busy -= 1
        self.dear -= work.dear
        del self.running[work]
        self.count(self.taken, work, answer - work.bytes)
        self.count(self.answers, work, answer)
        if has_made or took > self.seconds(work.time):
            took = min(took, STUCK * work.time)
            fade = MEMORY / (MEMORY + work.time)
            self.took = self.took * fade + took
            self.thought = self.thought * fade + work.time
        self.advance(now)

    def sent(self, work, answer, now):
        """The answer has gone."""
        self.count(self.taken, work, -answer)
        self.count(self.answers, work, -answer)
        self.advance(now)

    def count(self, books, work, change):
        books[0 if self.budget.is_heavy(work) else 1] += change

    def crowded(self, heavy):
        workers, places, waiting = self.settings.workers, self.settings.queue, self.queue.length
        held_up = 0 if heavy else self.queue.heavy()
        free = waiting <= held_up and self.busy < workers
        full = waiting >= places
        if heavy:
            its = max(places - min(max(places // 4, 1), places), 1)
            return not free and (full or self.queue.heavy() >= its)
        return full and not free and not (waiting == self.queue.dear() and self.helps())

    def helps(self):
        """Whether one more may help out with cheap work."""
        return self.busy == self.settings.workers == self.dear

    def worker(self, work):
        return self.busy < self.settings.workers or (not work.dear and self.helps())

    def grant(self, work, now, deadline):
        self.running[work] = now, deadline
        self.busy += 1
        self.dear += work.dear
        self.count(self.taken, work, work.bytes)
        self.granted.append(work)

    def advance(self, now):
        while self.queue.length and self.busy <= self.settings.workers:
            turn = self.next(now)
            if turn is None:
                return
            self.queue.take(*turn)
            self.grant(turn[1], now, turn[1].deadline)

    def next(self, now):
        """Whose turn it is, of those whom there is a worker and memory for."""
        if self.busy >= self.settings.workers and not self.helps():
            return None
        impatient = None
        for _, kind, work in self.queue.turns(now, lambda work: not self.budget.fits(work, *self.answers)):
            if not self.worker(work):
                continue
            passes = impatient is None or self.budget.passes(work, self.taken[1], impatient)
            if passes and self.budget.fits(work, *self.taken):
                return kind, work
            if work.lacking is None:
                work.lacking = now
            if now - work.lacking >= PATIENCE and impatient is None:
                impatient = work
        return None
