"""One change to many readers at once, and how far the workers have come with it."""

from django.db import models
from django.db.models.functions import Now


class BulkChange(models.Model):
    class Act(models.TextChoices):
        TAG = "tag", "add a tag"
        UNTAG = "untag", "remove a tag"
        UNSUBSCRIBE = "unsubscribe"

    class State(models.TextChoices):
        RUNNING = "running"
        DONE = "done"
        STOPPED = "stopped"

    act = models.CharField(max_length=16, choices=Act)
    tag = models.CharField(max_length=50, blank=True, db_default="")
    selection = models.JSONField(help_text="Which readers: newsletter/selecting.py.")
    by = models.CharField(max_length=150)
    state = models.CharField(max_length=8, choices=State, default=State.RUNNING)
    through = models.UUIDField(null=True, help_text="The last subscription that was looked at.")
    seen = models.PositiveIntegerField(db_default=0)
    changed = models.PositiveIntegerField(db_default=0)
    created_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["id"], condition=models.Q(state="running"), name="bulk_change_running"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_act_display()} {self.tag}".strip()
