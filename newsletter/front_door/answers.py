"""The outcome of a sign-up in the words and the form of whoever asked."""

from enum import Enum
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from newsletter import links
from newsletter.forms import SignUpForm
from newsletter.front_door import bodies
from newsletter.guarding import alarm, hints, tickets, traps
from newsletter.models import Newsletter, Wording
from newsletter.models.sites import lines, origin
from zero2prod.answers import prefers_html, refuse, title_of
from zero2prod.client_address import client_address
from zero2prod.headers import form_policy

CARRIED = ("name", "newsletter", "wording", "return_to", "clock")
"""Fields that a page with one more question hands on as they were given."""


class Manner(Enum):
    PAGE = "page"
    FRAME = "frame"
    TEXT = "text"
    JSON = "json"

    @property
    def is_seen(self) -> bool:
        """Whether a person sees the answer, and can be asked something."""
        return self in {Manner.PAGE, Manner.FRAME}


def manner_of(request: HttpRequest) -> Manner:
    """Return how a post to the common address wants to be answered."""
    if bodies.is_json(request):
        return Manner.JSON
    return Manner.PAGE if prefers_html(request) else Manner.TEXT


def sign_up_page(
    request: HttpRequest,
    manner: Manner,
    newsletter: Newsletter,
    form: SignUpForm,
    *,
    notice: str = "",
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    """Show the form: empty, or as it was filled in and with what is wrong."""
    wording = form.cleaned_data.get("wording") if form.is_bound else None
    return _page(
        request,
        manner,
        newsletter,
        "sign_up",
        status=status,
        form=form,
        notice=notice,
        wording=wording or Wording.objects.current(newsletter, get_language() or ""),
        clock=_kept_clock(form) or traps.clock(),
        return_to=form.cleaned_data.get("return_to", "") if form.is_bound else "",
        honeypot=traps.HONEYPOT,
    )


def thanks(request: HttpRequest, manner: Manner, form: SignUpForm) -> HttpResponse:
    """Answer a valid sign-up: always the same, whatever is known of the address."""
    newsletter: Newsletter = form.cleaned_data["newsletter"]
    if manner is Manner.JSON:
        says = {
            "message": _("Check your inbox: a mail with a link is on its way."),
            "did_you_mean": hints.meant(form.cleaned_data["email"]) or None,
        }
        return JsonResponse(says)
    if manner is Manner.TEXT:
        response = HttpResponse()
        patch_vary_headers(response, ["Accept"])
        return response
    if manner is Manner.PAGE and form.cleaned_data["return_to"]:
        redirect = HttpResponseRedirect(form.cleaned_data["return_to"], status=HTTPStatus.SEE_OTHER)
        patch_vary_headers(redirect, ["Accept"])
        return redirect
    return _page(request, manner, newsletter, "signed_up")


def refused_fields(request: HttpRequest, manner: Manner, form: SignUpForm) -> HttpResponse:
    """Say which fields are wrong, to a person beside them."""
    newsletter = form.cleaned_data.get("newsletter")
    if manner.is_seen and newsletter is not None and "return_to" not in form.errors:
        notice, status = " ".join(map(str, form.non_field_errors())), HTTPStatus.BAD_REQUEST
        return sign_up_page(request, manner, newsletter, form, notice=notice, status=status)
    return refused(request, manner, HTTPStatus.BAD_REQUEST, form.reason(), newsletter=newsletter)


def refused(
    request: HttpRequest,
    manner: Manner,
    status: HTTPStatus,
    sentence: str,
    *,
    newsletter: Newsletter | None = None,
    **more: str,
) -> HttpResponse:
    """Say in one sentence what is wrong; `more` is for programs."""
    if manner is Manner.JSON:
        return JsonResponse({"error": sentence, **more}, status=status)
    if manner is Manner.FRAME:
        said = {"title": title_of(status), "sentence": sentence}
        return _page(request, manner, newsletter, "refused", status=status, **said)
    return refuse(request, status, " ".join((sentence, *more.values())))


def question(request: HttpRequest, manner: Manner, form: SignUpForm, *, meant: str) -> HttpResponse:
    """Ask which of two addresses was meant; nothing is stored before the answer."""
    fields = _carried(form, *CARRIED, "proof")
    newsletter, typed = form.cleaned_data["newsletter"], form.cleaned_data["email"]
    return _page(request, manner, newsletter, "question", meant=meant, typed=typed, fields=fields)


def proof_wanted(
    request: HttpRequest, manner: Manner, form: SignUpForm, *, notice: str = ""
) -> HttpResponse:
    """Ask for a proof of work: a page solves it, and who has no JavaScript waits with a ticket."""
    challenge = links.absolute(reverse("newsletter:challenge"))
    if not manner.is_seen:
        sentence = _(
            "There are unusually many sign-ups. Send the solution of a proof of work (ALTCHA 2, in "
            "Base64) in the field `proof`; challenges are here:"
        )
        return refused(request, manner, HTTPStatus.FORBIDDEN, sentence, challenge=challenge)
    email = form.cleaned_data["email"]
    ticket = form.given("ticket") if notice else ""
    return _page(
        request,
        manner,
        form.cleaned_data["newsletter"],
        "proof",
        status=HTTPStatus.FORBIDDEN,
        fields={**_carried(form, *CARRIED), "email": email, "kept": "yes"},
        ticket=ticket or tickets.issue(email=email, client=client_address(request)),
        notice=notice,
        seconds=tickets.WAIT_SECONDS,
    )


def _page(
    request: HttpRequest,
    manner: Manner,
    newsletter: Newsletter | None,
    template: str,
    *,
    status: HTTPStatus = HTTPStatus.OK,
    **context: Any,
) -> HttpResponse:
    """Render a template in its surroundings; an address to return to is one to redirect to."""
    is_frame = manner is Manner.FRAME
    wants_proof = template == "proof" or (template == "sign_up" and alarm.proof_is_asked_for())
    shared = {
        "newsletter": newsletter,
        "base": "newsletter/frame.html" if is_frame else "base.html",
        "action": reverse("newsletter:frame" if is_frame else "newsletter:sign_up"),
        "others": [] if is_frame or newsletter is None else _others(newsletter),
        "wants_proof": wants_proof,
    }
    response = render(request, f"newsletter/{template}.html", {**shared, **context}, status=status)
    response["Content-Security-Policy"] = form_policy(
        scripts=wants_proof,
        leads_to=origin(context.get("fields", context).get("return_to", "")),
        framed_by=_framing_sites(newsletter) if is_frame else "'none'",
    )
    response["Cache-Control"] = "no-store"
    if is_frame:
        response.xframe_options_exempt = True
        response["Cross-Origin-Resource-Policy"] = "cross-origin"
    else:
        patch_vary_headers(response, ["Accept"])
    return response


def _framing_sites(newsletter: Newsletter | None) -> str:
    """Return who may show the frame, as CSP writes it: everybody, or some and the admin."""
    sites = lines(newsletter.framing_sites) if newsletter else []
    return " ".join(["'self'", *sites]) if sites else "*"


def _others(newsletter: Newsletter) -> list[tuple[Newsletter, str]]:
    """Return the other newsletters that a visitor may choose, and where."""
    return [
        (other, links.home_path(other))
        for other in Newsletter.objects.all_at_the_door()
        if other.pk != newsletter.pk
    ]


def _carried(form: SignUpForm, *names: str) -> dict[str, str]:
    return {name: form.data[name] for name in names if form.data.get(name)}


def _kept_clock(form: SignUpForm) -> str:
    """Return the clock that was shown first, unless it is the clock that is wrong."""
    clock = form.given("clock")
    try:
        traps.check_clock(clock)
    except traps.Stale:
        return ""
    except traps.TooFast:
        pass
    return clock
