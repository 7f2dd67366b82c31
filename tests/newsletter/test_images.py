"""Images: what is taken in, what is refused with a sentence, and how they are given out (C19)."""

import struct
import zlib

import pytest
from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from newsletter import images
from newsletter.models import Image, Theme
from tests.factories import make_issue

pytestmark = pytest.mark.django_db

ADD = "/admin/newsletter/image/add/"
SVG = b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"
JPEG = bytes.fromhex(
    "ffd8ffe000104a46494600010100000100010000ffc0000b0800100020010111"
    "00ffda0008010100003f0012ff0034ffd00156ffd9"
)
GIF = b"GIF89a" + struct.pack("<HH", 3, 2) + b"\0\0\0;"


def png(width: int = 4, height: int = 3) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        check = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IEND", b"")


@pytest.fixture(autouse=True)
def _nothing_in_memory():
    images.read.cache_clear()


@pytest.fixture
def editor():
    client = Client()
    client.force_login(User.objects.create_superuser("editor"))
    return client


def upload(client, content, name="dog.png", alt="A dog", **headers):
    file = SimpleUploadedFile(name, content, "image/png")
    return client.post(ADD, {"file": file, "alt": alt}, follow=True, **headers)


@pytest.mark.parametrize(
    ("content", "content_type", "size"),
    [(png(), "image/png", (4, 3)), (JPEG, "image/jpeg", (32, 16)), (GIF, "image/gif", (3, 2))],
)
def test_its_content_says_what_it_is(editor, client, content, content_type, size):
    upload(editor, content, name="../../etc/passwd.exe")
    image = Image.objects.get()
    assert (image.content_type, image.width, image.height) == (content_type, *size)
    assert image.title == "passwd.exe"
    assert "passwd" not in image.name
    given = client.get(image.path)
    assert given.content == content
    assert given["Content-Type"] == content_type


def test_it_is_shown_and_never_executed(editor, client):
    """C19."""
    polyglot = png() + b"<script>alert(1)</script>"
    upload(editor, polyglot)
    given = client.get(Image.objects.get().path)
    assert given["X-Content-Type-Options"] == "nosniff"
    assert given["Content-Disposition"].startswith("attachment;")
    assert given["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert given["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "immutable" in given["Cache-Control"]
    assert "Set-Cookie" not in given


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (SVG, "SVG can hold scripts"),
        (b"<html><script>alert(1)</script>", "no PNG, JPEG or GIF"),
        (b"PK\x03\x04" + b"\0" * 100, "no PNG, JPEG or GIF"),
        (b"\x89PNG\r\n\x1a\n", "broken"),
        (png()[:-8], "broken"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 " + b"\0" * 40, "Outlook shows no WebP"),
        (png(7000, 10), "at most 6,000 a side"),
        (png(5000, 5000), "16 million in all"),
        (png() + b"\0" * 2_000_000, "at most 2 MB"),
        (png() + b"\0" * 2_200_000, "at most 2 MB"),
    ],
)
def test_anything_else_is_refused_with_a_sentence(editor, content, says):
    page = upload(editor, content)
    assert says in page.content.decode()
    assert not Image.objects.exists()
    answer = upload(editor, content, HTTP_ACCEPT="application/json")
    assert says in answer.json()["error"]


def test_the_editor_gets_what_inserts_it(editor):
    answer = upload(editor, png(), alt="A [dog] {x}", HTTP_ACCEPT="application/json")
    image = Image.objects.get()
    assert answer.json()["markdown"] == f"![A \\[dog\\] \\{{x\\}}]({image.path})"
    assert f'src="http://testserver{image.path}" alt="A [dog] {{x}}"' in images_of(image)


def images_of(image):
    from newsletter.rendering.markdown import to_html  # noqa: PLC0415

    return to_html(image.markdown)


def test_without_a_storage_uploads_are_refused(editor, settings):
    settings.STORAGES = {"staticfiles": settings.STORAGES["staticfiles"]}
    assert "APP_MEDIA__URL" in editor.get(ADD).content.decode()
    assert "APP_MEDIA__URL" in upload(editor, png(), HTTP_ACCEPT="application/json").json()["error"]
    assert not Image.objects.exists()


def test_only_staff_who_may_upload():
    client = Client()
    assert upload(client, png()).redirect_chain
    client.force_login(User.objects.create_user("onlooker", is_staff=True))
    assert upload(client, png()).status_code == 403
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.create_superuser("editor"))
    assert upload(strict, png()).status_code == 403
    assert not Image.objects.exists()


@pytest.mark.parametrize("name", ["nothing.png", "..%2fsecret_key", "a%00b", "x" * 500])
def test_what_is_not_there_is_not_found(client, name):
    assert client.get(f"/images/{name}").status_code in {400, 404}


def test_a_file_that_was_lost_is_not_found(editor, client):
    upload(editor, png())
    image = Image.objects.get()
    default_storage.delete(image.name)
    assert client.get(image.path).status_code == 404


def test_what_an_issue_or_a_theme_shows_is_not_deleted(editor):
    upload(editor, png())
    image = Image.objects.get()
    make_issue(body=image.markdown)
    Theme.objects.create(name="Harbour", logo=image)
    page = editor.get(f"/admin/newsletter/image/{image.pk}/change/").content.decode()
    assert "the issue “The first issue”, the theme “Harbour”" in page
    editor.post(f"/admin/newsletter/image/{image.pk}/delete/", {"post": "yes"})
    assert Image.objects.exists()
    with pytest.raises(images.ImageInUse, match="Harbour"):
        images.remove(image_id=image.pk)


@pytest.mark.django_db(transaction=True)
def test_what_nobody_shows_is_deleted_with_its_file(editor):
    upload(editor, png())
    image = Image.objects.get()
    editor.post(f"/admin/newsletter/image/{image.pk}/delete/", {"post": "yes"})
    assert not Image.objects.exists()
    assert not default_storage.exists(image.name)


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>'])
def test_a_hostile_name_is_text_in_the_admin(editor, text):
    """C11."""
    upload(editor, png(), name=f"{text}.png", alt=text)
    for path in ("", f"{Image.objects.get().pk}/change/"):
        page = editor.get(f"/admin/newsletter/image/{path}").content.decode()
        assert text not in page
