"""Proof of work after ALTCHA: a puzzle that costs a browser a moment and a flood of bots a fortune.

The puzzle is signed by a key that is derived from SECRET_KEY, so any process checks what another
has made, and its parameters are signed as one canonical JSON, so none can be changed or spliced.
https://altcha.org/docs/v2/proof-of-work/
"""

import json
import time
from base64 import b64decode
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import altcha
from django.conf import settings
from django.utils.crypto import salted_hmac

from newsletter.guarding import budgets

ALGORITHM = "PBKDF2/SHA-256"
ROUNDS = 5_000
"""Of the hash for each try; 256 tries are needed on average, about a second of a phone."""
PREFIX = "00"
LIFETIME_SECONDS = 5 * 60
_LONGEST = 2_000
"""Characters of a proof; an honest one has about 600."""


class Unproven(Exception):
    """The proof is none: it is not solved, not of this site, changed, or too old."""


def challenge() -> dict[str, Any]:
    """Return a new puzzle, ready to be written as JSON."""
    made = altcha.create_challenge(
        ALGORITHM,
        ROUNDS,
        key_prefix=PREFIX,
        expires_at=int(time.time()) + LIFETIME_SECONDS,
        hmac_secret=_key(settings.SECRET_KEY),
    )
    return made.to_dict()


def verify(proof: str) -> UUID:
    """Return the key under which this proof is used up once; raise Unproven.

    Nothing is computed for a puzzle whose signature is not ours: its rounds could be any number.
    """
    payload = _read(proof)
    if not any(altcha.verify_solution(payload, key).verified for key in _keys()):
        raise Unproven
    return budgets.key("proof", str(payload.challenge.signature))


def _read(proof: str) -> altcha.Payload:
    if len(proof) > _LONGEST:
        raise Unproven
    try:
        payload = altcha.Payload.from_dict(json.loads(b64decode(proof, validate=True)))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Unproven from error
    # Old puzzles stay solved for ever, and a missing time would never be over.
    if not isinstance(payload.challenge.parameters.expires_at, int):
        raise Unproven
    return payload


def _keys() -> Iterator[str]:
    yield from (_key(secret) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))


def _key(secret: str | bytes) -> str:
    return salted_hmac("newsletter.sign-up.proof", "", secret, algorithm="sha256").hexdigest()
