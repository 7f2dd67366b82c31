"""The pages behind the links of a mail. GET shows, POST changes; the proof is the link's token.

The links of an issue are forwarded with it. So these pages name nobody, and whoever opens them can
let the reader leave or rest, and nothing else.
"""

from uuid import UUID

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from newsletter import identifying, links, pausing, signing_up, subscribing
from newsletter.clients import client_of, visitor_of
from newsletter.models import Subscription
from newsletter.token_pages import given_token, token_page
from zero2prod import languages
from zero2prod.answers import prefers_html

_shows_and_takes = require_http_methods(["GET", "HEAD", "POST"])


@csrf_exempt
@_shows_and_takes
@token_page
def confirm(request: HttpRequest) -> HttpResponse:
    """Show the button that confirms; it posts to this same address."""
    token = given_token(request, "subscription_token")
    try:
        subscription = subscribing.find_by_confirmation(token)
    except links.ExpiredToken:
        if prefers_html(request):
            return _expired(request, token)
        raise
    _speak_to(request, subscription)
    if request.method == "POST":
        page = links.absolute(request.path)
        subscribing.confirm(token=token, page=page, client=client_of(request))
    template = "confirmed" if request.method == "POST" else "confirm"
    return render(request, f"newsletter/{template}.html", {"newsletter": subscription.newsletter})


@csrf_exempt
@_shows_and_takes
@token_page
def confirm_again(request: HttpRequest) -> HttpResponse:
    """Mail a new confirmation link for one that is too old, and say the same whatever happens."""
    token = given_token(request, "subscription_token")
    if request.method != "POST":
        _require_own(token)
        return _expired(request, token)
    signing_up.renew(token=token, visitor=visitor_of(request))
    return render(request, "newsletter/link_sent.html")


@csrf_exempt
@_shows_and_takes
@token_page
def unsubscribe(request: HttpRequest) -> HttpResponse:
    """Show the button that unsubscribes. Mail programs post here by themselves (RFC 8058)."""
    subscription_id = links.read_unsubscribe_token(given_token(request, "token"))
    if subscription_id == links.NOBODY:
        return render(request, "newsletter/unsubscribe_nobody.html")
    if request.method == "POST":
        page = links.absolute(request.path)
        subscribing.unsubscribe(
            subscription_id=subscription_id, page=page, client=client_of(request)
        )
    reader = _reader(request, subscription_id)
    if request.method != "POST" and reader:
        return render(request, "newsletter/unsubscribe.html", {"newsletter": reader.newsletter})
    context = {
        "newsletter": reader.newsletter if reader else None,
        "undo": _undo_address(reader) if reader and request.method == "POST" else "",
    }
    return render(request, "newsletter/unsubscribed.html", context)


@csrf_exempt
@_shows_and_takes
@token_page
def take_back(request: HttpRequest) -> HttpResponse:
    """Undo an unsubscription of just now, by the button below its farewell."""
    token = given_token(request, "token")
    if request.method != "POST":
        reader = _reader(request, links.read_undo_token(token)[0])
        context = {"newsletter": reader.newsletter if reader else None}
        return render(request, "newsletter/take_back.html", context)
    page = links.absolute(request.path)
    reader = subscribing.take_back(token=token, page=page, client=client_of(request))
    reader = _reader(request, reader.pk) or reader
    return render(
        request,
        "newsletter/taken_back.html",
        {"newsletter": reader.newsletter, "is_reader": reader.confirmed_at is not None},
    )


@csrf_exempt
@_shows_and_takes
@token_page
def preferences(request: HttpRequest) -> HttpResponse:
    """Let who holds an issue's link rest for a while, leave, or have a fresh link mailed."""
    token = given_token(request, "token")
    subscription_id = links.read_unsubscribe_token(token)
    if subscription_id == links.NOBODY:
        return render(request, "newsletter/unsubscribe_nobody.html")
    notice = _prefer(request, subscription_id) if request.method == "POST" else ""
    reader = _reader(request, subscription_id)
    context = {
        "newsletter": reader.newsletter if reader else None,
        "reader": reader,
        "is_paused": bool(reader and reader.paused_until and reader.paused_until > timezone.now()),
        "pauses": pausing.PAUSES,
        "notice": notice,
        "unsubscribe_url": f"{reverse('newsletter:unsubscribe')}?token={token}",
    }
    return render(request, "newsletter/preferences.html", context)


def _prefer(request: HttpRequest, subscription_id: UUID) -> str:
    """Do what a button of the preferences says; return the sentence to show."""
    act, days = request.POST.get("act", ""), request.POST.get("days", "")
    reader = Subscription.objects.filter(pk=subscription_id).first()
    if reader is None:
        return ""
    if act == "pause" and days.isascii() and days.isdecimal() and int(days[:4]) in pausing.PAUSES:
        pausing.pause(subscription_id=reader.pk, days=int(days[:4]))
        return _("You get no issue until then.")
    if act == "resume":
        pausing.resume(subscription_id=reader.pk)
        return _("You get the next issue again.")
    if act == "link":
        identifying.ask_for_link_of(subscription_id=reader.pk)
        return _("A mail with a link is on its way to the reader's mailbox.")
    raise BadRequest(_("This page has no such button. Open it once more."))


def _expired(request: HttpRequest, token: str) -> HttpResponse:
    address = f"{reverse('newsletter:confirm_again')}?subscription_token={token}"
    return render(request, "newsletter/expired.html", {"address": address}, status=401)


def _require_own(token: str) -> None:
    """Raise InvalidToken unless the token was made here, however long ago."""
    try:
        links.read_confirmation_token(token)
    except links.ExpiredToken:
        return


def _reader(request: HttpRequest, subscription_id: UUID) -> Subscription | None:
    """Return a subscription and let the page speak its language."""
    reader = Subscription.objects.select_related("newsletter").filter(pk=subscription_id).first()
    if reader:
        _speak_to(request, reader)
    return reader


def _speak_to(request: HttpRequest, reader: Subscription) -> None:
    languages.speak(request, reader.language, reader.newsletter.language)


def _undo_address(reader: Subscription) -> str:
    """Return where a fresh farewell is taken back; nothing where it is not fresh."""
    left_at = reader.unsubscribed_at
    fresh = timezone.now() - links.UNDO_LIFETIME
    if reader.status != Subscription.Status.UNSUBSCRIBED or not left_at or left_at < fresh:
        return ""
    return f"{reverse('newsletter:take_back')}?token={links.undo_token(reader.pk)}"
