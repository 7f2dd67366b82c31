"""The backend class where Django looks for it."""

import select

import psycopg
from django.db.backends.postgresql import base
from django.db.backends.utils import CursorWrapper


class DatabaseWrapper(base.DatabaseWrapper):
    def init_connection_state(self) -> None:
        """Let PostgreSQL keep the plan of a prepared statement.

        By its own judgement it planned the sign-up anew each time, once the tables had grown: to
        plan so long a statement takes twice as long as to run it, and the cost model does not know.
        """
        super().init_connection_state()
        self.connection.execute("SET plan_cache_mode = force_generic_plan", prepare=False)

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
