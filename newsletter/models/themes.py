"""The look of a newsletter's mails: colours, a font, a logo, words above and below. No code."""

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models

from newsletter.models import validators
from newsletter.models.images import Image

COLOUR = r"^#[0-9a-f]{6}$"


def _colour(label: str, default: str) -> Any:
    return models.CharField(
        label,
        max_length=7,
        default=default,
        validators=[RegexValidator(COLOUR, "Write a colour as # and six of 0-9 a-f: #0b6b57.")],
    )


class Theme(models.Model):
    class Font(models.TextChoices):
        SANS = "sans", "Sans-serif, the reader's own"
        SERIF = "serif", "Serif: Georgia"
        WIDE = "wide", "Wide: Verdana"
        MONO = "mono", "Monospace"

    name = models.CharField(max_length=100, unique=True, validators=[validators.one_line])
    logo = models.ForeignKey(
        Image,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Above the text, in place of the newsletter's title.",
    )
    logo_width = models.PositiveSmallIntegerField(
        default=200,
        validators=[MinValueValidator(40), MaxValueValidator(600)],
        help_text="In pixels, 40 to 600.",
    )
    header = models.TextField(
        blank=True, validators=[validators.text], help_text="Markdown, above each issue."
    )
    footer = models.TextField(
        blank=True, validators=[validators.text], help_text="Markdown, below each issue."
    )
    font = models.CharField(max_length=5, choices=Font, default=Font.SANS)
    width = models.PositiveSmallIntegerField(
        default=620,
        validators=[MinValueValidator(480), MaxValueValidator(800)],
        help_text="Of the column, in pixels, 480 to 800.",
    )
    background = _colour("background", "#f4f4f1")
    paper = _colour("paper", "#ffffff")
    text = _colour("text", "#22262b")
    accent = _colour("links and buttons", "#0b6b57")
    dark_background = _colour("background", "#16181b")
    dark_paper = _colour("paper", "#202327")
    dark_text = _colour("text", "#e6e7e9")
    dark_accent = _colour("links and buttons", "#6fd3b8")

    is_named_in_audit = True

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    *(
                        (f"{shade}{field}__regex", COLOUR)
                        for shade in ("", "dark_")
                        for field in ("background", "paper", "text", "accent")
                    )
                ),
                name="theme_colours",
            )
        ]

    def __str__(self) -> str:
        return self.name
