"""The pictures that the book's commands find where they run, all made of docs/pictures/*.svg by pixmill itself."""

import shutil
import struct
import subprocess
import zlib

from markdown import ROOT

SOURCES = ROOT / "docs/pictures"
FRAMES = 12
# How long a frame of the film is shown, in milliseconds.
FRAME_TIME = 100


def resized(binary, source, target, **parameters):
    # No command of pixmill's writes over a file that is there.
    target.unlink(missing_ok=True)
    flags = [word for name, value in parameters.items() for word in (f"--{name}", str(value))]
    subprocess.run([binary, "resize", source, target, *flags], check=True, timeout=120)


def make(binary, folder):
    """Leaves photo.jpg, sideways.jpg, framed.png, logo.png, boat.gif, and photos/ with two of them in the folder."""
    photo = folder / "photo.jpg"
    resized(binary, SOURCES / "photo.svg", photo, width=1600, type="jpeg")
    resized(binary, SOURCES / "logo.svg", folder / "logo.png", width=240, type="png")
    resized(binary, photo, folder / "framed.png", width=640, pad=60, background="fff", type="png")
    stored = folder / "stored.jpg"
    resized(binary, photo, stored, rotate=270, width=960, type="jpeg")
    (folder / "sideways.jpg").write_bytes(turned(stored.read_bytes(), 6))
    stored.unlink()
    film = folder / "film.png"
    film.write_bytes(animation(list(frames(binary, folder))))
    resized(binary, film, folder / "boat.gif", width=240, type="gif")
    film.unlink()
    (folder / "photos/2026").mkdir(parents=True)
    shutil.copyfile(photo, folder / "photos/lake.jpg")
    shutil.copyfile(folder / "sideways.jpg", folder / "photos/2026/sideways.jpg")


def turned(jpeg, orientation):
    """The same JPEG with an EXIF tag by which it is to be turned."""
    entry = struct.pack("<HHIHH", 0x112, 3, 1, orientation, 0)
    exif = b"Exif\0\0II*\0" + struct.pack("<IH", 8, 1) + entry + bytes(4)
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + jpeg[2:]


def frames(binary, folder):
    """The photo as PNG files, its boat a little further in each."""
    drawing = (SOURCES / "photo.svg").read_text()
    for number in range(FRAMES):
        angle = (0, 1, 2, 1, 0, -1, -2, -1)[number % 8]
        moved = f'<g id="boat" transform="translate({40 * number - 260} 0) rotate({angle} 760 900)">'
        (folder / "frame.svg").write_text(drawing.replace('<g id="boat">', moved))
        resized(binary, folder / "frame.svg", folder / "frame.png", width=240, type="png")
        yield (folder / "frame.png").read_bytes()
    (folder / "frame.svg").unlink()
    (folder / "frame.png").unlink()


def chunks(png):
    """Names and contents of a PNG's chunks."""
    place = 8
    while place < len(png):
        length, name = struct.unpack_from(">I4s", png, place)
        yield name, png[place + 8 : place + 8 + length]
        place += 12 + length


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def animation(pictures):
    """One PNG that shows these, all of one size, one after the other, again and again."""
    head = next(data for name, data in chunks(pictures[0]) if name == b"IHDR")
    width, height = struct.unpack_from(">II", head)
    made, sequence = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"acTL", struct.pack(">II", len(pictures), 0)), 0
    for number, picture in enumerate(pictures):
        control = struct.pack(">IIIIIHHBB", sequence, width, height, 0, 0, FRAME_TIME, 1000, 0, 0)
        made, sequence = made + chunk(b"fcTL", control), sequence + 1
        data = b"".join(data for name, data in chunks(picture) if name == b"IDAT")
        if number == 0:
            made += chunk(b"IDAT", data)
        else:
            made, sequence = made + chunk(b"fdAT", struct.pack(">I", sequence) + data), sequence + 1
    return made + chunk(b"IEND", b"")


def samples(png):
    """Width, height, channels and samples of a PNG of 8 bits that isn't interlaced."""
    parts = list(chunks(png))
    width, height, depth, kind, _, _, interlaced = struct.unpack(">IIBBBBB", parts[0][1])
    channels = {0: 1, 2: 3, 4: 2, 6: 4}[kind]
    assert (depth, interlaced) == (8, 0), "not a plain PNG"
    raw = zlib.decompress(b"".join(data for name, data in parts if name == b"IDAT"))
    stride, above, rows = width * channels, bytes(width * channels), []
    for at in range(0, height * (stride + 1), stride + 1):
        above = unfiltered(raw[at], raw[at + 1 : at + 1 + stride], above, channels)
        rows.append(above)
    return width, height, channels, b"".join(rows)


def unfiltered(method, coded, above, channels):
    """A row, as PNG's five filters left it."""
    row = bytearray(coded)
    for i, value in enumerate(row):
        left = row[i - channels] if i >= channels else 0
        corner = above[i - channels] if i >= channels else 0
        if method == 4:
            near = min((abs(above[i] - corner), 0, left), (abs(left - corner), 1, above[i]), (abs(left + above[i] - 2 * corner), 2, corner))
            predicted = near[2]
        else:
            predicted = (0, left, above[i], (left + above[i]) // 2)[method]
        row[i] = (value + predicted) & 255
    return bytes(row)


def distance(first, second):
    """The mean difference of two PNGs' samples, of 255; none where they have another shape."""
    first, second = samples(first), samples(second)
    if first[:3] != second[:3]:
        return None
    return sum(abs(a - b) for a, b in zip(first[3], second[3])) / max(len(first[3]), 1)
