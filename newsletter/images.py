"""Images of issues: taken in, kept in the storage, given out again. Nothing of them is executed."""

import secrets
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from pathlib import PurePath
from typing import Any

import filetype
import imagesize
import structlog
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from newsletter import camera_data
from newsletter.models import Image, Issue, Theme

MOST_OCTETS = 2_000_000
"""A mail with pictures of more is slow on a phone."""
MOST_PIXELS = 16_000_000
LONGEST_SIDE = 6_000

TYPES = {"image/png": "png", "image/jpeg": "jpg", "image/gif": "gif"}
"""What every mail program shows. SVG can hold scripts; Outlook shows no WebP."""

_KEPT_IN_MEMORY = 16
"""Images of each process, of MOST_OCTETS at most: all readers of an issue ask for the same few."""

logger = structlog.get_logger(__name__)


class InvalidImage(Exception):
    """The file cannot be taken; the message is the sentence to show."""


class ImageInUse(Exception):
    """Something shows the image; the message says what."""


@dataclass(frozen=True, slots=True)
class Picture:
    content: bytes
    content_type: str


def are_kept() -> bool:
    """Whether there is a storage: a container's disk is gone with it, so production names one."""
    return "default" in settings.STORAGES


def store(*, content: bytes, file_name: str, alt: str = "", user: Any = None) -> Image:
    """Keep an uploaded file if it is what a mail can show; raise InvalidImage.

    What it is, its content says: neither its name nor the browser is believed. Where and by what
    it was taken is not kept.
    """
    if not are_kept():
        raise InvalidImage(
            "There is no place for images yet. Ask your operator to set APP_MEDIA__URL, or link to "
            "an image that is on the web."
        )
    content_type = _type_of(content)
    width, height = _size_of(content)
    content = _picture_alone(content, content_type)
    image = Image(
        name=f"{secrets.token_urlsafe(16)}.{TYPES[content_type]}",
        title=_title(file_name),
        alt=" ".join(alt.split())[:300],
        content_type=content_type,
        octets=len(content),
        width=width,
        height=height,
        uploaded_by=user,
    )
    # First the file: a row without one would be a broken image in a mail.
    default_storage.save(image.name, ContentFile(content))
    image.save(force_insert=True)
    logger.info("images.stored", image=image.pk, octets=image.octets)
    return image


def remove(*, image_id: int) -> None:
    """Forget an image that nothing shows; raise ImageInUse."""
    with transaction.atomic():
        image = Image.objects.select_for_update().get(pk=image_id)
        if users := used_in(image):
            raise ImageInUse(f"It is shown in {', '.join(users)}.")
        image.delete()
        transaction.on_commit(lambda: default_storage.delete(image.name))
    read.cache_clear()
    logger.info("images.removed", image=image_id)


def used_in(image: Image) -> list[str]:
    """Return the issues and themes that show an image, as an editor calls them."""
    issues = Issue.objects.filter(body__contains=image.name).only("subject")[:5]
    themes = [
        theme
        for theme in Theme.objects.all()
        if theme.logo_id == image.pk or image.name in theme.header + theme.footer
    ]
    return [*(f"the issue “{issue}”" for issue in issues), *(f"the theme “{t}”" for t in themes)]


@lru_cache(maxsize=_KEPT_IN_MEMORY)
def read(name: str) -> Picture:
    """Return an image by its name; raise Image.DoesNotExist, and OSError if its file is gone."""
    image = Image.objects.get(name=name)
    with default_storage.open(image.name) as file:
        return Picture(file.read(), image.content_type)


def _type_of(content: bytes) -> str:
    if not content:
        raise InvalidImage("The file is empty.")
    if len(content) > MOST_OCTETS:
        raise InvalidImage(too_large(len(content)))
    kind = filetype.guess(content)
    if kind is not None and kind.mime in TYPES:
        return str(kind.mime)
    if kind is not None and kind.mime == "image/webp":
        raise InvalidImage("Outlook shows no WebP: save it as PNG or JPEG.")
    if b"<svg" in content[:4096].lower():
        raise InvalidImage("SVG can hold scripts, and mail programs do not show it: take a PNG.")
    raise InvalidImage("This is no PNG, JPEG or GIF.")


def too_large(octets: int) -> str:
    return (
        f"The image has {octets / 1e6:.1f} MB; at most {MOST_OCTETS / 1e6:.0f} MB can be mailed. "
        "Save it smaller: 1,200 pixels of width are enough for any mail."
    )


def _size_of(content: bytes) -> tuple[int, int]:
    try:
        width, height = imagesize.get(BytesIO(content))
    except Exception as error:  # Its parsers raise whatever a broken file makes them stumble over.
        raise InvalidImage("The image is broken: its size cannot be read.") from error
    if width < 1 or height < 1:
        raise InvalidImage("The image is broken: its size cannot be read.")
    if max(width, height) > LONGEST_SIDE or width * height > MOST_PIXELS:
        raise InvalidImage(
            f"The image has {width:,} by {height:,} pixels; at most {LONGEST_SIDE:,} a side and "
            f"{MOST_PIXELS // 1_000_000} million in all can be shown. Save it smaller."
        )
    return width, height


def _picture_alone(content: bytes, content_type: str) -> bytes:
    try:
        return camera_data.without_camera_data(content, content_type)
    except camera_data.BrokenImage as error:
        raise InvalidImage("The image is broken: open it and save it once more.") from error


def _title(file_name: str) -> str:
    """Return the name of the file that was uploaded, of which nothing else is used."""
    name = PurePath(file_name.replace("\\", "/")).name
    return "".join(letter for letter in name if letter.isprintable())[:200] or "image"
