"""Roles are groups of permissions, made and added to by migrations; a superuser may change them.

author
    writes issues, looks at them, sends test mails; publishes nothing and sees no reader.
publisher
    an author who also publishes, schedules, pauses, cancels, and sees what became of each mail.
operator
    a publisher who also has the readers: imports, exports, suppresses and erases them, and the
    newsletters' settings. Accounts of staff are a superuser's business, since who may change an
    account may make himself a superuser.
"""

from typing import Any

from django.contrib.auth.management import create_permissions
from django.db.migrations import RunPython

AUTHOR, PUBLISHER, OPERATOR = "author", "publisher", "operator"
_ABOVE = {AUTHOR: (AUTHOR, PUBLISHER, OPERATOR), PUBLISHER: (PUBLISHER, OPERATOR)}


def grant(role: str, *permissions: str) -> RunPython:
    """Return a migration's operation that gives permissions to a role and to the roles above it.

    A permission is named as for `User.has_perm`: ``newsletter.publish_issue``. Of a misspelt one,
    `Permission.DoesNotExist` is raised. Repeated, it changes nothing.

        operations = [
            migrations.CreateModel("Theme", ...),
            grant("author", "newsletter.view_theme"),
            grant("operator", *all_of("newsletter", "theme")),
        ]
    """

    roles = _ABOVE.get(role, (role,))

    def give(apps: Any, _schema_editor: Any) -> None:
        found = _find(apps, permissions)
        for name in roles:
            group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=name)
            group.permissions.add(*found)

    def take(apps: Any, _schema_editor: Any) -> None:
        found = _find(apps, permissions)
        for group in apps.get_model("auth", "Group").objects.filter(name__in=roles):
            group.permissions.remove(*found)

    return RunPython(give, take)


def all_of(app: str, model: str) -> list[str]:
    """Return the four permissions that Django makes for a model."""
    return [f"{app}.{act}_{model}" for act in ("add", "change", "delete", "view")]


def _find(apps: Any, permissions: tuple[str, ...]) -> list[Any]:
    """Return the rows, made now: Django makes them only after the last migration of a run."""
    rows = apps.get_model("auth", "Permission").objects
    for label in sorted({permission.partition(".")[0] for permission in permissions}):
        app = apps.get_app_config(label)
        app.models_module = True  # Django asks for it, and the app of a migration has none.
        create_permissions(app, verbosity=0, apps=apps)
    pairs = [permission.split(".") for permission in permissions]
    return [rows.get(content_type__app_label=app, codename=name) for app, name in pairs]
