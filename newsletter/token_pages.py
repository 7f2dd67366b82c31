"""What the pages behind a mail's links have in common."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from newsletter.links import InvalidToken
from zero2prod.answers import refuse

_View = Callable[[HttpRequest], HttpResponse]

INCOMPLETE = _("The link is not complete. Open it once more from the mail, or copy all of it.")
WORTHLESS = _("This link does not work, or works no more. Sign up again to get a new one by mail.")


def given_token(request: HttpRequest, parameter: str) -> str:
    """Return the one token of the query; raise BadRequest unless there is exactly one."""
    tokens = request.GET.getlist(parameter)
    if len(tokens) != 1 or not tokens[0]:
        raise BadRequest(INCOMPLETE)
    return tokens[0]


def token_page(view: _View) -> _View:
    """Answer 400 and 401 in words, and keep the token out of caches and of the Referer header."""

    @wraps(view)
    def answer(request: HttpRequest) -> HttpResponse:
        try:
            response = view(request)
        except BadRequest as error:
            response = refuse(request, HTTPStatus.BAD_REQUEST, str(error))
        except InvalidToken:
            response = refuse(request, HTTPStatus.UNAUTHORIZED, str(WORTHLESS))
        response["Referrer-Policy"] = "no-referrer"
        response["Cache-Control"] = "no-store"
        return response

    return answer
