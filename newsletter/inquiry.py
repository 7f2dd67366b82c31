"""Why did somebody get an issue, or not? One sentence from the ledger."""

from newsletter import audiences
from newsletter.models import Delivery, Issue, Subscription


def why(*, issue: Issue, email: str) -> str:
    """Return what the ledger knows of an issue and an address."""
    reader = Subscription.objects.filter(newsletter=issue.newsletter).with_address(email).first()
    if reader is None:
        return "The address has no subscription to this newsletter."
    delivery = Delivery.objects.filter(issue=issue, subscription=reader).first()
    if delivery is None:
        return _why_not_promised(issue, reader)
    return _ANSWERS[Delivery.State(delivery.state)].format(
        sent=f"{delivery.finished_at:%Y-%m-%d %H:%M:%S} UTC" if delivery.finished_at else "",
        due=f"{delivery.next_at:%Y-%m-%d %H:%M:%S} UTC" if delivery.next_at else "",
        attempts=delivery.attempts,
        code=delivery.error_code or "no reason given",
        provider_id=f", as {delivery.provider_id}" if delivery.provider_id else "",
    )


_ANSWERS = {
    Delivery.State.SENT: "Sent: the provider took it at {sent}{provider_id} (attempt {attempts}).",
    Delivery.State.FAILED: "Failed: {code}, after {attempts} attempts, at {sent}.",
    Delivery.State.SKIPPED: "Skipped: {code}, at {sent}.",
    Delivery.State.UNKNOWN: "In doubt: {code} at {sent}; the provider may have it.",
    Delivery.State.PENDING: "Waiting: due at {due}, after {attempts} attempts ({code}).",
    Delivery.State.CLAIMED: "Waiting: a worker has it.",
    Delivery.State.SENDING: "On its way: the provider is being asked right now.",
}


def _why_not_promised(issue: Issue, reader: Subscription) -> str:
    if issue.published_at is None:
        return "The issue was not published."
    if reader.status != Subscription.Status.CONFIRMED or reader.confirmed_at is None:
        return f"Not in the audience: the subscription is {reader.get_status_display().lower()}."
    if issue.audience_at is not None and reader.confirmed_at > issue.audience_at:
        confirmed = f"{reader.confirmed_at:%Y-%m-%d %H:%M:%S} UTC"
        return f"Not in the audience: confirmed at {confirmed}, after the issue was published."
    conditions = audiences.conditions_of(issue)
    if not audiences.audience(issue).filter(pk=reader.pk).exists():
        return f"Not in the audience: the issue went to “{conditions}” only."
    if issue.state == Issue.State.EXPANDING:
        return "Not promised yet: the audience is still being expanded."
    return f"Not in the audience: he became one of “{conditions}” after the issue was published."
