"""The operator's examination as a page of the admin, below /admin/doctor/."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from newsletter import doctor


@never_cache
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Show what `manage.py doctor` says, from where the web process is."""
    if not request.user.has_perm("newsletter.view_provider"):
        raise PermissionDenied
    context = {
        **admin.site.each_context(request),
        "title": "Doctor",
        "findings": list(doctor.examine()),
    }
    return TemplateResponse(request, "admin/newsletter/doctor.html", context)


urlpatterns = [path("", admin.site.admin_view(page), name="doctor")]
