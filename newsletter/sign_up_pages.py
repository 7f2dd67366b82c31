"""The public sign-up: the page, and the address that forms and programs post to."""

from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from newsletter import consenting, links, metrics, signing_up
from newsletter.clients import client_of
from newsletter.forms import SignUpForm
from newsletter.models import Newsletter, Wording
from newsletter.models.newsletters import DEFAULT_SLUG
from zero2prod import languages
from zero2prod.answers import prefers_html, refuse

FORM_TYPES = {"application/x-www-form-urlencoded", "multipart/form-data"}


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    newsletter = get_object_or_404(Newsletter, slug=DEFAULT_SLUG)
    languages.speak(request, newsletter.language)
    return _sign_up_page(request, SignUpForm(), newsletter)


@csrf_exempt
@require_POST
def sign_up(request: HttpRequest) -> HttpResponse:
    """Take a sign-up. Every valid one has the same answer, whatever is known of the address."""
    refusal = _refused_body(request)
    if refusal:
        return refusal
    form = SignUpForm(request.POST)
    if not form.is_valid():
        metrics.SIGN_UPS.labels("refused").inc()
        return _refused_form(request, form)
    newsletter = form.cleaned_data["newsletter"]
    languages.speak(request, newsletter.language)
    is_page = prefers_html(request)
    signing_up.sign_up(
        newsletter=newsletter,
        email=form.cleaned_data["email"],
        name=form.cleaned_data["name"],
        agreed=consenting.agreement(
            newsletter,
            wording=form.cleaned_data["wording"],
            page=links.absolute(reverse("newsletter:home")) if is_page else "",
            client=client_of(request),
        ),
    )
    if is_page:
        response = render(request, "newsletter/signed_up.html", {"newsletter": newsletter})
    else:
        response = HttpResponse()
    patch_vary_headers(response, ["Accept"])
    return response


def _sign_up_page(
    request: HttpRequest, form: SignUpForm, newsletter: Newsletter, status: int = HTTPStatus.OK
) -> HttpResponse:
    context = {
        "form": form,
        "newsletter": newsletter,
        "wording": Wording.objects.current(newsletter, newsletter.language),
    }
    return render(request, "newsletter/sign_up.html", context, status=status)


def _refused_body(request: HttpRequest) -> HttpResponse | None:
    """Refuse what is no small form before it is parsed."""
    length = int(request.META.get("CONTENT_LENGTH") or 0)
    if length and request.content_type not in FORM_TYPES:
        sentence = "Send a form: application/x-www-form-urlencoded or multipart/form-data."
        return refuse(request, HTTPStatus.UNSUPPORTED_MEDIA_TYPE, sentence)
    if length > settings.SIGNUP_BODY_LIMIT:
        sentence = f"A sign-up has at most {settings.SIGNUP_BODY_LIMIT} bytes."
        return refuse(request, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, sentence)
    if len(request.body) < length:
        # The connection broke: what has come might end in the middle of an address.
        return refuse(request, HTTPStatus.BAD_REQUEST, "The body is shorter than announced.")
    return None


def _refused_form(request: HttpRequest, form: SignUpForm) -> HttpResponse:
    newsletter = form.cleaned_data.get("newsletter")
    if not prefers_html(request) or newsletter is None:
        return refuse(request, HTTPStatus.BAD_REQUEST, form.reason())
    return _sign_up_page(request, form, newsletter, HTTPStatus.BAD_REQUEST)
