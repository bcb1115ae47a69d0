#!/usr/bin/env python3
"""The licences of all that is in the binary, each text once, with whose it is: notices.py TARGET

Of every package that is linked in, the files are taken that its authors call LICENSE, COPYING, NOTICE or PATENTS, those of the C libraries
that come with it among them."""

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
NAME = re.compile(r"(LICEN[CS]E|COPYING|NOTICE|PATENTS|UNLICENSE)([._-].*)?", re.IGNORECASE)
# As deep as a package keeps a library's own folder.
DEPTH = 3


def packages(target):
    """What is linked in, and not what builds or tests it."""
    tree = subprocess.run(
        ["cargo", "tree", "--locked", "--edges", "normal", "--prefix", "none", "--format", "{p}", "--target", target],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    linked = {tuple(line.split()[:2]) for line in tree.stdout.splitlines() if line}
    told = subprocess.run(
        ["cargo", "metadata", "--locked", "--format-version", "1", "--filter-platform", target],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    for package in json.loads(told.stdout)["packages"]:
        if (package["name"], "v" + package["version"]) in linked and package["name"] != "pixmill":
            yield package


def texts(folder):
    files = [path for path in folder.rglob("*") if len(path.relative_to(folder).parts) <= DEPTH]
    for path in sorted(path for path in files if NAME.fullmatch(path.name) and path.is_file()):
        yield path.read_text(errors="replace").strip()


def main():
    owners = {}
    silent = []
    for package in packages(sys.argv[1]):
        whose = f"{package['name']} {package['version']} ({package['license'] or 'see its file'})"
        found = list(texts(Path(package["manifest_path"]).parent))
        if not found:
            silent.append(whose)
        for text in found:
            owners.setdefault(text, []).append(whose)
    for path in sorted((ROOT / "src/typeface").glob("*.LICENSE")):
        owners.setdefault(path.read_text().strip(), []).append(f"{path.stem}, the font of texts")
    print("pixmill is licensed under MIT or Apache-2.0. In its binary there is work of others, under these licences.\n")
    for text, all_of_it in sorted(owners.items(), key=lambda row: row[1]):
        print("=" * 100)
        print("\n".join(dict.fromkeys(all_of_it)))
        print("-" * 100)
        print(text)
        print()
    if silent:
        print("=" * 100)
        print("These come without a file of their own:\n" + "\n".join(silent))


main()
