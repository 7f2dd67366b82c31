"""Addresses that are never mailed: known by hash, so a list tells only how many and why."""

from django.contrib import admin

from newsletter.admin.readonly import ReadOnly
from newsletter.models import Suppression


@admin.register(Suppression)
class SuppressionAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("digest", "reason", "created_at")
    list_filter = ("reason",)
    show_full_result_count = False
    ordering = ("-pk",)
