"""What a person agreed to, and when: a chain of acts for each subscription.

Rows are added, never changed: the database numbers them, chains them by SHA-256 and refuses what
would change or remove one (migration 0014). A chain goes with its subscription, when a person is
erased; and what is known of somebody's device is blanked after a time, while his chain still holds,
since it has only a salted digest of that.
"""

from django.db import models
from django.db.models.functions import Now

from newsletter.models.subscriptions import Subscription


class Consent(models.Model):
    class Act(models.TextChoices):
        SIGNED_UP = "signed_up"
        CONFIRMED = "confirmed"
        WITHDREW = "withdrew"
        RETURNED = "returned", "took the withdrawal back"
        IMPORTED = "imported"
        MOVED = "moved", "moved to another address"

    subscription = models.ForeignKey(
        Subscription, on_delete=models.CASCADE, related_name="consents", db_index=False
    )
    act = models.CharField(max_length=12, choices=Act)
    wording = models.TextField(
        blank=True,
        db_default="",
        help_text="The words shown, as they stood. Of an import: where the consent is from.",
    )
    wording_version = models.CharField(max_length=16, blank=True, db_default="")
    locale = models.CharField(max_length=16, blank=True, db_default="")
    page = models.CharField(
        max_length=500, blank=True, db_default="", help_text="The form's address."
    )
    ip_address = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=500, blank=True, db_default="")
    at = models.DateTimeField(db_default=Now(), editable=False)

    # The database writes what follows; `newsletter.evidence` computes it once more to check it.
    position = models.PositiveIntegerField(
        null=True, editable=False, help_text="From 1 in its chain; none: older than the chains."
    )
    address_digest = models.CharField(
        max_length=64, db_default="", editable=False, help_text="Of the address that it was about."
    )
    salt = models.UUIDField(null=True, editable=False)
    client_digest = models.CharField(
        max_length=64, db_default="", editable=False, help_text="Of salt, IP address and program."
    )
    digest = models.CharField(max_length=64, db_default="", editable=False)

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            models.UniqueConstraint("subscription", "position", name="consent_position"),
        ]

    def __str__(self) -> str:
        return f"{self.act} at {self.at:%Y-%m-%d %H:%M}"
