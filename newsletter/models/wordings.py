"""The words of a newsletter's consent, in each language and in every version ever shown.

No row is changed or removed (migration 0014): an edit is a new version, and forms on other sites go
on with the version that they show.
"""

from django.db import models
from django.db.models import Case, Value, When
from django.db.models.functions import Now

from newsletter.models.newsletters import Newsletter


class WordingManager(models.Manager["Wording"]):
    def current(self, newsletter: Newsletter, language: str) -> "Wording":
        """Return the latest words in a language, else in the newsletter's own."""
        by_language = Case(When(language=language, then=Value(0)), default=Value(1))
        stored = (
            self.filter(newsletter=newsletter, language__in=[language, newsletter.language])
            .order_by(by_language, "-version")
            .first()
        )
        return stored or _built_in(newsletter)

    def named(self, newsletter: Newsletter, name: str) -> "Wording | None":
        """Return the version of this name, however old, or None if there was never one."""
        built_in = _built_in(newsletter)
        if name == built_in.name:
            return built_in
        language, _, version = name.rpartition("-")
        if not version.isascii() or not version.isdecimal() or len(version) > _DIGITS:
            return None
        return self.filter(
            newsletter=newsletter, language=language, version=int(version), version__gt=0
        ).first()


class Wording(models.Model):
    newsletter = models.ForeignKey(Newsletter, on_delete=models.PROTECT, related_name="wordings")
    language = models.CharField(max_length=10)
    version = models.PositiveIntegerField(help_text="From 1 in its language.")
    text = models.TextField()
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = WordingManager()

    class Meta:
        ordering = ["newsletter", "language", "-version"]
        constraints = [
            models.UniqueConstraint("newsletter", "language", "version", name="wording_version")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """Return what forms and consents call it, such as ``en-3``."""
        return f"{self.language}-{self.version}"


_DIGITS = 5


def _built_in(newsletter: Newsletter) -> Wording:
    """Return what a newsletter says before somebody has written its words: version 0."""
    return Wording(newsletter=newsletter, language="en", version=0, text=newsletter.consent_wording)
