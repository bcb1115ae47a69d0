"""What a page of Markdown holds: fenced blocks with the notes before them, headings, links."""

import re
import subprocess
import textwrap
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent

FENCE = re.compile(r"^( *)(```+)(\w*)\s*$")
NOTE = re.compile(r"^ *<!-- run: (.*?) -->$")
HEADING = re.compile(r"^#+ +(.*?) *#*$")
LINK = re.compile(r"\[(?:[^\[\]]|\[[^\]]*\]\([^)]*\))*\]\(([^()\s]+)\)")
CODE = re.compile(r"`+[^`]*`+")


@dataclass
class Block:
    """Fenced text: its first line's number in the page, its language, and what the note before it says, if there is one."""

    line: int
    language: str
    text: str
    note: str | None


@dataclass
class Page:
    """A file: its blocks in their order, its anchors as GitHub makes them, and its prose, a line of which is empty where a block is."""

    path: Path
    blocks: list[Block] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)
    prose: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def __str__(self):
        return str(self.path.relative_to(ROOT))

    def links(self):
        """Line and target of each link and picture."""
        for number, line in enumerate(self.prose, 1):
            for target in LINK.findall(CODE.sub("", line)):
                yield number, target
            # A badge or a picture that is a link itself.
            for target in re.findall(r'(?:href|src)="([^"]+)"', CODE.sub("", line)):
                yield number, target

    def code_spans(self):
        """Line and text of each word that is set as code."""
        for number, line in enumerate(self.prose, 1):
            for span in CODE.findall(line):
                yield number, span.strip("` ")


def anchor(heading):
    """What GitHub calls a heading in a link."""
    words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").strip().lower()
    return re.sub(r"[^\w\- ]", "", words).replace(" ", "-")


def read(path):
    """The page in that file."""
    page, note, fence = Page(path), None, None
    seen = {}
    for number, line in enumerate(path.read_text().splitlines(), 1):
        mark = FENCE.match(line)
        if fence is not None:
            page.prose.append("")
            start, indent, ticks, language, lines = fence
            if mark and mark[2] == ticks and not mark[3]:
                text = textwrap.dedent("\n".join(lines)) + "\n"
                page.blocks.append(Block(start, language, text, note))
                fence, note = None, None
            else:
                lines.append(line)
            continue
        if mark:
            fence = (number, mark[1], mark[2], mark[3], [])
            page.prose.append("")
            continue
        page.prose.append(line)
        noted = NOTE.match(line)
        if note is not None and (noted or line.strip()):
            page.faults.append(f"{page}:{number}: a note without a block right behind it")
            note = None
        if noted:
            note = noted[1]
        heading = HEADING.match(line)
        if heading:
            name = anchor(heading[1])
            count = seen[name] = seen.get(name, -1) + 1
            page.anchors.add(f"{name}-{count}" if count else name)
    if fence is not None:
        page.faults.append(f"{page}:{fence[0]}: the block doesn't end")
    return page


def files():
    """Every Markdown file that is part of the project."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )
    return sorted(ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file())


def book():
    """The pages whose commands are run."""
    first = [ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
    return [read(path) for path in files() if path in first or (ROOT / "docs") in path.parents]
