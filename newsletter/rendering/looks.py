"""A theme as the mails' style sheet needs it: each value from a fixed list or a checked colour."""

from dataclasses import dataclass

from newsletter import links
from newsletter.models import Issue, Newsletter, Theme
from newsletter.models.colours import READABLE, contrast, letters_on, mixed

FONTS = {
    Theme.Font.SANS: '-apple-system, "Segoe UI", Roboto, Helvetica, Arial, sans-serif',
    Theme.Font.SERIF: 'Georgia, "Times New Roman", serif',
    Theme.Font.WIDE: "Verdana, Geneva, sans-serif",
    Theme.Font.MONO: 'ui-monospace, Menlo, Consolas, "Courier New", monospace',
}
PLAIN = Theme()
"""What a mail looks like where no theme was chosen: the fields' defaults."""


@dataclass(frozen=True, slots=True)
class Palette:
    background: str
    paper: str
    text: str
    accent: str

    @property
    def quiet(self) -> str:
        """Return the colour of what matters less, as pale as it can be read on both grounds."""
        shades = (mixed(self.text, self.paper, percent / 100) for percent in range(35, 0, -5))
        readable = (
            shade
            for shade in shades
            if min(contrast(shade, self.paper), contrast(shade, self.background)) >= READABLE
        )
        return next(readable, self.text)

    @property
    def line(self) -> str:
        return mixed(self.text, self.paper, 0.8)

    @property
    def block(self) -> str:
        """Return the ground of code."""
        return mixed(self.text, self.paper, 0.94)

    @property
    def on_accent(self) -> str:
        return letters_on(self.accent)


@dataclass(frozen=True, slots=True)
class Look:
    header: str
    footer: str
    width: int
    font: str
    light: Palette
    dark: Palette
    logo_url: str = ""
    logo_alt: str = ""
    logo_width: int = 0


def look_of(issue: Issue) -> Look:
    """Return the look of an issue: its own theme, the newsletter's, or the plain one."""
    return look(issue.theme or issue.newsletter.theme or PLAIN)


def newsletter_look(newsletter: Newsletter) -> Look:
    return look(newsletter.theme or PLAIN)


def look(theme: Theme) -> Look:
    logo = theme.logo
    return Look(
        header=theme.header,
        footer=theme.footer,
        width=theme.width,
        font=FONTS[Theme.Font(theme.font)],
        light=Palette(theme.background, theme.paper, theme.text, theme.accent),
        dark=Palette(theme.dark_background, theme.dark_paper, theme.dark_text, theme.dark_accent),
        logo_url=links.absolute(logo.path) if logo else "",
        logo_alt=logo.alt if logo else "",
        logo_width=theme.logo_width,
    )
