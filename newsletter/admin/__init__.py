"""The editor's and the operator's door: Django's admin, one file a model."""

from typing import cast

from django.contrib import admin

from newsletter.admin.bulk_pages import BulkChangeAdmin
from newsletter.admin.deliveries import DeliveryAdmin
from newsletter.admin.images import ImageAdmin
from newsletter.admin.imports import ImportAdmin
from newsletter.admin.issues import IssueAdmin
from newsletter.admin.newsletters import NewsletterAdmin
from newsletter.admin.providers import ProviderAdmin
from newsletter.admin.segments import SegmentAdmin
from newsletter.admin.subscriptions import SubscriptionAdmin
from newsletter.admin.suppressions import SuppressionAdmin
from newsletter.admin.themes import ThemeAdmin
from newsletter.admin.wordings import WordingAdmin
from newsletter.admin.workers import WorkerAdmin
from zero2prod.staff.site import StaffSite

__all__ = [
    "BulkChangeAdmin",
    "DeliveryAdmin",
    "ImageAdmin",
    "ImportAdmin",
    "IssueAdmin",
    "NewsletterAdmin",
    "ProviderAdmin",
    "SegmentAdmin",
    "SubscriptionAdmin",
    "SuppressionAdmin",
    "ThemeAdmin",
    "WordingAdmin",
    "WorkerAdmin",
]

admin.site.site_header = "zero2prod"
admin.site.site_title = "zero2prod"
admin.site.index_title = "Newsletter desk"
cast(StaffSite, admin.site).rooms = {
    "Writing": (
        "newsletter.Issue",
        "newsletter.Image",
        "newsletter.Theme",
        "newsletter.Newsletter",
    ),
    "Readers": (
        "newsletter.Subscription",
        "newsletter.Segment",
        "newsletter.Import",
        "newsletter.Suppression",
        "newsletter.BulkChange",
        "newsletter.Wording",
    ),
    "Sending": ("newsletter.Delivery", "newsletter.Provider", "newsletter.Worker"),
    "Staff": ("auth.User", "auth.Group", "staff.AuditEntry"),
}
