#!/usr/bin/env python3
"""Reads out of a binary what it says it is made of, and holds it to Cargo.lock: audited.py BINARY"""

import json
import struct
import sys
import tomllib
import zlib
from pathlib import Path

SECTION = b".dep-v0"


def section(image):
    """The bytes of that section of an ELF file of 64 bits, little end first."""
    if image[:6] != b"\x7fELF\x02\x01":
        sys.exit("audited: no ELF file of 64 bits")
    (start,) = struct.unpack_from("<Q", image, 40)
    size, count, names = struct.unpack_from("<HHH", image, 58)
    heads = [struct.unpack_from("<IIQQQQ", image, start + size * row) for row in range(count)]
    table = heads[names][4]
    for name, _, _, _, offset, length in heads:
        begin = table + name
        if image[begin : image.index(b"\0", begin)] == SECTION:
            return image[offset : offset + length]
    return sys.exit(f"audited: there is no section {SECTION.decode()}")


def main():
    told = json.loads(zlib.decompress(section(Path(sys.argv[1]).read_bytes())))
    told = {(row["name"], row["version"]) for row in told["packages"]}
    lock = tomllib.loads((Path(__file__).parents[2] / "Cargo.lock").read_text())
    locked = {(row["name"], row["version"]) for row in lock["package"]}
    if not told or told - locked:
        sys.exit(f"audited: not as Cargo.lock has it: {sorted(told - locked)}")
    print(f"audited: {len(told)} packages, as Cargo.lock has them")


main()
