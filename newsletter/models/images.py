"""A picture that an editor has uploaded: the row here, the file in the storage."""

import re

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.urls import reverse

from newsletter.models import validators


class Image(models.Model):
    name = models.CharField(
        max_length=64,
        unique=True,
        editable=False,
        help_text="Of its file and in its address: random letters, and what it was found to be.",
    )
    title = models.CharField(
        max_length=200,
        validators=[validators.one_line],
        help_text="What the list shows; from the name of the file that was uploaded.",
    )
    alt = models.CharField(
        "alternative text",
        max_length=300,
        blank=True,
        validators=[validators.one_line],
        help_text="What it shows, for who does not see it.",
    )
    content_type = models.CharField(max_length=20, editable=False)
    octets = models.PositiveIntegerField(editable=False)
    width = models.PositiveIntegerField(editable=False)
    height = models.PositiveIntegerField(editable=False)
    uploaded_at = models.DateTimeField(db_default=Now(), editable=False)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.title

    @property
    def path(self) -> str:
        """Return its address below the site's."""
        return reverse("newsletter:image", args=[self.name])

    @property
    def markdown(self) -> str:
        """Return what shows it in an issue."""
        alt = re.sub(r"([\\\[\]{}])", r"\\\1", self.alt)
        return f"![{alt}]({self.path})"
