"""The file of an import, kept in the database in pieces, so that every machine can read it."""

from hashlib import sha256
from pathlib import PurePath

from django.db import connection

from newsletter.importing import columns, encodings, layouts
from newsletter.importing.errors import FileTooLarge
from newsletter.importing.layouts import Layout
from newsletter.models import Import, ImportPart

PART_BYTES = ImportPart.PART_BYTES
_NAME_LENGTH = 255
_COPY = "COPY newsletter_importpart (batch_id, number, content) FROM STDIN (FORMAT BINARY)"
_TYPES = ["int8", "int4", "bytea"]


class Keeper:
    """Keeps a file that comes in pieces; raises UnreadableFile as soon as it is none.

    Each piece of a megabyte is a commit of its own: a file may take minutes to come.
    """

    def __init__(self, batch: Import, *, encoding: str = "", limit: int | None = None) -> None:
        self._batch, self._limit = batch, limit
        self._transcoder = encodings.Transcoder(encoding)
        self._digest = sha256()
        self._begun = self._kept = b""
        self._taken = self._number = 0
        self._has_begun = False

    def write(self, octets: bytes) -> None:
        self._taken += len(octets)
        if self._limit is not None and self._taken > self._limit:
            raise FileTooLarge(too_large(self._limit))
        self._digest.update(octets)
        if not self._has_begun:
            self._begun += octets
            if len(self._begun) < 64:
                return
            octets, self._has_begun = self._begun, True
        self._keep(self._transcoder.feed(octets))

    def finish(self, encoding: str = "") -> Layout:
        """Return how the file is laid out, which the import knows then, too.

        `encoding` is what is stated, if that came after the file.
        """
        self._transcoder.state(encoding)
        rest = b"" if self._has_begun else self._begun
        self._keep(self._transcoder.feed(rest, final=True), final=True)
        batch = self._batch
        self._transcoder.finish(ImportPart.octets(batch.pk, 0))
        layout = layouts.find_layout(
            lambda offset: ImportPart.octets(batch.pk, offset), self._transcoder.encoding
        )
        columns.recognise(layout.columns, batch.file_name)
        batch.layout = layout.as_json()
        batch.digest = self._digest.hexdigest()
        batch.size = ImportPart.size_of(batch.pk)
        return layout

    def _keep(self, octets: bytes, *, final: bool = False) -> None:
        self._kept += octets
        while len(self._kept) >= PART_BYTES or (final and self._kept):
            content, self._kept = self._kept[:PART_BYTES], self._kept[PART_BYTES:]
            # By COPY, of which Django keeps no log while it debugs.
            with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
                copy.set_types(_TYPES)
                copy.write_row((self._batch.pk, self._number, content))
            self._number += 1


def too_large(limit: int) -> str:
    return f"The file has more than {limit // 1024**2:,} MB. Split it, or use the command."


def plain_name(file_name: str) -> str:
    """Return a file's name without folders and without what cannot be shown."""
    name = PurePath(file_name.replace("\\", "/")).name
    return "".join(filter(str.isprintable, name))[:_NAME_LENGTH]
