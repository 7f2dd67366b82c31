"""A newsletter: what a reader signs up to and whom its mails come from."""

from email.headerregistry import Address

from django.conf import settings
from django.db import models

from newsletter.models import validators

DEFAULT_SLUG = "default"
POSTAL_ADDRESS_PLACEHOLDER = "Postal address: set it in the admin, under Newsletters"
"""What a fresh installation has until the operator writes the true one; see the system checks."""


class Newsletter(models.Model):
    slug = models.SlugField(unique=True, help_text="Its name in addresses and commands.")
    title = models.CharField(max_length=100, validators=[validators.one_line])
    tagline = models.CharField(
        max_length=200, blank=True, help_text="One line under the title of the sign-up page."
    )
    sender_name = models.CharField(
        max_length=100,
        blank=True,
        validators=[validators.one_line],
        help_text="Empty: the sender of the whole installation.",
    )
    sender_email = models.EmailField(
        blank=True,
        validators=[validators.ascii_address],
        help_text="Empty: the sender of the whole installation.",
    )
    postal_address = models.TextField(
        default=POSTAL_ADDRESS_PLACEHOLDER,
        validators=[validators.text],
        help_text="Stands at the foot of every issue, as the law demands of bulk mail.",
    )
    language = models.CharField(
        max_length=16, default="en", db_default="en", help_text="Of its pages and mails."
    )
    consent_wording = models.TextField(
        default="I want to receive this newsletter by e-mail. I can leave at any time.",
        help_text="What a visitor agrees to. Each sign-up keeps the wording that it was shown.",
    )

    class Meta:
        ordering = ["title"]

    def __str__(self) -> str:
        return self.title

    @property
    def sender(self) -> Address:
        """Return the From of its mails: its own, or what it leaves open from the installation's."""
        default: Address = settings.EMAIL_SENDER
        name = self.sender_name or default.display_name
        return Address(name, addr_spec=self.sender_email or default.addr_spec)

    @property
    def list_id(self) -> str:
        """Return the stable identifier of RFC 2919: a name below the sender's domain."""
        return f"{self.slug}.{self.sender.domain}"

    @property
    def lacks_postal_address(self) -> bool:
        return self.postal_address.strip() in {"", POSTAL_ADDRESS_PLACEHOLDER}
