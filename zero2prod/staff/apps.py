"""The application of staff, and Django's admin with the site that this one guards."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class StaffConfig(AppConfig):
    name = "zero2prod.staff"
    verbose_name = "Staff"

    def ready(self) -> None:
        from zero2prod.staff import checks  # noqa: PLC0415 - models are ready by now

        checks.register_all()


class StaffAdminConfig(AdminConfig):
    default_site = "zero2prod.staff.site.StaffSite"
