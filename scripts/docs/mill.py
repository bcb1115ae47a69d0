"""A pixmill on a free port of loopback, for as long as a page's commands want it."""

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

PATIENCE = 30.0


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Mill:
    """The server that a page's commands talk to: started by a command line of the page, or by settings."""

    def __init__(self, folder, environment):
        self.folder, self.environment = folder, environment
        self.port = free_port()
        # For a second listener, where the settings name one.
        self.second = free_port()
        self.process, self.query = None, ""

    def start(self, command, settings):
        """Runs the command in the background with these variables beside its own, until `/ready` says that it is.

        What is wrong if it doesn't; what it prints is in the folder's pixmill.log.
        """
        self.stop()
        # With imaginary's manners even this is locked.
        self.query = f"?key={settings.get('PIXMILL_API_KEYS', '')}"
        environment = self.environment | settings | {"PIXMILL_HOST": "127.0.0.1", "PIXMILL_PORT": str(self.port)}
        with open(self.folder / "pixmill.log", "wb") as log:
            self.process = subprocess.Popen(
                ["bash", "-euo", "pipefail", "-c", command], cwd=self.folder, env=environment,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )
        end = time.monotonic() + PATIENCE
        while not self.is_ready():
            if self.process.poll() is not None or time.monotonic() > end:
                return "it doesn't serve: " + (self.folder / "pixmill.log").read_text()[-2000:]
            time.sleep(0.05)
        return None

    def is_ready(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/ready{self.query}", timeout=2) as answer:
                return answer.status == 200
        except (OSError, urllib.error.URLError):
            return False

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        self.process = None
