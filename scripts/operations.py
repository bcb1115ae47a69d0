#!/usr/bin/env python3
"""CPU per picture of each operation, against libvips doing the same: operations.py BINARY PHOTO.jpg [ROUNDS].

pixmill answers over HTTP on loopback as imaginary does (compat = "imaginary"), and all CPU of its process counts. libvips works in this process,
without HTTP, on one thread, by its quickest way: what imaginary does besides isn't counted. Needs pyvips (pip install 'pyvips[binary]').
"""

import glob
import http.client
import json
import os
import subprocess
import sys
import time
from urllib.parse import quote

os.environ["VIPS_CONCURRENCY"] = "1"
import pyvips  # noqa: E402  (reads the variable when it is loaded)

SECONDS = 1.0
JPEG = {"Q": 75, "optimize_coding": True, "strip": True}


def thumbnail(data, width, height=None, **more):
    return pyvips.Image.thumbnail_buffer(data, width, height=height or 10_000_000, **more)


def opened(data):
    return pyvips.Image.new_from_buffer(data, "", access="sequential").autorot()


def jpeg(image):
    return image.jpegsave_buffer(**JPEG)


def marked(data):
    image = opened(data)
    text = pyvips.Image.text("Hello world", font="sans 20", dpi=150, width=400)
    text = text.embed(100, 100, text.width + 400, text.height + 400)
    across, down = image.width // text.width + 1, image.height // text.height + 1
    mask = (text.replicate(across, down).crop(0, 0, image.width, image.height) * 0.25).cast("uchar")
    ink = pyvips.Image.black(image.width, image.height, bands=3).copy(interpretation="srgb")
    return jpeg(image.composite2(ink.bandjoin(mask), "over").flatten())


def overlaid(data):
    mark = pyvips.Image.new_from_buffer(MARK, "")
    return jpeg(opened(data).composite2(mark, "over", x=50, y=40).flatten())


def several(data):
    return jpeg(thumbnail(data, 800).copy_memory().rot90().gaussblur(1.5))


# A second picture with alpha, which pixmill gets in the same form as the first.
MARK = pyvips.Image.black(400, 300, bands=4).copy(interpretation="srgb").linear([1] * 4, [255, 64, 0, 128]) \
    .cast("uchar").pngsave_buffer()
BOUNDARY = "pixmill-operations"

STEPS = quote(json.dumps([
    {"operation": "resize", "params": {"width": 800}},
    {"operation": "rotate", "params": {"rotate": 90}},
    {"operation": "blur", "params": {"sigma": 1.5}},
]))

# Name, what pixmill is asked, what libvips does.
OPERATIONS = [
    ("resize", "/resize?width=720", lambda d: jpeg(thumbnail(d, 720))),
    ("fit", "/fit?width=300&height=300", lambda d: jpeg(thumbnail(d, 300, 300))),
    ("crop", "/crop?width=400&height=400", lambda d: jpeg(thumbnail(d, 400, 400, crop="centre"))),
    ("smartcrop", "/smartcrop?width=400&height=400",
     lambda d: jpeg(thumbnail(d, 400, 400, crop="attention"))),
    ("thumbnail", "/thumbnail?width=160", lambda d: jpeg(thumbnail(d, 160))),
    ("enlarge", "/enlarge?width=3200&height=2600", lambda d: jpeg(thumbnail(d, 3200, 2600, crop="centre"))),
    ("extract", "/extract?left=200&top=100&areawidth=900&areaheight=700",
     lambda d: jpeg(opened(d).crop(200, 100, 900, 700))),
    ("zoom", "/zoom?factor=1&left=100&top=100&areawidth=900&areaheight=700",
     lambda d: jpeg(opened(d).zoom(2, 2).crop(100, 100, 900, 700))),
    ("rotate", "/rotate?rotate=90", lambda d: jpeg(pyvips.Image.new_from_buffer(d, "").autorot().rot90())),
    ("autorotate", "/autorotate", lambda d: jpeg(opened(d))),
    ("flip", "/flip", lambda d: jpeg(opened(d).fliphor())),
    ("flop", "/flop", lambda d: jpeg(pyvips.Image.new_from_buffer(d, "").autorot().flipver())),
    ("convert to PNG", "/convert?type=png&width=720", lambda d: thumbnail(d, 720).pngsave_buffer(compression=6)),
    ("convert to WebP", "/convert?type=webp&width=720", lambda d: thumbnail(d, 720).webpsave_buffer(Q=75)),
    ("blur", "/blur?sigma=5&width=720", lambda d: jpeg(thumbnail(d, 720).gaussblur(5))),
    ("blur, whole", "/blur?sigma=5", lambda d: jpeg(opened(d).gaussblur(5))),
    ("watermark", "/watermark?text=Hello%20world&font=sans%2020&textwidth=400", marked),
    ("watermarkimage", "/watermarkimage?left=50&top=40", overlaid),
    ("pipeline", f"/pipeline?operations={STEPS}", several),
    ("sharpen", "/sharpen?sharpen=1&width=720", lambda d: jpeg(thumbnail(d, 720).sharpen(sigma=1))),
    ("info", "/info", lambda d: pyvips.Image.new_from_buffer(d, "").width),
]


