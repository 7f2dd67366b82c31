"""The readers' desk in few words, for its tests."""

LIST = "/admin/newsletter/subscription/"
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'-alert(1)-'",
    "javascript:alert(1)",
    "{{7*7}}{% load x %}",
    "</title><svg/onload=alert(1)>",
    '=HYPERLINK("http://evil.example")',
]
"""What strangers put into names and addresses (C11)."""


def url(reader, deed="change"):
    return f"{LIST}{reader.pk}/{deed}/"


def found(client, query):
    """Return whom the list shows."""
    rows = client.get(f"{LIST}?{query}").context["cl"].result_list
    return {reader.email.partition("@")[0] for reader in rows}


def messages_of(response):
    return " ".join(str(message) for message in response.context["messages"])
