"""A reader's own pages: ask for a fresh link, and what it opens.

Only here is shown what is stored of him, and only here it is changed, exported and erased.
"""

import json
from collections.abc import Callable
from http import HTTPStatus

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from newsletter import (
    consenting,
    identifying,
    links,
    own_changes,
    pausing,
    privacy,
    subscribing,
)
from newsletter.clients import client_of, visitor_of
from newsletter.models import Newsletter, Subscription, Wording
from newsletter.models.newsletters import DEFAULT_SLUG
from newsletter.own_forms import EmailForm, NameForm
from newsletter.token_pages import given_token, token_page
from zero2prod import languages
from zero2prod.answers import refuse

_Answer = HttpResponse | str
_shows_and_takes = require_http_methods(["GET", "HEAD", "POST"])


@csrf_exempt
@_shows_and_takes
def ask_for_link(request: HttpRequest) -> HttpResponse:
    """Take an address and mail it a fresh link; the answer is the same for every address."""
    newsletter = Newsletter.objects.at_the_door(request.GET.get("newsletter", DEFAULT_SLUG))
    languages.speak(request, newsletter.language if newsletter else "")
    form = EmailForm(request.POST if request.method == "POST" else None, label_suffix="")
    if request.method == "POST" and form.is_valid():
        try:
            identifying.ask_for_link(
                email=form.cleaned_data["email"], client=visitor_of(request).client
            )
        except identifying.TooMany:
            sentence = _("There were many requests from here. Please try again in an hour.")
            return refuse(request, HTTPStatus.TOO_MANY_REQUESTS, sentence)
        return render(request, "newsletter/link_sent.html", {"newsletter": newsletter})
    context = {"newsletter": newsletter, "form": form}
    status = HTTPStatus.BAD_REQUEST if form.is_bound else HTTPStatus.OK
    return render(request, "newsletter/ask_for_link.html", context, status=status)


@csrf_exempt
@_shows_and_takes
@token_page
def mine(request: HttpRequest) -> HttpResponse:
    """Show a reader everything that he has here, and do what its buttons say."""
    reader = identifying.identify(given_token(request, "token"))
    languages.speak(request, reader.language, reader.newsletter.language)
    if request.method != "POST":
        return _page(request, reader)
    act = _ACTS.get(request.POST.get("act", ""))
    if act is None:
        raise BadRequest(_("This page has no such button. Open it once more."))
    try:
        answer = act(request, reader)
    except ValueError as error:
        return _page(request, reader, error=str(error))
    return _page(request, reader, notice=answer) if isinstance(answer, str) else answer


@csrf_exempt
@_shows_and_takes
@token_page
def new_address(request: HttpRequest) -> HttpResponse:
    """Show the button that makes the address of this mail the reader's own."""
    token = given_token(request, "token")
    if request.method != "POST":
        reader, _email = own_changes.find_new_address(token)
        languages.speak(request, reader.language, reader.newsletter.language)
        return render(request, "newsletter/new_address.html", {"newsletter": reader.newsletter})
    try:
        reader = own_changes.move(token=token)
    except own_changes.AddressTaken:
        sentence = _(
            "Nothing was changed: this address has a subscription of its own. Leave with the "
            "other one, or erase one of the two, and try again."
        )
        return refuse(request, HTTPStatus.CONFLICT, sentence)
    languages.speak(request, reader.language, reader.newsletter.language)
    return render(request, "newsletter/moved.html", {"newsletter": reader.newsletter})


def _page(
    request: HttpRequest, reader: Subscription, *, notice: str = "", error: str = ""
) -> HttpResponse:
    own = list(
        Subscription.objects.with_address(reader.email)
        .select_related("newsletter")
        .order_by("newsletter__title")
    )
    if not own:
        raise links.InvalidToken
    gone = [entry.newsletter_id for entry in own if entry.status in _ALIVE]
    others = Newsletter.objects.filter(is_public=True).exclude(pk__in=gone)
    language = get_language() or settings.LANGUAGE_CODE
    context = {
        "newsletter": own[0].newsletter,
        "reader": next((entry for entry in own if entry.pk == reader.pk), own[0]),
        "own": [entry for entry in own if entry.status in _ALIVE],
        "offers": [(other, Wording.objects.current(other, language)) for other in others],
        "languages": settings.LANGUAGES,
        "pauses": pausing.PAUSES,
        "now": timezone.now(),
        "notice": notice,
        "error": error,
    }
    status = HTTPStatus.BAD_REQUEST if error else HTTPStatus.OK
    return render(request, "newsletter/mine.html", context, status=status)


