"""The application of staff, and Django's admin with the site that this one guards."""

from typing import Any

from django.apps import AppConfig
from django.contrib import admin
from django.contrib.admin.apps import SimpleAdminConfig
from django.contrib.admin.checks import check_admin_app, check_dependencies
from django.core.checks import CheckMessage, Tags, register


class StaffConfig(AppConfig):
    name = "zero2prod.staff"
    verbose_name = "Staff"

    def ready(self) -> None:
        from zero2prod.staff import checks  # noqa: PLC0415 - models are ready by now

        checks.register_all()


class StaffAdminConfig(SimpleAdminConfig):
    """Its pages are loaded with the routes: a command without them starts in half the time."""

    default_site = "zero2prod.staff.site.StaffSite"

    def ready(self) -> None:
        register(check_dependencies, Tags.admin)
        register(check_pages, Tags.admin)


def check_pages(app_configs: Any, **options: Any) -> list[CheckMessage]:
    """Do Django's check of the admin with all pages, whatever was loaded before."""
    admin.autodiscover()
    return check_admin_app(app_configs, **options)
