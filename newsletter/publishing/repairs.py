"""The operator's verbs after a send: what failed, what is in doubt, who was missed.

Each puts rows back in the queue by one guarded update; the unique pair (issue, subscription) keeps
anybody from having two rows. Readers who have left meanwhile are skipped when their turn comes.
"""

import structlog
from django.db.models import F
from django.db.models.functions import Least, Now

from newsletter.models import Delivery, Issue
from newsletter.models.issues import PUBLISHED
from newsletter.publishing.control import locked
from newsletter.publishing.errors import WrongState
from newsletter.publishing.stages import HOLDS_BACK

State = Issue.State

logger = structlog.get_logger(__name__)


def retry_failed(*, issue_id: int) -> int:
    """Try the failed mails of an issue again, from the first attempt; return how many.

    A mail that was given up because workers died stays under suspicion, and is sent alone.
    Raises WrongState for an issue that was never published, or was cancelled.
    """
    suspicion = Least(F("recoveries"), 1)
    return _put_back(issue_id, Delivery.State.FAILED, "retried", attempts=0, recoveries=suspicion)


def resend_unknown(*, issue_id: int) -> int:
    """Send again what is in doubt; return how many. Some readers may get a second copy."""
    return _put_back(issue_id, Delivery.State.UNKNOWN, "resent", resends=F("resends") + 1)


def send_to_missed(*, issue_id: int) -> Issue:
    """Promise an issue to those who were confirmed after it was published; raise WrongState.

    So is it refused while the first mails of a staged send are watched, or held: `resume` decides.
    """
    with locked(issue_id, PUBLISHED, "sent to more readers") as issue:
        if issue.stage in {*HOLDS_BACK, Issue.Stage.HELD}:
            raise WrongState("Its first mails are not judged yet; the others follow them.")
        issue.state = State.EXPANDING
        issue.audience_at = Now()
        issue.expanded_through = None
        issue.finished_at = None
        issue.save(update_fields=["state", "audience_at", "expanded_through", "finished_at"])
    logger.info("publishing.sent_to_missed", issue=issue_id)
    return issue


def _put_back(issue_id: int, state: Delivery.State, done: str, **changes: object) -> int:
    with locked(issue_id, PUBLISHED, done) as issue:
        mails = Delivery.objects.filter(issue=issue, kind=Delivery.Kind.ISSUE, state=state).update(
            state=Delivery.State.PENDING,
            next_at=Now(),
            claim_token=None,
            finished_at=None,
            **changes,
        )
        if mails and issue.state == State.SENT:
            issue.state = State.SENDING
            issue.finished_at = None
            issue.save(update_fields=["state", "finished_at"])
    logger.info("publishing.put_back", issue=issue_id, was=state.value, deliveries=mails)
    return mails
