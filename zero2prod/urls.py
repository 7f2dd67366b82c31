"""The route table: what the site answers, on one page."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from zero2prod import health, mailbox, metrics

admin.autodiscover()

urlpatterns = [
    path("health_check", health.liveness, name="health_check"),
    path("readyz", health.readiness, name="readyz"),
    path("metrics", metrics.scrape, name="metrics"),
    path(f"{settings.ADMIN_PATH}doctor/", include("newsletter.admin.doctor")),
    path(settings.ADMIN_PATH, admin.site.urls),
    path("", include("newsletter.urls")),
]
if settings.LOCAL_MAILBOX:
    urlpatterns += [
        path("mailbox/", mailbox.index, name="mailbox"),
        path("mailbox/<str:key>/", mailbox.mail, name="mailbox_mail"),
        path("mailbox/<str:key>/html", mailbox.html, name="mailbox_html"),
        path("mailbox/<str:key>/source", mailbox.source, name="mailbox_source"),
    ]

handler400 = "zero2prod.errors.bad_request"
handler500 = "zero2prod.errors.server_error"
