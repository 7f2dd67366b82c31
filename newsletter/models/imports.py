"""An import of readers from a file: how far it has come, its file, its rows, what was wrong in it.

Everything of it is in the database, so that any worker on any machine can go on with it.
"""

from collections.abc import Iterator

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Length, Now

from newsletter.models.newsletters import Newsletter


class ImportQuerySet(models.QuerySet["Import"]):
    def under_way(self) -> "ImportQuerySet":
        return self.filter(state__in=UNDER_WAY)


class Import(models.Model):
    class State(models.TextChoices):
        UPLOADING = "uploading"
        MAPPING = "mapping"
        READING = "reading"
        CHECKING = "checking"
        CHECKED = "checked"
        IMPORTING = "importing"
        DONE = "done"
        UNDOING = "undoing"
        UNDONE = "undone"
        FAILED = "failed"
        CANCELLED = "cancelled"

    newsletter = models.ForeignKey(Newsletter, on_delete=models.PROTECT, related_name="imports")
    state = models.CharField(max_length=10, choices=State, default=State.UPLOADING)
    is_manual = models.BooleanField(
        db_default=False, help_text="A command does its steps; otherwise the workers do them."
    )
    is_trial = models.BooleanField(
        db_default=True, help_text="It is only checked, not carried out."
    )
    file_name = models.CharField(max_length=255, blank=True, db_default="")
    size = models.BigIntegerField(db_default=0, help_text="Bytes of the file as it is kept.")
    digest = models.CharField(
        max_length=64, blank=True, db_default="", help_text="SHA-256 of the file as it came."
    )
    source = models.CharField(
        max_length=200, help_text="How these people agreed: it stands in each reader's record."
    )
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    # How the file is to be read.
    layout = models.JSONField(db_default=models.Value({}, models.JSONField()), default=dict)
    choices = models.JSONField(db_default=models.Value({}, models.JSONField()), default=dict)
    # How far it has come.
    read_bytes = models.BigIntegerField(db_default=0)
    read_lines = models.BigIntegerField(db_default=0)
    through = models.CharField(
        max_length=254, blank=True, db_default="", help_text="The last address that was done."
    )
    counts = models.JSONField(db_default=models.Value({}, models.JSONField()), default=dict)
    error = models.CharField(max_length=500, blank=True, db_default="")
    revision = models.PositiveIntegerField(
        db_default=0, help_text="Which choices were checked: a stale page starts nothing."
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    changed_at = models.DateTimeField(db_default=Now(), editable=False)
    finished_at = models.DateTimeField(null=True, editable=False)

    objects = ImportQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["id"],
                condition=models.Q(state__in=["reading", "checking", "importing", "undoing"]),
                name="import_under_way",
            )
        ]

    def __str__(self) -> str:
        return f"{self.file_name or 'file'} ({self.pk})"


UNDER_WAY = (
    Import.State.READING,
    Import.State.CHECKING,
    Import.State.IMPORTING,
    Import.State.UNDOING,
)
"""In these states somebody works on it: a worker, or a command."""


class ImportPart(models.Model):
    """A piece of the file, at most `PART_BYTES` long; all but the last are exactly that."""

    PART_BYTES = 1024 * 1024

    pk = models.CompositePrimaryKey("batch_id", "number")
    batch = models.ForeignKey(
        Import, on_delete=models.CASCADE, related_name="parts", db_index=False
    )
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    def __str__(self) -> str:
        return f"{self.batch_id}/{self.number}"

    @classmethod
    def octets(cls, batch: int, offset: int) -> Iterator[bytes]:
        """Yield the file from a byte on, a piece at a time."""
        number, skipped = divmod(offset, cls.PART_BYTES)
        while part := cls.objects.filter(batch=batch, number=number).first():
            yield bytes(part.content)[skipped:]
            number, skipped = number + 1, 0

    @classmethod
    def size_of(cls, batch: int) -> int:
        """Return the bytes of the file."""
        size = models.Sum(Length("content"))
        return cls.objects.filter(batch=batch).aggregate(size=size)["size"] or 0


class ImportRow(models.Model):
    """A row of the file that can be imported, as it would be stored."""

    pk = models.CompositePrimaryKey("batch_id", "key", "line")
    # Whoever writes a row holds the import's, and nobody removes an import: nothing to check.
    batch = models.ForeignKey(
        Import, on_delete=models.CASCADE, related_name="rows", db_index=False, db_constraint=False
    )
    key = models.CharField(max_length=254, db_collation="C", help_text="The address in lower case.")
    line = models.BigIntegerField(help_text="Where it begins in the file, from 1.")
    email = models.CharField(max_length=254)
    name = models.CharField(max_length=1024)
    status = models.CharField(max_length=20)
    language = models.CharField(max_length=16)
    source = models.CharField(max_length=200)
    tags = ArrayField(models.CharField(max_length=50))
    attributes = models.JSONField()
    subscribed_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    unsubscribed_at = models.DateTimeField(null=True)
    digests = ArrayField(models.CharField(max_length=64))

    def __str__(self) -> str:
        return f"{self.batch_id}/{self.line}"


class ImportRange(models.Model):
    """Addresses that are to be imported yet, in one transaction: whoever has locked it does it."""

    pk = models.CompositePrimaryKey("batch_id", "last")
    batch = models.ForeignKey(
        Import, on_delete=models.CASCADE, related_name="ranges", db_index=False
    )
    after = models.CharField(max_length=254, db_collation="C")
    last = models.CharField(max_length=254, db_collation="C")

    def __str__(self) -> str:
        return f"{self.batch_id}: {self.after} to {self.last}"


class ImportFault(models.Model):
    """Why a line of the file was not taken."""

    batch = models.ForeignKey(
        Import, on_delete=models.CASCADE, related_name="faults", db_index=False
    )
    line = models.BigIntegerField()
    column = models.CharField(max_length=200, blank=True)
    value = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=200)

    class Meta:
        indexes = [models.Index(fields=["batch", "id"], name="import_fault")]

    def __str__(self) -> str:
        return f"{self.batch_id}/{self.line}: {self.reason}"
