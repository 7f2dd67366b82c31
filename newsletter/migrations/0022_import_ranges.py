import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('newsletter', '0021_issue_words'),
    ]

    operations = [
        migrations.CreateModel(
            name='ImportRange',
            fields=[
                ('batch', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='ranges', to='newsletter.import')),
                ('pk', models.CompositePrimaryKey('batch_id', 'last', blank=True, editable=False, primary_key=True, serialize=False)),
                ('after', models.CharField(db_collation='C', max_length=254)),
                ('last', models.CharField(db_collation='C', max_length=254)),
            ],
        ),
    ]
