"""What leads a newcomer to his first issue, on the first page until one was published."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from newsletter.models import Issue, Newsletter, Subscription


@dataclass(frozen=True, slots=True)
class Step:
    words: str
    is_done: bool
    way: str
    """The address of the page where it is done; empty for who may not, and while it cannot be."""


def first_steps(user: Any) -> list[Step]:
    newsletter = Newsletter.objects.order_by("pk").first()
    draft = Issue.objects.order_by("-pk").first()
    readers = Subscription.objects.filter(status=Subscription.Status.CONFIRMED)

    def way(permission: str, page: str, row: Newsletter | Issue | None = None) -> str:
        may = user.has_perm(f"newsletter.{permission}") and (row or page.endswith("_add"))
        return reverse(f"admin:newsletter_{page}", args=[row.pk] if row else []) if may else ""

    return [
        Step(
            "Give the newsletter its title, sender and postal address",
            newsletter is not None and not newsletter.lacks_postal_address,
            way("change_newsletter", "newsletter_change", newsletter),
        ),
        Step(
            "Import your readers, or wait for the first to sign up",
            readers.exists(),
            way("import_subscriptions", "import_add"),
        ),
        Step("Write an issue", draft is not None, way("add_issue", "issue_add")),
        Step("Check it and send it", False, way("publish_issue", "issue_publish", draft)),
    ]
