"""The ledger, to look at: what is open now, and all mails of a reader.

The mails of an issue are on the issue's own pages, group by group (`issue_mails`).
"""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from newsletter import selecting
from newsletter.admin.display import ago, pill
from newsletter.admin.fast_lists import FastList
from newsletter.admin.readonly import ReadOnly
from newsletter.models import Delivery, Issue, Subscription
from newsletter.selecting import InvalidSelection

MOST_READERS = 20
"""Of one search."""

# Each part is a partial index: what workers hold, and confirmations and tests that wait.
_OPEN = Q(lease_until__isnull=False) | (Q(next_at__isnull=False) & ~Q(kind=Delivery.Kind.ISSUE))


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly, FastList):
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
    list_select_related = ("issue", "subscription")
    search_fields = ("subscription__email",)
    search_help_text = (
        "Without a search: the mails that are on their way now, and confirmations and tests that "
        "wait. Search for a reader to see all of his; an issue's are on its own pages."
    )
    ordering = ("-created_at", "pk")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Delivery], search_term: str
    ) -> tuple[Any, bool]:
        if not search_term.strip():
            return queryset.filter(_OPEN), False
        try:
            found = selecting.searched(Subscription.objects.all(), search_term)
        except InvalidSelection as error:
            messages.warning(request, str(error))
            return queryset.none(), False
        readers = list(found.values_list("pk", flat=True)[:MOST_READERS])
        issues = list(Issue.objects.order_by().values_list("pk", flat=True))
        # Both ways are by an index, which a reader alone is not.
        of_issues = Q(issue__in=issues, subscription__in=readers)
        confirmations = Q(kind=Delivery.Kind.CONFIRMATION, subscription__in=readers)
        return queryset.filter(of_issues | confirmations), False

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
