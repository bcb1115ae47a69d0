#!/usr/bin/env python3
"""Writes fuzz/seeds: small files of every kind that is read, drawn here. Needs Pillow."""

import base64
import gzip
import io
import shutil
import struct
import zlib
from pathlib import Path

from PIL import Image, ImageDraw

SEEDS = Path(__file__).parent / "seeds"
# Drawn by a script of their own.
FIXTURES = Path(__file__).parent.parent / "tests/fixtures/tiff"

# Width, height, fit with linear and enlarge, gravity, background, type, quality, dpr: decode.rs.
WISHES = [
    bytes([20, 9, 0, 0, 0, 0, 79, 0]),
    bytes([0, 0, 4, 2, 0, 1, 79, 0]),
    bytes([33, 60, 9, 200, 128, 2, 40, 2]),
]


# To each of the formats that move.
FILMS = [
    bytes([20, 9, 0, 0, 0, 6, 79, 0]),
    bytes([0, 0, 4, 2, 0, 1, 79, 0]),
    bytes([33, 60, 9, 200, 128, 2, 40, 2]),
]


def write(target, name, data):
    folder = SEEDS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)


def picture(mode, width=45, height=37):
    """Slopes, a disc and a line."""
    image = Image.new("RGBA", (width, height))
    for y in range(height):
        for x in range(width):
            image.putpixel((x, y), (x * 5 % 256, y * 6 % 256, (x + y) * 3 % 256, 255 - (x * 4) % 256))
    draw = ImageDraw.Draw(image)
    draw.ellipse((10, 8, 30, 28), fill=(220, 40, 30, 255))
    draw.line((0, 0, width, height), fill=(10, 20, 200, 128))
    if mode == "P":
        return image.convert("RGB").quantize(16)
    return image.convert(mode)


def saved(image, form, **options):
    data = io.BytesIO()
    image.save(data, form, **options)
    return data.getvalue()


EXIF = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"


def profile():
    """The smallest profile of a matrix and a curve."""
    def number(value):
        return struct.pack(">i", round(value * 65536))

    def xyz(x, y, z):
        return b"XYZ \0\0\0\0" + number(x) + number(y) + number(z)

    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, 0x01CD) + b"\0\0"
    parts = {
        b"wtpt": xyz(0.9642, 1, 0.8249),
        b"rXYZ": xyz(0.515, 0.241, -0.001),
        b"gXYZ": xyz(0.292, 0.692, 0.042),
        b"bXYZ": xyz(0.157, 0.067, 0.784),
        b"rTRC": curve,
        b"gTRC": curve,
        b"bTRC": curve,
    }
    table, body = struct.pack(">I", len(parts)), b""
    start = 128 + 4 + 12 * len(parts)
    for name, part in parts.items():
        table += name + struct.pack(">II", start + len(body), len(part))
        body += part
    size = start + len(body)
    head = struct.pack(">I4sI4s4s4s", size, b"none", 0x02400000, b"mntr", b"RGB ", b"XYZ ")
    head += struct.pack(">6H", 2020, 1, 1, 0, 0, 0) + b"acsp" + b"\0" * 28 + xyz(0.9642, 1, 0.8249)[8:]
    return head.ljust(128, b"\0") + table + body


