from django.db import migrations

from zero2prod.staff.roles import grant


class Migration(migrations.Migration):
    dependencies = [
        ("staff", "0001_audit"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [grant("operator", "staff.view_auditentry")]
