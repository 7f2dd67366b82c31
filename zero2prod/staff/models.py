"""A member of staff as sessions know him, and what members did."""

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.db.models.functions import Now
from django.utils.functional import cached_property
from django_otp.plugins.otp_totp.models import TOTPDevice

if TYPE_CHECKING:
    from collections.abc import Iterator


class Member(User):
    """A user whose sessions end when his second factor changes, as they do with his password."""

    class Meta:
        proxy = True
        default_permissions = ()

    @cached_property
    def factor(self) -> Any:
        """The device that makes his codes, or None; asked once for each request."""
        return TOTPDevice.objects.filter(user_id=self.pk, confirmed=True).first()

    def get_session_auth_hash(self) -> str:
        return self._with_factor(super().get_session_auth_hash())

    def get_session_auth_fallback_hash(self) -> "Iterator[str]":
        for digest in super().get_session_auth_fallback_hash():
            yield self._with_factor(digest)

    def _with_factor(self, digest: str) -> str:
        """Bind a session to the key of the factor. Without a factor it is Django's own digest."""
        factor = self.factor
        return digest + sha256(factor.bin_key).hexdigest() if factor else digest


class AuditEntry(models.Model):
    """One act of staff. The database refuses to change or delete a row (migration 0001)."""

    at = models.DateTimeField("when", db_default=Now(), editable=False)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="who",
        on_delete=models.DO_NOTHING,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
        help_text="Empty: nobody was logged in.",
    )
    actor_name = models.CharField(max_length=150, help_text="As it was at the time.")
    verb = models.CharField(max_length=60)
    target_type = models.CharField(max_length=100)
    target_id = models.CharField(max_length=64)
    target_name = models.CharField(max_length=200, help_text="Never that of a reader.")
    details = models.JSONField(default=dict)
    address = models.GenericIPAddressField(null=True)
    request_id = models.CharField(max_length=64)

    class Meta:
        verbose_name = "act of staff"
        verbose_name_plural = "acts of staff"
        default_permissions = ("view",)
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["at"], name="audit_at"),
            models.Index(fields=["verb", "-id"], name="audit_verb"),
            models.Index(fields=["actor", "-id"], name="audit_actor"),
            models.Index(fields=["target_type", "target_id", "-id"], name="audit_target"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} by {self.actor_name or 'nobody'}"
