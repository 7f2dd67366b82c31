"""What a camera or a program writes beside a picture: the place, the time, the device, a name.

A photograph that is mailed must not tell where it was taken. The parts of a file that make up its
look are kept as they are, byte by byte, and all others left out, so that no pixel is computed anew.
Of the camera's data only the orientation stays: without it the picture would lie on its side.

Sources: JPEG, ITU T.81 B; Exif 3.0 (CIPA DC-008), 4.5 and 4.6; PNG (W3C, Third Edition), 5 and 11;
GIF89a, 15 to 26.
"""

import re
import struct
from collections.abc import Callable, Iterator
from zlib import crc32


class BrokenImage(Exception):
    """The file is not built as its type is."""


def without_camera_data(content: bytes, content_type: str) -> bytes:
    """Return the picture alone; raise BrokenImage. Of a type of image that has a reader here."""
    try:
        return b"".join(_READERS[content_type](content))
    except (struct.error, IndexError) as error:
        raise BrokenImage from error


# JPEG: segments of a marker and a length; the scans among them are data up to the next marker.

_START, _END, _SCAN = 0xD8, 0xD9, 0xDA
_APP0, _APP1, _APP2, _APP14, _COMMENT = 0xE0, 0xE1, 0xE2, 0xEE, 0xFE
_LOOKS = {_APP0: b"JFIF\0", _APP2: b"ICC_PROFILE\0", _APP14: b"Adobe"}
"""The applications' segments that change how a picture looks."""
_EXIF = b"Exif\0\0"
_NEXT_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
"""After a scan, of which a stuffed byte, one that fills up and a restart are part."""


def _jpeg(content: bytes) -> Iterator[bytes]:
    if content[:2] != bytes((0xFF, _START)):
        raise BrokenImage
    yield content[:2]
    at = 2
    while at < len(content):
        marker = content[at + 1] if content[at] == 0xFF else 0xFF
        if marker == 0xFF:  # a byte that fills up, or that programs skip
            at += 1
            continue
        if marker == _END:
            break  # what follows is not the picture: a second one, a film, a maker's own data
        (length,) = struct.unpack_from(">H", content, at + 2)
        end = at + 2 + length
        if length < 2 or end > len(content):
            raise BrokenImage
        yield _kept_segment(marker, content[at:end])
        at = end
        if marker == _SCAN:
            found = _NEXT_MARKER.search(content, end)
            at = found.start() if found else len(content)
            yield content[end:at]
    yield bytes((0xFF, _END))


def _kept_segment(marker: int, segment: bytes) -> bytes:
    if marker == _APP1 and segment[4:].startswith(_EXIF):
        turned = _orientation_only(segment[4 + len(_EXIF) :])
        head = struct.pack(">BBH", 0xFF, _APP1, 2 + len(_EXIF) + len(turned))
        return head + _EXIF + turned if turned else b""
    if marker == _COMMENT or 0xE0 <= marker <= 0xEF:
        look = _LOOKS.get(marker)
        return segment if look and segment[4:].startswith(look) else b""
    return segment


# The camera's data themselves: TIFF, of which one directory entry is read.

_ORIENTATION, _SHORT = 0x0112, 3


def _orientation_only(tiff: bytes) -> bytes:
    """Return data of the orientation alone; empty where it is the usual one, or unreadable."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None:
        return b""
    try:
        (first,) = struct.unpack_from(f"{order}I", tiff, 4)
        (entries,) = struct.unpack_from(f"{order}H", tiff, first)
        for number in range(entries):
            tag, kind, _, value = struct.unpack_from(f"{order}HHIH", tiff, first + 2 + 12 * number)
            if tag == _ORIENTATION and kind == _SHORT and 1 < value <= 8:
                return struct.pack(">4sIHHHIHHI", b"MM\0*", 8, 1, tag, kind, 1, value, 0, 0)
    except struct.error:
        pass
    return b""


# PNG: chunks of a length, a type, data, a checksum.

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_LOOKS = frozenset(
    b"IHDR PLTE IDAT tRNS cHRM gAMA iCCP sBIT sRGB cICP mDCV cLLI bKGD pHYs acTL fcTL fdAT".split()
)


def _png(content: bytes) -> Iterator[bytes]:
    if not content.startswith(_PNG_SIGNATURE):
        raise BrokenImage
    yield _PNG_SIGNATURE
    at = len(_PNG_SIGNATURE)
    while True:
        length, kind = struct.unpack_from(">I4s", content, at)
        end = at + 12 + length
        if end > len(content):
            raise BrokenImage
        if kind in _PNG_LOOKS:
            yield content[at:end]
        elif kind == b"eXIf" and (turned := _orientation_only(content[at + 8 : end - 4])):
            yield _chunk(kind, turned)
        elif kind == b"IEND":
            yield _chunk(kind, b"")
            return
        at = end


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I4s", len(data), kind) + data + struct.pack(">I", crc32(kind + data))


# GIF: blocks, most of them a chain of sub-blocks that ends with an empty one.

_IMAGE, _EXTENSION, _TRAILER = 0x2C, 0x21, 0x3B
_CONTROL, _APPLICATION = 0xF9, 0xFF
_LOOPS = {b"NETSCAPE2.0", b"ANIMEXTS1.0"}


def _gif(content: bytes) -> Iterator[bytes]:
    if content[:6] not in {b"GIF87a", b"GIF89a"}:
        raise BrokenImage
    at = 13 + _colours(content[10])
    if at > len(content):
        raise BrokenImage
    yield content[:at]
    while content[at] != _TRAILER:
        begin, kind = at, content[at]
        if kind == _IMAGE:
            at = _end_of_chain(content, at + 11 + _colours(content[at + 9]))
            yield content[begin:at]
        elif kind == _EXTENSION:
            at = _end_of_chain(content, at + 2)
            label, name = content[begin + 1], content[begin + 3 : begin + 14]
            if label == _CONTROL or (label == _APPLICATION and name in _LOOPS):
                yield content[begin:at]
        else:
            raise BrokenImage
    yield bytes((_TRAILER,))


def _colours(packed: int) -> int:
    """Return the bytes of a table of colours, as a packed field says it."""
    return 3 * 2 ** ((packed & 0b111) + 1) if packed & 0b1000_0000 else 0


def _end_of_chain(content: bytes, at: int) -> int:
    while length := content[at]:
        at += length + 1
    return at + 1


_READERS: dict[str, Callable[[bytes], Iterator[bytes]]] = {
    "image/jpeg": _jpeg,
    "image/png": _png,
    "image/gif": _gif,
}
