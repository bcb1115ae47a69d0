#!/usr/bin/env python3
"""How far pixmill's colours are from those of another engine (lcms2, by Pillow): colour.py http://127.0.0.1:8080 [FOGRA39L.ti3]

Patches over the whole of each space go through a server as PNG or TIFF and come back as sRGB, and as Display P3; prints CIEDE2000
for each profile. With measurements of a press it also compares inks without a profile with what was measured.
With `write` in place of an address it leaves profiles and expected colours in tests/api/colour.
Needs numpy and Pillow.
"""
import io
import struct
import sys
import urllib.parse
import urllib.request
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms

D50 = np.array([0.9642, 1.0, 0.8249])
SRGB = np.array([[0.4360747, 0.3850649, 0.1430804], [0.2225045, 0.7168786, 0.0606169], [0.0139322, 0.0971045, 0.7141733]])


P3 = np.array([[0.5151187, 0.2919778, 0.1571035], [0.2411892, 0.6922441, 0.0665668], [-0.0010505, 0.0418791, 0.7840713]])


def lab(rgb, primaries=SRGB):
    """CIELAB, D50, of samples from 0 to 255 with sRGB's curve."""
    coded = np.asarray(rgb, float) / 255
    linear = np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)
    ratio = linear @ primaries.T / D50
    f = np.where(ratio > 216 / 24389, np.cbrt(ratio), (24389 / 27 * ratio + 16) / 116)
    return np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=1)


def delta_e(first, second):
    """CIEDE2000 (CIE 142-2001), for rows of CIELAB."""
    l1, a1, b1 = first.T
    l2, a2, b2 = second.T
    mean = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    stretch = 1.5 - 0.5 * np.sqrt(mean**7 / (mean**7 + 25.0**7))
    c1, c2 = np.hypot(stretch * a1, b1), np.hypot(stretch * a2, b2)
    h1, h2 = (np.degrees(np.arctan2(b, stretch * a)) % 360 for a, b in ((a1, b1), (a2, b2)))
    grey = c1 * c2 == 0
    turn = np.where(grey, 0, (h2 - h1 + 180) % 360 - 180)
    lightness, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    far = np.abs(h1 - h2) > 180
    hue = np.where(grey, h1 + h2, np.where(far, (h1 + h2 + np.where(h1 + h2 < 360, 360, -360)) / 2, (h1 + h2) / 2))
    t = (1 - 0.17 * np.cos(np.radians(hue - 30)) + 0.24 * np.cos(np.radians(2 * hue))
         + 0.32 * np.cos(np.radians(3 * hue + 6)) - 0.2 * np.cos(np.radians(4 * hue - 63)))
    dl = (l2 - l1) / (1 + 0.015 * (lightness - 50) ** 2 / np.sqrt(20 + (lightness - 50) ** 2))
    dc = (c2 - c1) / (1 + 0.045 * chroma)
    dh = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2)) / (1 + 0.015 * chroma * t)
    bend = 60 * np.exp(-(((hue - 275) / 25) ** 2))
    cross = -2 * np.sqrt(chroma**7 / (chroma**7 + 25.0**7)) * np.sin(np.radians(bend))
    return np.sqrt(dl**2 + dc**2 + dh**2 + cross * dc * dh)


# Profiles, by ICC.1:2022 and, before version 4, ICC.1:2001-04.

def fixed(number):
    return struct.pack(">i", round(number * 65536))


def profile(version, space, tags, pcs=b"XYZ "):
    """A profile of these tags, its description among them."""
    words = "patches"
    if version < 4:
        text = b"desc" + bytes(4) + struct.pack(">I", len(words) + 1) + words.encode() + bytes(1 + 4 + 4 + 2 + 1 + 67)
    else:
        text = b"mluc" + bytes(4) + struct.pack(">II2s2sII", 1, 12, b"en", b"US", 2 * len(words), 28) + words.encode("utf-16-be")
    tags = {b"desc": text, b"wtpt": b"XYZ " + bytes(4) + b"".join(map(fixed, D50)), **tags}
    table, data, place = struct.pack(">I", len(tags)), b"", 128 + 4 + 12 * len(tags)
    for name, value in tags.items():
        table += name + struct.pack(">II", place + len(data), len(value))
        data += value + bytes(-len(value) % 4)
    head = struct.pack(">I4sB3s4s4s4s12s4s4s", 128 + len(table) + len(data), bytes(4), version, b"\x00\x00\x00",
                       b"prtr" if space == b"CMYK" else b"mntr", space, pcs, bytes(12), b"acsp", bytes(4))
    head += bytes(20) + struct.pack(">I", 1) + b"".join(map(fixed, D50))
    return head + bytes(128 - len(head)) + table + data


