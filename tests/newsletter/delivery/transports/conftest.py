import pytest

from tests.newsletter.delivery.transports.http_provider import http_provider
from tests.newsletter.delivery.transports.mails import YES, open_at


@pytest.fixture
def provider():
    with http_provider() as provider:
        yield provider


@pytest.fixture
def transport(provider):
    """Postmark: it takes no idempotency key, so that a doubt stays one."""
    opened = open_at(provider, "postmark")
    provider.answers = [YES["postmark"]]
    yield opened
    opened.close()


@pytest.fixture
def one_by_one(provider):
    """Mailtrap: it takes one mail a request."""
    opened = open_at(provider, "mailtrap")
    provider.answers = [YES["mailtrap"]]
    yield opened
    opened.close()
