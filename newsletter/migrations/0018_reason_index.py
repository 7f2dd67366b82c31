from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("newsletter", "0017_bulk_changes"),
    ]

    operations = [
        AddIndexConcurrently(
            "delivery",
            models.Index(
                "issue",
                "error_code",
                "subscription",
                condition=models.Q(error_code__gt=""),
                name="delivery_reason",
            ),
        ),
    ]
