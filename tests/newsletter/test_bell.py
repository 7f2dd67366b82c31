"""A publication is heard at once by a worker that waits for its next round."""

import time
from threading import Thread

import pytest
from django.db import connection, transaction

from newsletter import publishing
from newsletter.publishing import bell
from tests.factories import make_issue

PATIENCE = 30
"""Seconds that a wait takes if nothing cuts it short."""

WAITS = """
SELECT 1 FROM pg_stat_activity WHERE query LIKE 'LISTEN %' AND datname = current_database()
"""


def wait_once_more():
    """Wait as a worker does whose first round is over."""
    bell.wait(0)
    bell.wait(PATIENCE)
    connection.close()


@pytest.fixture
def worker(transactional_db):
    """Somebody who waits on a connection of his own, and whom the database knows as such."""
    thread = Thread(target=wait_once_more, daemon=True)
    thread.start()
    with connection.cursor() as cursor:
        cursor.execute(WAITS)
        while not cursor.fetchone():
            time.sleep(0.01)
            cursor.execute(WAITS)
    return thread


def test_who_waits_hears_a_publication(worker):
    publishing.publish(issue_id=make_issue().pk)
    worker.join(PATIENCE / 3)
    assert not worker.is_alive()


def test_a_publication_that_is_taken_back_is_not_heard(worker):
    with transaction.atomic():
        publishing.publish(issue_id=make_issue().pk)
        transaction.set_rollback(True)
    worker.join(0.5)
    assert worker.is_alive()
    bell.ring()
    worker.join(PATIENCE / 3)
