from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("newsletter", "0012_imports"),
    ]

    operations = [
        AddIndexConcurrently(
            "subscription",
            models.Index(
                fields=["imported_by", "id"],
                condition=models.Q(imported_by__isnull=False),
                name="subscription_imported",
            ),
        ),
    ]
