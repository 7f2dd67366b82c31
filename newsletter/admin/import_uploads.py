"""The door of an import's file: it goes piece by piece into the database, never on a disk.

So it does not matter which machine took it, and memory stays flat.
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from newsletter import importing
from newsletter.importing import ImportingError, Keeper
from newsletter.models import Import, Newsletter
from newsletter.models.newsletters import DEFAULT_SLUG

FORM_BYTES = 100_000
"""What a form has around its file."""


class Upload(FileUploadHandler):
    """Keeps the one file of a form; what is wrong with it is known by `error` afterwards."""

    chunk_size = 256 * 1024

    def __init__(self, request: HttpRequest, user: User) -> None:
        super().__init__(request)
        self._user = user
        self._keeper: Keeper | None = None
        self.batch: Import | None = None
        self.error = ""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        if self.batch is not None:
            raise SkipFile
        newsletter = _any_newsletter()
        if newsletter is None:
            self.error = "There is no newsletter yet: make one first."
            raise SkipFile
        self.batch = importing.begin(
            newsletter=newsletter, file_name=self.file_name or "", by=self._user
        )
        self._keeper = Keeper(self.batch, limit=settings.IMPORT_BYTES)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if self._keeper is None or self.error:
            return
        try:
            self._keeper.write(raw_data)
        except ImportingError as error:
            self._give_up(str(error))

    def file_complete(self, file_size: int) -> None:
        """Return nothing: the form has no use for the file itself."""

    def finish(self, encoding: str) -> Import | None:
        """Return the import that waits for choices now; None, and `error`, if there is none."""
        if self._keeper is None or self.batch is None:
            self.error = self.error or "Choose a file."
        elif not self.error:
            try:
                self._keeper.finish(encoding)
            except ImportingError as error:
                self._give_up(str(error))
            else:
                importing.take(self.batch)
                return self.batch
        return None

    def abandon(self) -> None:
        """Forget a file whose form was refused."""
        if self.batch is not None and self.batch.state == Import.State.UPLOADING:
            self._give_up("The form was refused.")

    def _give_up(self, sentence: str) -> None:
        self.error = sentence
        if self.batch is not None:
            importing.fail(self.batch, sentence)


def guarded(
    view: Callable[[HttpRequest], HttpResponse],
    refuse: Callable[[HttpRequest, str], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Return the view of an upload: what is far too large is refused before it is read.

    Django's check of CSRF reads the form, and with it the file. So whether somebody may send one
    is asked before, and the check is made inside: `view` comes from `admin_view`, which has it.
    """

    @csrf_exempt
    def door(request: HttpRequest) -> HttpResponse:
        if request.method != "POST":
            return view(request)
        user = request.user
        is_inside = admin.site.has_permission(request)
        is_allowed = is_inside and user.has_perm("newsletter.import_subscriptions")
        if not is_allowed or not isinstance(user, User):
            request.upload_handlers = []
            return view(request)
        if int(request.META.get("CONTENT_LENGTH") or 0) > settings.IMPORT_BYTES + FORM_BYTES:
            return refuse(request, importing.too_large(settings.IMPORT_BYTES))
        upload = Upload(request, user)
        request.upload_handlers = [upload]
        try:
            return view(request)
        finally:
            upload.abandon()

    return door


def upload_of(request: HttpRequest) -> Upload | None:
    """Return the upload whose form was read by now."""
    handlers = [handler for handler in request.upload_handlers if isinstance(handler, Upload)]
    return handlers[0] if handlers else None


def _any_newsletter() -> Newsletter | None:
    """Return where the import belongs until the editor chooses."""
    default = Newsletter.objects.filter(slug=DEFAULT_SLUG).first()
    return default or Newsletter.objects.first()
