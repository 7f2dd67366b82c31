"""The ledger, to look at."""

from django.contrib import admin
from django.utils.safestring import SafeString

from newsletter.admin.display import ago, pill
from newsletter.admin.readonly import ReadOnly
from newsletter.models import Delivery


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly, admin.ModelAdmin):
    list_display = (
        "address",
        "kind",
        "issue",
        "state_pill",
        "error_code",
        "attempts",
        "next_at",
        "finished",
    )
    list_filter = ("state", "kind")
    list_select_related = ("issue", "subscription")
    search_fields = ("subscription__email__istartswith", "recipient__istartswith")
    search_help_text = "The beginning of an address."
    show_full_result_count = False
    ordering = ("-created_at", "pk")

    @admin.display(description="to")
    def address(self, delivery: Delivery) -> str:
        return delivery.recipient or (
            delivery.subscription.email if delivery.subscription else "(erased)"
        )

    @admin.display(ordering="finished_at")
    def finished(self, delivery: Delivery) -> str:
        return ago(delivery.finished_at)

    @admin.display(description="state", ordering="state")
    def state_pill(self, delivery: Delivery) -> SafeString:
        return pill(delivery.state)
