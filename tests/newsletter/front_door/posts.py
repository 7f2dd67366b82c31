"""What visitors and programs send to the door."""

import json
from urllib.parse import urlencode

from django.db import connection

FORM = "application/x-www-form-urlencoded"
BROWSER = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
URSULA = {"name": "Ursula", "email": "ursula@example.org"}


def post_form(client, headers=None, path="/subscriptions", **fields):
    """Post a form as a program does, or as a browser with its headers."""
    body = urlencode({**URSULA, **fields})
    return client.post(path, body, content_type=FORM, headers=headers)


def post_page(client, path="/subscriptions", **fields):
    return post_form(client, BROWSER, path, **fields)


def post_json(client, body=None, headers=None, **fields):
    text = body if body is not None else json.dumps({**URSULA, **fields})
    return client.post("/subscriptions", text, content_type="application/json", headers=headers)


WAYS = {
    "page": post_page,
    "frame": lambda client, **fields: post_page(client, "/subscriptions/form", **fields),
    "form": post_form,
    "json": post_json,
}
"""All ways in, which have the same guards."""


def age_allowances(minutes: float) -> None:
    """Let so much time pass for the limits."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE newsletter_allowance SET spent = ARRAY(SELECT at - %s * interval '1 minute' "
            "FROM unnest(spent) AS at)",
            [minutes],
        )