def jpegs():
    files = {}
    for name, sampling in ("444", 0), ("422", 1), ("420", 2):
        files[f"{name}.jpg"] = saved(picture("RGB"), "JPEG", quality=75, subsampling=sampling)
        files[f"{name}-progressive.jpg"] = saved(
            picture("RGB"), "JPEG", quality=60, subsampling=sampling, progressive=True
        )
    files["440.jpg"] = files["422.jpg"].replace(b"\x01\x21\x00\x02\x11", b"\x01\x12\x00\x02\x11")
    files["grey.jpg"] = saved(picture("L"), "JPEG", quality=85)
    files["grey-progressive.jpg"] = saved(picture("L"), "JPEG", progressive=True)
    files["optimised.jpg"] = saved(picture("RGB"), "JPEG", optimize=True, quality=90)
    files["restart.jpg"] = saved(picture("RGB", 75, 40), "JPEG", quality=50, restart_marker_blocks=3)
    files["restart-rows.jpg"] = saved(picture("L", 40, 40), "JPEG", quality=50, restart_marker_rows=1)
    files["inks.jpg"] = saved(picture("CMYK"), "JPEG", quality=70)
    files["inks-progressive.jpg"] = saved(picture("CMYK"), "JPEG", progressive=True)
    files["rgb.jpg"] = saved(picture("RGB"), "JPEG", keep_rgb=True)
    files["turned.jpg"] = saved(picture("RGB"), "JPEG", exif=EXIF)
    files["profile.jpg"] = saved(picture("RGB"), "JPEG", icc_profile=profile())
    files["tiny.jpg"] = saved(picture("RGB", 1, 1), "JPEG")
    files["wide.jpg"] = saved(picture("RGB", 300, 3), "JPEG", quality=30)
    files["twelve.jpg"] = files["grey.jpg"].replace(b"\xff\xc0\x00\x0b\x08", b"\xff\xc1\x00\x0b\x0c")
    files["arithmetic.jpg"] = files["grey.jpg"].replace(b"\xff\xc0", b"\xff\xc9")
    files["lossless.jpg"] = files["grey.jpg"].replace(b"\xff\xc0", b"\xff\xc3")
    return files


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def png(kind, depth, interlaced=False, chunks=b"", filtered=True, side=19):
    """A PNG of any colour type and depth, each row with another filter's number."""
    channels = CHANNELS[kind]

    def rows(xs, ys):
        data = b""
        for y in ys:
            bits = ""
            for x in xs:
                for c in range(channels):
                    bits += format((x * 37 + y * 91 + c * 77) % (1 << depth), f"0{depth}b")
            bits += "0" * (-len(bits) % 8)
            row = bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits), 8))
            data += bytes([y % 5 if filtered else 0]) + row
        return data

    if interlaced:
        passes = [(range(x, side, across), range(y, side, down)) for x, y, across, down in ADAM7]
        data = b"".join(rows(xs, ys) for xs, ys in passes if xs and ys)
    else:
        data = rows(range(side), range(side))
    head = struct.pack(">IIBBBBB", side, side, depth, kind, 0, 0, int(interlaced))
    palette = b""
    if kind == 3:
        colours = b"".join(bytes([i, 255 - i, i * 3 % 256]) for i in range(min(1 << depth, 16)))
        # Every place is in the palette.
        palette = chunk(b"PLTE", colours if depth <= 4 else bytes(range(256)) * 3)
        if depth < 8:
            palette += chunk(b"tRNS", b"\x00\x80")
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunks
        + palette
        + chunk(b"IDAT", zlib.compress(data, 9))
        + chunk(b"IEND", b"")
    )


def pngs():
    files = {}
    depths = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
    for kind, choices in depths.items():
        for depth in choices:
            files[f"{kind}-{depth}.png"] = png(kind, depth)
            files[f"{kind}-{depth}-interlaced.png"] = png(kind, depth, interlaced=True)
    more = {
        "gamma": chunk(b"gAMA", struct.pack(">I", 100000)),
        "primaries": chunk(b"cHRM", struct.pack(">8I", 31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000))
        + chunk(b"gAMA", struct.pack(">I", 45455)),
        "points": chunk(b"cICP", bytes([9, 16, 0, 1])),
        "profile": chunk(b"iCCP", b"p\0\0" + zlib.compress(profile())),
        "exif": chunk(b"eXIf", EXIF[6:]),
        "srgb": chunk(b"sRGB", b"\0") + chunk(b"pHYs", bytes(9)),
        "text": chunk(b"tEXt", b"Comment\0x") + chunk(b"zTXt", b"C\0\0" + zlib.compress(b"x" * 99)),
    }
    for name, chunks in more.items():
        files[f"{name}.png"] = png(2, 8, chunks=chunks)
    animation = chunk(b"acTL", struct.pack(">II", 2, 0))
    control = chunk(b"fcTL", struct.pack(">IIIIIHHBB", 0, 19, 19, 0, 0, 1, 10, 0, 0))
    files["animated.png"] = png(6, 8, chunks=animation + control)
    files["transparent.png"] = png(2, 8, chunks=chunk(b"tRNS", bytes(6)))
    files["grey-transparent.png"] = png(0, 8, chunks=chunk(b"tRNS", b"\0\x25"), interlaced=True)
    files["short-palette.png"] = png(3, 8).replace(
        chunk(b"PLTE", bytes(range(256)) * 3), chunk(b"PLTE", bytes(range(4)))
    )
    return files


