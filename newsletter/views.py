"""The pages behind the links of a mail. GET shows, POST changes; the proof is the link's token."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from newsletter import links, subscribing
from newsletter.models import Subscription
from newsletter.token_pages import given_token, token_page
from zero2prod import languages


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@token_page
def confirm(request: HttpRequest) -> HttpResponse:
    """Show the button that confirms; it posts to this same address."""
    token = given_token(request, "subscription_token")
    subscription = subscribing.find_by_confirmation(token)
    languages.speak(request, subscription.language, subscription.newsletter.language)
    if request.method == "POST":
        subscribing.confirm(token=token)
    template = "confirmed" if request.method == "POST" else "confirm"
    return render(request, f"newsletter/{template}.html", {"newsletter": subscription.newsletter})


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@token_page
def unsubscribe(request: HttpRequest) -> HttpResponse:
    """Show the button that unsubscribes. Mail programs post here by themselves (RFC 8058)."""
    subscription_id = links.read_unsubscribe_token(given_token(request, "token"))
    if subscription_id == links.NOBODY:
        return render(request, "newsletter/unsubscribe_nobody.html")
    if request.method == "POST":
        subscribing.unsubscribe(subscription_id=subscription_id)
    subscription = (
        Subscription.objects.select_related("newsletter").filter(pk=subscription_id).first()
    )
    if subscription:
        languages.speak(request, subscription.language, subscription.newsletter.language)
    template = "unsubscribed" if request.method == "POST" or not subscription else "unsubscribe"
    newsletter = subscription.newsletter if subscription else None
    return render(request, f"newsletter/{template}.html", {"newsletter": newsletter})
