"""One issue of a newsletter: what the editor writes, and how far it has come."""

from datetime import timedelta
from decimal import Decimal

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models.functions import Now

from newsletter import merge_fields
from newsletter.models import validators
from newsletter.models.newsletters import Newsletter
from newsletter.models.segments import Segment
from newsletter.models.themes import Theme


class IssueQuerySet(models.QuerySet["Issue"]):
    def published(self) -> "IssueQuerySet":
        """Return the issues whose content is frozen and public."""
        return self.filter(state__in=PUBLISHED)

    def readable(self) -> "IssueQuerySet":
        """Return what may be read in the archive by whoever has the link."""
        return self.published().filter(
            published_at__isnull=False,
            newsletter__is_public=True,
            visibility__in=[Issue.Visibility.PUBLIC, Issue.Visibility.UNLISTED],
        )

    def listed(self) -> "IssueQuerySet":
        """Return what the archive's lists, feeds, search and site map show."""
        return self.readable().filter(visibility=Issue.Visibility.PUBLIC)

    def in_delivery(self) -> "IssueQuerySet":
        """Return the issues whose mails may be claimed now."""
        return self.filter(state__in=IN_DELIVERY)


class Issue(models.Model):
    class State(models.TextChoices):
        DRAFT = "draft"
        SCHEDULED = "scheduled"
        EXPANDING = "expanding"
        SENDING = "sending"
        PAUSED = "paused"
        SENT = "sent"
        CANCELLED = "cancelled"

    class Visibility(models.TextChoices):
        PUBLIC = "public", "In the archive"
        UNLISTED = "unlisted", "By its link only"
        HIDDEN = "hidden", "Not in the archive"

    class Stage(models.TextChoices):
        """How far a staged send has come; an issue that goes out at once has none."""

        NONE = ""
        FIRST = "first"
        WATCHED = "watched"
        HELD = "held"
        PASSED = "passed"

    newsletter = models.ForeignKey(Newsletter, on_delete=models.PROTECT, related_name="issues")
    subject = models.CharField(max_length=200, validators=[validators.one_line])
    preheader = models.CharField(
        max_length=200,
        blank=True,
        validators=[validators.one_line],
        help_text="The line that inboxes show beside the subject.",
    )
    body = models.TextField(validators=[validators.text], help_text="Markdown.")
    slug = models.SlugField(
        max_length=120, blank=True, help_text="Its name in the archive. Empty: from the subject."
    )
    visibility = models.CharField(
        "archive",
        max_length=10,
        choices=Visibility,
        default=Visibility.PUBLIC,
        db_default=Visibility.PUBLIC,
        help_text="Who finds it on the web once it is published.",
    )
    segment = models.ForeignKey(
        Segment,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="issues",
        db_index=False,
        help_text="Who gets it. Empty: all confirmed readers.",
    )
    audience = models.JSONField(
        null=True,
        editable=False,
        help_text="The conditions of the audience, copied from the segment at publication.",
    )
    theme = models.ForeignKey(
        Theme,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        help_text="Empty: the newsletter's.",
    )
    version = models.PositiveIntegerField(
        db_default=1,
        default=1,
        editable=False,
        help_text="Counts what was done to it, so that a page that is stale changes nothing.",
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    edited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    edited_at = models.DateTimeField(null=True, editable=False)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT, editable=False)
    key = models.CharField(
        max_length=200,
        null=True,
        editable=False,
        help_text="The publisher's idempotency key: the same key is the same issue.",
    )
    audience_size = models.PositiveIntegerField(
        default=0, editable=False, help_text="How many deliveries its publication has made so far."
    )
    expanded_through = models.UUIDField(
        null=True, editable=False, help_text="The last subscription that has its delivery."
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    publish_at = models.DateTimeField(null=True, editable=False)
    published_at = models.DateTimeField(null=True, editable=False)
    audience_at = models.DateTimeField(
        null=True,
        editable=False,
        help_text="When the audience was fixed: who was confirmed by then gets it.",
    )
    finished_at = models.DateTimeField(null=True, editable=False)
    words = models.TextField(
        null=True, editable=False, help_text="What is read of its body, for what a search shows."
    )
    search_vector = SearchVectorField(
        null=True, editable=False, help_text="Its words, from when its text is frozen."
    )
    stage = models.CharField(
        max_length=8, choices=Stage, blank=True, default="", db_default="", editable=False
    )
    stage_size = models.PositiveIntegerField(
        null=True, editable=False, help_text="How many get it first."
    )
    stage_wait = models.DurationField(
        default=timedelta(minutes=30), db_default=timedelta(minutes=30), editable=False
    )
    stage_ends_at = models.DateTimeField(
        null=True, editable=False, help_text="When the first mails are judged."
    )
    stage_failure_limit = models.DecimalField(
        max_digits=5,
        decimal_places=2,
        default=Decimal("1.00"),
        db_default=Decimal("1.00"),
        editable=False,
        help_text="Per cent of the first mails that may fail or bounce.",
    )
    stage_complaint_limit = models.DecimalField(
        max_digits=5,
        decimal_places=2,
        default=Decimal("0.10"),
        db_default=Decimal("0.10"),
        editable=False,
        help_text="Per cent of the first mails that may be called spam.",
    )
    pause_reason = models.CharField(
        max_length=300,
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text="Why it was paused, if nobody pressed the button.",
    )

    objects = IssueQuerySet.as_manager()
    is_named_in_audit = True

    class Meta:
        ordering = ["-id"]
        permissions = [("publish_issue", "Can publish, schedule, pause and cancel issues")]
        constraints = [
            models.UniqueConstraint("newsletter", "slug", name="issue_slug"),
            models.UniqueConstraint("newsletter", "key", name="issue_key"),
        ]
        indexes = [
            GinIndex(fields=["search_vector"], name="issue_words"),
            # The archive, walked from the newest.
            models.Index(
                fields=["newsletter", "-published_at", "-id"],
                condition=models.Q(published_at__isnull=False),
                name="issue_archive",
            ),
        ]

    def __str__(self) -> str:
        return self.subject

    @property
    def headline(self) -> str:
        """Return its subject as nobody in particular reads it, for the archive and lists."""
        return merge_fields.filled(self.subject, {})

    @property
    def is_editable(self) -> bool:
        """Whether its text may change: what is scheduled was checked, and is taken back first."""
        return self.state == self.State.DRAFT

    @property
    def is_unpublished(self) -> bool:
        return self.state in UNPUBLISHED


UNPUBLISHED = (Issue.State.DRAFT, Issue.State.SCHEDULED)
IN_DELIVERY = (Issue.State.EXPANDING, Issue.State.SENDING)
PUBLISHED = (*IN_DELIVERY, Issue.State.PAUSED, Issue.State.SENT)
