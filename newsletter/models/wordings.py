"""The words of a newsletter's consent, in each language and in every version ever shown.

No row is changed or removed (migration 0014): an edit is a new version, and forms on other sites go
on with the version that they show.
"""

import re
from functools import lru_cache

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils import translation

from newsletter.models.newsletters import BUILT_IN_WORDS, Newsletter


class WordingManager(models.Manager["Wording"]):
    def current(self, newsletter: Newsletter, language: str) -> "Wording":
        """Return the latest words in a language, else in the newsletter's own."""
        stored = list(newsletter.wordings.all())  # prefetched at the door
        for wanted in (language, newsletter.language):
            versions = [wording for wording in stored if wording.language == wanted]
            if versions:
                return max(versions, key=lambda wording: wording.version)
        return _built_in(newsletter, language or newsletter.language)

    def named(self, newsletter: Newsletter, name: str) -> "Wording | None":
        """Return the version of this name, however old, or None if there was never one."""
        if name.endswith("-0"):
            built_in = _built_in(newsletter, name.removesuffix("-0"))
            return built_in if built_in.name == name else None
        for wording in newsletter.wordings.all():
            if wording.name == name:
                return wording
        parts = _NAME.fullmatch(name)
        if parts is None:
            return None
        # It may be younger than what the door knows.
        return self.filter(newsletter=newsletter, language=parts[1], version=int(parts[2])).first()


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


_NAME = re.compile(r"([a-z-]{2,10})-([1-9][0-9]{0,4})", re.ASCII)


def _built_in(newsletter: Newsletter, language: str) -> Wording:
    """Return what a newsletter says before somebody has written its words: version 0."""
    code = language if language in _LANGUAGES else "en"
    return _version_zero(newsletter.pk, newsletter.consent_wording, code)


@lru_cache(maxsize=100)
def _version_zero(newsletter_id: int, text: str, code: str) -> Wording:
    """Return our words in a language; they are never reworded, since consents name this version.

    A newsletter's own from the time before there were versions are in no language but theirs.
    """
    if text != BUILT_IN_WORDS:
        return Wording(newsletter_id=newsletter_id, language="en", version=0, text=text)
    with translation.override(code):
        ours = translation.gettext(BUILT_IN_WORDS)
    return Wording(newsletter_id=newsletter_id, language=code, version=0, text=ours)


_LANGUAGES = frozenset(code for code, _ in settings.LANGUAGES)