def webps():
    frames = [picture("RGBA"), picture("RGBA").rotate(90)]
    files = {
        "lossy.webp": saved(picture("RGB"), "WEBP", quality=60),
        "lossy-alpha.webp": saved(picture("RGBA"), "WEBP", quality=60),
        "raw-alpha.webp": saved(picture("RGBA"), "WEBP", quality=40, alpha_quality=30),
        "lossless.webp": saved(picture("RGB"), "WEBP", lossless=True),
        "lossless-alpha.webp": saved(picture("RGBA"), "WEBP", lossless=True),
        "palette.webp": saved(picture("P").convert("RGB"), "WEBP", lossless=True, quality=100, method=6),
        "two.webp": saved(Image.new("RGB", (30, 20), "red"), "WEBP", lossless=True),
        "animated.webp": saved(frames[0], "WEBP", save_all=True, append_images=frames[1:], quality=40),
        "animated-lossless.webp": saved(
            frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True
        ),
        "profile.webp": saved(picture("RGB"), "WEBP", quality=50, icc_profile=profile()),
        "exif.webp": saved(picture("RGB"), "WEBP", quality=50, exif=EXIF[6:]),
        "tiny.webp": saved(picture("RGB", 1, 1), "WEBP", quality=50),
        "good.webp": saved(picture("RGB"), "WEBP", quality=95, method=6),
    }
    return files


def qoi(image):
    """Only whole pixels, runs and the index."""
    data = b"qoif" + struct.pack(">IIBB", *image.size, 4, 0)
    seen, last, run = [(0, 0, 0, 0)] * 64, (0, 0, 0, 255), 0
    for pixel in image.get_flattened_data() if hasattr(image, "get_flattened_data") else image.getdata():
        if pixel == last and run < 62:
            run += 1
            continue
        if run:
            data += bytes([0xC0 | run - 1])
            run = 0
        r, g, b, a = pixel
        place = (r * 3 + g * 5 + b * 7 + a * 11) % 64
        if seen[place] == pixel:
            data += bytes([place])
        else:
            seen[place] = pixel
            data += bytes([0xFF, r, g, b, a])
        last = pixel
    if run:
        data += bytes([0xC0 | run - 1])
    return data + b"\0" * 7 + b"\1"


