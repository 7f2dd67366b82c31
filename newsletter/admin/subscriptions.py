"""Readers: found by address, never edited; they leave by the same verb as from a mail."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from newsletter import subscribing
from newsletter.admin.display import ago, pill
from newsletter.admin.readonly import ReadOnly
from newsletter.models import Consent, Subscription

MOST_AT_ONCE = 1000
"""What one click may unsubscribe within the time of a request."""


class ConsentInline(ReadOnly, admin.TabularInline):
    model = Consent
    fields = readonly_fields = ("act", "at", "wording", "page", "ip_address")
    extra = 0


@admin.register(Subscription)
class SubscriptionAdmin(admin.ModelAdmin):
    list_display = ("email", "name", "status_pill", "newsletter", "signed_up")
    list_filter = ("status", "newsletter")
    list_select_related = ("newsletter",)
    search_fields = ("email__istartswith",)
    search_help_text = "The beginning of an address."
    show_full_result_count = False
    ordering = ("-subscribed_at", "pk")
    inlines = (ConsentInline,)
    actions = ("unsubscribe",)
    fields = (
        "email",
        "name",
        "newsletter",
        "status_pill",
        "subscribed_at",
        "confirmed_at",
        "unsubscribed_at",
        "attributes",
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Subscription | None = None) -> bool:
        """Allow the actions of the list, for which Django asks without a row, but no editing."""
        return obj is None and super().has_change_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Subscription | None = None) -> bool:
        return False

    @admin.display(description="status", ordering="status")
    def status_pill(self, subscription: Subscription) -> SafeString:
        return pill(subscription.status)

    @admin.display(ordering="subscribed_at")
    def signed_up(self, subscription: Subscription) -> str:
        return ago(subscription.subscribed_at)

    @admin.action(description="Unsubscribe the chosen readers", permissions=["change"])
    def unsubscribe(self, request: HttpRequest, chosen: QuerySet[Subscription]) -> None:
        readers = list(chosen.values_list("pk", flat=True)[: MOST_AT_ONCE + 1])
        if len(readers) > MOST_AT_ONCE:
            messages.error(request, f"Choose at most {MOST_AT_ONCE:,} readers; nothing was done.")
            return
        for reader in readers:
            subscribing.unsubscribe(subscription_id=reader)
        messages.success(request, f"{len(readers):,} unsubscribed.")
