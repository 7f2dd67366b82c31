"""The newsletter itself."""

from django.apps import AppConfig


class NewsletterConfig(AppConfig):
    name = "newsletter"

    def ready(self) -> None:
        from newsletter import state_metrics  # noqa: PLC0415 - it imports models, ready by now

        state_metrics.register()
