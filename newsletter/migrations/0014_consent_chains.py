"""Consents are chained, wordings have versions, readers may pause.

What the functions below refuse is refused to everybody who does not own the tables: to a mistake, a
stolen password of the web, a hand at a console. An owner can drop the triggers, and then the digests
show what was changed.
"""

import django.db.models.deletion
import django.db.models.functions.datetime
import newsletter.models.colours
import newsletter.models.validators
from django.db import migrations, models

# A chain begins with its first row, for which nobody waits. From the second on the subscription is
# locked, and the last link read by a statement of its own, so that two acts at once are two links.
# The plans are kept while a table may grow from nothing to a million rows within one statement (an
# import), so they must be those of a large one: 100,000 rows took over nine minutes before.
# The digests are of JSON arrays in the form of json_build_array: newsletter/evidence.py.
CHAIN = """
CREATE FUNCTION newsletter_consent_chain() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off AS $$
DECLARE
    address text;
    last_position integer;
    last_digest text;
BEGIN
    IF EXISTS (SELECT FROM newsletter_consent
               WHERE subscription_id = NEW.subscription_id AND position IS NOT NULL) THEN
        PERFORM FROM newsletter_subscription WHERE id = NEW.subscription_id FOR NO KEY UPDATE;
        SELECT position, digest INTO last_position, last_digest FROM newsletter_consent
        WHERE subscription_id = NEW.subscription_id AND position IS NOT NULL
        ORDER BY position DESC LIMIT 1;
    END IF;
    SELECT lower(email) INTO address FROM newsletter_subscription WHERE id = NEW.subscription_id;
    NEW.position := coalesce(last_position, 0) + 1;
    NEW.address_digest := encode(sha256(convert_to(
        json_build_array(NEW.subscription_id, address)::text, 'UTF8')), 'hex');
    IF NEW.ip_address IS NULL AND NEW.user_agent = '' THEN
        NEW.salt := NULL;
        NEW.client_digest := '';
    ELSE
        NEW.salt := gen_random_uuid();
        NEW.client_digest := encode(sha256(convert_to(
            json_build_array(NEW.salt, host(NEW.ip_address), NEW.user_agent)::text, 'UTF8'
        )), 'hex');
    END IF;
    NEW.digest := encode(sha256(convert_to(json_build_array(
        coalesce(last_digest, ''), NEW.subscription_id, NEW.position, NEW.act,
        to_char(NEW.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        NEW.wording, NEW.wording_version, NEW.locale, NEW.page,
        NEW.address_digest, NEW.client_digest
    )::text, 'UTF8')), 'hex');
    RETURN NEW;
END $$;
CREATE TRIGGER consent_chain BEFORE INSERT ON newsletter_consent
FOR EACH ROW EXECUTE FUNCTION newsletter_consent_chain();
"""

# The one change is the end of a retention: what is known of the device goes, its digest stays.
KEEP = """
CREATE FUNCTION newsletter_consent_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    OLD.ip_address := NULL;
    OLD.user_agent := '';
    OLD.salt := NULL;
    IF NEW IS DISTINCT FROM OLD THEN
        RAISE EXCEPTION 'A consent is never changed: add what happened as a row of its own.'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER consent_keep BEFORE UPDATE ON newsletter_consent
FOR EACH ROW EXECUTE FUNCTION newsletter_consent_keep();
"""

# Asked at the end of the transaction, since who erases a person removes his consents first.
OUTLIVE = """
CREATE FUNCTION newsletter_consent_outlive() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off AS $$
BEGIN
    IF EXISTS (SELECT FROM newsletter_subscription WHERE id = OLD.subscription_id) THEN
        RAISE EXCEPTION 'A consent goes with its subscription only, when a person is erased.'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER consent_outlive AFTER DELETE ON newsletter_consent
DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION newsletter_consent_outlive();
"""

# The test suite empties all tables after each test and says so by this parameter.
REFUSE = """
CREATE FUNCTION newsletter_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'TRUNCATE' OR current_setting('newsletter.truncate', true) IS DISTINCT FROM 'on' THEN
        RAISE EXCEPTION 'Rows of % are kept: % is refused.', TG_TABLE_NAME, TG_OP
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER consent_truncate BEFORE TRUNCATE ON newsletter_consent
FOR EACH STATEMENT EXECUTE FUNCTION newsletter_refuse();
CREATE TRIGGER wording_keep BEFORE UPDATE OR DELETE ON newsletter_wording
FOR EACH ROW EXECUTE FUNCTION newsletter_refuse();
CREATE TRIGGER wording_truncate BEFORE TRUNCATE ON newsletter_wording
FOR EACH STATEMENT EXECUTE FUNCTION newsletter_refuse();
"""

