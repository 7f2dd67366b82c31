"""Keyed hashes of addresses: those of `django.utils.crypto.salted_hmac`, by SHA-256.

That function derives its key anew for every text, which is most of its time. `hmac.digest` lets
other threads run in the middle, and makes a wait for one's turn of a microsecond's work.
"""

import hmac
from functools import lru_cache
from hashlib import sha256

from django.utils.encoding import force_bytes


@lru_cache(maxsize=100)
def derived_key(salt: str, secret: str | bytes) -> bytes:
    return sha256(salt.encode() + force_bytes(secret)).digest()


def keyed_hash(salt: str, secret: str | bytes, text: str) -> bytes:
    mac = _begun(salt, secret).copy()
    mac.update(text.encode())
    return mac.digest()


@lru_cache(maxsize=100)
def _begun(salt: str, secret: str | bytes) -> hmac.HMAC:
    return hmac.new(derived_key(salt, secret), digestmod=sha256)
