"""Take a message that a mail server received for a bounce address.

How Postfix calls it is in docs/operating.md. The exit codes are those of sysexits(3), which mail
servers understand: 65 ends in refusal, 75 in another try.
"""

import os
import sys
from argparse import ArgumentParser
from typing import Any

import structlog
from django.core.management.base import BaseCommand, CommandError
from django.db import Error

from newsletter import bounce_messages, bouncing
from newsletter.bounce_messages import BounceMessage, Kind, UnreadableBounce

LIMIT = 2 * 1024 * 1024
"""Bytes of a message; a report quotes at most one mail of ours."""

logger = structlog.get_logger(__name__)


class Command(BaseCommand):
    help = "Read a bounce or a spam complaint on stdin and let the ledger know."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--recipient", default="", help="the envelope's; default: as the headers say"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        octets = sys.stdin.buffer.read(LIMIT + 1)
        if len(octets) > LIMIT:
            raise CommandError(
                f"The message has more than {LIMIT} bytes.", returncode=os.EX_DATAERR
            )
        try:
            message = bounce_messages.read(octets, options["recipient"])
            _apply(message)
        except UnreadableBounce as error:
            raise CommandError(str(error), returncode=os.EX_DATAERR) from None
        except Error:  # it is away, or not yet migrated: any other exit would lose the bounce
            sentence = "The database cannot be asked; try again later."
            raise CommandError(sentence, returncode=os.EX_TEMPFAIL) from None
        self.stdout.write(f"{message.kind.value}: delivery {message.delivery_id}")


def _apply(message: BounceMessage) -> None:
    if message.kind is Kind.BOUNCED:
        bouncing.bounced(
            delivery_id=message.delivery_id,
            code=f"bounced {message.status}".strip(),
            mailbox_is_gone=message.mailbox_is_gone,
        )
    elif message.kind is Kind.COMPLAINED:
        bouncing.complained(delivery_id=message.delivery_id)
    elif message.kind in {Kind.DELIVERED, Kind.DELAYED}:
        bouncing.accepted(delivery_id=message.delivery_id)
    logger.info(
        "bouncing.message",
        kind=message.kind.value,
        delivery=str(message.delivery_id),
        code=message.status,
    )
