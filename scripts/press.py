#!/usr/bin/env python3
"""Makes src/pipeline/press.bin, the colours of printed inks, from measurements: press.py FOGRA39L.ti3

The measurements are Fogra's FOGRA39L, offset on coated paper by ISO 12647-2, as Debian's package icc-profiles-free has them.
Needs numpy. Prints how far interpolation between the nodes is from the patches that are none, in CIEDE2000.
"""
import itertools
import sys
from pathlib import Path

import numpy as np

INKS = np.array([0, 20, 40, 70, 100])
BLACKS = np.array([0, 20, 40, 60, 80, 100])
D50 = np.array([0.9642, 1.0, 0.8249])
TO_SRGB = np.linalg.inv(
    [[0.4360747, 0.3850649, 0.1430804], [0.2225045, 0.7168786, 0.0606169], [0.0139322, 0.0971045, 0.7141733]]
)


def patches(path):
    """Inks in percent, and XYZ."""
    lines = (line.split() for line in Path(path).read_text().splitlines())
    rows = np.array([[float(x) for x in line[1:8]] for line in lines if len(line) == 11 and line[0].isdigit()])
    return rows[:, :4], rows[:, 4:7]


def srgb(xyz, inks):
    """sRGB from 0 to 255, paper white and the darkest print black. What no screen can show lies beyond."""
    paper = xyz[(inks == 0).all(axis=1)][0]
    relative = xyz / paper
    black = relative[relative[:, 1].argmin()].mean()
    linear = ((relative - black) / (1 - black)) * D50 @ TO_SRGB.T
    size = np.abs(linear)
    return np.sign(linear) * 255 * np.where(size <= 0.0031308, 12.92 * size, 1.055 * size ** (1 / 2.4) - 0.055)


def table(inks, colours):
    """Colours at the nodes; what wasn't printed lies between its neighbours along each ink."""
    known = {tuple(ink): colour for ink, colour in zip(inks, colours)}
    axes = (INKS, INKS, INKS, BLACKS)
    nodes = np.full((5, 5, 5, 6, 3), np.nan)
    for place in itertools.product(*(range(len(axis)) for axis in axes)):
        ink = tuple(float(axis[at]) for axis, at in zip(axes, place))
        nodes[place] = known.get(ink, np.nan)
    while np.isnan(nodes).any():
        filled = nodes.copy()
        for place in map(tuple, np.argwhere(np.isnan(nodes[..., 0]))):
            guesses = []
            for axis in range(3):
                line = nodes[place[:axis] + (slice(None),) + place[axis + 1 :]]
                there = np.flatnonzero(~np.isnan(line[:, 0]))
                below, above = there[there < place[axis]], there[there > place[axis]]
                if len(below) and len(above):
                    low, high = below[-1], above[0]
                    part = (INKS[place[axis]] - INKS[low]) / (INKS[high] - INKS[low])
                    guesses.append(line[low] * (1 - part) + line[high] * part)
            if guesses:
                filled[place] = np.mean(guesses, axis=0)
        nodes = filled
    return nodes.round().astype("<i2")


def between(nodes, inks):
    """As pixmill interpolates: along the inks in the order of their parts."""
    made = np.empty((len(inks), 3))
    for row, ink in enumerate(inks):
        places, parts = [], []
        for axis, value in zip((INKS, INKS, INKS, BLACKS), ink):
            at = min(np.searchsorted(axis, value, side="right") - 1, len(axis) - 2)
            places.append(at)
            parts.append((value - axis[at]) / (axis[at + 1] - axis[at]))
        colour = nodes[tuple(places)].astype(float)
        for axis in sorted(range(4), key=lambda axis: -parts[axis]):
            before = nodes[tuple(places)].astype(float)
            places[axis] += 1
            colour += parts[axis] * (nodes[tuple(places)] - before)
        made[row] = colour
    return made.clip(0, 255)


def main():
    inks, xyz = patches(sys.argv[1])
    colours = srgb(xyz, inks)
    nodes = table(inks, colours)
    out = Path(__file__).parent.parent / "src/pipeline/press.bin"
    out.write_bytes(nodes.tobytes())
    from colour import delta_e, lab

    is_node = np.isin(inks[:, :3], INKS).all(axis=1) & np.isin(inks[:, 3], BLACKS)
    errors = delta_e(lab(between(nodes, inks[~is_node])), lab(colours[~is_node].clip(0, 255)))
    print(f"{(~is_node).sum()} patches between nodes: median {np.median(errors):.2f}, "
          f"95 of 100 {np.percentile(errors, 95):.2f}, worst {errors.max():.2f}")


if __name__ == "__main__":
    main()
