"""Who may sign up how often: allowances in PostgreSQL, each spent by one atomic statement.

A row has the last times of one key, so a limit holds for every hour and not for each hour of the
clock, and of any number of simultaneous requests exactly as many pass as are allowed.
"""

from datetime import timedelta
from ipaddress import ip_address, ip_network
from uuid import UUID

from django.conf import settings
from django.db import connection

from newsletter.keyed_hashes import keyed_hash

CLIENT_AN_HOUR = 20
NETWORK_AN_HOUR = 100
"""A network is the /24 of an IPv4 address or the /64 of an IPv6 address."""
PAUSE_BETWEEN_MAILS = timedelta(minutes=10)
MAILS_A_DAY = 3
"""Confirmation mails to one address, so that nobody can bomb a mailbox through the form."""

PRUNED_AT_ONCE = 10_000
_DOTLESS = {"gmail.com", "googlemail.com"}


def address_key(email: str) -> UUID:
    """Return the key of a mailbox: tags, and dots at Gmail, make no other mailbox of it."""
    local, _, domain = email.lower().rpartition("@")
    mailbox = local.partition("+")[0] or local
    if domain in _DOTLESS:
        mailbox, domain = mailbox.replace(".", ""), "gmail.com"
    return key("address", f"{mailbox}@{domain}")


def client_key(client: str) -> UUID | None:
    """Return the key of a client's address; none if he has none, as on a Unix socket."""
    return key("client", client) if client else None


def network_key(client: str) -> UUID | None:
    return key("network", _network(client)) if client else None


def _network(client: str) -> str:
    length = 24 if ip_address(client).version == 4 else 64
    return str(ip_network((client, length), strict=False))


def key(kind: str, text: str) -> UUID:
    """Return a keyed hash: who reads the table learns no address of mail or network from it."""
    return UUID(bytes=keyed_hash(f"newsletter.allowance.{kind}", settings.SECRET_KEY, text)[:16])


def spend_sql(*, key: str, source: str, most: int, seconds: int) -> str:
    """Return the statement that spends one of an allowance; a row comes back if it was granted.

    `key` is an expression of SQL, `source` the rest of the statement after FROM. The last `most`
    times are kept: another is granted if the oldest of so many is out of the window.
    """
    held = "cardinality(old.spent)"
    return f"""
        INSERT INTO newsletter_allowance AS old (key, spent, latest)
        SELECT {key}, ARRAY[now()], NULL FROM {source}
        ON CONFLICT (key) DO UPDATE
        SET spent = (old.spent || excluded.spent)[{held} + 2 - {most}:]
        WHERE {held} < {most}
            OR old.spent[{held} + 1 - {most}] <= now() - interval '{seconds} seconds'
        RETURNING key
    """  # noqa: S608  # only this package's own words


def spend(kind: str, text: str, *, most: int, seconds: int) -> bool:
    """Spend one of an allowance; return whether it was granted."""
    statement = spend_sql(key="%s::uuid", source="(SELECT) AS one", most=most, seconds=seconds)
    with connection.cursor() as cursor:
        cursor.execute(statement, [key(kind, text)])
        return cursor.fetchone() is not None


def spend_client(client: str) -> bool:
    """Spend one request of a client, out of the same hour as its sign-ups."""
    if not client:
        return True
    return spend("client", client, most=CLIENT_AN_HOUR, seconds=3600) and spend(
        "network", _network(client), most=NETWORK_AN_HOUR, seconds=3600
    )


def prune() -> int:
    """Forget what means nothing any more, so much that it takes a moment; return how many rows."""
    with connection.cursor() as cursor:
        cursor.execute(_PRUNE, [PRUNED_AT_ONCE])
        return int(cursor.rowcount)


_PRUNE = """
DELETE FROM newsletter_allowance WHERE key = ANY (ARRAY(
    SELECT key FROM newsletter_allowance
    WHERE spent[cardinality(spent)] < now() - interval '1 day' OR spent = '{}'
    LIMIT %s
    FOR UPDATE SKIP LOCKED
))
"""
