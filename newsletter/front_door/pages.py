"""The views of the public sign-up. None needs a cookie or sets one: there is nothing to forge."""

import re
from http import HTTPStatus

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from newsletter import consenting, links, metrics, signing_up
from newsletter.clients import client_of
from newsletter.forms import SignUpForm
from newsletter.front_door import answers, bodies, checks
from newsletter.front_door.answers import Manner
from newsletter.front_door.cross_origin import is_preflight, preflight, readable_by_all
from newsletter.guarding import proofs
from newsletter.models import Newsletter
from newsletter.models.newsletters import DEFAULT_SLUG
from zero2prod import languages

_ORIGIN = re.compile(r"https?://[a-z0-9.-]{1,253}(:[0-9]{1,5})?")


@require_safe
def home(request: HttpRequest, newsletter: str = DEFAULT_SLUG) -> HttpResponse:
    """Show the form of a public newsletter, on the first page of the one that is asked for."""
    found = _public(request.GET.get("newsletter", newsletter))
    languages.speak(request, found.language)
    return answers.sign_up_page(request, Manner.PAGE, found, SignUpForm())


@csrf_exempt
def sign_up(request: HttpRequest) -> HttpResponse:
    """Take a sign-up from a page, a form on another site or a program."""
    if is_preflight(request):
        return preflight()
    return _take_post(request)


@require_POST
def _take_post(request: HttpRequest) -> HttpResponse:
    manner = answers.manner_of(request)
    response = _take(request, manner)
    return readable_by_all(response) if manner is Manner.JSON else response


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def frame(request: HttpRequest) -> HttpResponse:
    """Show the form in a frame of another site, and take it there."""
    if request.method == "POST":
        return _take(request, Manner.FRAME)
    found = _public(request.GET.get("newsletter", DEFAULT_SLUG))
    languages.speak(request, found.language)
    return answers.sign_up_page(request, Manner.FRAME, found, SignUpForm())


@require_safe
@never_cache
def challenge(_request: HttpRequest) -> HttpResponse:
    """Hand out a puzzle of ALTCHA, to our own script and to programs."""
    return readable_by_all(JsonResponse(proofs.challenge()))


def _take(request: HttpRequest, manner: Manner) -> HttpResponse:
    try:
        form = SignUpForm(bodies.read(request))
    except bodies.Refused as error:
        metrics.SIGN_UPS.labels("refused").inc()
        return answers.refused(request, manner, error.status, error.sentence)
    newsletter = form.chosen_newsletter()
    if newsletter is not None:
        languages.speak(request, newsletter.language)
    try:
        if form.is_valid():
            _sign_up(request, manner, form)
    except checks.NotYet as error:
        metrics.SIGN_UPS.labels(error.outcome).inc()
        return _answer(request, manner, form, error)
    except (signing_up.ProofNeeded, signing_up.ProofSpent):
        return answers.proof_wanted(request, manner, form)
    except signing_up.TooMany as error:
        return _too_many(request, manner, form, error.args[0])
    if form.errors:
        metrics.SIGN_UPS.labels("refused").inc()
        return answers.refused_fields(request, manner, form)
    return answers.thanks(request, manner, form)


def _sign_up(request: HttpRequest, manner: Manner, form: SignUpForm) -> None:
    """Ask the guards, then the verb; an address that a guard refuses is an error of the form."""
    visitor = checks.examine(request, form, asks=manner.is_seen)
    if visitor is None:
        return
    newsletter = form.cleaned_data["newsletter"]
    signing_up.sign_up(
        newsletter=newsletter,
        email=form.cleaned_data["email"],
        name=form.cleaned_data["name"],
        language=get_language() or "",
        agreed=consenting.agreement(
            newsletter,
            wording=form.cleaned_data["wording"],
            page=_place(request, manner, newsletter),
            client=client_of(request),
        ),
        visitor=visitor,
    )


def _answer(
    request: HttpRequest, manner: Manner, form: SignUpForm, error: checks.NotYet
) -> HttpResponse:
    newsletter: Newsletter = form.cleaned_data["newsletter"]
    sentence, status = str(error), HTTPStatus.BAD_REQUEST
    match error:
        case checks.Trapped():
            return answers.thanks(request, manner, form)
        case checks.Doubtful():
            return answers.question(request, manner, form, meant=sentence)
        case checks.PressAgain() if manner.is_seen:
            return answers.sign_up_page(
                request, manner, newsletter, form, notice=sentence, status=status
            )
        case checks.PressAgain():
            return answers.refused(request, manner, status, sentence)
        case _:
            return answers.proof_wanted(request, manner, form, notice=sentence)


def _too_many(request: HttpRequest, manner: Manner, form: SignUpForm, seconds: int) -> HttpResponse:
    sentence = _(
        "There were many sign-ups from where you are. Please try again in %(minutes)d min."
    )
    response = answers.refused(
        request,
        manner,
        HTTPStatus.TOO_MANY_REQUESTS,
        sentence % {"minutes": -(-seconds // 60)},
        newsletter=form.cleaned_data["newsletter"],
    )
    response["Retry-After"] = str(seconds)
    return response


def _public(slug: str) -> Newsletter:
    """Return a newsletter that visitors may see; raise Http404."""
    newsletter = Newsletter.objects.at_the_door(slug)
    if newsletter is None:
        raise Http404
    return newsletter


def _place(request: HttpRequest, manner: Manner, newsletter: Newsletter) -> str:
    """Return where the form stood: on the site that the browser names, or on our own page."""
    origin: str = request.META.get("HTTP_ORIGIN", "")
    if manner is not Manner.FRAME and _ORIGIN.fullmatch(origin) and origin != links.absolute(""):
        return origin
    if manner is Manner.FRAME:
        return links.absolute(reverse("newsletter:frame"), newsletter=newsletter.slug)
    return links.absolute(links.home_path(newsletter)) if manner is Manner.PAGE else ""
