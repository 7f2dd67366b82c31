"""The ledger as a test's own connection sees it, and an issue that is under way."""

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import psycopg
import pytest
from django.db import connection

from newsletter.delivery.ledger import Ledger
from newsletter.delivery.sending import Sender
from newsletter.delivery.transports import open_transport
from newsletter.models import Delivery, Issue
from tests.factories import make_issue, make_subscription
from tests.newsletter.delivery.rows import PROVIDER, due


@pytest.fixture
def ledger(db: None) -> Ledger:
    connection.ensure_connection()
    return Ledger(connection.connection)


@pytest.fixture
def connect(transactional_db: None) -> Iterator[Callable[[], psycopg.Connection]]:
    """Open further connections to the test's database."""
    opened: list[psycopg.Connection] = []

    def connect() -> psycopg.Connection:
        opened.append(connection.get_new_connection(connection.get_connection_params()))
        opened[-1].autocommit = True
        return opened[-1]

    connection.ensure_connection()
    yield connect
    for other in opened:
        other.close()


@pytest.fixture
def issue(db: None) -> Issue:
    return make_issue(state=Issue.State.SENDING)


@pytest.fixture
def promise(issue: Issue) -> Callable[..., list[Delivery]]:
    """Store so many due mails of the issue, each to a reader of its own."""

    def promise(number: int = 1, **fields: object) -> list[Delivery]:
        return [
            due(make_subscription(f"reader{position}@example.org"), issue, **fields)
            for position in range(number)
        ]

    return promise


@pytest.fixture
def sender_to() -> Iterator[Callable[..., Sender]]:
    """Make senders to a port of this machine; each ends with the test."""
    opened: list[Sender] = []

    def sender_to(port: int, stopping: Callable[[], bool] = lambda: False) -> Sender:
        transport = open_transport(urlsplit(f"smtp://127.0.0.1:{port}"))
        opened.append(Sender(transport, PROVIDER, stopping))
        return opened[-1]

    yield sender_to
    for sender in opened:
        sender.close()
