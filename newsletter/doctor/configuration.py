"""The settings, as Django's system checks and ours judge them."""

from collections.abc import Iterator

from django.conf import settings
from django.core.checks import WARNING, CheckMessage, run_checks

from newsletter.doctor.findings import Finding, Grade, ok, warn
from newsletter.models import Newsletter

_PART = "configuration"


def examine() -> Iterator[Finding]:
    yield from _checks()
    yield from _postal_addresses()
    yield from _metrics()


def _checks() -> Iterator[Finding]:
    """Run what `check --deploy` runs; of a local installation only what concerns it too."""
    messages = run_checks(include_deployment_checks=not settings.METRICS_OPEN)
    serious = [message for message in messages if message.level >= WARNING]
    for message in serious:
        yield _of_check(message)
    if not serious:
        yield ok(_PART, "the system checks have nothing to say")


def _of_check(message: CheckMessage) -> Finding:
    grade = Grade.FAIL if message.is_serious() else Grade.WARN
    remedy = message.hint or f"See {message.id} in Django's system check reference."
    return Finding(f"{_PART} ({message.id})", grade, message.msg, remedy)


def _postal_addresses() -> Iterator[Finding]:
    for newsletter in Newsletter.objects.all():
        if newsletter.lacks_postal_address:
            yield warn(
                "postal address",
                f"the newsletter “{newsletter.title}” has none; the law demands one in every issue",
                "Write it in the admin, under Newsletters.",
            )
        else:
            yield ok("postal address", f"the newsletter “{newsletter.title}” has one")


def _metrics() -> Iterator[Finding]:
    if not settings.METRICS_OPEN and not settings.METRICS_TOKEN:
        yield warn(
            "metrics",
            "nobody can read /metrics, so nothing warns you",
            "Set APP_METRICS__TOKEN, and let Prometheus use ops/prometheus/rules.yml.",
        )
