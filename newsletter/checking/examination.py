"""One examination: the issue is rendered and taken apart once, then every rule looks at it."""

from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any

from newsletter import audiences
from newsletter.audiences import InvalidDefinition, Reach
from newsletter.checking import rules
from newsletter.checking.anatomy import Anatomy, anatomy_of
from newsletter.checking.findings import Finding, Level
from newsletter.models import Issue
from newsletter.rendering import issues as rendering
from newsletter.rendering.issues import Content


@dataclass(frozen=True)
class Examined:
    """An issue as the rules see it."""

    issue: Issue
    publisher: Any = None
    """Who is about to send it; None where nobody is logged in, as in a command."""

    @cached_property
    def content(self) -> Content:
        """Return what a reader gets of whom nothing is known."""
        return rendering.preview(self.issue)

    @cached_property
    def anatomy(self) -> Anatomy:
        return anatomy_of(self.issue)

    @cached_property
    def words(self) -> str:
        """Return every word that a reader of whom nothing is known gets to read."""
        return "\n".join((self.content.subject, self.content.preheader, self.content.text))

    @cached_property
    def reach(self) -> Reach | None:
        """Return who gets it and who does not; None where the audience cannot be understood."""
        try:
            return audiences.reach(self.issue)
        except InvalidDefinition:
            return None


@dataclass(frozen=True, slots=True)
class Check:
    issue: Issue
    findings: list[Finding]
    digest: str
    """Of all that the readers would get and who they are: the same as long as nothing changed."""
    reach: Reach | None
    octets: int
    """Of the HTML part."""
    untried: bool
    """Whether a link or the sender's domain was not tried over the network yet."""

    def at(self, level: Level) -> list[Finding]:
        return [finding for finding in self.findings if finding.level is level]

    @property
    def blockers(self) -> list[Finding]:
        return self.at(Level.BLOCKER)

    @property
    def warnings(self) -> list[Finding]:
        return self.at(Level.WARNING)

    @property
    def notes(self) -> list[Finding]:
        return self.at(Level.NOTE)

    @property
    def readers(self) -> int:
        return self.reach.audience.readers if self.reach else 0


def check(issue: Issue, *, publisher: Any = None) -> Check:
    """Look at an issue by all rules. Nothing is asked of the network; see `try_links`."""
    examined = Examined(issue, publisher)
    findings = rules.findings(examined)
    return Check(
        issue=issue,
        findings=findings,
        digest=_digest(examined),
        reach=examined.reach,
        octets=len(examined.content.html.encode()),
        untried=any(finding.rule == "untried" for finding in findings),
    )


def _digest(examined: Examined) -> str:
    issue, content = examined.issue, examined.content
    segment = issue.segment.definition if issue.segment else issue.audience
    parts = (
        *(content.subject, content.preheader, content.text, content.html, issue.subject),
        *(str(issue.newsletter.sender), str(issue.newsletter_id), repr(segment), issue.body),
    )
    return sha256("\0".join(parts).encode()).hexdigest()
