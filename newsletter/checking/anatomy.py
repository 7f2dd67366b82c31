"""What an editor wrote, rendered and taken apart: its links and images."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

from newsletter.models import Issue
from newsletter.rendering import markdown
from newsletter.rendering.looks import look_of


@dataclass(frozen=True, slots=True)
class Picture:
    address: str
    alt: str | None


@dataclass(slots=True)
class Anatomy:
    links: list[str] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)

    @property
    def addresses(self) -> list[str]:
        """Return every address on the web that a reader is led to or shown, each once."""
        shown = [picture.address for picture in self.pictures]
        return [
            address
            for address in dict.fromkeys([*self.links, *shown])
            if address.lower().startswith(("http://", "https://"))
        ]


def anatomy_of(issue: Issue) -> Anatomy:
    """Take an issue apart, without what every mail has at its foot."""
    look = look_of(issue)
    parser = _Parser()
    for text in (look.header, issue.body, look.footer):
        parser.feed(markdown.to_html(text))
    parser.close()
    return parser.found


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found = Anatomy()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "a":
            self.found.links.append((values.get("href") or "").strip())
        elif tag == "img":
            self.found.pictures.append(
                Picture((values.get("src") or "").strip(), values.get("alt"))
            )
