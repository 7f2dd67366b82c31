"""The site around the newsletter."""

from django.apps import AppConfig
from django.conf import settings

from config import environment


class SiteConfig(AppConfig):
    name = "zero2prod"

    def ready(self) -> None:
        from zero2prod import checks, error_reports  # noqa: PLC0415 - models are ready by now

        checks.register_all()
        if settings.SENTRY_DSN:
            error_reports.start(settings.SENTRY_DSN, environment.name())
