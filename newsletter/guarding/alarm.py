"""The alarm: while there are far more new readers than usual, each must prove that he is no bot."""

from datetime import timedelta

import structlog
from django.conf import settings
from django.db import connection

from newsletter.models import Alarm

LASTS = timedelta(minutes=15)
"""How long the alarm stays raised after the rate was last too high."""

logger = structlog.get_logger(__name__)


def proof_is_asked_for() -> bool:
    """Whether a form that is shown now should bring along a puzzle."""
    if not settings.SIGNUP_LIMITS or settings.SIGNUP_PROOF == "never":
        return False
    return settings.SIGNUP_PROOF == "always" or Alarm.objects.is_raised()


def raise_alarm() -> None:
    """Ask for proofs from now on, in every process; of simultaneous calls one is told."""
    with connection.cursor() as cursor:
        cursor.execute(_RAISE, [LASTS.total_seconds()])
        raised = cursor.rowcount
    if raised:
        logger.warning("guarding.alarm_raised", minutes=LASTS.total_seconds() / 60)


_RAISE = """
INSERT INTO newsletter_alarm AS alarm (id, until) VALUES (1, now() + make_interval(secs => %s))
ON CONFLICT (id) DO UPDATE SET until = excluded.until WHERE alarm.until <= now()
"""
