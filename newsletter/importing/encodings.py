"""In which encoding a file is: said by its first bytes or by all, and never guessed lightly.

UTF-16, in which Excel saves "Unicode text", is turned into UTF-8 before it is kept: lines are then
found by their bytes.
"""

import codecs
import re
from collections.abc import Iterable

from newsletter.importing.errors import UnreadableFile

UTF_8, UTF_16, WINDOWS_1252 = "utf-8", "utf-16", "windows-1252"
ENCODINGS = (UTF_8, UTF_16, WINDOWS_1252)

_UTF_16_MARKS = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_SIGNATURES = (
    (
        b"PK\x03\x04",
        "This is a ZIP archive or an Excel workbook. Save it as CSV, or unpack it first.",
    ),
    (b"\x1f\x8b", "This file is compressed. Unpack it first."),
    (b"\xd0\xcf\x11\xe0", "This is an Excel workbook. Save it as CSV first."),
    (b"%PDF", "This is a PDF. Export the readers as CSV."),
    (b"{", "This is JSON, it seems. Export the readers as CSV."),
    (b"<", "This is HTML or XML, it seems. Export the readers as CSV."),
)
_LETTERS = "À-ÏÑ-ÖØ-ÜßáàâäãåæçéèêëíìîïñóòôöõøúùûüÿŠŒŽšœžŸ"
_SURELY_WESTERN = re.compile(rf"[\x00-\x7f\xa0€‚„…‘’“”–—•™§©«®°´·»{_LETTERS}]*")  # noqa: RUF001
_UNLIKELY_WESTERN = re.compile(
    rf"[{_LETTERS}]{{3}}|[a-zß-öø-ÿ][À-ÖØ-ÞŠŒŽŸ]|[\x00-\x08\x0b\x0c\x0e-\x1f]"
)
"""Three letters outside ASCII in a row, as of Cyrillic, or capitals within a word, as of a Mac.

Left out of the letters are those that in other tables are Polish, Turkish or Romanian ones.
"""


class Transcoder:
    """Takes the bytes of a file as they come and returns those to keep."""

    def __init__(self, stated: str = "") -> None:
        self.encoding = stated
        self._stated = stated
        self._decode: codecs.IncrementalDecoder | None = None
        self._check = codecs.getincrementaldecoder(UTF_8)()
        self._is_utf_8 = True
        self._started = False

    def state(self, encoding: str) -> None:
        """Believe an encoding that was said after the file had come; a mark in it counts more."""
        if encoding and self.encoding not in {UTF_8, UTF_16}:
            self._stated = self.encoding = encoding

    def feed(self, octets: bytes, *, final: bool = False) -> bytes:
        """Return what is to be kept of these bytes; raise UnreadableFile for what is no text.

        The first call must bring the beginning: at least four bytes, unless the file has fewer.
        """
        if not self._started:
            self._started = True
            octets = self._begin(octets)
        if self._decode is not None:
            octets = _to_utf_8(self._decode, octets, final=final)
        if b"\0" in octets:
            raise UnreadableFile("This is no text: the file has NUL bytes. Export it as CSV.")
        self._check_utf_8(octets, final=final)
        return octets

    def finish(self, kept: Iterable[bytes]) -> None:
        """Decide for the whole file, which is given once more; raise UnreadableFile if in doubt."""
        if self.encoding == UTF_16 or self._stated == WINDOWS_1252:
            return
        if self._is_utf_8:
            self.encoding = UTF_8
        elif self._stated:
            raise UnreadableFile("The file is not UTF-8 throughout: choose another encoding.")
        elif is_surely_windows_1252(kept):
            self.encoding = WINDOWS_1252
        else:
            raise UnreadableFile(
                "The file is not UTF-8. Save it as CSV UTF-8, or say in which encoding it is."
            )

    def _begin(self, octets: bytes) -> bytes:
        for signature, sentence in _SIGNATURES:
            if octets.startswith(signature):
                raise UnreadableFile(sentence)
        codec = _UTF_16_MARKS.get(octets[:2]) or _unmarked_utf_16(octets)
        if codec is None and self._stated == UTF_16:
            codec = "utf-16-le"
        if codec is not None:
            self.encoding = UTF_16
            self._decode = codecs.getincrementaldecoder(codec)()
            return octets.removeprefix(codecs.BOM_UTF16_LE).removeprefix(codecs.BOM_UTF16_BE)
        if octets.startswith(codecs.BOM_UTF8):
            self._stated = self.encoding = UTF_8
        return octets.removeprefix(codecs.BOM_UTF8)

    def _check_utf_8(self, octets: bytes, *, final: bool) -> None:
        if self._is_utf_8:
            try:
                self._check.decode(octets, final)
            except UnicodeDecodeError:
                self._is_utf_8 = False


def _to_utf_8(decoder: codecs.IncrementalDecoder, octets: bytes, *, final: bool) -> bytes:
    try:
        return decoder.decode(octets, final).encode()
    except UnicodeError as error:
        raise UnreadableFile("The file begins as UTF-16 but is not throughout.") from error


def is_surely_windows_1252(pieces: Iterable[bytes]) -> bool:
    """Whether these bytes make sense in the encoding of Western Windows and in no likely other."""
    used: set[str] = set()
    for piece in pieces:
        try:
            text = piece.decode(WINDOWS_1252)
        except UnicodeDecodeError:
            return False
        if not _SURELY_WESTERN.fullmatch(text) or _UNLIKELY_WESTERN.search(text):
            return False
        used.update(text)
    may_be_czech = "ø" in used and not used.isdisjoint("ìèùò")
    may_be_hungarian = "õ" in used and used.isdisjoint("ãç")
    return not may_be_czech and not may_be_hungarian


def _unmarked_utf_16(octets: bytes) -> str | None:
    """Recognise UTF-16 without its mark: in ASCII text every other byte is NUL."""
    head = octets[:64]
    if len(head) < 4:
        return None
    if not any(head[0::2]) and all(head[1::2]):
        return "utf-16-be"
    if not any(head[1::2]) and all(head[0::2]):
        return "utf-16-le"
    return None
