"""What caches are told, and that no header of a stranger makes an answer fail (S6)."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories import default_newsletter

pytestmark = pytest.mark.django_db
HEADERS = [
    "Accept",
    "Accept-Encoding",
    "Accept-Language",
    "If-Match",
    "If-Modified-Since",
    "If-None-Match",
    "If-Unmodified-Since",
    "Origin",
    "Purpose",
    "Range",
    "Referer",
    "User-Agent",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
]
PATHS = ["/", "/issues/", "/issues/feed/", "/nothing", "/subscriptions/confirm", "/privacy/"]


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    path=st.sampled_from(PATHS),
    # What a server makes of bytes: Latin-1 (PEP 3333).
    headers=st.dictionaries(
        st.sampled_from(HEADERS), st.text(st.characters(max_codepoint=255), max_size=80), max_size=5
    ),
)
def test_no_header_is_a_fault_of_ours(client, path, headers):
    default_newsletter()
    assert client.get(path, headers=headers).status_code < 500


@pytest.mark.parametrize(
    ("wish", "is_packed"),
    [("gzip", True), ("br, gzip, zstd", True), ("", False), ("gzip;q=0", False), ("x-gzip", False)],
)
def test_who_takes_gzip_gets_it(client, wish, is_packed):
    default_newsletter()
    answer = client.get("/issues/", headers={"accept-encoding": wish})
    assert ("Content-Encoding" in answer) == is_packed


def test_a_condition_on_another_state_is_refused(client):
    default_newsletter()
    assert client.get("/issues/", headers={"if-match": '"other"'}).status_code == 412


def test_the_head_of_a_page_is_that_of_the_page(client):
    default_newsletter()
    get, head = client.get("/issues/"), client.head("/issues/")
    assert (head["ETag"], head.content) == (get["ETag"], b"")
