"""Where uploaded images are kept, and how APP_MEDIA__URL addresses it.

A directory, ``file:///PATH``, or a bucket of anything that speaks S3,
``s3://KEY:SECRET@HOST/BUCKET?region=REGION``; ``s3+http://`` where TLS ends elsewhere.
"""

from typing import Any
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from config import environment

SHAPES = "file:///PATH or s3://KEY:SECRET@HOST/BUCKET?region=REGION"

_CONNECT_SECONDS, _READ_SECONDS = 3, 10


def storage(variable: str, default: str = "") -> dict[str, Any] | None:
    """Return Django's entry for the storage that a variable names, None if it names none."""
    address = environment.text(variable, default)
    try:
        return _entry(address) if address else None
    except ValueError:  # The address holds a secret: none of it is said.
        message = f"{variable} must be {SHAPES}, its parts percent-encoded."
        raise environment.ConfigurationError(message) from None


def _entry(address: str) -> dict[str, Any]:
    url = urlsplit(address)
    if url.scheme == "file" and not url.netloc and len(url.path) > 1 and not url.query:
        return {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": unquote(url.path)},
        }
    if url.scheme in {"s3", "s3+http"}:
        return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": _bucket(url)}
    raise ValueError


def _bucket(url: SplitResult) -> dict[str, Any]:
    """Return the options of a private bucket, whose files only this service reads."""
    credentials, _, host = url.netloc.rpartition("@")
    key, _, secret = map(unquote, credentials.partition(":"))
    query = parse_qs(url.query)
    bucket = url.path.strip("/")
    if not (key and secret and host and bucket) or "/" in bucket or set(query) - {"region"}:
        raise ValueError
    # Heavy, and only who has a bucket needs it.
    from botocore.config import Config  # noqa: PLC0415

    return {
        "access_key": key,
        "secret_key": secret,
        "bucket_name": bucket,
        "endpoint_url": f"{'http' if url.scheme == 's3+http' else 'https'}://{host}",
        "region_name": query.get("region", ["us-east-1"])[0],
        "client_config": Config(
            connect_timeout=_CONNECT_SECONDS,
            read_timeout=_READ_SECONDS,
            retries={"total_max_attempts": 2},
            signature_version="s3v4",
            s3={"addressing_style": "path"},
            # Not every server that speaks S3 knows the newer check sums.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    }