def others():
    small = dict(width=21, height=13)
    frames = [picture("P", **small), picture("P", **small).rotate(180)]
    files = {}
    for mode in "1", "L", "P", "RGB", "RGBA":
        files[f"{mode}.bmp"] = saved(picture(mode, **small), "BMP")
    # Runs of one byte in 8 bit: 21x1.
    head = struct.pack("<IiiHHIIiiII", 40, 21, 2, 1, 8, 1, 0, 0, 0, 2, 2)
    runs = bytes([21, 1, 0, 0, 3, 0, 0, 5, 1, 0, 1, 0, 1, 0, 13, 1, 0, 1])
    colours = bytes([0, 0, 255, 0, 255, 0, 0, 0])
    start = 14 + 40 + len(colours)
    files["runs.bmp"] = b"BM" + struct.pack("<IHHI", start + len(runs), 0, 0, start) + head + colours + runs
    head = struct.pack("<IiiHHIIiiII", 40, 4, -3, 1, 16, 3, 0, 0, 0, 0, 0) + struct.pack("<III", 0xF800, 0x7E0, 0x1F)
    files["fields.bmp"] = b"BM" + struct.pack("<IHHI", 14 + len(head) + 24, 0, 0, 14 + len(head)) + head + bytes(range(24))
    files["still.gif"] = saved(frames[0], "GIF")
    files["interlaced.gif"] = saved(frames[0], "GIF", interlace=True)
    files["animated.gif"] = saved(frames[0], "GIF", save_all=True, append_images=frames[1:], transparency=0, disposal=2)
    files["png.ico"] = saved(picture("RGBA", 16, 16), "ICO", sizes=[(16, 16)])
    files["bmp.ico"] = saved(picture("RGBA", 16, 16), "ICO", sizes=[(16, 16), (8, 8)], bitmap_format="bmp")
    for mode, name in ("1", "pbm"), ("L", "pgm"), ("RGB", "ppm"):
        files[f"binary.{name}"] = saved(picture(mode, **small), "PPM")
    files["text.pbm"] = b"P1\n# words\n3 2\n1 0 1\n0 1 0\n"
    files["text.pgm"] = b"P2 3 2 15 0 3 7 11 15 2\n"
    files["text.ppm"] = b"P3\n2 1\n255\n255 0 0 0 255 9\n"
    files["deep.pgm"] = b"P5 3 2 65535\n" + bytes(range(12))
    files["any.pam"] = (
        b"P7\nWIDTH 3\nHEIGHT 2\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n" + bytes(range(24))
    )
    files["any.qoi"] = qoi(picture("RGBA", **small))
    for mode in "L", "P", "RGB", "RGBA":
        files[f"{mode}.tga"] = saved(picture(mode, **small), "TGA", compression="tga_rle" if mode != "RGB" else None)
    files["flat.hdr"] = b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 3 +X 4\n" + bytes(range(100, 148))
    for mode in "1", "L", "P", "RGB", "RGBA", "CMYK", "I;16", "F":
        image = picture("L" if mode in ("I;16", "F") else mode, **small)
        image = image.convert("I").convert("I;16") if mode == "I;16" else image.convert(mode)
        files[f"{mode.replace(';', '')}.tiff"] = saved(image, "TIFF")
    for name in "packbits", "tiff_lzw", "tiff_adobe_deflate", "group4", "jpeg":
        image = picture("1" if name == "group4" else "RGB", **small)
        files[f"{name}.tiff"] = saved(image, "TIFF", compression=name)
    files["predicted.tiff"] = saved(picture("RGB", **small), "TIFF", compression="tiff_lzw", tiffinfo={317: 2})
    for name in (
        "zstd", "fax-3-two", "fax-rows", "jpeg-tiles", "jpeg-inks", "webp-tiles", "planar", "tiles-planar", "grey-12",
        "ycc-42", "lab", "palette-4", "float-predicted", "bigtiff-big-endian", "alpha-multiplied", "lzw-pages",
    ):
        files[f"{name}.tiff"] = (FIXTURES / f"{name}.tif").read_bytes()
    for mode, depth, channels in (1, 8, 1), (3, 16, 3), (4, 8, 4), (0, 1, 1):
        files[f"{mode}-{depth}.psd"] = psd(mode, depth, channels, packed=mode % 2 == 1)
    plain = files["RGB.bmp"] if "RGB.bmp" in files else saved(picture("RGB", **small), "BMP")
    files["os2.bmp"] = plain[:10] + struct.pack("<II", 78, 64) + plain[18:54] + bytes(24) + plain[54:]
    return files


def films():
    """Frames in every format that moves, by target."""
    frames = [picture("RGBA", 33, 21).rotate(turn) for turn in (0, 90, 180, 270)]
    small = picture("P", 33, 21)
    more = dict(save_all=True, append_images=frames[1:], duration=[30, 0, 70, 655], loop=3)
    moved = [small.rotate(turn) for turn in (90, 180)]
    return {
        "bridge": {
            f"film-{disposal}.gif": saved(
                small, "GIF", save_all=True, append_images=moved, duration=40, loop=0, disposal=disposal, transparency=2
            )
            for disposal in (1, 2, 3)
        },
        "webp": {
            "film.webp": saved(frames[0], "WEBP", quality=50, **more),
            "film-lossless.webp": saved(frames[0], "WEBP", lossless=True, minimize_size=True, **more),
        },
        "png": {
            f"film-{dispose}-{blend}.png": saved(frames[0], "PNG", disposal=dispose, blend=blend, **more)
            for dispose, blend in ((0, 1), (1, 0), (2, 1))
        },
    }


