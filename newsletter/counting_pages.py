"""The addresses in an issue by which it is counted how often it is opened and followed."""

import base64

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_safe

from newsletter import counting
from newsletter.counting import Asked
from zero2prod.client_address import client_address

_GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
"""One transparent point."""


@require_safe
def counted(request: HttpRequest, issue: int, place: int) -> HttpResponse:
    """Answer with the picture, or lead on; where to is in the issue, never in the address."""
    asked = _asked(request) if request.method == "GET" else None
    try:
        address = counting.visit(issue_id=issue, place=place, asked=asked)
    except counting.NoSuchPlace as error:
        raise Http404 from error
    response: HttpResponse = (
        HttpResponseRedirect(address) if address else HttpResponse(_GIF, content_type="image/gif")
    )
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    if not address:
        # Mail in a browser shows it from another site.
        response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def _asked(request: HttpRequest) -> Asked:
    purposes = ("Purpose", "Sec-Purpose", "X-Purpose", "X-Moz")
    return Asked(
        client=client_address(request),
        program=request.headers.get("User-Agent", ""),
        is_prefetch=any(
            word in request.headers.get(name, "").lower()
            for name in purposes
            for word in ("prefetch", "preview", "prerender")
        ),
    )
