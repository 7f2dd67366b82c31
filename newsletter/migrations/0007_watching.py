"""Issues are watched as they go out; the first of their mails may be judged before the rest."""

import datetime
import django.db.models.deletion
import django.db.models.functions.datetime
from decimal import Decimal
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('newsletter', '0006_archive_indexes'),
    ]

    operations = [
        migrations.CreateModel(
            name='Figure',
            fields=[
                ('name', models.CharField(max_length=40, primary_key=True, serialize=False)),
                ('counted_at', models.DateTimeField()),
                ('seconds', models.FloatField(help_text='What the count took.')),
                ('value', models.JSONField()),
            ],
        ),
        migrations.AddField(
            model_name='issue',
            name='pause_reason',
            field=models.CharField(blank=True, db_default='', default='', editable=False, help_text='Why it was paused, if nobody pressed the button.', max_length=300),
        ),
        migrations.AddField(
            model_name='issue',
            name='stage',
            field=models.CharField(blank=True, choices=[('', 'None'), ('first', 'First'), ('watched', 'Watched'), ('held', 'Held'), ('passed', 'Passed')], db_default='', default='', editable=False, max_length=8),
        ),
        migrations.AddField(
            model_name='issue',
            name='stage_complaint_limit',
            field=models.DecimalField(db_default=Decimal('0.10'), decimal_places=2, default=Decimal('0.10'), editable=False, help_text='Per cent of the first mails that may be called spam.', max_digits=5),
        ),
        migrations.AddField(
            model_name='issue',
            name='stage_ends_at',
            field=models.DateTimeField(editable=False, help_text='When the first mails are judged.', null=True),
        ),
        migrations.AddField(
            model_name='issue',
            name='stage_failure_limit',
            field=models.DecimalField(db_default=Decimal('1.00'), decimal_places=2, default=Decimal('1.00'), editable=False, help_text='Per cent of the first mails that may fail or bounce.', max_digits=5),
        ),
        migrations.AddField(
            model_name='issue',
            name='stage_size',
            field=models.PositiveIntegerField(editable=False, help_text='How many get it first.', null=True),
        ),
        migrations.AddField(
            model_name='issue',
            name='stage_wait',
            field=models.DurationField(db_default=datetime.timedelta(seconds=1800), default=datetime.timedelta(seconds=1800), editable=False),
        ),
        migrations.AddField(
            model_name='issuecount',
            name='details_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='issuecount',
            name='details_seconds',
            field=models.FloatField(db_default=0.0),
        ),
        migrations.AddField(
            model_name='issuecount',
            name='domains',
            field=models.JSONField(help_text='The largest recipient domains: a domain, a state, how many.', null=True),
        ),
        migrations.AddField(
            model_name='issuecount',
            name='left',
            field=models.PositiveIntegerField(help_text='Readers who got it and then unsubscribed, before the next issue.', null=True),
        ),
        migrations.AddField(
            model_name='issuecount',
            name='reasons',
            field=models.JSONField(help_text='What was not sent at the first try: a state, a code, how many.', null=True),
        ),
        migrations.AddField(
            model_name='issuecount',
            name='seconds',
            field=models.FloatField(db_default=0.0, help_text='What the count took.'),
        ),
        migrations.CreateModel(
            name='Complaint',
            fields=[
                ('delivery', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, primary_key=True, serialize=False, to='newsletter.delivery')),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('issue', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='complaints', to='newsletter.issue')),
            ],
            options={
                'indexes': [models.Index(fields=['-at'], name='complaint_newest')],
            },
        ),
        migrations.CreateModel(
            name='Day',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('readers', models.PositiveIntegerField()),
                ('signed_up', models.PositiveIntegerField()),
                ('confirmed', models.PositiveIntegerField()),
                ('left', models.PositiveIntegerField()),
                ('newsletter', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='days', to='newsletter.newsletter')),
            ],
            options={
                'constraints': [models.UniqueConstraint(models.F('newsletter'), models.F('day'), name='day_once')],
            },
        ),
        migrations.CreateModel(
            name='IssueSample',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('sent', models.PositiveIntegerField()),
                ('failed', models.PositiveIntegerField()),
                ('skipped', models.PositiveIntegerField()),
                ('unknown', models.PositiveIntegerField()),
                ('issue', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='samples', to='newsletter.issue')),
            ],
            options={
                'constraints': [models.UniqueConstraint(models.F('issue'), models.F('at'), name='issuesample_once')],
            },
        ),
    ]
