"""Which tags, attributes and languages readers have, for lists to choose from.

No list of a million rows is read for it.

A small table is asked; of a large one the planner's statistics know the most common tags
(PostgreSQL documentation, pg_stats), and the index of languages is read by leaps.
"""

from django.db import connection

SMALL = 20_000
"""Rows up to which they are counted themselves."""
MOST = 50


def tags() -> list[str]:
    """Return the most common tags, by the alphabet; rare ones of a large list are not known."""
    with connection.cursor() as cursor:
        cursor.execute(_IS_SMALL, [SMALL, SMALL + 1])
        cursor.execute(_TAGS if cursor.fetchone()[0] else _COMMON_TAGS, [MOST])
        return sorted(tag for (tag,) in cursor.fetchall())


def attributes() -> list[str]:
    """Return the names of the most common attributes; of many readers a part is asked."""
    with connection.cursor() as cursor:
        share = min(100, 100 * SMALL / max(readers(), 1))
        cursor.execute(_ATTRIBUTES, [share, SMALL, MOST])
        return sorted(name for (name,) in cursor.fetchall())


def languages() -> list[str]:
    """Return the languages that readers have chosen."""
    with connection.cursor() as cursor:
        cursor.execute(_LANGUAGES, [MOST])
        return [language for (language,) in cursor.fetchall() if language]


def readers() -> int:
    """Return about how many subscriptions there are, by the statistics of the table."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT greatest(reltuples, 0)::bigint FROM pg_class"
            " WHERE oid = 'newsletter_subscription'::regclass"
        )
        number: int = cursor.fetchone()[0]
        return number


_IS_SMALL = """
SELECT count(*) <= %s FROM (SELECT FROM newsletter_subscription LIMIT %s) AS few
"""
_TAGS = """
SELECT tag FROM newsletter_subscription, unnest(tags) AS tag
GROUP BY tag ORDER BY count(*) DESC, tag LIMIT %s
"""
_COMMON_TAGS = """
SELECT tag FROM pg_stats,
    unnest(most_common_elems::text::varchar[], most_common_elem_freqs) AS common (tag, share)
WHERE schemaname = current_schema() AND tablename = 'newsletter_subscription' AND attname = 'tags'
  AND tag IS NOT NULL
ORDER BY share DESC, tag LIMIT %s
"""
_ATTRIBUTES = """
SELECT name FROM (
    SELECT attributes FROM newsletter_subscription TABLESAMPLE SYSTEM (%s)
    WHERE jsonb_typeof(attributes) = 'object' LIMIT %s
) AS asked, jsonb_object_keys(attributes) AS name
GROUP BY name ORDER BY count(*) DESC, name LIMIT %s
"""
_LANGUAGES = """
WITH RECURSIVE leap AS (
    (SELECT language FROM newsletter_subscription WHERE language <> '' ORDER BY language LIMIT 1)
    UNION ALL
    SELECT (SELECT language FROM newsletter_subscription
            WHERE language <> '' AND language > leap.language ORDER BY language LIMIT 1)
    FROM leap WHERE leap.language IS NOT NULL
)
SELECT language FROM leap LIMIT %s
"""
