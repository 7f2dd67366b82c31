from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

# What was published before is found by its words as they are written; newer issues also by stems.
WORDS = """
UPDATE newsletter_issue SET search_vector =
    setweight(to_tsvector('simple', subject), 'A')
    || setweight(to_tsvector('simple', preheader), 'B')
    || setweight(to_tsvector('simple', body), 'C')
WHERE published_at IS NOT NULL AND search_vector IS NULL
"""


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("newsletter", "0005_archive_and_theme"),
    ]

    operations = [
        migrations.RunSQL(WORDS, migrations.RunSQL.noop),
        AddIndexConcurrently("issue", GinIndex(fields=["search_vector"], name="issue_words")),
        AddIndexConcurrently(
            "issue",
            models.Index(
                fields=["newsletter", "-published_at", "-id"],
                condition=models.Q(published_at__isnull=False),
                name="issue_archive",
            ),
        ),
    ]
