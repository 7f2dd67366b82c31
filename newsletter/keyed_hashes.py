"""Keyed hashes of addresses: those of `django.utils.crypto.salted_hmac`, by SHA-256.

That function derives its key anew for every text, which is most of its time.
"""

import hmac
from functools import lru_cache
from hashlib import sha256

from django.utils.encoding import force_bytes


@lru_cache(maxsize=100)
def derived_key(salt: str, secret: str | bytes) -> bytes:
    return sha256(salt.encode() + force_bytes(secret)).digest()


def keyed_hash(salt: str, secret: str | bytes, text: str) -> bytes:
    return hmac.digest(derived_key(salt, secret), text.encode(), "sha256")
