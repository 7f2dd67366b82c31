"""When each regular duty of the workers was done last, so that one worker does it in time."""

from datetime import timedelta

from django.db import connection, models
from django.db.models.functions import Now


class ChoreManager(models.Manager["Chore"]):
    def take(self, name: str, every: timedelta) -> bool:
        """Take a duty if it is due; of several workers one gets it.

        A worker that dies over it leaves it for the next time, so the duty must be repeatable.
        """
        with connection.cursor() as cursor:
            cursor.execute(_TAKE, {"name": name, "seconds": every.total_seconds()})
            return cursor.fetchone() is not None


class Chore(models.Model):
    name = models.CharField(primary_key=True, max_length=40)
    taken_at = models.DateTimeField(db_default=Now())

    objects = ChoreManager()

    def __str__(self) -> str:
        return self.name


_TAKE = """
INSERT INTO newsletter_chore (name) VALUES (%(name)s)
ON CONFLICT (name) DO UPDATE SET taken_at = now()
WHERE newsletter_chore.taken_at <= now() - make_interval(secs => %(seconds)s)
RETURNING name
"""
