"""The editor's verbs: publish, schedule, pause, resume, cancel, and a mail to try it out."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from newsletter.addresses import InvalidAddress, parse_address
from newsletter.models import Delivery, Issue
from newsletter.models.issues import IN_DELIVERY, UNPUBLISHED
from newsletter.publishing import stages
from newsletter.publishing.errors import InvalidRecipient, InvalidTime, WrongState
from newsletter.publishing.stages import StagePlan
from newsletter.publishing.steps import begin, skip_cancelled

State = Issue.State

_UNFINISHED = (*UNPUBLISHED, *IN_DELIVERY, State.PAUSED)

logger = structlog.get_logger(__name__)


def publish(*, issue_id: int, stage: StagePlan | None = None) -> Issue:
    """Freeze an issue and fix its audience now: who is confirmed gets it, from the worker.

    With a plan some get it first. A scheduled issue keeps the plan that it has if none is given.

    Publishing what is published already is harmless. Raises WrongState when it was cancelled.
    """
    with locked(issue_id) as issue:
        if issue.state in UNPUBLISHED:
            if stage:
                stages.apply(issue, stage)
            begin(issue)
        elif issue.state == State.CANCELLED:
            raise WrongState("The issue was cancelled; it cannot be published.")
        else:
            return issue
    logger.info("publishing.published", issue=issue.pk)
    return issue


def publish_soon(*, issue_id: int, stage: StagePlan | None = None) -> Issue:
    """Publish after the undo window, in which `take_back` stops it; raise WrongState.

    The window is the row's own state and time, so no page that was left open can publish early.
    """
    if not settings.UNDO_SECONDS:
        return publish(issue_id=issue_id, stage=stage)
    at = timezone.now() + timedelta(seconds=settings.UNDO_SECONDS)
    return schedule(issue_id=issue_id, at=at, stage=stage)


def take_back(*, issue_id: int) -> Issue:
    """Make a scheduled issue a draft again, as long as no mail was promised; raise WrongState."""
    with locked(issue_id, (State.SCHEDULED,), "taken back") as issue:
        issue.state = State.DRAFT
        issue.publish_at = issue.stage_size = None
        issue.save(update_fields=["state", "publish_at", "stage_size"])
    logger.info("publishing.taken_back", issue=issue.pk)
    return issue


def schedule(*, issue_id: int, at: datetime, stage: StagePlan | None = None) -> Issue:
    """Let the worker publish a draft at a time, to all or by a plan to some first.

    Raises InvalidTime or WrongState.
    """
    check_time(at)
    with locked(issue_id, UNPUBLISHED, "scheduled") as issue:
        issue.state = State.SCHEDULED
        issue.publish_at = at
        issue.save(update_fields=["state", "publish_at"])
        stages.apply(issue, stage)
    logger.info("publishing.scheduled", issue=issue.pk, at=at.isoformat())
    return issue


def check_time(at: datetime) -> None:
    """Raise InvalidTime unless an issue can be scheduled for it."""
    if timezone.is_naive(at):
        raise InvalidTime("The time needs a zone, such as 2026-11-24T09:00+01:00.")
    if at <= timezone.now():
        raise InvalidTime("The time is past.")


def pause(*, issue_id: int) -> Issue:
    """Stop the delivery until `resume`; what is being sent right now still goes out."""
    return _change(issue_id, IN_DELIVERY, State.PAUSED, "paused")


def resume(*, issue_id: int) -> Issue:
    """Go on after `pause`. The expansion goes on too; when it was complete, it finds nobody new.

    A staged send that was held after its first mails goes on to all the others.
    """
    with locked(issue_id, (State.PAUSED,), "resumed") as issue:
        if issue.stage == Issue.Stage.HELD:
            issue.stage = Issue.Stage.PASSED
        issue.state, issue.pause_reason = State.EXPANDING, ""
        issue.save(update_fields=["state", "stage", "pause_reason"])
    logger.info("publishing.resumed", issue=issue_id)
    return issue


def cancel(*, issue_id: int) -> Issue:
    """Give an issue up: who has not got it will not. The worker skips what is left of many rows."""
    issue = _change(issue_id, _UNFINISHED, State.CANCELLED, "cancelled")
    skip_cancelled()
    return issue


def send_test(*, issue_id: int, address: str) -> Delivery:
    """Promise one marked mail to any address; raise InvalidRecipient."""
    try:
        recipient = parse_address(address)
    except InvalidAddress as error:
        raise InvalidRecipient(str(error)) from error
    delivery = Delivery.objects.create(
        kind=Delivery.Kind.TEST, issue_id=issue_id, recipient=recipient
    )
    logger.info("publishing.test_promised", issue=issue_id, delivery=str(delivery.pk))
    return delivery


@contextmanager
def locked(
    issue_id: int, states: tuple[State, ...] = tuple(State), done: str = ""
) -> Iterator[Issue]:
    """Hold an issue's row in a transaction, if it is in one of the states; else WrongState."""
    with transaction.atomic():
        issue = Issue.objects.select_for_update(no_key=True).get(pk=issue_id)
        if issue.state not in states:
            raise WrongState(
                f"The issue is {issue.get_state_display().lower()}; it cannot be {done}."
            )
        yield issue


def _change(issue_id: int, states: tuple[State, ...], state: State, done: str) -> Issue:
    with locked(issue_id, states, done) as issue:
        issue.state, issue.pause_reason = state, ""
        issue.save(update_fields=["state", "pause_reason"])
    event = f"publishing.{done}"
    logger.info(event, issue=issue_id)
    return issue
