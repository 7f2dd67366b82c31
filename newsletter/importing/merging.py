"""The second pass: what becomes of each address, some thousands at a time, in order of the address.

Of several rows with one address the last counts, or else the last that says he has left; their
tags are united. Nobody who has left or is suppressed is brought back by any of them. A check asks
the same question as the import that follows it, and writes nothing.
"""

from collections import Counter
from typing import Any

from django.db import connection

from newsletter.importing.choices import Choices
from newsletter.models import Import

_MADE = "made "
_NEW = ("new", "waiting", "kept_out")

ADDRESSES = 10_000
"""Addresses of one step: for as long a simultaneous sign-up of one of them may wait."""

FATES = {
    "new": "new readers",
    "waiting": "new, waiting for their confirmation",
    "kept_out": "left or bounced before: kept so that they stay away",
    "updated": "known readers, brought up to date",
    "known": "known already, unchanged",
    "leaves": "readers here who have left there since: unsubscribed",
    "left": "left here earlier: not brought back",
    "suppressed": "suppressed: never mailed again",
    "erased": "erased since the file was read",
}

# Each row is looked up by an index, whatever the statistics say: both tables may have grown by a
# million rows since they were made. A step fits into the memory.
_SETTINGS = "SET LOCAL jit = off; SET LOCAL enable_seqscan = off; SET LOCAL work_mem = '32MB'"

_LAST = """
SELECT max(key) FROM (
    SELECT key FROM newsletter_importrow WHERE batch_id = %(batch)s AND key > %(after)s
    ORDER BY key LIMIT %(limit)s
) AS next
"""
_FATED = """
WITH chosen AS (
    SELECT DISTINCT ON (key) row.*, count(*) OVER (PARTITION BY key) AS twins,
        status NOT IN ('confirmed', 'pending_confirmation') AS is_gone
    FROM newsletter_importrow AS row
    WHERE batch_id = %(batch)s AND key > %(after)s AND key <= %(last)s
    ORDER BY key, status NOT IN ('confirmed', 'pending_confirmation') DESC, line DESC
), fated AS MATERIALIZED (
    SELECT chosen.key, chosen.email, chosen.name, chosen.status, chosen.language, chosen.source,
        chosen.attributes, chosen.subscribed_at, chosen.confirmed_at, chosen.unsubscribed_at,
        chosen.digests, chosen.twins, known.id AS known_id, united.tags,
        CASE
            WHEN EXISTS (SELECT FROM newsletter_suppression AS suppression
                         WHERE suppression.digest = ANY (chosen.digests)) THEN 'suppressed'
            WHEN known.id IS NULL AND is_gone THEN 'kept_out'
            WHEN known.id IS NULL AND chosen.status = 'confirmed' THEN 'new'
            WHEN known.id IS NULL THEN 'waiting'
            WHEN known.status NOT IN ('confirmed', 'pending_confirmation') THEN 'left'
            WHEN is_gone AND (known.imported_by_id IS NOT NULL
                              OR chosen.unsubscribed_at > known.confirmed_at) THEN 'leaves'
            WHEN NOT is_gone AND %(update)s AND (
                chosen.name NOT IN ('', known.name)
                OR chosen.language NOT IN ('', known.language)
                OR NOT known.tags @> united.tags
                OR NOT known.attributes @> chosen.attributes
            ) THEN 'updated'
            ELSE 'known'
        END AS fate
    FROM chosen
    CROSS JOIN LATERAL (SELECT CASE WHEN twins = 1 THEN chosen.tags ELSE ARRAY(
        SELECT DISTINCT tag FROM newsletter_importrow AS twin, unnest(twin.tags) AS tag
        WHERE twin.batch_id = %(batch)s AND twin.key = chosen.key ORDER BY tag
    ) END AS tags) AS united
    LEFT JOIN LATERAL (
        SELECT * FROM newsletter_subscription
        WHERE newsletter_id = %(newsletter)s AND lower(email) = chosen.key COLLATE "default"
        LIMIT 1
    ) AS known ON true
)"""
_CHECK = f"{_FATED} SELECT fate, count(*), sum(twins) FROM fated GROUP BY fate"  # noqa: S608