def matrix_profile(version, white, primaries, curve):
    """RGB by its primaries; the white point is adapted by Bradford's matrix."""
    bradford = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
    xyz = lambda x, y: np.array([x / y, 1, (1 - x - y) / y])
    points = np.stack([xyz(*point) for point in primaries], axis=1)
    colorants = points * np.linalg.solve(points, xyz(*white))
    adapt = np.linalg.inv(bradford) @ np.diag(bradford @ D50 / (bradford @ xyz(*white))) @ bradford
    tags = {}
    for name, column in zip((b"r", b"g", b"b"), (adapt @ colorants).T):
        tags[name + b"XYZ"] = b"XYZ " + bytes(4) + b"".join(map(fixed, column))
        tags[name + b"TRC"] = curve
    return profile(version, b"RGB ", tags)


def gamma(exponent):
    return b"curv" + bytes(4) + struct.pack(">IH", 1, round(exponent * 256)) + bytes(2)


def parametric(g, a, b, c, d):
    return b"para" + bytes(4) + struct.pack(">HH", 3, 0) + b"".join(map(fixed, (g, a, b, c, d)))


def sampled(function, count=1024):
    values = (np.clip(function(np.linspace(0, 1, count)), 0, 1) * 65535).round().astype(">u2")
    return b"curv" + bytes(4) + struct.pack(">I", count) + values.tobytes()


def grid(channels, nodes):
    axes = np.meshgrid(*[np.linspace(0, 1, nodes)] * channels, indexing="ij")
    return np.stack([axis.ravel() for axis in axes], axis=1)


def table_v2(channels, nodes, colours):
    """`mft2` from device to CIELAB, as version 2 codes it."""
    coded = np.stack([colours[:, 0] / 100 * 65280, (colours[:, 1] + 128) * 256, (colours[:, 2] + 128) * 256], axis=1)
    line = struct.pack(">HH", 0, 65535)
    return (b"mft2" + bytes(4) + struct.pack(">BBBB", channels, 3, nodes, 0) + b"".join(map(fixed, np.eye(3).ravel()))
            + struct.pack(">HH", 2, 2) + line * channels + coded.clip(0, 65535).round().astype(">u2").tobytes() + line * 3)


def table_v4(nodes, colours):
    """`mAB ` from RGB to CIELAB, as version 4 codes it: curves, a table, curves."""
    coded = np.stack([colours[:, 0] / 100, (colours[:, 1] + 128) / 255, (colours[:, 2] + 128) / 255], axis=1)
    table = bytes([nodes] * 3) + bytes(13) + struct.pack(">B3x", 2) + (coded.clip(0, 1) * 65535).round().astype(">u2").tobytes()
    table += bytes(-len(table) % 4)
    a_curves = parametric(1.8, 1, 0, 0, 0) * 3
    b_curves = (b"curv" + bytes(4) + struct.pack(">I", 0)) * 3
    b_at, table_at = 32, 32 + len(b_curves)
    head = b"mAB " + bytes(4) + struct.pack(">BBxxIIIII", 3, 3, b_at, 0, 0, table_at, table_at + len(table))
    return head + b_curves + table + a_curves


def press_like(inks):
    """Colours of inks that take away light as Beer's law has it: smooth, and of no real press."""
    density = np.array([[1.6, 0.35, 0.12], [0.1, 1.3, 0.4], [0.03, 0.12, 1.2], [1.7, 1.7, 1.7]])
    return lab(255 * (0.96 * 10 ** (-(inks**1.2) @ density)) ** (1 / 2.2))


def display_p3():
    curve = parametric(2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
    return matrix_profile(4, (0.3127, 0.3290), ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)), curve)


