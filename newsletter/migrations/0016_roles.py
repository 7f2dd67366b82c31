from django.db import migrations

from zero2prod.staff.roles import all_of, grant


class Migration(migrations.Migration):

    dependencies = [
        ('newsletter', '0015_consent_indexes'),
        ('contenttypes', '0002_remove_content_type_name'),
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='issue',
            options={
                'ordering': ['-id'],
                'permissions': [
                    ('publish_issue', 'Can publish, schedule, pause and cancel issues'),
                ],
            },
        ),
        migrations.AlterModelOptions(
            name='subscription',
            options={
                'permissions': [
                    ('export_subscriptions', 'Can export readers'),
                    ('import_subscriptions', 'Can import readers'),
                    ('erase_subscription', 'Can erase all that is held on a reader'),
                ],
            },
        ),
        grant(
            'author',
            *all_of('newsletter', 'issue'),
            'newsletter.view_newsletter',
            'newsletter.view_segment',
            'newsletter.view_theme',
            *all_of('newsletter', 'image'),
        ),
        grant(
            'publisher',
            'newsletter.publish_issue',
            *all_of('newsletter', 'segment'),
            *all_of('newsletter', 'theme'),
            'newsletter.view_alarm',
            'newsletter.view_delivery',
            'newsletter.view_provider',
            'newsletter.view_worker',
        ),
        grant(
            'operator',
            *all_of('newsletter', 'newsletter'),
            *all_of('newsletter', 'subscription'),
            *all_of('newsletter', 'suppression'),
            *all_of('newsletter', 'note'),
            *all_of('newsletter', 'import'),
            *all_of('newsletter', 'wording'),
            'newsletter.view_change',
            'newsletter.view_complaint',
            'newsletter.view_consent',
            'newsletter.export_subscriptions',
            'newsletter.import_subscriptions',
            'newsletter.erase_subscription',
        ),
    ]