def _rename(request: HttpRequest, reader: Subscription) -> _Answer:
    form = NameForm(request.POST)
    if not form.is_valid():
        raise ValueError(form.errors["name"][0])
    own_changes.rename(email=reader.email, name=form.cleaned_data["name"])
    return _("Your name is changed.")


def _speak(request: HttpRequest, reader: Subscription) -> _Answer:
    language = request.POST.get("language", "")
    if language not in dict(settings.LANGUAGES):
        raise ValueError(_("Choose one of the languages."))
    own_changes.speak(email=reader.email, language=language)
    languages.speak(request, language)
    return _("Your mails will come in this language.")


def _ask_for_address(request: HttpRequest, reader: Subscription) -> _Answer:
    form = EmailForm(request.POST)
    if not form.is_valid():
        raise ValueError(form.errors["email"][0])
    own_changes.ask_for_address(subscription=reader, email=form.cleaned_data["email"])
    return _("A mail is on its way to the new address. Nothing changes before its link is opened.")


def _join(request: HttpRequest, reader: Subscription) -> _Answer:
    chosen = request.POST.get("newsletter", "")
    newsletter = Newsletter.objects.filter(is_public=True, slug=chosen).first()
    if newsletter is None:
        raise ValueError(_("There is no such newsletter."))
    wording = Wording.objects.named(newsletter, request.POST.get("wording", ""))
    if wording is None:
        raise ValueError(_("These words are not known. Please read them again."))
    agreed = consenting.agreement(
        newsletter, wording=wording, page=links.absolute(request.path), client=client_of(request)
    )
    own_changes.join(email=reader.email, newsletter=newsletter, agreed=agreed)
    return _("You will get the next issue of %(title)s.") % {"title": newsletter.title}


def _leave(request: HttpRequest, reader: Subscription) -> _Answer:
    chosen = _chosen(request, reader)
    page = links.absolute(request.path)
    subscribing.unsubscribe(subscription_id=chosen.pk, page=page, client=client_of(request))
    return _("You will get no further issue of %(title)s.") % {"title": chosen.newsletter.title}


def _pause(request: HttpRequest, reader: Subscription) -> _Answer:
    days = request.POST.get("days", "")
    if days not in {str(offered) for offered in pausing.PAUSES}:
        raise ValueError(_("Choose one of the pauses."))
    pausing.pause(subscription_id=_chosen(request, reader).pk, days=int(days))
    return _("You get no issue until then.")


def _resume(request: HttpRequest, reader: Subscription) -> _Answer:
    pausing.resume(subscription_id=_chosen(request, reader).pk)
    return _("You get the next issue again.")


def _export(_request: HttpRequest, reader: Subscription) -> _Answer:
    document = privacy.export_person(email=reader.email)
    text = json.dumps(document, indent=2, ensure_ascii=False)
    response = HttpResponse(text, content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="my-subscriptions.json"'
    return response


def _erase(request: HttpRequest, reader: Subscription) -> _Answer:
    if request.POST.get("sure") != "yes":
        raise ValueError(_("Tick the box if everything is to be erased."))
    privacy.erase_person(email=reader.email, never_again=request.POST.get("never_again") == "yes")
    return render(request, "newsletter/erased.html", {"newsletter": reader.newsletter})


def _chosen(request: HttpRequest, reader: Subscription) -> Subscription:
    """Return the subscription that a button is about: one of this person's."""
    slug = request.POST.get("newsletter", "")
    own = Subscription.objects.with_address(reader.email).select_related("newsletter")
    found = own.filter(newsletter__slug=slug).first()
    if found is None:
        raise ValueError(_("There is no such newsletter."))
    return found


_ALIVE = (Subscription.Status.PENDING_CONFIRMATION, Subscription.Status.CONFIRMED)
_ACTS: dict[str, Callable[[HttpRequest, Subscription], _Answer]] = {
    "name": _rename,
    "language": _speak,
    "address": _ask_for_address,
    "join": _join,
    "leave": _leave,
    "pause": _pause,
    "resume": _resume,
    "export": _export,
    "erase": _erase,
}
