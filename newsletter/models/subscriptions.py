"""One reader of one newsletter."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Lower, Now

from newsletter.models.newsletters import Newsletter


class SubscriptionQuerySet(models.QuerySet["Subscription"]):
    def confirmed(self) -> "SubscriptionQuerySet":
        return self.filter(status=Subscription.Status.CONFIRMED)

    def active(self) -> "SubscriptionQuerySet":
        """Return those that get issues, and those that may be confirmed yet."""
        return self.filter(
            status__in=[
                Subscription.Status.PENDING_CONFIRMATION,
                Subscription.Status.CONFIRMED,
            ]
        )

    def with_address(self, email: str) -> "SubscriptionQuerySet":
        """Find an address without regard to case, by the index of the uniqueness constraint."""
        return self.annotate(lower_email=Lower("email")).filter(lower_email=email.lower())


class Subscription(models.Model):
    class Status(models.TextChoices):
        PENDING_CONFIRMATION = "pending_confirmation"
        CONFIRMED = "confirmed"
        UNSUBSCRIBED = "unsubscribed"
        BOUNCED = "bounced"
        COMPLAINED = "complained"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    newsletter = models.ForeignKey(
        Newsletter, on_delete=models.PROTECT, related_name="subscriptions", db_index=False
    )
    email = models.CharField(
        max_length=254,
        help_text="As typed; a domain outside ASCII is stored as its A-label (RFC 5890).",
    )
    name = models.CharField(max_length=1024, blank=True)
    status = models.CharField(max_length=20, choices=Status, default=Status.PENDING_CONFIRMATION)
    language = models.CharField(
        max_length=16, blank=True, db_default="", help_text="Of the mails; empty: the newsletter's."
    )
    source = models.CharField(
        max_length=200, blank=True, db_default="", help_text="Where the reader came from."
    )
    tags = ArrayField(
        models.CharField(max_length=50), default=list, blank=True, db_default=models.Value("{}")
    )
    attributes = models.JSONField(default=dict, blank=True)
    imported_by = models.ForeignKey(
        "newsletter.Import",
        null=True,
        editable=False,
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        db_index=False,
        help_text="The import that made this row; none: he signed up or was added by hand.",
    )
    subscribed_at = models.DateTimeField(db_default=Now(), editable=False)
    confirmed_at = models.DateTimeField(null=True, editable=False)
    unsubscribed_at = models.DateTimeField(null=True, editable=False)
    paused_until = models.DateTimeField(
        null=True, editable=False, help_text="Until then the reader wants no issue."
    )

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        permissions = [
            ("export_subscriptions", "Can export readers"),
            ("import_subscriptions", "Can import readers"),
            ("erase_subscription", "Can erase all that is held on a reader"),
        ]
        constraints = [
            models.UniqueConstraint("newsletter", Lower("email"), name="subscription_address"),
            models.CheckConstraint(
                condition=models.Q(
                    status__in=[
                        "pending_confirmation",
                        "confirmed",
                        "unsubscribed",
                        "bounced",
                        "complained",
                    ]
                ),
                name="subscription_status",
            ),
        ]
        indexes = [
            # The audience of an issue, walked in chunks by id.
            models.Index(
                "newsletter",
                "id",
                condition=models.Q(status="confirmed"),
                name="subscription_confirmed",
            ),
            models.Index(fields=["-subscribed_at"], name="subscription_newest"),
            # An import that is taken back.
            models.Index(
                fields=["imported_by", "id"],
                condition=models.Q(imported_by__isnull=False),
                name="subscription_imported",
            ),
            # The desk's filters, in the order of its list.
            models.Index(fields=["status", "-subscribed_at"], name="subscription_by_status"),
            models.Index(
                fields=["language", "-subscribed_at"],
                condition=~models.Q(language=""),
                name="subscription_by_language",
            ),
            # Parts of an address or a name, by trigrams (pg_trgm).
            GinIndex(
                OpClass(Lower("email"), "gin_trgm_ops"),
                OpClass(Lower("name"), "gin_trgm_ops"),
                name="subscription_search",
            ),
            # The conditions of segments.
            GinIndex(fields=["tags"], name="subscription_tags"),
            GinIndex(
                fields=["attributes"],
                opclasses=["jsonb_path_ops"],
                name="subscription_attributes",
            ),
        ]

    def __str__(self) -> str:
        return self.email
