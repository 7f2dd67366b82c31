from django.db import migrations

from zero2prod.staff.roles import grant


class Migration(migrations.Migration):

    dependencies = [
        ("newsletter", "0018_reason_index"),
    ]

    operations = [
        grant("operator", "newsletter.view_bulkchange"),
    ]
