"""The site around the newsletter."""

from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "zero2prod"

    def ready(self) -> None:
        from zero2prod import checks  # noqa: PLC0415 - it imports models, which are ready by now

        checks.register_all()
