"""What staff wrote about a reader and what staff changed: rows are added, never changed."""

from django.db import models
from django.db.models.functions import Now

from newsletter.models import validators
from newsletter.models.subscriptions import Subscription


class Note(models.Model):
    subscription = models.ForeignKey(Subscription, on_delete=models.CASCADE, related_name="notes")
    text = models.TextField(max_length=2000, validators=[validators.text])
    by = models.CharField(max_length=150, help_text="The account's name; it outlives the account.")
    at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"Note of {self.at:%Y-%m-%d %H:%M}"


class Change(models.Model):
    """What a member of staff did to one subscription, alone or as one of many."""

    class Act(models.TextChoices):
        ADDED = "added"
        TAGGED = "tagged"
        UNTAGGED = "untagged"
        UNSUBSCRIBED = "unsubscribed"
        SUPPRESSED = "suppressed"
        LIFTED = "lifted"

    subscription = models.ForeignKey(Subscription, on_delete=models.CASCADE, related_name="changes")
    act = models.CharField(max_length=16, choices=Act)
    detail = models.CharField(max_length=200, blank=True, db_default="")
    by = models.CharField(max_length=150)
    at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.act} at {self.at:%Y-%m-%d %H:%M}"
