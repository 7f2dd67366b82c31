"""A provider's API that is given groups of mails, and workers that die on it."""

import signal
from collections import Counter

import pytest

from newsletter.delivery.sending import GROUP
from tests.newsletter.delivery.transports.http_provider import Answer, http_provider
from tests.newsletter.delivery.transports.mails import in_request, taken_by_postmark

READERS = 200


@pytest.mark.parametrize("point", ["after-sending", "after-yes"])
def test_a_worker_that_dies_leaves_a_group_in_doubt_and_doubles_nobody(service, point):
    service.add_readers(READERS)
    service.publish()
    with http_provider() as provider:
        provider.answers = [Answer(body=taken_by_postmark)]
        api = {"APP_EMAIL__URL": f"postmark://KEY?api_url={provider.url}"}
        killed = service.deliver(
            APP_DELIVERY__FAILPOINT=f"{point}:2", APP_DELIVERY__CONNECTIONS="1", **api
        )
        assert killed.wait(timeout=60) == -signal.SIGKILL
        service.let_leases_pass()
        service.deliver(**api)
        service.finish()

    taken = Counter(each["To"] for request in provider.requests for each in in_request(request))
    assert set(taken.values()) == {1}
    assert max(len(in_request(request)) for request in provider.requests) == GROUP
    assert service.states() == {"sent": READERS - GROUP, "unknown": GROUP}
    assert len(taken) == (READERS if point == "after-yes" else READERS - GROUP)
