"""What may be kept of an answer, by whom and how long (RFC 9111)."""

import gzip
from datetime import datetime
from hashlib import sha256

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.http import http_date

YEAR = 365 * 24 * 60 * 60
_WORTH_PACKING = 1000  # bytes


def public(
    request: HttpRequest,
    response: HttpResponse,
    *,
    seconds: int,
    changed_at: datetime | None = None,
) -> HttpResponseBase:
    """Let anybody keep an answer for some seconds, and ask then whether it is still the same.

    Only for what is the same for everybody and holds no secret; it is also packed, since nothing in
    it could be guessed by its length (BREACH). The strong ETag (RFC 9110, 8.8.3) is made of the
    bytes that are sent, so that all they depend on is in it: text, theme, language, release. The
    answer is 304 to whoever has them already.
    """
    _pack(request, response)
    etag = f'"{sha256(response.content).hexdigest()[:32]}"'
    response["ETag"] = etag
    response["Cache-Control"] = f"public, max-age={seconds}"
    changed = int(changed_at.timestamp()) if changed_at else None
    if changed is not None:
        response["Last-Modified"] = http_date(changed)
    answer = get_conditional_response(request, etag=etag, last_modified=changed, response=response)
    return answer or response


def _pack(request: HttpRequest, response: HttpResponse) -> None:
    patch_vary_headers(response, ["Accept-Encoding"])
    accepted = request.headers.get("Accept-Encoding", "")
    wishes = {wish.strip().lower() for wish in accepted.split(",")}
    if "gzip" in wishes and len(response.content) >= _WORTH_PACKING:
        response.content = gzip.compress(response.content, mtime=0)
        response["Content-Encoding"] = "gzip"
        response["Content-Length"] = str(len(response.content))
