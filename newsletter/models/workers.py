"""The workers that are alive: each says so every few seconds."""

import uuid
from datetime import timedelta

from django.db import models
from django.db.models.functions import Now

HEARTBEAT_LIMIT = timedelta(seconds=30)
"""A worker that was not seen for longer is gone."""


class WorkerQuerySet(models.QuerySet["Worker"]):
    def alive(self) -> "WorkerQuerySet":
        return self.filter(seen_at__gt=Now() - HEARTBEAT_LIMIT)


class Worker(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    host = models.CharField(max_length=255)
    pid = models.PositiveIntegerField()
    started_at = models.DateTimeField(db_default=Now())
    seen_at = models.DateTimeField(db_default=Now())

    objects = WorkerQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["-seen_at"], name="worker_seen")]

    def __str__(self) -> str:
        return f"{self.host}:{self.pid}"
