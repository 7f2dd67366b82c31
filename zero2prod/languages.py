"""Which language a page, a mail or an error speaks.

A page speaks its newsletter's language, or the one that its address asks for by ``?lang=``. What
the browser prefers does not count, so that an address has the same bytes for everybody and may be
kept by any cache. Only an error that belongs to no newsletter is told in the visitor's own
language. The admin speaks English.
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers

PARAMETER = "lang"
"""By which an address asks for a language: ``?lang=fr``."""

_IS_CHOSEN = "language_is_chosen"


def known(*codes: str) -> str:
    """Return the first code that the site speaks, by itself or by its base (`de-at`: `de`)."""
    for code in codes:
        try:
            return translation.get_supported_language_variant(code)
        except LookupError:
            continue
    return settings.LANGUAGE_CODE


def speak(request: HttpRequest, *codes: str) -> str:
    """Let the rest of this request speak what its address asks for, else the first known code.

    Returns the code, which is also what a sign-up on this page stores.
    """
    code = known(_wish(request), *codes)
    translation.activate(code)  # LanguageMiddleware takes it back.
    setattr(request, _IS_CHOSEN, True)
    return code


class LanguageMiddleware:
    """Begin each request in a language, and say in which one it was answered."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with translation.override(_first_guess(request)):
            response = self.get_response(request)
            if response.get("Content-Type", "").startswith("text/"):
                response.headers.setdefault("Content-Language", translation.get_language() or "")
        if response.status_code >= 400 and not hasattr(request, _IS_CHOSEN):
            patch_vary_headers(response, ["Accept-Language"])
        return response


def _first_guess(request: HttpRequest) -> str:
    if request.path_info.startswith((f"/{settings.ADMIN_PATH}", "/mailbox/")):
        return settings.LANGUAGE_CODE
    wish = _wish(request)
    return known(wish) if wish else translation.get_language_from_request(request)


def _wish(request: HttpRequest) -> str:
    # Most addresses have no query, and to parse none takes Django as long as to parse one.
    return request.GET.get(PARAMETER, "") if request.META.get("QUERY_STRING") else ""
