"""The ledger: one row for each mail that was promised, which is its queue entry as well."""

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from newsletter.models.issues import Issue
from newsletter.models.subscriptions import Subscription


class Delivery(models.Model):
    """A promised mail.

    ``next_at`` is set exactly while the row is pending and ``lease_until`` exactly while a worker
    holds it. The partial indexes ask for these two columns and not for ``state``, so that the step
    from claimed to sending touches no indexed column and stays a heap-only update (PostgreSQL
    documentation, 66.7).
    """

    class Kind(models.TextChoices):
        CONFIRMATION = "confirmation"
        ISSUE = "issue"
        TEST = "test"
        REMINDER = "reminder", "reminder to confirm"
        ACCESS = "access", "link to the own settings"
        ADDRESS = "address", "confirmation of a new address"

    class State(models.TextChoices):
        PENDING = "pending"
        CLAIMED = "claimed"
        SENDING = "sending"
        SENT = "sent"
        FAILED = "failed"
        SKIPPED = "skipped"
        UNKNOWN = "unknown"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=12, choices=Kind)
    issue = models.ForeignKey(
        Issue, null=True, on_delete=models.PROTECT, related_name="deliveries", db_index=False
    )
    # No constraint in the database: its check would lock and log every subscription's row at every
    # issue. The row of an erased person keeps an id that leads nowhere, and needs no rewriting.
    subscription = models.ForeignKey(
        Subscription,
        null=True,
        on_delete=models.DO_NOTHING,
        related_name="deliveries",
        db_index=False,
        db_constraint=False,
    )
    recipient = models.EmailField(
        blank=True,
        help_text="Of a test mail, and of an address to be changed to.",
    )
    state = models.CharField(max_length=8, choices=State, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(db_default=0)
    recoveries = models.PositiveSmallIntegerField(
        db_default=0, help_text="How often its worker died and the row was taken back."
    )
    resends = models.PositiveSmallIntegerField(
        db_default=0, help_text="How often it was sent again although its outcome was in doubt."
    )
    next_at = models.DateTimeField(null=True, db_default=Now())
    claim_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    sending_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    provider_id = models.CharField(max_length=255, blank=True, db_default="")
    error_code = models.CharField(max_length=64, blank=True, db_default="")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint("issue", "subscription", name="delivery_once"),
            models.UniqueConstraint(
                "subscription", name="delivery_one_reminder", condition=Q(kind="reminder")
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=[
                        "pending",
                        "claimed",
                        "sending",
                        "sent",
                        "failed",
                        "skipped",
                        "unknown",
                    ]
                ),
                name="delivery_state",
            ),
            models.CheckConstraint(
                condition=Q(state="pending", next_at__isnull=False)
                | (~Q(state="pending") & Q(next_at__isnull=True)),
                name="delivery_due_iff_pending",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["claimed", "sending"], lease_until__isnull=False)
                | (~Q(state__in=["claimed", "sending"]) & Q(lease_until__isnull=True)),
                name="delivery_leased_iff_held",
            ),
        ]
        indexes = [
            # The claim: what was caused by one person (confirmations, tests) never waits behind an
            # issue, and a paused issue costs the others nothing.
            models.Index(
                "next_at",
                name="delivery_due_single",
                condition=Q(next_at__isnull=False) & ~Q(kind="issue"),
            ),
            models.Index(
                "issue",
                "next_at",
                name="delivery_due_issue",
                condition=Q(next_at__isnull=False, kind="issue"),
            ),
            # How often somebody was asked to confirm.
            models.Index(
                "subscription", name="delivery_confirmation", condition=Q(kind="confirmation")
            ),
            # How often somebody asked for a link, and which new address was asked for last.
            models.Index(
                "subscription",
                "kind",
                name="delivery_personal",
                condition=Q(kind__in=["access", "address"]),
            ),
            # What was not sent at the first try. A code is empty until then, so that the usual mail
            # is not in it and its step from claimed to sending stays heap-only.
            models.Index(
                "issue",
                "error_code",
                "subscription",
                name="delivery_reason",
                condition=Q(error_code__gt=""),
            ),
            # The reaper.
            models.Index(
                "lease_until", name="delivery_leased", condition=Q(lease_until__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"
