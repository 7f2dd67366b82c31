"""What Amazon's notification service (SNS) asks for before it tells of Amazon's mails.

https://docs.aws.amazon.com/sns/latest/dg/SendMessageToHttp.prepare.html
"""

import json
import re
from http import HTTPStatus

import requests
import structlog
from django.http import HttpRequest, HttpResponse

from zero2prod.answers import refuse

_PATIENCE = (2.0, 5.0)
_CONFIRMATION = re.compile(r"https://sns\.[a-z0-9-]{1,40}\.amazonaws\.com(\.cn)?/\?[!-~]{1,2000}")

logger = structlog.get_logger(__name__)


def ask_for_secret(request: HttpRequest) -> HttpResponse:
    """Answer a call without a secret: SNS has it, and sends it only when it was asked for."""
    response = refuse(request, HTTPStatus.UNAUTHORIZED, "This needs the secret.")
    response["WWW-Authenticate"] = 'Basic realm="webhooks"'
    return response


def confirm(body: bytes) -> None:
    """Accept a subscription that came with the secret, by visiting the address which it names.

    Raises ValueError for an address that is not SNS's, and requests.RequestException where it does
    not answer as it should.
    """
    message = json.loads(body)
    if message["Type"] != "SubscriptionConfirmation":
        return
    address = message["SubscribeURL"]
    if not _CONFIRMATION.fullmatch(address):
        raise ValueError("this is no address of SNS")
    requests.get(address, timeout=_PATIENCE, allow_redirects=False).raise_for_status()
    logger.info("webhooks.topic_confirmed")
