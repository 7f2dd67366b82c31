"""Publish an issue without the admin."""

import sys
from argparse import ArgumentParser
from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from newsletter import audiences, checking, publishing
from newsletter.audiences import Condition, Definition, InvalidDefinition
from newsletter.models import Issue, Newsletter, Segment
from zero2prod.staff import audit


class Command(BaseCommand):
    help = "Publish an issue at once, or at a time; the last word printed is its id."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--newsletter", required=True, metavar="SLUG")
        parser.add_argument("--subject", required=True)
        parser.add_argument(
            "--body-file", required=True, metavar="FILE", help="Markdown in UTF-8; - reads stdin"
        )
        parser.add_argument(
            "--at",
            metavar="TIME",
            help='such as 2026-11-24T09:00+01:00 or "2026-11-24T09:00 Europe/Berlin"; default: now',
        )
        parser.add_argument(
            "--first", metavar="N", help="send to so many first, such as 1000 or 5%%, then wait"
        )
        parser.add_argument("--wait", metavar="TIME", help="how long: 90s, 30m (default), 2h, 1d")
        parser.add_argument(
            "--max-failures", metavar="PERCENT", help="of the first mails, else it is held; 1"
        )
        parser.add_argument(
            "--max-complaints", metavar="PERCENT", help="of the first mails, else it is held; 0.1"
        )
        who = parser.add_mutually_exclusive_group()
        who.add_argument(
            "--segment", metavar="SLUG", help="only to this segment of the readers; default: to all"
        )
        who.add_argument(
            "--tag", action="append", help="only to readers with this tag; repeated: with any"
        )
        parser.add_argument(
            "--strict",
            action="store_true",
            help="publish nothing that the admin's check forbids; default: only warn of it",
        )
        parser.add_argument("--key", help="a repeated command with the same key is the same issue")

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["key"] is not None and not options["key"].strip():
            # Such as --key "$KEY" where the variable is not set: a repetition would send twice.
            raise CommandError("--key must not be blank.")
        newsletter = Newsletter.objects.filter(slug=options["newsletter"]).first()
        if newsletter is None:
            raise CommandError(f"There is no newsletter {options['newsletter']!r}.")
        audience = _audience(newsletter, options["segment"], options["tag"] or [])
        key = options["key"]
        is_known = key is not None and newsletter.issues.filter(key=key).exists()
        try:
            publish = partial(
                publishing.publish_keyed,
                newsletter=newsletter,
                subject=options["subject"],
                body=_read(options["body_file"]),
                key=key,
                at=publishing.parse_time(options["at"]) if options["at"] else None,
                stage=_stage(newsletter, audience, options),
                audience=audience,
            )
            is_strict = options["strict"] and not is_known
            issue = checking.publish_if_sound(publish) if is_strict else publish()
        except publishing.PublishingError as error:
            raise CommandError(str(error)) from error
        audit.record("issue.publish", request=None, target=issue)
        for finding in checking.check(issue).blockers:
            self.stderr.write(f"Warning, the admin would not send this: {finding.sentence}")
        self.stdout.write(_told(issue))


def _stage(
    newsletter: Newsletter, audience: Segment | Definition, options: dict[str, Any]
) -> publishing.StagePlan | None:
    texts = {name: options[name] for name in ("wait", "max_failures", "max_complaints")}
    if options["first"] is None:
        if any(text is not None for text in texts.values()):
            raise CommandError("--wait, --max-failures and --max-complaints need --first N.")
        return None
    definition = audience if isinstance(audience, Definition) else audiences.of_segment(audience)
    return publishing.StagePlan.from_texts(
        first=options["first"],
        wait=texts["wait"],
        failures=texts["max_failures"],
        complaints=texts["max_complaints"],
        audience=audiences.readers_of(newsletter, definition).count(),
    )


def _audience(newsletter: Newsletter, slug: str | None, tags: list[str]) -> Segment | Definition:
    """Return whom the options name; a segment without a name would be everybody, so it is none."""
    if slug is not None:
        segment = newsletter.segments.filter(slug=slug).first()
        if segment is None:
            raise CommandError(f"{newsletter.title} has no segment {slug!r}.")
        return segment
    try:
        return Definition(tuple(Condition("has_tag", tag) for tag in tags), match_any=len(tags) > 1)
    except InvalidDefinition as error:
        raise CommandError(str(error)) from error


def _read(file: str) -> str:
    try:
        octets = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        return octets.decode("utf-8-sig")
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise CommandError(f"{file} is not UTF-8 text.") from error


def _told(issue: Issue) -> str:
    if issue.state == Issue.State.SCHEDULED:
        return f"scheduled for {issue.publish_at:%Y-%m-%d %H:%M %Z}: issue {issue.pk}"
    return f"{issue.state}: issue {issue.pk}"
