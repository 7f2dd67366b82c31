"""A part of a newsletter's readers that has a name, described by conditions and not by a list."""

from django.db import models
from django.db.models.functions import Now

from newsletter.models import validators
from newsletter.models.newsletters import Newsletter


class Segment(models.Model):
    """Saved conditions; `newsletter/audiences/` says what they mean and finds the readers."""

    newsletter = models.ForeignKey(Newsletter, on_delete=models.CASCADE, related_name="segments")
    name = models.CharField(max_length=100, validators=[validators.one_line])
    slug = models.SlugField(max_length=100, blank=True, help_text="Its name in commands.")
    definition = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    is_named_in_audit = True

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint("newsletter", "slug", name="segment_slug")]

    def __str__(self) -> str:
        return self.name
