"""Mails that their readers called spam, as their provider told."""

from django.db import models
from django.db.models.functions import Now

from newsletter.models.deliveries import Delivery
from newsletter.models.issues import Issue


class Complaint(models.Model):
    # No constraints in the database: to add them would lock the ledger of a running service.
    delivery = models.OneToOneField(
        Delivery, on_delete=models.CASCADE, primary_key=True, db_constraint=False
    )
    issue = models.ForeignKey(
        Issue, null=True, on_delete=models.CASCADE, related_name="complaints", db_constraint=False
    )
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["-at"], name="complaint_newest")]

    def __str__(self) -> str:
        return f"{self.delivery_id} at {self.at:%Y-%m-%d %H:%M}"
