#!/usr/bin/env python3
"""Pictures for schemathesis, and what it can't know of this server. As a program, `FOLDER` writes the pictures there, and
`--fetch URL FILE KEY` waits for the server's description."""

import json
import struct
import sys
import urllib.error
import urllib.parse
import urllib.request
import zlib

WIDTH, HEIGHT = 40, 30


def colours():
    return bytes(
        value
        for y in range(HEIGHT)
        for x in range(WIDTH)
        for value in (x // 10 * 60, y // 10 * 80, 128)
    )


def pnm():
    return b"P6 %d %d 255\n" % (WIDTH, HEIGHT) + colours()


def png():
    def chunk(kind, content):
        whole = kind + content
        return struct.pack(">I", len(content)) + whole + struct.pack(">I", zlib.crc32(whole))

    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    line = 3 * WIDTH
    pixels = colours()
    rows = b"".join(b"\0" + pixels[y * line : (y + 1) * line] for y in range(HEIGHT))
    parts = [chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def bmp():
    line = (3 * WIDTH + 3) // 4 * 4
    head = struct.pack("<IiiHHIIiiII", 40, WIDTH, HEIGHT, 1, 24, 0, line * HEIGHT, 2835, 2835, 0, 0)
    pixels = colours()
    rows = b"".join(
        pixels[3 * WIDTH * y : 3 * WIDTH * (y + 1)].ljust(line, b"\0") for y in range(HEIGHT)
    )
    start = 14 + len(head)
    return b"BM" + struct.pack("<IHHI", start + len(rows), 0, 0, start) + head + rows


def gif():
    """One pixel."""
    return bytes.fromhex("47494638396101000100800000ff0000ffffff2c00000000010001000002024401003b")


PICTURES = {"photo.jpg": png(), "photo.png": png(), "photo.pnm": pnm(), "photo.bmp": bmp(), "photo.gif": gif()}


def fetch(url, file, key):
    headers = {"API-Key": key} if key else {}
    try:
        for prefix in ("", "/api"):
            try:
                ask = urllib.request.Request(f"{url}{prefix}/openapi.json", headers=headers)
                document = urllib.request.urlopen(ask).read()
                break
            except urllib.error.HTTPError as error:
                if error.code != 404:
                    raise
        urllib.request.urlopen(f"{url}/ready")
    except OSError:
        sys.exit(1)
    json.loads(document)
    with open(file, "wb") as out:
        out.write(document)


if __name__ == "__main__":
    if sys.argv[1] == "--fetch":
        fetch(*sys.argv[2:])
    else:
        for name, content in PICTURES.items():
            with open(f"{sys.argv[1]}/{name}", "wb") as out:
                out.write(content)
    sys.exit()

import schemathesis
from hypothesis import strategies as st

# What kind it is, its bytes tell: any type may come with any of them, and with what is none.
BODIES = st.one_of(
    st.sampled_from(list(PICTURES.values())),
    st.sampled_from(list(PICTURES.values())).map(lambda whole: whole[: len(whole) // 2]),
    st.binary(max_size=64),
)
for media_type in (
    "application/octet-stream image/jpeg image/png image/webp image/gif image/tiff image/bmp image/x-icon image/qoi "
    "image/x-portable-anymap image/svg+xml image/avif image/vnd.adobe.photoshop image/jxl application/pdf image/x-tga image/vnd.radiance"
).split():
    schemathesis.openapi.media_type(media_type, BODIES)

schemathesis.openapi.format(
    "color",
    st.one_of(
        st.sampled_from(["tomato", "255,200,150", "0,0,0,128", "fff", "#ff800080", "rgb(10% 20% 30%)"]),
        st.from_regex(r"\A#?([0-9a-f]{3}|[0-9a-f]{4}|[0-9a-f]{6}|[0-9a-f]{8})\Z"),
    ),
)


def agree(query):
    """Takes out what contradicts the rest, or this server's limits, which a schema of single parameters can't say."""
    for name, other in (
        ("withoutEnlargement", "enlarge"),
        ("stripmeta", "metadata"),
        ("page", "animated"),
        ("size", "width"),
        ("size", "height"),
    ):
        if other in query:
            query.pop(name, None)
    # Nothing is fetched here: it comes in the form.
    if isinstance(query.get("image"), str):
        query.pop("image")
    # Whatever else it names isn't there.
    if query.get("file") not in (None, *PICTURES):
        query["file"] = "photo.png"
    # The pictures here have one, and no side of an answer is longer than that.
    if query.get("page"):
        query["page"] = 0
    if any(int(side or 1) > 300 for side in str(query.get("size", "")).split("x")):
        query.pop("size")


def agree_in_steps(values):
    """The same in the steps of a pipeline."""
    steps = values.get("operations")
    try:
        parsed = json.loads(steps) if isinstance(steps, str) else steps
        for step in parsed or []:
            agree(step.get("params", {}))
    except (AttributeError, TypeError, ValueError):
        return
    values["operations"] = json.dumps(parsed) if isinstance(steps, str) else parsed


@schemathesis.hook
def map_case(context, case):
    if case.meta and case.meta.generation.mode.is_positive:
        for values in (case.query, case.body):
            if isinstance(values, dict):
                agree(values)
                agree_in_steps(values)
    return case


# Why a request that fits the schema may be refused all the same. By the problem's code, and how `allowed` begins, if that matters.
REFUSED_ON_PURPOSE = (
    ("invalid-parameter", "nothing that contradicts", "not every phase has what agrees alone"),
    ("missing-parameter", "", "one of several parameters is needed, any of which will do"),
    ("missing-image", "", "a body may be empty by chance"),
    ("invalid-parameter", "an area that lies", "an area has to lie in the picture"),
    ("invalid-parameter", "8 ", "more bits don't go with all else"),
    ("invalid-parameter", "what the first step does", "only the first step of a pipeline trims"),
)


def is_encoded_twice(url):
    """Whether schemathesis has made JSON of JSON, as it does of some parameters that have a media type."""
    values = urllib.parse.parse_qs(urllib.parse.urlsplit(url).query).get("operations", [])
    try:
        return any(isinstance(json.loads(json.loads(value)), list) for value in values)
    except (TypeError, ValueError):
        return False


def is_overruled(case):
    """Whether the query says what a field of the form says, too: the query wins, and the field isn't looked at."""
    form = case.body if isinstance(case.body, dict) else {}
    return not form.keys().isdisjoint(case.query or {})


def is_text_when_it_is_sent(case):
    """Whether a field of a form, which may be any text since /info doesn't look at it, is none before it is sent."""
    form = case.body if isinstance(case.body, dict) and case.path.endswith("/info") else {}
    return any(not isinstance(form[name], str) for name in form.keys() - {"file", "hash", "colors", "page"})


def breaks_its_form(case):
    """Whether a field is called something that no line of a form's head may have in it, where schemathesis writes it as it is."""
    form = case.body if isinstance(case.body, dict) else {}
    return any(ord(letter) < 32 or ord(letter) == 127 for name in form for letter in name)


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Whether it is one."""
    if type(failure).__name__ == "AcceptedNegativeData" and (is_overruled(case) or is_text_when_it_is_sent(case)):
        return False
    if type(failure).__name__ != "RejectedPositiveData" or response.status_code != 400:
        return True
    problem = response.json()
    if problem.get("parameter") == "operations" and is_encoded_twice(response.request.url):
        return False
    if problem.get("code") == "invalid-multipart" and breaks_its_form(case):
        return False
    allowed = str(problem.get("allowed"))
    return not any(
        problem.get("code") == code and allowed.startswith(begins)
        for code, begins, _ in REFUSED_ON_PURPOSE
    )
