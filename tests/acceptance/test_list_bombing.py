"""Nobody's mailbox is bombed through the form, whatever number of machines try (goal S5)."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import requests

from newsletter.guarding.budgets import MAILS_A_DAY, PAUSE_BETWEEN_MAILS
from newsletter.models import Delivery, Subscription
from tests.acceptance.service import Service

VICTIM = "ursula@example.org"
AT_ONCE = 50
EACH = 10
"""Sign-ups of one client: fewer than stop it, so that the address's own limit has to hold."""


def test_many_sign_ups_for_one_address_from_many_clients_are_one_mail(
    service: Service, pytestconfig
):
    """With --long 10,000 from 1,000 addresses of the loopback range, each in its own network."""
    clients = 1000 if pytestconfig.getoption("long") else 50
    service.mail.start()
    service.start_worker()
    service.start_web(APP_APPLICATION__CLIENT_IP_HEADER="X-Client")
    addresses = [f"127.{number // 256 + 1}.{number % 256}.1" for number in range(clients)]

    def knock(turn: int) -> list[tuple[int, bytes]]:
        """Sign up from every fiftieth of the clients, each as often as it may."""
        with requests.Session() as session:
            answers = [
                session.post(
                    service.address("/subscriptions"),
                    {"name": "Ursula", "email": VICTIM},
                    headers={"X-Client": address},
                    timeout=60,
                )
                for _ in range(EACH)
                for address in addresses[turn::AT_ONCE]
            ]
        return [(answer.status_code, answer.content) for answer in answers]

    with ThreadPoolExecutor(AT_ONCE) as threads:
        answers = [answer for found in threads.map(knock, range(AT_ONCE)) for answer in found]
    assert len(answers) == clients * EACH
    assert set(answers) == {(200, b"")}
    assert Subscription.objects.count() == 1
    service.mail.wait_for(VICTIM)
    times = list(Delivery.objects.order_by("created_at").values_list("created_at", flat=True))
    assert 1 <= len(times) <= MAILS_A_DAY
    assert all(later - sooner >= PAUSE_BETWEEN_MAILS for sooner, later in pairwise(times))
    assert len(service.mail.to(VICTIM)) <= len(times)
