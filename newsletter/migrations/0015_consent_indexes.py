"""The indexes of 0014, without blocking writers; each step may be repeated after a lost lock."""

import django.db.models.deletion
from django.db import migrations, models


def index_concurrently(name, definition, state_operation):
    """Make an index, and tell Django of it; a failed attempt leaves an invalid one behind."""
    drop = f"DROP INDEX CONCURRENTLY IF EXISTS {name}"
    return migrations.SeparateDatabaseAndState(
        database_operations=[
            migrations.RunSQL([drop, f"CREATE {definition}".replace("INDEX", f"INDEX CONCURRENTLY {name}")], drop)
        ],
        state_operations=[state_operation],
    )


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("newsletter", "0014_consent_chains"),
    ]

    operations = [
        index_concurrently(
            "consent_position",
            "UNIQUE INDEX ON newsletter_consent (subscription_id, position)",
            migrations.AddConstraint(
                "consent",
                models.UniqueConstraint(
                    models.F("subscription"), models.F("position"), name="consent_position"
                ),
            ),
        ),
        index_concurrently(
            "delivery_one_reminder",
            "UNIQUE INDEX ON newsletter_delivery (subscription_id) WHERE kind = 'reminder'",
            migrations.AddConstraint(
                "delivery",
                models.UniqueConstraint(
                    models.F("subscription"),
                    condition=models.Q(kind="reminder"),
                    name="delivery_one_reminder",
                ),
            ),
        ),
        index_concurrently(
            "delivery_personal",
            "INDEX ON newsletter_delivery (subscription_id, kind)"
            " WHERE kind IN ('access', 'address')",
            migrations.AddIndex(
                "delivery",
                models.Index(
                    models.F("subscription"),
                    models.F("kind"),
                    condition=models.Q(kind__in=["access", "address"]),
                    name="delivery_personal",
                ),
            ),
        ),
        # The constraint's index serves the relation as well.
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    "DROP INDEX CONCURRENTLY IF EXISTS newsletter_consent_subscription_id_fbd9d3e2",
                    "CREATE INDEX IF NOT EXISTS newsletter_consent_subscription_id_fbd9d3e2"
                    " ON newsletter_consent (subscription_id)",
                )
            ],
            state_operations=[
                migrations.AlterField(
                    model_name="consent",
                    name="subscription",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="consents",
                        to="newsletter.subscription",
                    ),
                )
            ],
        ),
    ]
