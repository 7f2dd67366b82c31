"""The rules: each a small question about an examined issue, with its level and its sentence.

A rule yields examples of what it found, or one empty text where there is nothing to quote.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings

from newsletter import merge_fields
from newsletter.checking import trying
from newsletter.checking.findings import Finding, Level
from newsletter.doctor.domain import NOBODYS
from newsletter.models import Image, Installation, Subscription, Worker
from newsletter.rehearsing import CLIPPED_AT

if TYPE_CHECKING:
    from newsletter.checking.examination import Examined

LONG_SUBJECT = 70
"""Characters that the inboxes of wide screens show; phones show about 40."""
MOST_EXAMPLES = 5

_UNFINISHED = re.compile(r"\b(?:TODO|FIXME|XXX|TK|TKTK)\b|(?i:lorem ipsum)")
_FOREIGN = re.compile(
    r"\{\{[^{}\n]{1,80}\}\}|\{%[^{}\n]{1,80}%\}|\*\|[^|\n]{1,40}\|\*"
    r"|%[A-Z][A-Z_]{2,30}%|\$?\{\s*\w[\w. ]{0,50}(?:\|[^{}\n]{0,80})?\}"
)

Ask = Callable[["Examined"], Iterator[str]]


@dataclass(frozen=True, slots=True)
class Rule:
    name: str
    level: Level
    says: str
    ask: Ask
    page: str = ""


def findings(examined: "Examined") -> list[Finding]:
    """Ask every rule; the order is that of the table."""
    found = []
    for rule in RULES:
        examples = list(dict.fromkeys(rule.ask(examined)))
        if examples:
            quoted = [_shortened(example) for example in examples if example]
            more = len(quoted) - MOST_EXAMPLES
            shown = (*quoted[:MOST_EXAMPLES], *([f"and {more} more"] if more > 0 else []))
            found.append(Finding(rule.name, rule.level, rule.says, shown, rule.page))
    return found


def _if(condition: Callable[["Examined"], bool]) -> Ask:
    def ask(examined: "Examined") -> Iterator[str]:
        if condition(examined):
            yield ""

    return ask


def _unknown_fields(examined: "Examined") -> Iterator[str]:
    readers = Subscription.objects.filter(newsletter=examined.issue.newsletter)
    for field in examined.content.fields:
        is_own = field.name in merge_fields.OWN
        if not is_own and not readers.filter(attributes__has_key=field.name).exists():
            yield str(field)


def _fields_without_fallback(examined: "Examined") -> Iterator[str]:
    for field in examined.content.fields:
        if field.fallback is None and field.name != "email":
            yield str(field)


def _foreign_fields(examined: "Examined") -> Iterator[str]:
    for found in _FOREIGN.finditer(examined.words):
        yield found[0]


def _unfinished(examined: "Examined") -> Iterator[str]:
    for found in _UNFINISHED.finditer(examined.words):
        yield examined.words[max(0, found.start() - 15) : found.end() + 15].replace("\n", " ")


def _empty_links(examined: "Examined") -> Iterator[str]:
    for link in examined.anatomy.links:
        if link.lower() in {"", "http://", "https://", f"{settings.BASE_URL}/"}:
            yield link or "a link without an address"


def _nobodys(examined: "Examined") -> Iterator[str]:
    yield from filter(trying.is_nobodys, examined.anatomy.addresses)


def _insecure(examined: "Examined") -> Iterator[str]:
    own = settings.BASE_URL
    for address in examined.anatomy.addresses:
        if address.lower().startswith("http://") and not address.startswith(own):
            yield address


def _without_alt(examined: "Examined") -> Iterator[str]:
    for picture in examined.anatomy.pictures:
        if not (picture.alt or "").strip():
            yield picture.address


def _lost_images(examined: "Examined") -> Iterator[str]:
    prefix = f"{settings.BASE_URL}/images/"
    for picture in examined.anatomy.pictures:
        name = picture.address.removeprefix(prefix)
        if name != picture.address and not Image.objects.filter(name=name).exists():
            yield picture.address


def _broken_links(examined: "Examined") -> Iterator[str]:
    for address, problem in trying.known_problems(examined.anatomy.addresses):
        yield f"{address} ({problem})"


def _untried(examined: "Examined") -> Iterator[str]:
    sender = examined.issue.newsletter.sender.domain
    if trying.untried([*examined.anatomy.addresses, trying.domain_key(sender)]):
        yield ""


def _unauthenticated(examined: "Examined") -> Iterator[str]:
    key = trying.domain_key(examined.issue.newsletter.sender.domain)
    for _, problem in trying.known_problems([key]):
        yield problem


def _own_issue(examined: "Examined") -> bool:
    issue, publisher = examined.issue, examined.publisher
    writers = {issue.author_id, issue.edited_by_id} - {None}
    return settings.FOUR_EYES and publisher is not None and publisher.pk in writers


def _foreign_domain(examined: "Examined") -> Iterator[str]:
    own = examined.issue.newsletter.sender.domain
    if own != settings.EMAIL_SENDER.domain:
        yield f"{own}, where the installation sends from {settings.EMAIL_SENDER.domain}"


def _without_unsubscribe(examined: "Examined") -> bool:
    path = "/subscriptions/unsubscribe?token="
    return path not in examined.content.text or path not in examined.content.html


def _without_text(examined: "Examined") -> bool:
    """Ask for words: addresses and the descriptions of images in brackets are none."""
    written = examined.content.text.split("\n----\n")[0]
    words = re.sub(r"\(?https?://\S+|\[[^\]]*\]", "", written)
    return bool(examined.issue.body.strip()) and not re.search(r"\w", words)


def _shouts(examined: "Examined") -> bool:
    letters = [letter for letter in examined.content.subject if letter.isalpha()]
    return len(letters) > 5 and "".join(letters).isupper()


def _shortened(text: str) -> str:
    return text if len(text) <= 100 else f"{text[:97]} …"


_B, _W, _N = Level.BLOCKER, Level.WARNING, Level.NOTE
_NEWSLETTER, _ISSUE = "newsletter", "issue"
# fmt: off
RULES = (
    Rule("body", _B, "There is no text yet.", _if(lambda e: not e.issue.body.strip()), _ISSUE),
    Rule("subject", _B, "The subject is empty for readers of whom nothing is known.",
         _if(lambda e: not e.content.subject.strip()), _ISSUE),
    Rule("audience", _B, "The conditions of the audience cannot be understood.",
         _if(lambda e: e.reach is None), _ISSUE),
    Rule("nobody", _B, "Nobody would get it: no confirmed reader is meant.",
         _if(lambda e: e.reach is not None and not e.reach.audience.readers
             and e.reach.audience.is_exact), _ISSUE),
    Rule("unknown_fields", _B,
         "No reader has such an attribute. Correct the word; a backslash before the brace makes it "
         "text", _unknown_fields, _ISSUE),
    Rule("postal_address", _B,
         "The newsletter has no postal address, which the law demands of bulk mail.",
         _if(lambda e: e.issue.newsletter.lacks_postal_address), _NEWSLETTER),
    Rule("unsubscribe", _B, "The mail has no link to unsubscribe.", _if(_without_unsubscribe)),
    Rule("lost_images", _B, "An image is not there any more", _lost_images, _ISSUE),
    Rule("empty_links", _B, "A link leads nowhere", _empty_links, _ISSUE),
    Rule("four_eyes", _B,
         "You wrote this issue or changed it last: somebody else has to send it.", _if(_own_issue)),
    Rule("unfinished", _W, "Something seems to be unfinished", _unfinished, _ISSUE),
    Rule("foreign_fields", _W, "This is no field and is mailed as it stands", _foreign_fields,
         _ISSUE),
    Rule("no_fallback", _W,
         "Who has none of these reads nothing there. Say what instead: {name|friend}",
         _fields_without_fallback, _ISSUE),
    Rule("broken_links", _W, "An address did not answer as it should", _broken_links, _ISSUE),
    Rule("nobodys_links", _W, "An address is a placeholder: its domain is nobody's (RFC 2606)",
         _nobodys, _ISSUE),
    Rule("insecure", _W, "An address is not https", _insecure, _ISSUE),
    Rule("alt", _W, "An image has no alternative text, so that many readers see nothing",
         _without_alt, _ISSUE),
    Rule("text", _W, "There are images and no words: nothing is left where images are blocked.",
         _if(_without_text), _ISSUE),
    Rule("size", _W,
         "The mail has more than 102 kB: Gmail cuts it off, with the link to unsubscribe.",
         _if(lambda e: len(e.content.html.encode()) > CLIPPED_AT), _ISSUE),
    Rule("subject_length", _W,
         f"The subject has more than {LONG_SUBJECT} characters, and inboxes cut it off.",
         _if(lambda e: len(e.content.subject) > LONG_SUBJECT), _ISSUE),
    Rule("shouting", _W, "The subject is in capitals only, as spam is.", _if(_shouts), _ISSUE),
    Rule("reserved_sender", _W, "The sender's domain is nobody's (RFC 2606).",
         _if(lambda e: e.issue.newsletter.sender.domain.endswith(NOBODYS)), _NEWSLETTER),
    Rule("sender_domain", _W,
         "The sender's domain is another than the installation's: SPF and DKIM must be set for it",
         _foreign_domain, _NEWSLETTER),
    Rule("unauthenticated", _W, "The sender's domain does not vouch for these mails",
         _unauthenticated),
    Rule("worker", _W, "No worker is alive: the mails wait until one is started.",
         _if(lambda _: not Worker.objects.alive().exists())),
    Rule("restored", _W, "This is a restored copy: nothing is sent before `manage.py reconcile`.",
         _if(lambda _: Installation.objects.is_restored())),
    Rule("untried", _W, "The links and the sender's domain were not tried yet.", _untried),
    Rule("preheader", _N, "There is no preheader: inboxes show the first words instead.",
         _if(lambda e: not e.issue.preheader.strip()), _ISSUE),
)
# fmt: on