# Rows are made in the order of their addresses. For one that signs up at this very moment the
# insertion waits, and passes over it: the number of those that were made tells. Who bounced
# elsewhere is suppressed only where nobody reads anything here under that address.
_IMPORT = f"""{_FATED}, made AS (
    INSERT INTO newsletter_subscription
        (id, newsletter_id, email, name, status, language, source, tags, attributes,
         imported_by_id, subscribed_at, confirmed_at, unsubscribed_at)
    SELECT gen_random_uuid(), %(newsletter)s, email, name, status, language, source, tags,
        attributes, %(batch)s, coalesce(subscribed_at, confirmed_at, unsubscribed_at, now()),
        CASE WHEN status = 'confirmed' THEN coalesce(confirmed_at, subscribed_at, now())
            ELSE confirmed_at END,
        CASE WHEN fate = 'kept_out' THEN coalesce(unsubscribed_at, now()) ELSE unsubscribed_at END
    FROM fated WHERE fate IN ('new', 'waiting', 'kept_out') ORDER BY key
    ON CONFLICT (newsletter_id, lower(email)) DO NOTHING
    RETURNING id, status
), agreed AS (
    INSERT INTO newsletter_consent
        (subscription_id, act, wording, wording_version, locale, page, user_agent)
    SELECT id, 'imported', %(source)s, '', '', '', '' FROM made
), updated AS (
    UPDATE newsletter_subscription AS known
    SET name = CASE WHEN fated.name = '' THEN known.name ELSE fated.name END,
        language = CASE WHEN fated.language = '' THEN known.language ELSE fated.language END,
        tags = ARRAY(SELECT DISTINCT tag FROM unnest(known.tags || fated.tags) AS tag ORDER BY tag),
        attributes = known.attributes || fated.attributes
    FROM fated WHERE known.id = fated.known_id AND fate = 'updated'
), gone AS (
    UPDATE newsletter_subscription AS known
    SET status = fated.status, unsubscribed_at = now()
    FROM fated WHERE known.id = fated.known_id AND fate = 'leaves'
        AND known.status IN ('confirmed', 'pending_confirmation')
    RETURNING known.id
), withdrawn AS (
    INSERT INTO newsletter_consent
        (subscription_id, act, wording, wording_version, locale, page, user_agent)
    SELECT id, 'withdrew', %(source)s, '', '', '', '' FROM gone
), barred AS (
    INSERT INTO newsletter_suppression (digest, reason)
    SELECT fated.digests[1], fated.status FROM fated
    WHERE fated.status IN ('bounced', 'complained') AND fate IN ('kept_out', 'leaves')
        AND NOT EXISTS (
            SELECT FROM newsletter_newsletter AS other JOIN newsletter_subscription AS reader
                ON reader.newsletter_id = other.id
                AND lower(reader.email) = fated.key COLLATE "default"
            WHERE other.id <> %(newsletter)s
                AND reader.status IN ('confirmed', 'pending_confirmation')
        )
    ON CONFLICT DO NOTHING
)
SELECT fate, count(*), sum(twins) FROM fated GROUP BY fate
UNION ALL SELECT CASE status WHEN 'confirmed' THEN 'made new'
    WHEN 'pending_confirmation' THEN 'made waiting' ELSE 'made kept_out' END, count(*), 0
FROM made GROUP BY 1
"""  # noqa: S608 - of constants only

Fate = tuple[str, int, int]
"""What became of addresses, of how many, and in how many rows of the file they stand."""


def check_some(batch: Import) -> bool:
    """Count what would become of the next addresses; return whether these were the last."""
    with connection.cursor() as cursor:
        cursor.execute(_SETTINGS)
        cursor.execute(_LAST, {"batch": batch.pk, "after": batch.through, "limit": ADDRESSES})
        (last,) = cursor.fetchone()
    if last is None:
        return True
    count(batch, _fates(_CHECK, batch, batch.through, last))
    batch.through = last
    return False


def import_between(batch: Import, after: str, last: str) -> tuple[list[Fate], bool]:
    """Store the addresses after one up to another; return what became of them.

    And whether somebody else made one of these readers meanwhile: he is counted as known, and was
    not looked at as he is now.
    """
    found = _fates(_IMPORT, batch, after, last)
    made = {fate.removeprefix(_MADE): number for fate, number, _ in found if _MADE in fate}
    fates = [each for each in found if _MADE not in each[0]]
    missed = {fate: number - made.get(fate, 0) for fate, number, _ in fates if fate in _NEW}
    others = sum(missed.values())
    fates = [(fate, number - missed.get(fate, 0), rows) for fate, number, rows in fates]
    return [*fates, ("known", others, 0)], others > 0


def count(batch: Import, found: list[Fate]) -> None:
    """Add up what became of some addresses."""
    counts = Counter(batch.counts.get("fates", {}))
    for fate, number, rows in found:
        counts[fate] += number
        batch.counts["done"] = batch.counts.get("done", 0) + int(rows)
    batch.counts["fates"] = dict(+counts)


def _fates(statement: str, batch: Import, after: str, last: str) -> list[Fate]:
    parameters: dict[str, Any] = {
        "batch": batch.pk,
        "newsletter": batch.newsletter_id,
        "after": after,
        "last": last,
        "source": batch.source,
        "update": Choices(**batch.choices).update,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SETTINGS)
        cursor.execute(statement, parameters)
        found: list[Fate] = cursor.fetchall()
        return found
