"""Tokens of the past: what a link is that was mailed some time ago."""

from datetime import datetime
from uuid import UUID

from django.core import signing

from newsletter import links


class _Past(signing.TimestampSigner):
    made_at: datetime

    def timestamp(self) -> str:
        return signing.b62_encode(int(self.made_at.timestamp()))


def token_of(purpose: str, row_id: UUID, made_at: datetime) -> str:
    """Return a token as it was made then: of ``confirm``, ``access``, ``address`` or ``undo``."""
    signer = _Past(sep=".", salt=f"newsletter.{purpose}")
    signer.made_at = made_at
    return signer.sign(links.unsubscribe_token(row_id).split(".")[0])
