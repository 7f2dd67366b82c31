"""The route table: what the site answers, on one page."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from zero2prod import health

urlpatterns = [
    path("health_check", health.liveness, name="health_check"),
    path("readyz", health.readiness, name="readyz"),
    path("admin/", admin.site.urls),
    path("", include("newsletter.urls")),
]
