#!/usr/bin/env python3
"""Which quality of WebP and AVIF looks as which quality of JPEG does, by SSIMULACRA2: the table in docs/formats.md.

    looks.py BINARY METRIC PHOTO...

Each photo is made 640 pixels wide once, as PNG, and that is written in each format and quality; what another decoder (libvips)
makes of the file is compared with the PNG. Scores are the means over all photos. METRIC is a program that reads, in little-endian, width,
height and the number of images, a reference in linear RGB as 32-bit floats and images of 8 bits, and writes a score a line.

Needs numpy and pyvips.
"""
import os
import struct
import subprocess
import sys
import tempfile

import numpy as np
import pyvips

JPEG = range(40, 100, 5)
OTHERS = {"webp": range(30, 101, 5), "avif": range(30, 96, 5)}
SHOWN = (50, 60, 70, 75, 80, 85, 90, 95)


def linear(image):
    image = image.astype(np.float64) / 255
    return np.where(image <= 0.04045, image / 12.92, ((image + 0.055) / 1.055) ** 2.4).astype("<f4")


def scores(metric, reference, images):
    height, width, _ = reference.shape
    data = struct.pack("<III", width, height, len(images)) + linear(reference).tobytes()
    data += b"".join(np.ascontiguousarray(image, dtype=np.uint8).tobytes() for image in images)
    told = subprocess.run([metric], input=data, capture_output=True, check=True).stdout
    return [float(line) for line in told.split()]


def decoded(path):
    # By its bytes: files of one name are read once.
    with open(path, "rb") as file:
        image = pyvips.Image.new_from_buffer(file.read(), "")
    return image.colourspace("srgb").numpy()[:, :, :3]


def made(binary, source, target, *parameters):
    subprocess.run([binary, "resize", source, target, *parameters], check=True)
    return decoded(target), os.path.getsize(target)


def measure(binary, metric, photo, folder):
    """Score and bytes by format and quality."""
    small = os.path.join(folder, "small.png")
    made(binary, photo, small, "--width", "640", "--type", "png")
    width = str(decoded(small).shape[1])
    keys, images, sizes = [], [], []
    for kind, qualities in {"jpeg": JPEG, **OTHERS}.items():
        for quality in qualities:
            target = os.path.join(folder, f"made.{kind}")
            image, size = made(binary, small, target, "--width", width, "--type", kind, "--quality", str(quality))
            keys.append((kind, quality))
            images.append(image)
            sizes.append(size)
    found = scores(metric, decoded(small), images)
    return {key: np.array([score, np.log(size)]) for key, score, size in zip(keys, found, sizes)}


def main():
    binary, metric, *photos = sys.argv[1:]
    total = {}
    with tempfile.TemporaryDirectory() as folder:
        for photo in photos:
            for key, figures in measure(binary, metric, photo, folder).items():
                total[key] = total.get(key, 0) + figures / len(photos)
    print("| JPEG | SSIMULACRA2 | " + " | ".join(f"{kind.upper()} | bytes" for kind in OTHERS) + " |")
    print("|" + " --- |" * (2 + 2 * len(OTHERS)))
    for quality in SHOWN:
        score, size = total["jpeg", quality]
        row = [str(quality), f"{score:.1f}"]
        for kind, qualities in OTHERS.items():
            curve = np.array([total[kind, other] for other in qualities])
            equal = np.interp(score, curve[:, 0], list(qualities))
            bytes_ = np.exp(np.interp(score, curve[:, 0], curve[:, 1]) - size)
            beyond = score > curve[-1, 0] or score < curve[0, 0]
            row += ["none", ""] if beyond else [f"{equal:.0f}", f"{100 * bytes_:.0f} %"]
        print("| " + " | ".join(row) + " |")


main()