def psd(mode, depth, channels, packed):
    """A Photoshop document of 9x5 pixels, without layers."""
    head = b"8BPS" + struct.pack(">H6xHIIHH", 1, channels, 5, 9, depth, mode) + bytes(12)
    row = bytes(range((9 * depth + 7) // 8))
    if not packed:
        return head + b"\0\0" + row * 5 * channels
    runs = bytes([len(row) - 1]) + row
    return head + b"\0\1" + struct.pack(">H", len(runs)) * 5 * channels + runs * 5 * channels


def form(*parts):
    body = b""
    for head, data in parts:
        body += b"--x\r\nContent-Disposition: form-data; " + head + b"\r\n\r\n" + data + b"\r\n"
    return body + b"--x--\r\n"


def forms(file):
    image = (b'name="file"; filename="a.png"\r\nContent-Type: image/png', file)
    width = (b'name="width"', b"9")
    yield "plain", b"\x07" + form(width, image)
    yield "one-by-one", b"\x01" + form(width, (b'name="fit"', b"cover"), (b'name="height"', b"3"), image)
    yield "behind", b"\x40" + form(image, width)
    yield "two-files", b"\x20" + form(width, (b'name="other"; filename="b"', b"no"), image, image)
    yield "no-file", b"\x20" + form(width)
    yield "unnamed", b"\x10" + form(width, (b'filename="a"', file))
    yield "preamble", b"\x03before\r\n" + form(width, image) + b"after"
    yield "cut", b"\x21" + form(width, image)[:-9]
    yield "words", b"\x11" + form((b"name*=UTF-8''width", b"9"), (b'name="w"', b"\xff\xfe"), image)


def requests(files):
    pictures = [
        ("/resize?width=20&height=9&fit=cover", "420.jpg"),
        ("/resize?w=9&type=auto\naccept: image/webp,image/png;q=0.5", "6-8.png"),
        ("/resize?size=30x20&fit=contain&background=ff000080&type=png&gravity=0.2,0.9\npieces: 50", "420.jpg"),
        ("/convert?type=png&dpr=0.5&linear=false", "lossy-alpha.webp"),
        ("/convert?type=webp&quality=1", "still.gif"),
        ("/convert?format=jpg&b=red", "lossless-alpha.webp"),
        ("/info\npieces: 1", "turned.jpg"),
        ("/resize?width=4&el\ncontent-encoding: identity\nx-request-id: abc\ntraceparent: 00-"
         + "a" * 32 + "-" + "b" * 16 + "-01", "text.ppm"),
        ("/resize?width=70000", "tiny.jpg"),
        ("/resize?widht=7", "tiny.jpg"),
        ("/resize?width=8&height=8&position=ne&fit=outside&we=0", "2-16-interlaced.png"),
    ]
    for index, (head, name) in enumerate(pictures):
        yield f"{index:02}-{name}", (head + "\n\n").encode() + files[name]
    words = [
        "GET /", "GET /health", "HEAD /ready", "GET /metrics\naccept: application/openmetrics-text",
        "OPTIONS /resize", "GET /problems/overloaded", "DELETE /info", "GET /%2e%2e/x", "/resize?width=3",
        "/convert?type=auto\naccept: */*;q=0\nhost: a\nhost: b", "/resize?width=3\ncontent-encoding: gzip",
    ]
    for index, head in enumerate(words):
        yield f"words-{index}", head.encode() + b"\n\n"
    boundary = "/resize?height=5\ncontent-type: multipart/form-data; boundary=x\npieces: 9\n\n"
    yield "form", boundary.encode() + form((b'name="type"', b"jpeg"), (b'name="file"; filename="a"', files["3-4.png"]))


PARAMETERS = [
    b"width=300", b"w=1&h=2&fit=cover&gravity=north", b"size=300x200&el=1", b"s=x20\nwidth=40\nfit=contain",
    b"type=auto&width=10&dpr=8", b"format=jpg&q=100&background=255,255,255", b"output=webp&bg=ffffff80&linear",
    b"width=4096&height=16&dpr=0.1&enlarge=true", b"position=0.3%2C0.7&width=5&we=false&fit=outside",
    b"g=ne&b=rebeccapurple&height=1&f=png", b"width=1&width=1\nheight=2\nheight=2\ntype=jpeg", b"widht=3&width=+1",
    b"size=10x&width=10&fit=fill&el=no", b"width=0.5&height=99999999999999999999&quality=0&dpr=1e3",
]


def svgs():
    """A drawing for each thing that is counted, bounded or looked up."""
    shapes = '<rect width="20" height="9" fill="#26c"/><path d="M3 3C9 9 30 0 40 30z" stroke="red" stroke-dasharray="3 1"/>'
    inner = {
        "shapes": shapes,
        "gradient": '<radialGradient id="g"><stop stop-color="red"/><stop offset="1"/></radialGradient><circle cx="20" cy="20" r="15" fill="url(#g)"/>',
        "pattern": f'<pattern id="p" width="9" height="9" patternUnits="userSpaceOnUse">{shapes}</pattern><rect width="40" height="30" fill="url(#p)"/>',
        "clip": f'<clipPath id="c"><circle cx="9" cy="9" r="9"/></clipPath><g clip-path="url(#c)">{shapes}</g>',
        "mask": f'<mask id="m"><rect width="20" height="20" fill="#888"/></mask><g mask="url(#m)" opacity=".5">{shapes}</g>',
        "filter": f'<filter id="f"><feGaussianBlur stdDeviation="2"/><feOffset dx="3"/><feMorphology radius="1"/></filter><g filter="url(#f)">{shapes}</g>',
        "light": '<filter id="f"><feTurbulence baseFrequency=".1"/><feDiffuseLighting><fePointLight x="9" y="9" z="9"/></feDiffuseLighting></filter><rect width="40" height="30" filter="url(#f)"/>',
        "uses": f'<symbol id="s" viewBox="0 0 40 30">{shapes}</symbol><use href="#s" width="20" height="15"/><use href="#s" x="9"/>',
        "marker": '<marker id="m" markerWidth="5" markerHeight="5"><path d="M0 0L5 2L0 5"/></marker><path d="M2 2L20 9L30 20" marker-mid="url(#m)"/>',
        "text": '<text x="2" y="20" font-size="12" letter-spacing="1">Hi <tspan dy="3" fill="red">there</tspan></text>',
        "path-text": '<path id="p" d="M2 20C9 0 30 0 40 20"/><text font-size="8"><textPath href="#p">along</textPath></text>',
        "styles": f'<style>.a, rect {{ fill: green }} g > path {{ stroke: url(#g) }}</style><g class="a">{shapes}</g>',
        "switch": f'<switch><g systemLanguage="de">{shapes}</g><g>{shapes}</g></switch><image href="data:image/png;base64,AAAA" width="9" height="9"/>',
    }
    # What is embedded, by its size and without one, in ways that it is shown, and a drawing in the drawing.
    files = {"png": pngs(), "jpeg": jpegs(), "webp": webps()}
    small = {kind: min(made.values(), key=len) for kind, made in files.items()}
    url = lambda kind, file: f"data:image/{kind};base64,{base64.b64encode(file).decode()}"
    for kind, file in small.items():
        inner[f"with-{kind}"] = f'<image width="30" height="20" href="{url(kind, file)}"/><image x="9" opacity=".5" xlink:href="{url(kind, file)}"/>'
    inner["with-pattern"] = f'<pattern id="p" width="1" height="1"><image id="i" width="20" height="20" href="{url("png", small["png"])}"/></pattern><rect width="40" height="30" fill="url(#p)"/><use href="#i"/>'
    drawing = f'<svg xmlns="http://www.w3.org/2000/svg" width="20" height="9">{shapes}</svg>'
    inner["with-drawing"] = f'<image width="auto" href="{url("svg+xml", drawing.encode())}" preserveAspectRatio="xMinYMin slice" height="9"/>'
    root = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="45" height="37" viewBox="0 0 45 37">'
    made = {f"{name}.svg": f"{root}{parts}</svg>" for name, parts in inner.items()}
    made["unsized.svg"] = f'<svg xmlns="http://www.w3.org/2000/svg">{shapes}</svg>'
    made["entity.svg"] = f'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "#f80">]><!-- & -->{root}<rect width="9" height="9" fill="&a;"/></svg>'
    made = {name: text.encode() for name, text in made.items()}
    made["packed.svgz"] = gzip.compress(made["shapes.svg"], mtime=0)
    return made


def avifs():
    """Those of the tests, which have a script of their own."""
    folder = Path(__file__).parent.parent / "tests/fixtures"
    files = sorted(folder.glob("avif/*.avif")) + sorted(folder.glob("heic/*.heic"))
    small = (path for path in files if not path.name.startswith(("large", "hostile")))
    return {path.name: path.read_bytes() for path in small}


def jxls():
    """Those of the tests, which have a script of their own."""
    folder = Path(__file__).parent.parent / "tests/fixtures/jxl"
    small = (path for path in sorted(folder.glob("*.jxl")) if path.stat().st_size < 2000)
    return {path.name: path.read_bytes() for path in small}


def pdfs():
    """A page each, without a table of where its objects lie, which a reader then looks for."""
    def document(content, things="", frame="[0 0 45 37]", page=""):
        stream = content if isinstance(content, bytes) else content.encode()
        file = b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        file += f"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox{frame}/Resources<<{things}>>/Contents 4 0 R{page}>>endobj\n".encode()
        file += b"4 0 obj<</Length %d>>stream\n%s\nendstream endobj\n" % (len(stream), stream)
        return file

    def end(file, *others):
        for other in others:
            file += other + b" endobj\n"
        return file + b"trailer<</Root 1 0 R>>\n"

    def stream(number, words, data):
        return b"%d 0 obj<<%s/Length %d>>stream\n%s\nendstream" % (number, words.encode(), len(data), data)

    shapes = "1 0 0 rg 5 5 20 20 re f 0 0 1 RG 3 w [4 2] 0 d 0 0 m 40 30 l S 20 20 m 30 30 40 10 44 20 c h f*"
    text = "BT /F 9 Tf 2 20 Td (Abc) Tj 0 -10 Td 1 Tr [(d) -200 (e)] TJ ET"
    picture_words = "/Type/XObject/Subtype/Image/Width 45/Height 37/BitsPerComponent 8"
    jpeg = saved(picture("RGB"), "JPEG", quality=70)
    fades = "/Shading<</S<</ShadingType 2/ColorSpace/DeviceRGB/Coords[0 0 45 0]/Extend[true true]/Function<</FunctionType 2/Domain[0 1]/C0[1 0 0]/C1[0 0 1]/N 1>>>>>>"
    rings = "/Shading<</S<</ShadingType 3/ColorSpace/DeviceCMYK/Coords[20 20 2 25 20 18]/Function<</FunctionType 2/Domain[0 1]/C0[1 0 0 0]/C1[0 0 1 0]/N 2>>>>>>"
    font = "/Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>"
    glyphs = "/Font<</F<</Type/Font/Subtype/Type3/FontBBox[0 0 9 9]/FontMatrix[0.1 0 0 0.1 0 0]/CharProcs<</a 5 0 R>>/Encoding<</Differences[97/a]>>/FirstChar 97/LastChar 97/Widths[9]>>>>"
    tiles = "/Pattern<</P 5 0 R>>"
    state = "/ExtGState<</G<</ca 0.5/BM/Multiply/SMask<</S/Luminosity/G 5 0 R>>>>>>"
    group = "/Type/XObject/Subtype/Form/BBox[0 0 45 37]/Group<</S/Transparency/CS/DeviceRGB/I true>>"
    packed = zlib.compress(picture("RGB").tobytes(), 9)
    bits = bytes([0x5A, 0xA5] * 8)
    return {
        "shapes.pdf": end(document(shapes)),
        "turned.pdf": end(document(shapes, page="/Rotate 90/CropBox[5 5 40 30]")),
        "text.pdf": end(document(text, font)),
        "type3.pdf": end(document("BT /F 2 Tf 5 5 Td (aa) Tj ET", glyphs), stream(5, "", b"9 0 0 0 9 9 d1 0 0 7 7 re f")),
        "axial.pdf": end(document("q 5 5 30 30 re W n /S sh Q", fades)),
        "radial.pdf": end(document("/S sh", rings)),
        "jpeg.pdf": end(document("45 0 0 37 0 0 cm /I Do", "/XObject<</I 5 0 R>>"), stream(5, picture_words + "/ColorSpace/DeviceRGB/Filter/DCTDecode", jpeg)),
        "deflate.pdf": end(document("30 9 -9 30 9 0 cm /I Do", "/XObject<</I 5 0 R>>"), stream(5, picture_words + "/ColorSpace/DeviceRGB/Filter/FlateDecode", packed)),
        "inline.pdf": end(document(b"40 0 0 30 0 0 cm BI /W 8 /H 16 /BPC 1 /IM true ID " + bits + b" EI")),
        "tiles.pdf": end(document("/Pattern cs /P scn 0 0 45 37 re f", tiles), stream(5, "/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 8 8]/XStep 9/YStep 9/Resources<<>>", b"0 1 0 rg 1 1 5 5 re f")),
        "mask.pdf": end(document("/G gs 1 0 0 rg 0 0 45 37 re f", state), stream(5, group, b"0.5 g 5 5 20 20 re f")),
        "form.pdf": end(document("/X Do 0.5 0 0 0.5 9 9 cm /X Do", "/XObject<</X 5 0 R>>"), stream(5, group, b"0 1 1 rg 5 5 20 20 re f")),
    }


def rows():
    """Width, height, kind, quality, rows of a band, samples: encode.rs."""
    for kind in range(14):
        modes = ("L", "LA", "RGB", "RGBA", "L", "RGB", "L", "L", "L", "RGB", "RGBA", "L", "RGB", "RGBA")
        mode = modes[kind]
        samples = picture(mode).tobytes() if kind % 2 else bytes([kind * 20, 7, 200])
        yield f"{kind:02}", bytes([44, 36, kind, (79, 9, 99)[kind % 3], (7, 0, 15)[kind % 3]]) + samples


def main():
    shutil.rmtree(SEEDS, ignore_errors=True)
    kinds = {"jpeg": jpegs(), "png": pngs(), "webp": webps(), "avif": avifs(), "jxl": jxls(), "bridge": others(), "svg": svgs(), "pdf": pdfs()}
    files = {}
    for target, made in kinds.items():
        files |= made
        for index, (name, data) in enumerate(made.items()):
            write(target, name, data + WISHES[index % len(WISHES)])
            # What an AVIF's list names has to be there, and the headers of all frames of a JPEG XL.
            # No probe looks at a document.
            if target != "pdf":
                write("probe", name, data if target in ("avif", "jxl") else data[:400])
    for target, made in films().items():
        for index, (name, data) in enumerate(made.items()):
            write(target, name, data + FILMS[index])
            write("probe", name, data[:400])
    for index, (name, data) in enumerate(kinds["jpeg"].items()):
        write("baseline", name, data + bytes([index]))
    for name, data in requests(files):
        write("request", name, data)
    for name, data in forms(files["3-2.png"]):
        write("multipart", name, data)
    for name, data in rows():
        write("encode", name, data)
    for index, data in enumerate(PARAMETERS):
        write("parameters", f"{index:02}", data)


main()