def spent(pid):
    """Nanoseconds that all threads of the process have run."""
    total = 0
    for path in glob.glob(f"/proc/{pid}/task/*/schedstat"):
        with open(path, encoding="ascii") as file:
            total += int(file.read().split()[0])
    return total


def form(files):
    """A form with these files, by their names."""
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"; filename="{name}"\r\n\r\n'.encode() + data + b"\r\n"
        for name, data in files.items()
    ]
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


def ours(pid, port, path, data):
    connection = http.client.HTTPConnection("127.0.0.1", port)
    headers = {}
    if path.startswith("/watermarkimage"):
        data = form({"file": data, "image": MARK})
        headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}

    def once():
        connection.request("POST", path, body=data, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            sys.exit(f"{path}: {answer.status} {body[:200]}")

    once()
    start, until, count = spent(pid), time.monotonic() + SECONDS, 0
    while time.monotonic() < until or count < 2:
        once()
        count += 1
    connection.close()
    return (spent(pid) - start) / count / 1e6


def theirs(work, data):
    work(data)
    start, until, count = time.process_time(), time.monotonic() + SECONDS, 0
    while time.monotonic() < until or count < 2:
        work(data)
        count += 1
    return (time.process_time() - start) / count * 1e3


def main():
    binary, photo = sys.argv[1:3]
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 3
    with open(photo, "rb") as file:
        data = file.read()
    pyvips.cache_set_max(0)
    port = 18099
    settings = {"PIXMILL_COMPAT": "imaginary", "PORT": str(port), "PIXMILL_HOST": "127.0.0.1", "PIXMILL_LOG": "warn"}
    server = subprocess.Popen([binary], env=os.environ | settings)
    try:
        for _ in range(100):
            try:
                connection = http.client.HTTPConnection("127.0.0.1", port)
                connection.request("GET", "/ready")
                if connection.getresponse().status == 200:
                    break
            except OSError:
                pass
            time.sleep(0.05)
        version = f"{pyvips.version(0)}.{pyvips.version(1)}.{pyvips.version(2)}"
        print(f"| operation | pixmill, CPU ms | libvips {version}, CPU ms | ratio |\n| --- | --- | --- | --- |")
        for name, path, work in OPERATIONS:
            # The least of some rounds, the two in turns: a machine is rarely alone.
            pairs = [(ours(server.pid, port, path, data), theirs(work, data)) for _ in range(rounds)]
            mine, other = (min(times) for times in zip(*pairs))
            print(f"| {name} | {mine:.2f} | {other:.2f} | {mine / other:.2f} |", flush=True)
    finally:
        server.terminate()
        server.wait()


main()
