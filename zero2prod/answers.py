"""Answers for people and for programs: a page for who wants HTML, a line of text for the rest."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext_lazy as _

_TITLES = {
    HTTPStatus.BAD_REQUEST: _("That did not work"),
    HTTPStatus.UNAUTHORIZED: _("This link does not work"),
    HTTPStatus.FORBIDDEN: _("This is not yours to open"),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: _("That is too much"),
    HTTPStatus.TOO_MANY_REQUESTS: _("That was too often"),
    HTTPStatus.SERVICE_UNAVAILABLE: _("We are away for a moment"),
}


def prefers_html(request: HttpRequest) -> bool:
    """Whether the client names HTML above plain text; ``*/*`` alone, as of curl, does not."""
    if "html" not in request.META.get("HTTP_ACCEPT", "").lower():
        return False  # and nothing needs to be parsed
    return request.get_preferred_type(["text/plain", "text/html"]) == "text/html"


def title_of(status: HTTPStatus) -> str:
    """Return what a page says above the sentence of a refusal."""
    return str(_TITLES.get(status, status.phrase))


def refuse(request: HttpRequest, status: HTTPStatus, sentence: str) -> HttpResponse:
    """Answer with an error that says in one sentence what is wrong."""
    if prefers_html(request):
        context = {"title": title_of(status), "sentence": sentence}
        response = render(request, "error.html", context, status=status)
    else:
        response = HttpResponse(
            f"{sentence}\n", status=status, content_type="text/plain; charset=utf-8"
        )
    patch_vary_headers(response, ["Accept"])
    return response
