"""A believable mail, the providers' way to say yes, and a transport to a provider of the tests."""

import json
from email.headerregistry import Address
from urllib.parse import urlsplit
from uuid import uuid4

from newsletter.delivery.transports import Mail
from newsletter.delivery.transports.anymail import AnymailTransport, Patience
from newsletter.rendering.mime import MailTemplate, Personal, placeholder
from tests.newsletter.delivery.transports.http_provider import Answer

TOKEN = "t" * 66
QUICK = Patience(repeats=(0.01, 0.01))
YES = {
    "brevo": Answer(201, '{"messageId": "<b-1@smtp-relay.mailin.fr>"}'),
    "mailgun": Answer(200, '{"id": "<m-1@example.org>", "message": "Queued. Thank you."}'),
    "mailjet": Answer(
        200,
        '{"Messages": [{"Status": "success", "To": [{"Email": "ursula@example.org",'
        ' "MessageID": 70650219165027410}]}]}',
    ),
    "mailtrap": Answer(200, '{"success": true, "message_ids": ["mt-1"]}'),
    "postmark": Answer(
        200,
        '{"To": "ursula@example.org", "MessageID": "pm-1", "ErrorCode": 0, "Message": "OK"}',
    ),
    "resend": Answer(200, '{"id": "re-1"}'),
    "sendgrid": Answer(202, ""),
    "sparkpost": Answer(
        200,
        '{"results": {"total_rejected_recipients": 0, "total_accepted_recipients": 1,'
        ' "id": "sp-1"}}',
    ),
}
ADDRESSES = {
    "mailgun": "mailgun://Key-1%2F@mg.example.org",
    "mailjet": "mailjet://Key-1%2F:SeCret",
}


def in_request(request):
    """Return the mails of a request, whether it is a batch or not."""
    return request.json if isinstance(request.json, list) else [request.json]


def taken_by_resend(request):
    ids = [{"id": f"re-{each['to'][0]}"} for each in in_request(request)]
    return json.dumps({"data": ids} if isinstance(request.json, list) else ids[0])


def taken_by_postmark(request):
    """Take all but those to somebody who is gone."""
    entries = [
        {
            "ErrorCode": 406,
            "Message": f"Found inactive addresses: {each['To']}. Inactive recipients",
        }
        if each["To"].startswith("gone")
        else {"ErrorCode": 0, "Message": "OK", "To": each["To"], "MessageID": f"pm-{each['To']}"}
        for each in in_request(request)
    ]
    return json.dumps(entries if isinstance(request.json, list) else entries[0])


def open_at(provider, scheme, patience=QUICK):
    address = ADDRESSES.get(scheme, f"{scheme}://Key-1%2F")
    return AnymailTransport(urlsplit(f"{address}?api_url={provider.url}"), patience)


def mail(delivery_id=None, recipient="ursula@example.org"):
    gap = placeholder(len(TOKEN))
    template = MailTemplate(
        sender=Address("Ürsula the Editor", "news", "example.org"),
        subject="Grüße — with {{ braces }}",
        text=f"Hello.\nLeave: https://news.example.org/u?token={gap}\n",
        html=f"<p>Hello. <a href='https://news.example.org/u?token={gap}'>Leave</a></p>",
        headers={
            "List-Unsubscribe": f"<https://news.example.org/u?token={gap}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
        token_placeholder=gap,
    )
    delivery_id = delivery_id or uuid4()
    content = template.fill(Personal(delivery_id, recipient, TOKEN))
    return Mail("news@example.org", recipient, content, delivery_id)


def never():
    return False


def send(transport, *mails, halted=never):
    return transport.send(mails or [mail()], halted)
