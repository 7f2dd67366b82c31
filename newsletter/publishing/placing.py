"""Where a published issue is found on the web: in the archive, by its link only, nowhere."""

import structlog

from newsletter.models import Issue

logger = structlog.get_logger(__name__)


def show(*, issue_id: int) -> Issue:
    """List an issue in the archive, its search, its feeds and the site map."""
    return place(issue_id=issue_id, visibility=Issue.Visibility.PUBLIC)


def unlist(*, issue_id: int) -> Issue:
    """Leave an issue to who has its link; search engines are asked to forget it."""
    return place(issue_id=issue_id, visibility=Issue.Visibility.UNLISTED)


def hide(*, issue_id: int) -> Issue:
    """Take an issue off the web; caches may show it for some minutes yet."""
    return place(issue_id=issue_id, visibility=Issue.Visibility.HIDDEN)


def place(*, issue_id: int, visibility: Issue.Visibility) -> Issue:
    """Set where an issue is found, in whatever state it is: what was mailed is not changed."""
    issue = Issue.objects.get(pk=issue_id)
    issue.visibility = visibility
    issue.save(update_fields=["visibility"])
    logger.info("publishing.placed", issue=issue_id, visibility=str(visibility))
    return issue
