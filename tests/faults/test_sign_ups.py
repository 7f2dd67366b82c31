"""Who was answered is never lost: web processes are killed and the database restarts meanwhile."""

import random
import threading
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlencode

from newsletter.simulation.verdict import accepted
from tests.acceptance.service import GUNICORN
from tests.faults.service import kill_one
from tests.ports import unused_port
from tests.processes import eventually

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
KEPT = """
SELECT email FROM newsletter_subscription AS subscription
JOIN newsletter_delivery ON subscription_id = subscription.id AND kind = 'confirmation'
JOIN newsletter_consent AS consent ON consent.subscription_id = subscription.id
"""


class Visitors:
    """Eight who sign up, each time with a new address, until so many were answered."""

    def __init__(self, port: int, wanted: int) -> None:
        self.answered: set[str] = set()
        self._port = port
        self._wanted = wanted
        self._threads = [threading.Thread(target=self._visit, args=(n,)) for n in range(8)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    @property
    def are_done(self) -> bool:
        return len(self.answered) >= self._wanted

    def finish(self) -> None:
        for thread in self._threads:
            thread.join()

    def _visit(self, number: int) -> None:
        turn = 0
        while not self.are_done:
            turn += 1
            address = f"reader{number}.{turn}@example.org"
            if self._is_answered(urlencode({"name": "Ursula", "email": address})):
                self.answered.add(address)

    def _is_answered(self, form: str) -> bool:
        connection = HTTPConnection("127.0.0.1", self._port, timeout=30)
        try:
            connection.request("POST", "/subscriptions", form, FORM)
            answer = connection.getresponse()
            answer.read()
        except (OSError, HTTPException):
            return False
        else:
            return answer.status == 200
        finally:
            connection.close()


def test_whose_sign_up_was_answered_gets_his_mail(service, scale, measured):
    port, dice = unused_port(), random.Random(7)  # noqa: S311
    web = service.start(
        *GUNICORN, APP_APPLICATION__PORT=str(port), APP_SIGNUP__LIMITS="false", PGAPPNAME="web"
    )
    visitors, kills = Visitors(port, scale.sign_ups), 0
    visitors.start()
    for number in range(scale.web_kills):
        due = scale.sign_ups * (number + 1) // (scale.web_kills + 1)
        assert eventually(lambda: len(visitors.answered) >= due, seconds=300)  # noqa: B023
        kills += kill_one(web, dice)
        if number < scale.restarts:
            service.cluster.stop("immediate")
            service.cluster.start()
    visitors.finish()
    web.terminate()
    assert web.wait(timeout=60) == 0

    assert visitors.answered - {email for (email,) in service.sql(KEPT)} == set()
    with service.witness():
        service.deliver()
        service.finish(seconds=300)
    findings = service.findings()
    remarks = f"{scale.restarts} restarts of the database; {len(visitors.answered)} answered"
    measured.note("web processes killed", kills, findings, remarks)
    assert findings.faultless, findings
    assert findings.states == {"sent": len(accepted(service.seen))}
