"""An import is taken back: who came by it and has done nothing since is removed.

Kept are those who left, confirmed or agreed to something since, who were mailed, and whom staff
wrote about or changed. Suppressed addresses stay suppressed.
"""

from collections import Counter
from typing import Any

from django.db import connection

from newsletter.models import Consent, Delivery, Import, Subscription

READERS = 5_000
"""Readers of one step, who are locked for so long."""

KEPT = {
    "acted": "left, confirmed or changed something since",
    "mailed": "got mail since",
    "noted": "staff wrote about them or changed them",
}
_NOBODY = "00000000-0000-0000-0000-000000000000"

_LOCK = """
SELECT id FROM newsletter_subscription WHERE imported_by_id = %(batch)s AND id > %(after)s
ORDER BY id LIMIT %(limit)s FOR UPDATE
"""
# `at` of the consent is when the row was made: what bears a later time was done to it since.
_JUDGE = """
SELECT reader.id, CASE
    WHEN reader.confirmed_at > consent.at OR reader.unsubscribed_at > consent.at
        OR EXISTS (SELECT FROM newsletter_consent AS other
                   WHERE other.subscription_id = reader.id AND other.id <> consent.id) THEN 'acted'
    WHEN EXISTS (
        SELECT FROM newsletter_issue AS issue JOIN newsletter_delivery AS delivery
            ON delivery.issue_id = issue.id AND delivery.subscription_id = reader.id
        WHERE issue.newsletter_id = reader.newsletter_id AND issue.published_at IS NOT NULL
            AND delivery.state NOT IN ('pending', 'claimed', 'skipped')
    ) THEN 'mailed'
    WHEN {noted} THEN 'noted'
    ELSE '' END
FROM newsletter_subscription AS reader LEFT JOIN newsletter_consent AS consent
    ON consent.subscription_id = reader.id AND consent.act = 'imported'
WHERE reader.id = ANY (%(ids)s)
"""


def undo_some(batch: Import) -> bool:
    """Take back the next readers; return whether these were the last."""
    parameters: dict[str, Any] = {
        "batch": batch.pk,
        "after": batch.through or _NOBODY,
        "limit": READERS,
    }
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, parameters)
        ids = [row[0] for row in cursor.fetchall()]
        if not ids:
            return True
        cursor.execute(_JUDGE.format(noted=_noted()), {"ids": ids})
        reasons: dict[Any, str] = dict(cursor.fetchall())
        removed = [reader for reader in ids if not reasons[reader]]
        cursor.execute("DELETE FROM newsletter_consent WHERE subscription_id = ANY (%s)", [removed])
        cursor.execute("DELETE FROM newsletter_subscription WHERE id = ANY (%s)", [removed])
    kept = Counter(batch.counts.get("kept", {}))
    kept.update(reason for reason in reasons.values() if reason)
    batch.counts["kept"] = dict(kept)
    batch.counts["removed"] = batch.counts.get("removed", 0) + len(removed)
    batch.counts["done"] = batch.counts.get("done", 0) + len(ids)
    batch.through = str(ids[-1])
    return False


def _noted() -> str:
    """Ask for anything else that refers to the reader, whatever it is in this version."""
    asked = [
        f'EXISTS (SELECT FROM "{field.model._meta.db_table}" AS other '  # noqa: SLF001
        f'WHERE other."{field.column}" = reader.id)'
        for relation in Subscription._meta.related_objects  # noqa: SLF001
        if getattr(field := relation.field, "db_constraint", False)
        if field.model not in {Consent, Delivery}
    ]
    return " OR ".join(asked) or "false"
