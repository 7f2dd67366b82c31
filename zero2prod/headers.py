"""The headers that protect a reader's browser, on every answer: pages, errors, redirects, files.

https://developer.mozilla.org/en-US/observatory/docs/tests_and_scoring
"""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.security import SecurityMiddleware

_NOTHING_FOREIGN = "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
PUBLIC_POLICY = f"default-src 'none'; style-src 'self'; img-src 'self'; {_NOTHING_FOREIGN}"
"""Content-Security-Policy of a page with one style sheet: no script runs, whatever slips in."""
ARTICLE_POLICY = (
    "default-src 'none'; style-src 'self'; style-src-attr 'unsafe-inline'; "
    f"img-src 'self' https:; {_NOTHING_FOREIGN}"
)
"""For an editor's sanitised HTML: pictures from anywhere, as in the mail, and aligned cells."""


def form_policy(*, scripts: bool, leads_to: str, framed_by: str) -> str:
    """Return the policy of a page with a form.

    `scripts`: whether it brings along our own small script, `leads_to`: a site to which an answer
    may redirect (browsers hold redirects of a form to form-action), `framed_by`: who may show it in
    a frame.
    """
    own_script = "script-src 'self'; connect-src 'self'; " if scripts else ""
    return (
        f"default-src 'none'; {own_script}style-src 'self'; img-src 'self'; base-uri 'none'; "
        f"form-action 'self' {leads_to}".rstrip()
        + f"; frame-ancestors {framed_by}"
    )


ADMIN_POLICY = f"default-src 'self'; img-src 'self' data:; {_NOTHING_FOREIGN}"

_ALWAYS = {
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


class HeadersMiddleware(SecurityMiddleware):
    """Set Django's headers and ours around everything; a header that a view has set stays.

    Django's own middleware stands further in, where its redirect to TLS cannot meet the probes:
    what is answered outside of it would have no headers.
    """

    def process_request(self, _request: HttpRequest) -> None:
        return None

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        super().process_response(request, response)
        is_admin = request.path_info.startswith(f"/{settings.ADMIN_PATH}")
        policy = ADMIN_POLICY if is_admin else PUBLIC_POLICY
        response.headers.setdefault("Content-Security-Policy", policy)
        if not getattr(response, "xframe_options_exempt", False):
            response.headers.setdefault("X-Frame-Options", settings.X_FRAME_OPTIONS)
        for name, value in _ALWAYS.items():
            response.headers.setdefault(name, value)
        if request.method == "HEAD":
            _drop_body(response)
        return response


def _drop_body(response: HttpResponse) -> None:
    """Keep the headers only (RFC 9110, 9.3.2): gunicorn warns of each body that it must drop."""
    if response.streaming:
        return  # WhiteNoise answers HEAD without a file already.
    response.headers.setdefault("Content-Length", str(len(response.content)))
    response.content = b""
