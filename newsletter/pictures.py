"""The images of issues as mail programs and browsers ask for them."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from newsletter import images
from newsletter.models import Image

_YEAR = 365 * 24 * 60 * 60


@require_safe
def picture(_request: HttpRequest, name: str) -> HttpResponse:
    """Answer with the file and the type that we found it to be: it is shown, never executed.

    Webmail shows it from pages of other sites, so that `same-origin` would hide it.
    """
    try:
        found = images.read(name)
    except (Image.DoesNotExist, OSError) as error:
        raise Http404 from error
    response = HttpResponse(found.content, content_type=found.content_type)
    response["Cache-Control"] = f"public, max-age={_YEAR}, immutable"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
