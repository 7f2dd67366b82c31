"""What is posted: a form or a JSON object, both read into the same fields."""

import json
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _

FORM_TYPES = {"application/x-www-form-urlencoded", "multipart/form-data"}
JSON_TYPE = "application/json"


class Refused(Exception):
    """The body is not read; with the status and the sentence that say why."""

    def __init__(self, status: HTTPStatus, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


def is_json(request: HttpRequest) -> bool:
    return request.content_type == JSON_TYPE


def read(request: HttpRequest) -> QueryDict:
    """Return the fields; raise Refused for what is no small form and no small JSON object."""
    length = int(request.META.get("CONTENT_LENGTH") or 0)
    if length and request.content_type not in {*FORM_TYPES, JSON_TYPE}:
        sentence = _("Send a form, or JSON: application/x-www-form-urlencoded, application/json.")
        raise Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, sentence)
    if length > settings.SIGNUP_BODY_LIMIT:
        sentence = _("A sign-up has at most %(limit)d bytes.")
        limit = {"limit": settings.SIGNUP_BODY_LIMIT}
        raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, sentence % limit)
    if len(request.body) < length:
        # The connection broke: what has come might end in the middle of an address.
        raise _bad(_("The body is shorter than announced."))
    return _from_json(request.body) if is_json(request) else request.POST


class _Members(list[tuple[str, Any]]):
    """A JSON object as it was written, with what is said twice."""


def _from_json(body: bytes) -> QueryDict:
    """Read an object (RFC 8259) of texts; what Python takes beyond that is refused."""
    try:
        members = json.loads(body.decode(), object_pairs_hook=_Members, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise _bad(_("The body is no JSON in UTF-8.")) from error
    if not isinstance(members, _Members):
        raise _bad(_("The JSON must be an object."))
    fields = QueryDict(mutable=True)
    for name, value in members:
        if not isinstance(value, str):
            raise _bad(_("%(field)s: This must be a text.") % {"field": _printable(name)})
        fields.appendlist(name, value)
    return fields


def _no_constant(name: str) -> None:
    """Refuse NaN and Infinity, which are no JSON."""
    raise ValueError(name)


def _printable(name: str) -> str:
    """Return a name that was made up by a stranger as it can be said back to him."""
    return name if name.isascii() and name.isprintable() and len(name) <= 40 else "?"


def _bad(sentence: str) -> Refused:
    return Refused(HTTPStatus.BAD_REQUEST, sentence)
