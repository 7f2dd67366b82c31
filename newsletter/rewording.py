"""New words of a newsletter's consent: an edit adds a version, and the old ones stay."""

import structlog
from django.db import transaction

from newsletter.models import Newsletter, Wording

logger = structlog.get_logger(__name__)


def reword(*, newsletter: Newsletter, language: str, text: str) -> Wording:
    """Return the words that count from now on; the same words again are no new version."""
    with transaction.atomic():
        # Of two editors at once the second waits, so that versions have no gap and no twin.
        Newsletter.objects.select_for_update(no_key=True).get(pk=newsletter.pk)
        latest = Wording.objects.filter(newsletter=newsletter, language=language).first()
        if latest and latest.text == text:
            return latest
        wording = Wording.objects.create(
            newsletter=newsletter,
            language=language,
            text=text,
            version=latest.version + 1 if latest else 1,
        )
    logger.info("rewording.reworded", newsletter=newsletter.slug, version=wording.name)
    return wording
