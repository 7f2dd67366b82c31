from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.operations import AddIndexConcurrently, TrigramExtension
from django.db import migrations, models
from django.db.models.functions import Lower


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("newsletter", "0008_segments_notes_and_changes"),
    ]

    operations = [
        # A trusted extension: who may create tables in the database may create it.
        TrigramExtension(),
        AddIndexConcurrently(
            "subscription",
            models.Index(fields=["status", "-subscribed_at"], name="subscription_by_status"),
        ),
        AddIndexConcurrently(
            "subscription",
            models.Index(
                fields=["language", "-subscribed_at"],
                condition=~models.Q(language=""),
                name="subscription_by_language",
            ),
        ),
        AddIndexConcurrently(
            "subscription",
            GinIndex(
                OpClass(Lower("email"), "gin_trgm_ops"),
                OpClass(Lower("name"), "gin_trgm_ops"),
                name="subscription_search",
            ),
        ),
        AddIndexConcurrently(
            "subscription", GinIndex(fields=["tags"], name="subscription_tags")
        ),
        AddIndexConcurrently(
            "subscription",
            GinIndex(
                fields=["attributes"],
                opclasses=["jsonb_path_ops"],
                name="subscription_attributes",
            ),
        ),
    ]
