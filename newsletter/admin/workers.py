"""The workers that were seen."""

from django.contrib import admin

from newsletter.admin.readonly import ReadOnly
from newsletter.models import Worker


@admin.register(Worker)
class WorkerAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("host", "pid", "started_at", "seen_at")
    ordering = ("-seen_at",)
