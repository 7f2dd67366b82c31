"""No route of the whole site changes a reader when it is only looked at (hole S8).

Each answers with the headers that protect a browser (goal S2).
"""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from newsletter import links
from newsletter.models import Consent, Delivery, Subscription, Suppression
from tests.factories import make_delivery, make_issue, make_subscription

PROTECTING = {
    "Content-Security-Policy",
    "Cross-Origin-Resource-Policy",
    "Permissions-Policy",
    "Referrer-Policy",
    "X-Content-Type-Options",
}

pytestmark = pytest.mark.django_db


def routes(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
    for entry in resolver.url_patterns:
        pattern = prefix + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield pattern
        else:
            yield from routes(entry, pattern)


def public_routes() -> list[str]:
    found = [route for route in routes(get_resolver()) if not route.startswith("admin")]
    assert len(found) > 15
    return sorted(set(found))


def filled(route: str) -> str:
    """Return an address that the route matches, with what this test has stored."""
    for place, value in {
        "<slug:slug>": "the-first-issue",
        "<slug:newsletter>": "default",
        "<slug:provider>": "postmark",
        "<str:name>": "x.png",
        "<str:key>": "x",
    }.items():
        route = route.replace(place, value)
    return f"/{route}".replace("^", "").replace("$", "")


def stored():
    tables = (Subscription, Consent, Suppression, Delivery)
    return [sorted(map(str, table.objects.values_list())) for table in tables]


@pytest.mark.parametrize("route", public_routes())
@pytest.mark.parametrize("method", ["get", "head", "options"])
def test_looking_changes_nothing(route, method):
    pending = make_subscription("paul@example.org", status="pending_confirmation")
    reader = make_subscription()
    mail = make_delivery(reader, kind="address", recipient="new@example.org")
    make_issue(state="sent")
    before = stored()
    client = Client(raise_request_exception=False)
    for token in (
        links.confirmation_token(pending.pk),
        links.unsubscribe_token(reader.pk),
        links.access_token(reader.pk),
        links.address_token(mail.pk),
        links.undo_token(reader.pk),
        links.access_token(uuid4()),
    ):
        query = {
            "token": token,
            "subscription_token": token,
            "email": "a@example.org",
            "name": "A",
            "act": "erase",
            "sure": "yes",
        }
        response = getattr(client, method)(filled(route), query)
        assert response.status_code < 500 or response.status_code == 503, response.content
        assert not response.cookies
        assert set(response.headers) >= PROTECTING
    assert stored() == before
