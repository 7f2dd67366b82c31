"""How an issue looks, while it is written and afterwards, in a frame in which nothing runs."""

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.http import require_POST

from newsletter.models import Issue, Newsletter, Theme
from newsletter.models.newsletters import DEFAULT_SLUG
from newsletter.rendering import issues as rendering

POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src http: https:; "
    "frame-ancestors 'self'"
)
"""A mail's inlined styles work in its frame, and nothing else does."""

SOMEBODY = {"name": "Ursula", "email": "ursula@example.org"}
"""A reader of whom something is known; of nobody in particular we know nothing."""

_DARK = "@media (prefers-color-scheme: dark)"


class PreviewForm(forms.Form):
    """What the editor has typed so far, finished or not: nothing of it is stored."""

    newsletter = forms.ModelChoiceField(Newsletter.objects, required=False)
    theme = forms.ModelChoiceField(Theme.objects, required=False)
    subject = forms.CharField(required=False)
    preheader = forms.CharField(required=False)
    body = forms.CharField(required=False, strip=False)
    slug = forms.SlugField(required=False)
    view = forms.CharField(required=False)
    nameless = forms.BooleanField(required=False)
    line = forms.IntegerField(required=False, min_value=0)


class Somebody(dict[str, object]):
    """A reader who has every attribute that is asked for: it says what it is."""

    def get(self, name: str, default: object = None) -> object:
        return SOMEBODY.get(name, f"[{name}]")


@require_POST
def preview(request: HttpRequest) -> HttpResponse:
    """Show what was posted, as one of the views of the editor; whatever cannot be read is left."""
    if not request.user.has_perm("newsletter.view_issue"):
        raise PermissionDenied
    form = PreviewForm(request.POST)
    form.is_valid()
    typed: dict[str, Any] = form.cleaned_data
    issue = Issue(
        newsletter=typed.get("newsletter") or _any_newsletter(),
        theme=typed.get("theme"),
        **{name: typed.get(name) or "" for name in ("subject", "preheader", "body", "slug")},
    )
    reader = {} if typed.get("nameless") else Somebody()
    content = rendering.preview(issue, reader, line=typed.get("line"))
    if typed.get("view") == "text":
        return framed(render_to_string("admin/newsletter/issue/text.html", {"content": content}))
    return framed(shaded(content.html, is_dark=typed.get("view") == "dark"))


def framed(html: str) -> HttpResponse:
    """Return a page that only this site may frame and in which nothing runs."""
    response = HttpResponse(html)
    response["Content-Security-Policy"] = POLICY
    response["X-Frame-Options"] = "SAMEORIGIN"
    return response


def shaded(html: str, *, is_dark: bool) -> str:
    """Return a mail as programs in dark mode show it, or the others, whatever the browser is in."""
    scheme = "dark" if is_dark else "light"
    html = html.replace(_DARK, "@media all" if is_dark else "@media not all")
    return html.replace('content="light dark"', f'content="{scheme}"')


def _any_newsletter() -> Newsletter:
    found = Newsletter.objects.filter(slug=DEFAULT_SLUG) or Newsletter.objects.all()
    return found.first() or Newsletter(title="Newsletter")
