import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('newsletter', '0022_import_ranges'),
    ]

    operations = [
        # A sixth of the time in which a file is read went into looking up the one import of its rows.
        migrations.AlterField(
            model_name='importrow',
            name='batch',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='rows', to='newsletter.import'),
        ),
    ]
