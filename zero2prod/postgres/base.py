"""The backend class where Django looks for it."""

import select
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from django.db.backends.utils import CursorWrapper

# During a failover the address may lead to a standby for a while. A server that only reads is then
# like one that is away: outcomes are kept until they can be written, and visitors are told 503.
_WRITABLE = {"target_session_attrs": "read-write"}
# A network that swallows everything ends no connection: by TCP's own measure who waits for an
# answer would do so for two hours, and who sends for a quarter of one. After 15 s of silence, half
# a lease, it is over; for the server as well (below), whose session may hold locks.
_SILENCE = {
    "keepalives_idle": 5,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "tcp_user_timeout": 15_000,
}
_OPTIONS = (
    "-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=2",
    "-c tcp_user_timeout=15000",
    # The plan of a prepared statement is kept. By its own judgement PostgreSQL planned the sign-up
    # anew each time, once the tables had grown: that takes twice as long as to run it, which the
    # cost model does not know. And none is compiled: before version 18 a plan that avoids a scan
    # counts as a dear one, and to compile one that runs for 0.2 ms took 70, each time.
    "-c plan_cache_mode=force_generic_plan -c jit=off",
    # What a role or a database may be set to, and the statements and psycopg are not written for:
    # the claims, the guards and simultaneous sign-ups wait for a commit and then read what it
    # wrote, and of all the styles of a time only this one is understood.
    r"-c default_transaction_isolation=read\ committed -c datestyle=ISO -c intervalstyle=postgres",
)


class DatabaseWrapper(base.DatabaseWrapper):
    def get_connection_params(self) -> dict[str, Any]:
        """Add what servers and sessions must be like; what DATABASE_URL says counts more."""
        params = _WRITABLE | _SILENCE | super().get_connection_params()
        return {**params, "options": " ".join([*_OPTIONS, params.get("options", "")]).strip()}

    def prepared_cursor(self) -> CursorWrapper:
        """Return a cursor whose statements are planned once a connection; see `cursors`."""
        self.close_if_health_check_failed()
        self.ensure_connection()
        with self.wrap_database_errors:
            cursor = psycopg.RawCursor(self.connection)
        wrap = self.make_debug_cursor if self.queries_logged else self.make_cursor
        return wrap(cursor)  # type: ignore[arg-type]  # the stubs wrap what is wrapped

    def is_usable(self) -> bool:
        """Whether a kept connection may serve one more request.

        An idle server sends nothing, so what lies unread is its farewell (it was restarted, or an
        operator ended the session), or at worst a notice: then Django's `SELECT 1` tells. Otherwise
        the round trip is saved, which is a fifth of a sign-up's time.
        """
        if self.connection is None:
            return False
        return not self._has_unread() or super().is_usable()

    def _has_unread(self) -> bool:
        poll = select.poll()
        try:
            poll.register(self.connection.fileno(), select.POLLIN | select.POLLHUP)
        except self.Database.OperationalError:  # libpq has closed it already
            return True
        return bool(poll.poll(0))
