"""A database of its own on the configured server, gone when it was used."""

from collections.abc import Iterator
from contextlib import contextmanager
from secrets import token_hex
from typing import Any
from urllib.parse import quote, urlencode

import psycopg
from django.db import connection
from psycopg import sql


@contextmanager
def scratch_database() -> Iterator[str]:
    """Make an empty database, yield its URL and drop it.

    Raises psycopg.Error where the server does not allow it.
    """
    parameters = connection.get_connection_params()
    login: dict[str, Any] = {
        key: parameters.get(key) for key in ("host", "port", "user", "password", "sslmode")
    }
    name = sql.Identifier(database := f"newsletter_scratch_{token_hex(4)}")
    # Beside the product's own database: "postgres" may be closed to its user.
    beside = parameters.get("dbname")
    with psycopg.connect(**login, dbname=beside, autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(name))
        try:
            yield _url(database, login)
        finally:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


def _url(database: str, login: dict[str, Any]) -> str:
    user, password = quote(str(login["user"] or "")), quote(str(login["password"] or ""), safe="")
    place = {key: str(login[key]) for key in ("host", "port", "sslmode") if login[key]}
    return f"postgresql://{user}:{password}@/{database}?{urlencode(place)}"
