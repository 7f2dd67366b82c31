"""The backend class where Django looks for it: that of `zero2prod.postgres`, on a leased server."""

from typing import Any

from django.db import OperationalError

from config import environment
from zero2prod.local_postgres import server
from zero2prod.local_postgres.programs import LocalPostgresError
from zero2prod.postgres import base


class DatabaseWrapper(base.DatabaseWrapper):
    def get_connection_params(self) -> dict[str, Any]:
        """Lease the server, which starts it where it does not run, and return how to reach it."""
        try:
            sockets = server.lease(environment.LOCAL / "postgres")
        except LocalPostgresError as error:
            raise OperationalError(str(error)) from error
        address = {"host": str(sockets), "port": server.PORT, "user": server.NAME}
        return {**super().get_connection_params(), **address}
