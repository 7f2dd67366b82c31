"""What a camera wrote beside a picture is gone, and the picture is the same."""

import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.camera_data import BrokenImage, without_camera_data

SECRET = b"53.5511 N 9.9937 E, by Ursula"
TYPES = ("image/jpeg", "image/png", "image/gif")


def tiff(orientation: int, order: str = "<") -> bytes:
    """Return a camera's data: a maker, an orientation, a place."""
    mark = b"II*\0" if order == "<" else b"MM\0*"
    entries = struct.pack(f"{order}HHII", 0x010F, 2, len(SECRET), 38)
    entries += struct.pack(f"{order}HHIHH", 0x0112, 3, 1, orientation, 0)
    return mark + struct.pack(f"{order}IH", 8, 2) + entries + struct.pack(f"{order}I", 0) + SECRET


def segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


JFIF = segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0")
PROFILE = segment(0xE2, b"ICC_PROFILE\0\1\1colours")
ADOBE = segment(0xEE, b"Adobe\0d\0\0\0\0\1")
TABLES = segment(0xDB, bytes(65))
FRAME = segment(0xC0, bytes.fromhex("0800100020010111") + b"\0")
SCAN = segment(0xDA, bytes.fromhex("010100003f00")) + b"\x12\xff\x00\x34\xff\xd0\x56"
NEXT_SCAN = segment(0xC4, bytes(20)) + SCAN
LOOK = JFIF + PROFILE + ADOBE + TABLES + FRAME + SCAN + NEXT_SCAN


def jpeg(before: bytes = b"", after: bytes = b"") -> bytes:
    return b"\xff\xd8" + before + LOOK + b"\xff\xd9" + after


def chunk(kind: bytes, content: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + check


PNG_HEAD = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 4, 3, 8, 2, 0, 0, 0))
PNG_REST = chunk(b"sRGB", b"\0") + chunk(b"IDAT", zlib.compress(bytes(39))) + chunk(b"IEND", b"")
GIF_HEAD = b"GIF89a\3\0\2\0\x80\0\0" + bytes(6)
GIF_REST = b"!\xf9\4\0\0\0\0\0" + b",\0\0\0\0\3\0\2\0\0" + b"\2\2\x4c\1\0"
LOOPS = b"!\xff\x0bNETSCAPE2.0\3\1\0\0\0"


@pytest.mark.parametrize(
    "data",
    [
        segment(0xE1, b"Exif\0\0" + tiff(1)),
        segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x>" + SECRET),
        segment(0xE2, b"MPF\0" + SECRET),
        segment(0xED, b"Photoshop 3.0\0" + SECRET),
        segment(0xE0, b"JFXX\0" + SECRET),
        segment(0xFE, SECRET),
        b"\xff\xff" + segment(0xEF, SECRET),
    ],
)
def test_a_jpeg_keeps_its_look_alone(data):
    assert without_camera_data(jpeg(data), "image/jpeg") == jpeg()


def test_what_follows_a_jpeg_goes(tmp_path):
    """Phones append a second picture with its own data, or a film."""
    with_more = jpeg(after=jpeg(segment(0xE1, b"Exif\0\0" + tiff(1))) + SECRET)
    assert without_camera_data(with_more, "image/jpeg") == jpeg()


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("orientation", range(2, 9))
def test_the_orientation_stays_and_nothing_else_of_the_camera(orientation, order):
    """Without it a photograph of a phone would lie on its side."""
    data = tiff(orientation, order)
    turned = without_camera_data(jpeg(segment(0xE1, b"Exif\0\0" + data)), "image/jpeg")
    assert SECRET not in turned
    assert struct.pack(">HHIH", 0x0112, 3, 1, orientation) in turned
    assert turned.replace(turned[2 : turned.index(JFIF)], b"") == jpeg()
    assert without_camera_data(turned, "image/jpeg") == turned
    png = without_camera_data(PNG_HEAD + chunk(b"eXIf", data) + PNG_REST, "image/png")
    assert SECRET not in png
    assert struct.pack(">HHIH", 0x0112, 3, 1, orientation) in png
    assert without_camera_data(png, "image/png") == png


@pytest.mark.parametrize("kind", [b"tEXt", b"zTXt", b"iTXt", b"tIME", b"eXIf", b"prVt"])
def test_a_png_keeps_its_look_alone(kind):
    content = PNG_HEAD + chunk(kind, SECRET) + PNG_REST + SECRET
    assert without_camera_data(content, "image/png") == PNG_HEAD + PNG_REST


@pytest.mark.parametrize(
    "data", [b"!\xfe\4" + SECRET[:4] + b"\0", b"!\xff\x0bXMP DataXMP\4" + SECRET[:4] + b"\0"]
)
def test_a_gif_keeps_its_look_and_its_loop_alone(data):
    content = GIF_HEAD + LOOPS + data + GIF_REST + b";" + SECRET
    assert without_camera_data(content, "image/gif") == GIF_HEAD + LOOPS + GIF_REST + b";"


@given(st.sampled_from(TYPES), st.data())
def test_no_file_makes_it_stumble_or_grow(content_type, data):
    """What is cut off, changed or invented is broken, or is a picture that loses nothing twice."""
    whole = {"image/jpeg": jpeg(segment(0xE1, b"Exif\0\0" + tiff(6)))}
    whole |= {"image/png": PNG_HEAD + chunk(b"eXIf", tiff(6)) + PNG_REST}
    octets = bytearray(whole.get(content_type, GIF_HEAD + LOOPS + GIF_REST + b";"))
    for at in data.draw(st.lists(st.integers(0, len(octets) - 1), max_size=4)):
        octets[at] = data.draw(st.integers(0, 255))
    content = bytes(octets[: data.draw(st.integers(0, len(octets)))])
    try:
        once = without_camera_data(content, content_type)
    except BrokenImage:
        return
    assert len(once) <= len(content) + 2  # the end of a picture that had none
    assert without_camera_data(once, content_type) == once
