"""What the workers know of the mail provider."""

from django.contrib import admin

from newsletter.admin.readonly import ReadOnly
from newsletter.models import Provider


@admin.register(Provider)
class ProviderAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("name", "failures", "last_error", "opened_at", "hold_until")
