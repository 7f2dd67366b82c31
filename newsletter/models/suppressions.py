"""Addresses that are never mailed again, as keyed hashes only, so that they outlive erasure."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from newsletter.keyed_hashes import derived_key, keyed_hash

_SALT = "newsletter.suppression"


def address_digests(email: str) -> list[str]:
    """Return the keyed hashes of an address, the one by the present key first."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return [keyed_hash(_SALT, key, email.lower()).hex() for key in keys]


def digest_keys() -> list[bytes]:
    """Return the keys of these hashes, for addresses by the million.

    The hash of an address is then ``hmac.digest(key, address.lower().encode(), "sha256")``.
    """
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return [derived_key(_SALT, key) for key in keys]


class SuppressionQuerySet(models.QuerySet["Suppression"]):
    def of_address(self, email: str) -> "SuppressionQuerySet":
        return self.filter(digest__in=address_digests(email))

    def binding(self) -> "SuppressionQuerySet":
        """Leave out those that only bar an import: who was erased may sign up again himself."""
        return self.exclude(reason=Suppression.Reason.ERASED)


class Suppression(models.Model):
    class Reason(models.TextChoices):
        BOUNCED = "bounced"
        COMPLAINED = "complained"
        MANUAL = "manual"
        REQUESTED = "requested", "asked never to be mailed again"
        ERASED = "erased", "erased: comes back by an own sign-up only"

    digest = models.CharField(max_length=64, unique=True)
    reason = models.CharField(max_length=12, choices=Reason)
    note = models.CharField(
        max_length=200, blank=True, db_default="", help_text="Why; without the address itself."
    )
    by = models.CharField(
        max_length=150, blank=True, db_default="", help_text="The account that did it by hand."
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = SuppressionQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.reason}: {self.digest[:12]}"
