"""One page of the book at work: each of its blocks done, and judged by what the note before it says."""

import re
import shutil
import socket
import subprocess

import markdown
import pictures

PICTURES = markdown.ROOT / "docs/pictures"
TIME = 120
# How far the samples of a picture that is made again may be from those of the one that is shown, of 255 and in the mean.
NEAR = 2.0
# What isn't run, and needs no note: it shows what is said, not what is done.
SHOWN = {"", "text", "json", "http", "html", "nginx", "haproxy", "ini", "yaml"}
# What a test has no business with, whoever runs it: a block that has it needs a note that skips it.
REACHES_OUT = re.compile(r"\b(sudo|make|docker|kubectl|helm|systemctl|occ|apt|apt-get)\b|(^|[\s>])/(usr|etc|var|run|root|home)\b", re.M)
# What says of a file that it is a program, by the end of its name.
PARSERS = {
    "py": ["python3", "-m", "py_compile"], "mjs": ["node", "--check"], "php": ["php", "-l"], "go": ["gofmt", "-e"]
}  # fmt: skip
DIRECTIVES = {"skip", "serve", "expect", "says", "makes", "file", "needs"}


class Wrong(Exception):
    """A block that isn't as it should be, and how."""


def directives(note):
    """What a note says, by its words."""
    told = {}
    for part in (note or "").split("; ") if note else []:
        word, _, rest = part.strip().partition(" ")
        if word not in DIRECTIVES or word in told:
            raise Wrong(f"what is “{part}”?")
        told[word] = rest
    if "skip" in told and not told["skip"].startswith("because "):
        raise Wrong("skipped for no reason")
    return told


class Scene:
    """One page's folder, and the server that its commands talk to."""

    def __init__(self, runner, folder, mill):
        self.runner, self.folder, self.mill = runner, folder, mill

    def block(self, block):
        """How it went, in a few words; none if there is nothing to run in it."""
        told = directives(block.note)
        if "skip" in told:
            return self.skip(block, told["skip"])
        lacking = self.lacking(told.get("needs", ""))
        if lacking:
            return f"skipped: no {lacking} here"
        text = self.runner.placed(block.text, self.mill)
        if "file" in told:
            return self.file(told["file"], text)
        if block.language == "toml":
            return self.configuration(text, "serve" in told)
        if block.language in ("sh", "bash"):
            return self.commands(text, told)
        if block.language in SHOWN and not told:
            return None
        raise Wrong(f"nobody knows what to do with “{block.language}”")

    def lacking(self, needs):
        """The first program of these that isn't on this machine, or host (it has a dot) that can't be reached."""
        for name in needs.split():
            if "." not in name and self.which(name) is None:
                return name
            if "." in name:
                try:
                    socket.create_connection((name, 443), 5).close()
                except OSError:
                    return name
        return None

    def which(self, program):
        return shutil.which(program, path=self.mill.environment["PATH"])

    def file(self, name, text):
        """Puts the text into a file, which its language's own parser has to take."""
        (self.folder / name).parent.mkdir(exist_ok=True)
        (self.folder / name).write_text(text)
        parser = PARSERS.get(name.rpartition(".")[2])
        if parser is None or self.which(parser[0]) is None:
            return f"is {name}"
        done = subprocess.run(
            [*parser, name], cwd=self.folder, env=self.mill.environment, capture_output=True, text=True, timeout=TIME
        )
        if done.returncode:
            raise Wrong(done.stdout + done.stderr)
        return f"is {name}, parsed by {parser[0]}"

    def skip(self, block, reason):
        words = block.text.replace("\\\n", " ").split()
        pairs = [word.split("=", 1) for word in words if word.startswith("PIXMILL_") and "=" in word]
        settings = {name: value.strip("\"'").replace("$KEY", "key") for name, value in pairs}
        self.check_config(settings)
        return f"skipped {reason}" + (f"; {len(settings)} settings hold" if settings else "")

    def check_config(self, environment, *flags):
        done = subprocess.run(
            [self.runner.binary, "check-config", *flags], cwd=self.folder, env=self.mill.environment | environment,
            capture_output=True, text=True, timeout=TIME,
        )
        if done.returncode:
            raise Wrong(done.stderr.strip())

    def configuration(self, text, is_served):
        (self.folder / "pixmill.toml").write_text(text)
        self.check_config({}, "--config", "pixmill.toml")
        if is_served:
            self.serve("exec pixmill --config pixmill.toml")
        return "holds" + (", serves" if is_served else "")

    def serve(self, command, settings=None):
        fault = self.mill.start(command, settings or {})
        if fault:
            raise Wrong(fault)

    def commands(self, text, told):
        reaching = REACHES_OUT.search(text)
        if reaching:
            raise Wrong(f"“{reaching[0].strip()}” isn't run by a test; skip the block")
        if "serve" in told and not told["serve"]:
            self.serve(text)
            return "serves"
        if "serve" in told:
            words = self.runner.placed(told["serve"], self.mill).split()
            pairs = [word.split("=", 1) for word in words if word != "defaults"]
            self.serve("exec pixmill", {f"PIXMILL_{name.upper()}": value for name, value in pairs})
        if self.mill.process is None:
            self.serve("exec pixmill")
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", text], cwd=self.folder, env=self.mill.environment, timeout=TIME,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
        )
        statuses = [int(line[7:]) for line in done.stderr.splitlines() if line.startswith("status=")]
        self.judge(done, statuses, told)
        if "makes" in told:
            self.compare(told["makes"])
        return " ".join(["ran", *map(str, statuses)]) + (f", made {told['makes']}" if "makes" in told else "")

    def judge(self, done, statuses, told):
        context = f"\n{done.stdout[-1500:]}\n{done.stderr[-1500:]}"
        if done.returncode:
            raise Wrong(f"exit code {done.returncode}{context}")
        wanted = int(told["expect"]) if "expect" in told else None
        if wanted is not None and (not statuses or statuses.pop() != wanted):
            raise Wrong(f"not {wanted}{context}")
        if any(status >= 400 for status in statuses):
            raise Wrong(f"{statuses}{context}")
        if wanted is not None:
            statuses.append(wanted)
        if "says" in told and told["says"].strip('"') not in done.stdout + done.stderr:
            raise Wrong(f"doesn't say {told['says']}{context}")

    def compare(self, name):
        """Holds a picture to the one that the book shows, or puts it there."""
        made, shown = self.folder / name, PICTURES / name
        self.runner.made.add(name)
        if self.runner.write:
            shutil.copyfile(made, shown)
        if not shown.is_file():
            raise Wrong(f"docs/pictures has no {name}; make docs-pictures")
        if made.read_bytes() == shown.read_bytes():
            return
        # No picture becomes larger by that.
        plain = []
        for number, path in enumerate((made, shown)):
            target = self.folder / f"compared-{number}.png"
            pictures.resized(self.runner.binary, path, target, width=16_383, type="png")
            plain.append(target.read_bytes())
        far = pictures.distance(*plain)
        if far is None or far > NEAR:
            raise Wrong(f"{name} looks different, by {far}; make docs-pictures")
