"""A newsletter: what a reader signs up to and whom its mails come from."""

import time
from email.headerregistry import Address
from functools import lru_cache
from threading import Lock

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_noop

from newsletter.models import colours, sites, validators
from newsletter.models.themes import Theme

DEFAULT_SLUG = "default"
BUILT_IN_WORDS = gettext_noop(
    "I want to receive this newsletter by e-mail. I can leave at any time."
)
"""What a visitor agrees to, in any of the languages, until somebody has written a `Wording`."""
POSTAL_ADDRESS_PLACEHOLDER = "Postal address: set it in the admin, under Newsletters"
"""What a fresh installation has until the operator writes the true one; see the system checks."""


class NewsletterManager(models.Manager["Newsletter"]):
    def at_the_door(self, slug: str) -> "Newsletter | None":
        """Return a public newsletter as it was a second or two ago; none if it is hidden.

        Each sign-up needs it, and to ask the database anew took nearly half of its time.
        """
        return _latest().get(slug)

    def all_at_the_door(self) -> "list[Newsletter]":
        """Return the public newsletters as they were a second or two ago."""
        return list(_latest().values())


class Newsletter(models.Model):
    class Typeface(models.TextChoices):
        SANS = "sans", "Sans serif"
        SERIF = "serif", "Serif"

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
        max_length=16,
        choices=settings.LANGUAGES,
        default="en",
        db_default="en",
        help_text="Of its pages and mails.",
    )
    is_public = models.BooleanField(
        "public",
        default=True,
        db_default=True,
        help_text="Whether visitors find its sign-up and its archive.",
    )
    accent = models.CharField(
        max_length=7,
        blank=True,
        db_default="",
        validators=[colours.on_light],
        help_text="Colour of links and buttons on its pages, such as #0b6b57; empty: green.",
    )
    accent_dark = models.CharField(
        "accent in the dark",
        max_length=7,
        blank=True,
        db_default="",
        validators=[colours.on_dark],
        help_text="The same for readers in dark mode. Empty: made from the other.",
    )
    typeface = models.CharField(
        max_length=5,
        choices=Typeface,
        default=Typeface.SANS,
        db_default=Typeface.SANS,
        help_text="Of its pages; the reader's own system has the letters.",
    )
    theme = models.ForeignKey(
        Theme,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="newsletters",
        db_index=False,
        help_text="The look of its mails. Empty: the plain one.",
    )
    consent_wording = models.TextField(
        default=BUILT_IN_WORDS,
        help_text="What a visitor agrees to until there is a `Wording`; nobody edits it.",
    )
    privacy_note = models.TextField(
        blank=True,
        db_default="",
        validators=[validators.text],
        help_text="Markdown, for the page /privacy/. Empty: what the service knows of itself.",
    )
    counts_readers = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Count how often issues are opened and links followed, without knowing by whom.",
    )
    thank_you_addresses = models.TextField(
        blank=True,
        db_default="",
        validators=[sites.addresses],
        help_text=(
            "Pages to which a form may send its visitor after the sign-up, one a line, each to "
            "the letter. A form names the one it wants."
        ),
    )
    framing_sites = models.TextField(
        blank=True,
        db_default="",
        validators=[sites.origins],
        help_text=(
            "Sites that may show the form in a frame, such as https://example.org, one a line. "
            "Empty: every site."
        ),
    )

    changed_at = models.DateTimeField(auto_now=True, db_default=Now(), editable=False)

    objects = NewsletterManager()
    is_named_in_audit = True

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


_asking = Lock()


def _latest() -> dict[str, Newsletter]:
    """Let one thread ask in each second: of eight that begin it together, all eight would."""
    second = int(time.monotonic())
    if not _asking.acquire(blocking=False):
        return newsletters_in(second - 1)
    try:
        return newsletters_in(second)
    finally:
        _asking.release()


@lru_cache(maxsize=2)
def newsletters_in(_second: int) -> dict[str, Newsletter]:
    """Return what visitors may see, by slug; the same answer within a second of this process."""
    found = Newsletter.objects.filter(is_public=True).prefetch_related("wordings")
    return {newsletter.slug: newsletter for newsletter in found}
