"""What a person agreed to, and when: rows are added, never changed."""

from django.db import models
from django.db.models.functions import Now

from newsletter.models.subscriptions import Subscription


class Consent(models.Model):
    class Act(models.TextChoices):
        SIGNED_UP = "signed_up"
        CONFIRMED = "confirmed"
        WITHDREW = "withdrew"

    subscription = models.ForeignKey(
        Subscription, on_delete=models.CASCADE, related_name="consents"
    )
    act = models.CharField(max_length=12, choices=Act)
    wording = models.TextField(blank=True, help_text="The words shown, as they stood that day.")
    wording_version = models.CharField(max_length=16, blank=True)
    locale = models.CharField(max_length=16, blank=True)
    page = models.CharField(max_length=500, blank=True, help_text="The form's address.")
    ip_address = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.act} at {self.at:%Y-%m-%d %H:%M}"
