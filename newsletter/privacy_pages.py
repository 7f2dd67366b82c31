"""The privacy note: what is kept of a reader, for how long, and how he gets it back or erased."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from newsletter import links
from newsletter.models import Newsletter
from newsletter.models.newsletters import DEFAULT_SLUG
from newsletter.rendering.markdown import to_html
from zero2prod import languages


@require_safe
def note(request: HttpRequest) -> HttpResponse:
    """Show a newsletter's own note, or what the service knows of itself by its settings."""
    slug = request.GET.get("newsletter", DEFAULT_SLUG)
    newsletter = Newsletter.objects.at_the_door(slug)
    if newsletter is None or not newsletter.is_public:
        raise Http404
    languages.speak(request, newsletter.language)
    context = {
        "newsletter": newsletter,
        "own": to_html(newsletter.privacy_note) if newsletter.privacy_note.strip() else "",
        "records_client": settings.PRIVACY_RECORD_CLIENT,
        "client_days": settings.PRIVACY_CLIENT_DAYS,
        "unconfirmed_days": settings.PRIVACY_UNCONFIRMED_DAYS,
        "left_days": settings.PRIVACY_LEFT_DAYS,
        "link_hours": int(links.ACCESS_LIFETIME.total_seconds() // 3600),
    }
    return render(request, "newsletter/privacy.html", context)
