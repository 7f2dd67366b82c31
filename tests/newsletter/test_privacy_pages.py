"""The privacy note says what is so."""

import pytest

from newsletter.models import Newsletter
from newsletter.models.newsletters import newsletters_in
from tests.factories import default_newsletter

NOTE = "/privacy/"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_newsletters():
    newsletters_in.cache_clear()
    yield
    newsletters_in.cache_clear()


def test_it_says_what_is_kept_by_the_settings_of_the_service(client, settings):
    page = client.get(NOTE).text
    assert "forgotten after 30 days" in page
    assert "With it the IP address" not in page
    settings.PRIVACY_RECORD_CLIENT, settings.PRIVACY_UNCONFIRMED_DAYS = True, 40
    page = client.get(NOTE).text
    assert "for 365 days" in page
    assert "forgotten after 40 days" in page


@pytest.mark.parametrize("counts", [True, False])
def test_it_says_whether_readings_are_counted(client, counts):
    newsletter = default_newsletter()
    newsletter.counts_readers = counts
    newsletter.save()
    page = client.get(NOTE).text
    assert ("is counted, without knowing by whom" in page) is counts


def test_a_newsletter_has_its_own_words(client):
    other = Newsletter.objects.create(
        slug="other", title="Other", privacy_note="We keep *little*.<script>x</script>"
    )
    page = client.get(f"{NOTE}?newsletter={other.slug}").text
    assert "We keep <em>little</em>." in page
    assert "<script" not in page
    assert "What is stored" not in page


@pytest.mark.parametrize("query", ["newsletter=hidden", "newsletter=none", "newsletter="])
def test_of_what_is_not_public_there_is_none(client, query):
    Newsletter.objects.create(slug="hidden", title="Hidden", is_public=False)
    assert client.get(f"{NOTE}?{query}").status_code == 404


def test_it_loads_nothing_from_anybody_else(client):
    response = client.get(NOTE)
    assert "http://" not in response.text.replace("http://testserver", "")
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert not response.cookies
