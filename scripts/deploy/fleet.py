"""The fleet of deploy/compose without its containers: the same files, with addresses of this machine in them, run for some seconds."""

import http.client
import json
import re
import signal
import socket
import struct
import subprocess
import tempfile
import time
import zlib
from pathlib import Path

import composed
from common import CHART, DEPLOY, ROOT, expect

LOOPBACK = "127.0.0.1"


def free_port():
    """A port that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind((LOOPBACK, 0))
        return listener.getsockname()[1]


def picture(side=64):
    """A PNG that is grey."""
    rows = (b"\0" + b"\x80" * side) * side

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def ask(address, path, body=None):
    """Status and body of one request on a connection of its own."""
    connection = http.client.HTTPConnection(*address, timeout=10)
    try:
        connection.request("GET" if body is None else "POST", path, body=body, headers={"Host": "localhost"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def post(address, path):
    return ask(address, path, picture())


def until(holds, what, patience=30):
    """Waits until it holds; connections that are refused meanwhile are part of the wait."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        try:
            if holds():
                return
        except (OSError, http.client.HTTPException):
            pass
        time.sleep(0.1)
    expect(False, f"{what}: not within {patience} s")


class Program:
    """A program that runs as long as the block; this signal ends it, and its exit code has to be 0 then."""

    def __init__(self, words, stop=signal.SIGTERM):
        self.words, self.stop = [str(word) for word in words], stop

    def __enter__(self):
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(self.words, cwd=ROOT, stdout=self.log, stderr=self.log)
        return self

    def said(self):
        self.log.seek(0)
        return self.log.read()

    def end(self):
        if self.process.poll() is None:
            self.process.send_signal(self.stop)
        try:
            code = self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        return code

    def __exit__(self, kind, *_):
        code = self.end()
        if kind is None:
            expect(code == 0, f"{self.words[0]} ended with {code}:\n{self.said()}")
        self.log.close()


class Server(Program):
    """A pixmill on a port of its own, ready when the block begins."""

    def __init__(self, binary, *more, before=()):
        self.address = (LOOPBACK, free_port())
        host, port = self.address
        super().__init__([*before, binary, "--host", host, "--port", port, "--log", "error", *more])

    def __enter__(self):
        super().__enter__()
        try:
            until(lambda: ask(self.address, "/ready")[0] == 200, "pixmill is ready")
        except BaseException:
            self.end()
            raise
        return self


def balancer(servers, port, folder):
    """deploy/compose/haproxy.cfg with these servers in the place of containers."""
    text = (composed.FOLDER / "haproxy.cfg").read_text()
    text = text.replace("bind :80\n", f"bind {LOOPBACK}:{port}\n")
    for number, server in enumerate(servers, 1):
        text, count = re.subn(rf"pixmill{number}:8080", "{}:{}".format(*server.address), text)
        expect(count == 1, f"pixmill{number} isn't there once")
    # Names aren't looked up here.
    text = re.sub(r"(?m)^resolvers docker\n(    .*\n)+", "", text).replace(" resolvers docker init-addr libc,none", "")
    path = Path(folder) / "haproxy.cfg"
    path.write_text(text)
    # As the container is ended: when the last connection is done.
    return Program(["haproxy", "-db", "-f", path], stop=signal.SIGUSR1)


def watcher(servers, port, folder):
    """deploy/prometheus/prometheus.yml with these targets, read every second."""
    text = (DEPLOY / "prometheus" / "prometheus.yml").read_text()
    for number, server in enumerate(servers, 1):
        text = text.replace(f"pixmill{number}:8080", "{}:{}".format(*server.address))
    text = text.replace("_interval: 15s", "_interval: 1s")
    text = text.replace("- alerts.yml", f"- {DEPLOY}/prometheus/alerts.yml")
    path = Path(folder) / "prometheus.yml"
    path.write_text(text)
    return Program([
        "prometheus", f"--config.file={path}", f"--storage.tsdb.path={folder}/tsdb", f"--web.listen-address={LOOPBACK}:{port}",
    ])


def queried(address, query):
    status, body = ask(address, f"/api/v1/query?query={query}")
    expect(status == 200, f"Prometheus answers {status}")
    return json.loads(body)["data"]["result"]


def served(server):
    """Pictures that a pixmill has answered."""
    text = ask(server.address, "/metrics")[1].decode()
    found = re.search(r'^pixmill_requests_total\{route="/resize",status="200",outcome="ok"\} (\d+)', text, re.M)
    return int(found[1]) if found else 0


def named():
    """The series that the chart scales by, and shows an adapter how to make; what the adapter itself calls so is none of pixmill's."""
    files = (path for path in CHART.rglob("*") if path.suffix in (".md", ".yaml"))
    text = "\n".join(path.read_text() for path in files)
    return set(re.findall(r"pixmill_\w+", text)) - set(re.findall(r"as: (pixmill_\w+)", text))


def check(binary):
    production = ["--config", ROOT / "config" / "production.toml"]
    images, metrics = (LOOPBACK, free_port()), (LOOPBACK, free_port())
    with tempfile.TemporaryDirectory() as folder, Server(binary, *production) as one, Server(binary, *production) as two:
        servers = (one, two)
        with balancer(servers, images[1], folder), watcher(servers, metrics[1], folder):
            until(lambda: post(images, "/resize?width=20")[0] == 200, "HAProxy leads to a pixmill")
            for _ in range(20):
                expect(post(images, "/resize?width=20")[0] == 200, "a picture isn't answered")
            expect(all(served(server) for server in servers), "one of the two gets nothing")
            until(lambda: len(queried(metrics, "up==1")) == 2, "Prometheus reads both")
            until(lambda: len(queried(metrics, "pixmill_workers")) == 2, "Prometheus has pixmill's metrics")
            rules = json.loads(ask(metrics, "/api/v1/rules")[1])["data"]["groups"]
            expect(any(rule["type"] == "alerting" for group in rules for rule in group["rules"]), "Prometheus hasn't the alerts")
            told = set(re.findall(r"(?m)^(pixmill_\w+)", ask(one.address, "/metrics")[1].decode()))
            expect(not named() - told, f"nothing tells {', '.join(sorted(named() - told))}")
            yield "two pixmills answer behind HAProxy, and Prometheus reads both"
            one.process.send_signal(signal.SIGTERM)
            answered = 0
            while one.process.poll() is None:
                expect(post(images, "/resize?width=20")[0] == 200, "a picture isn't answered while one ends")
                answered += 1
            expect(one.process.returncode == 0, "its exit code isn't 0")
            expect(answered > 20, "nothing was asked while it ended")
            until(lambda: len(queried(metrics, "up==0")) == 1, "Prometheus sees that one is gone")
            yield f"one of them ends meanwhile, and all of {answered} pictures are answered"