def profiles():
    """Name, picture's mode, profile."""
    d65, srgb_points = (0.3127, 0.3290), ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
    curve = parametric(2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
    code = lambda x: np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4)
    rgb, inks = grid(3, 9), grid(4, 7)
    seen = press_like(np.hstack([1 - rgb**0.9, np.zeros((len(rgb), 1))]))
    grey = lambda curve: profile(2, b"GRAY", {b"kTRC": curve})
    return [
        ("srgb-v2", "RGB", matrix_profile(2, d65, srgb_points, sampled(code))),
        ("srgb-v4", "RGB", matrix_profile(4, d65, srgb_points, curve)),
        ("display-p3", "RGB", display_p3()),
        ("adobe-rgb", "RGB", matrix_profile(2, d65, ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06)), gamma(563 / 256))),
        ("prophoto", "RGB", matrix_profile(2, (0.3457, 0.3585), ((0.7347, 0.2653), (0.1596, 0.8404), (0.0366, 0.0001)), gamma(1.8))),
        ("rec2020", "RGB", matrix_profile(4, d65, ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046)), gamma(2.4))),
        ("grey-gamma", "L", grey(gamma(1.8))),
        ("grey-curve", "L", grey(sampled(lambda x: np.where(x > 0.08, ((x + 0.16) / 1.16) ** 3, x / 9.033)))),
        ("table-v2", "RGB", profile(2, b"RGB ", {b"A2B0": table_v2(3, 9, seen)}, b"Lab ")),
        ("table-v4", "RGB", profile(4, b"RGB ", {b"A2B0": table_v4(9, seen)}, b"Lab ")),
        ("inks-v2", "CMYK", profile(2, b"CMYK", {b"A2B0": table_v2(4, 7, press_like(inks))}, b"Lab ")),
    ]


def patches(mode, steps):
    """Samples over the whole space, and a few between."""
    channels = {"L": 1, "RGB": 3, "CMYK": 4}[mode]
    regular = (grid(channels, steps[channels]) * 255).round()
    return np.vstack([regular, np.random.default_rng(1).integers(0, 256, (64, channels))]).astype(np.uint8)


def picture(samples, mode, icc):
    shape = (1, len(samples)) if mode == "L" else (1, len(samples), samples.shape[1])
    image = Image.fromarray(samples.reshape(shape), mode=mode)
    out = io.BytesIO()
    image.save(out, "TIFF" if mode == "CMYK" else "PNG", icc_profile=icc)
    return image, out.getvalue()


def expected(image, icc, space="srgb"):
    target = ImageCms.createProfile("sRGB") if space == "srgb" else ImageCms.ImageCmsProfile(io.BytesIO(display_p3()))
    made = ImageCms.profileToProfile(image, ImageCms.ImageCmsProfile(io.BytesIO(icc)), target,
                                     renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC, outputMode="RGB",
                                     flags=ImageCms.Flags.HIGHRESPRECALC)
    return np.asarray(made).reshape(-1, 3)


def asked(address, file, space="srgb"):
    request = urllib.request.Request(f"{address}/convert?type=png&colorspace={space}", data=file)
    with urllib.request.urlopen(request) as answer:
        return np.asarray(Image.open(io.BytesIO(answer.read())).convert("RGB")).reshape(-1, 3)


def row(name, errors):
    print(f"{name:16} {len(errors):6} patches   median {np.median(errors):.2f}   95 of 100 {np.percentile(errors, 95):.2f}   worst {errors.max():.2f}")


def compare(address, press):
    if urllib.parse.urlsplit(address).hostname != "127.0.0.1":
        sys.exit("only a server on 127.0.0.1")
    everything = []
    for name, mode, icc in profiles():
        image, file = picture(patches(mode, {1: 256, 3: 11, 4: 6}), mode, icc)
        for space, primaries in (("srgb", SRGB), ("p3", P3)):
            errors = delta_e(lab(asked(address, file, space), primaries), lab(expected(image, icc, space), primaries))
            row(f"{name} {space}", errors)
            everything.append(errors)
    row("all", np.concatenate(everything))
    if press:
        from press import patches as measured, srgb

        inks, xyz = measured(press)
        _, file = picture((inks * 2.55).round().astype(np.uint8), "CMYK", None)
        row("no profile", delta_e(lab(asked(address, file)), lab(srgb(xyz, inks).clip(0, 255))))


def write(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for name, mode, icc in profiles():
        samples = patches(mode, {1: 9, 3: 4, 4: 3})
        image, _ = picture(samples, mode, icc)
        (folder / f"{name}.icc").write_bytes(icc)
        pairs = zip(samples, expected(image, icc), expected(image, icc, "p3"))
        lines = (" ".join(map(str, [*given, *srgb, *p3])) for given, srgb, p3 in pairs)
        (folder / f"{name}.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    if sys.argv[1] == "write":
        write(Path(__file__).parent.parent / "tests/api/colour")
    else:
        compare(sys.argv[1].rstrip("/"), sys.argv[2] if len(sys.argv) > 2 else None)