FORGET = """
DROP TRIGGER IF EXISTS wording_truncate ON newsletter_wording;
DROP TRIGGER IF EXISTS wording_keep ON newsletter_wording;
DROP TRIGGER consent_truncate ON newsletter_consent;
DROP TRIGGER consent_outlive ON newsletter_consent;
DROP TRIGGER consent_keep ON newsletter_consent;
DROP TRIGGER consent_chain ON newsletter_consent;
DROP FUNCTION newsletter_refuse, newsletter_consent_outlive, newsletter_consent_keep,
    newsletter_consent_chain;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('newsletter', '0013_imported_index'),
    ]

    operations = [
        migrations.CreateModel(
            name='Chore',
            fields=[
                ('name', models.CharField(max_length=40, primary_key=True, serialize=False)),
                ('taken_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name='Wording',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('language', models.CharField(max_length=10)),
                ('version', models.PositiveIntegerField(help_text='From 1 in its language.')),
                ('text', models.TextField()),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
            ],
            options={
                'ordering': ['newsletter', 'language', '-version'],
            },
        ),
        migrations.AddField(
            model_name='consent',
            name='address_digest',
            field=models.CharField(db_default='', editable=False, help_text='Of the address that it was about.', max_length=64),
        ),
        migrations.AddField(
            model_name='consent',
            name='client_digest',
            field=models.CharField(db_default='', editable=False, help_text='Of salt, IP address and program.', max_length=64),
        ),
        migrations.AddField(
            model_name='consent',
            name='digest',
            field=models.CharField(db_default='', editable=False, max_length=64),
        ),
        migrations.AddField(
            model_name='consent',
            name='position',
            field=models.PositiveIntegerField(editable=False, help_text='From 1 in its chain; none: older than the chains.', null=True),
        ),
        migrations.AddField(
            model_name='consent',
            name='salt',
            field=models.UUIDField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='newsletter',
            name='counts_readers',
            field=models.BooleanField(db_default=False, default=False, help_text='Count how often issues are opened and links followed, without knowing by whom.'),
        ),
        migrations.AddField(
            model_name='newsletter',
            name='privacy_note',
            field=models.TextField(blank=True, db_default='', help_text='Markdown, for the page /privacy/. Empty: what the service knows of itself.', validators=[newsletter.models.validators.text]),
        ),
        migrations.AddField(
            model_name='subscription',
            name='paused_until',
            field=models.DateTimeField(editable=False, help_text='Until then the reader wants no issue.', null=True),
        ),
        migrations.AlterField(
            model_name='consent',
            name='act',
            field=models.CharField(choices=[('signed_up', 'Signed Up'), ('confirmed', 'Confirmed'), ('withdrew', 'Withdrew'), ('returned', 'took the withdrawal back'), ('imported', 'Imported'), ('moved', 'moved to another address')], max_length=12),
        ),
        migrations.AlterField(
            model_name='consent',
            name='locale',
            field=models.CharField(blank=True, db_default='', max_length=16),
        ),
        migrations.AlterField(
            model_name='consent',
            name='page',
            field=models.CharField(blank=True, db_default='', help_text="The form's address.", max_length=500),
        ),
        migrations.AlterField(
            model_name='consent',
            name='user_agent',
            field=models.CharField(blank=True, db_default='', max_length=500),
        ),
        migrations.AlterField(
            model_name='consent',
            name='wording',
            field=models.TextField(blank=True, db_default='', help_text='The words shown, as they stood. Of an import: where the consent is from.'),
        ),
        migrations.AlterField(
            model_name='consent',
            name='wording_version',
            field=models.CharField(blank=True, db_default='', max_length=16),
        ),
        migrations.AlterField(
            model_name='delivery',
            name='kind',
            field=models.CharField(choices=[('confirmation', 'Confirmation'), ('issue', 'Issue'), ('test', 'Test'), ('reminder', 'reminder to confirm'), ('access', 'link to the own settings'), ('address', 'confirmation of a new address')], max_length=12),
        ),
        migrations.AlterField(
            model_name='delivery',
            name='recipient',
            field=models.EmailField(blank=True, help_text="Of a test mail, and of an address to be changed to.", max_length=254),
        ),
        migrations.AlterField(
            model_name='newsletter',
            name='accent',
            field=models.CharField(blank=True, db_default='', help_text='Colour of links and buttons on its pages, such as #0b6b57; empty: green.', max_length=7, validators=[newsletter.models.colours.on_light]),
        ),
        migrations.AlterField(
            model_name='newsletter',
            name='consent_wording',
            field=models.TextField(default='I want to receive this newsletter by e-mail. I can leave at any time.', help_text='What a visitor agrees to until there is a `Wording`; nobody edits it.'),
        ),
        migrations.AlterField(
            model_name='suppression',
            name='reason',
            field=models.CharField(choices=[('bounced', 'Bounced'), ('complained', 'Complained'), ('manual', 'Manual'), ('requested', 'asked never to be mailed again'), ('erased', 'erased: comes back by an own sign-up only')], max_length=12),
        ),
        migrations.AddField(
            model_name='wording',
            name='newsletter',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='wordings', to='newsletter.newsletter'),
        ),
        migrations.AddConstraint(
            model_name='wording',
            constraint=models.UniqueConstraint(models.F('newsletter'), models.F('language'), models.F('version'), name='wording_version'),
        ),
        migrations.RunSQL([CHAIN, KEEP, OUTLIVE, REFUSE], FORGET),
    ]
