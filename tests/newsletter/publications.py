"""An issue's publication in few words, for tests."""

from newsletter import publishing
from newsletter.models import Issue
from newsletter.publishing.steps import CHUNK
from tests.factories import default_newsletter


def write(subject="Hello", body="Text", **fields):
    return publishing.write_issue(
        newsletter=default_newsletter(), subject=subject, body=body, **fields
    )


def publish_keyed(subject="Hello", body="Text", key="k", at=None):
    return publishing.publish_keyed(
        newsletter=default_newsletter(), subject=subject, body=body, key=key, at=at
    )


def expand(limit=CHUNK):
    while publishing.expand_one(limit=limit):
        pass


def state_of(issue):
    return Issue.objects.get(pk=issue.pk).state
