"""What the web said when a link of an issue was tried, so that one look serves several checks."""

from django.db import models


class TriedLink(models.Model):
    digest = models.CharField(
        max_length=64, primary_key=True, help_text="SHA-256 of the address, which has any length."
    )
    problem = models.CharField(max_length=200, blank=True, help_text="Empty: it answered.")
    tried_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.problem or "answered"
