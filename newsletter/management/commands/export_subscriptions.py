"""Export readers as a CSV file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from newsletter import audiences, exporting
from newsletter.models import Newsletter, Segment, Subscription
from newsletter.models.newsletters import DEFAULT_SLUG
from newsletter.models.subscriptions import SubscriptionQuerySet
from zero2prod.staff import audit


class Command(BaseCommand):
    help = "Write a newsletter's subscriptions as CSV, as import_subscriptions reads it."
    # They load the whole admin, and the service has done them.
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--newsletter", default=DEFAULT_SLUG, metavar="SLUG")
        parser.add_argument("--status", choices=Subscription.Status.values)
        parser.add_argument("--segment", metavar="SLUG", help="only who is in this segment")
        parser.add_argument("--bom", action="store_true", help="begin with the mark for Excel")
        parser.add_argument("--output", metavar="FILE", help="instead of the standard output")

    def handle(self, *_args: Any, **options: Any) -> None:
        pieces = exporting.export(_chosen(options), with_mark=options["bom"])
        newsletter = Newsletter.objects.get(slug=options["newsletter"])
        audit.record("subscriptions.exported", request=None, target=newsletter)
        if not options["output"]:
            # Lines end by CR LF (RFC 4180), whatever the terminal thinks.
            for piece in pieces:
                self.stdout.write(piece, ending="")
            return
        try:
            with Path(options["output"]).open("w", encoding="utf-8", newline="") as file:
                file.writelines(pieces)
        except OSError as error:
            reason = f"{options['output']} cannot be written: {error.strerror}."
            raise CommandError(reason) from error


def _chosen(options: dict[str, Any]) -> SubscriptionQuerySet:
    newsletter = Newsletter.objects.filter(slug=options["newsletter"]).first()
    if newsletter is None:
        raise CommandError(f"There is no newsletter {options['newsletter']!r}.")
    chosen = Subscription.objects.filter(newsletter=newsletter)
    if options["segment"]:
        segment = Segment.objects.filter(newsletter=newsletter, slug=options["segment"]).first()
        if segment is None:
            raise CommandError(f"{newsletter} has no segment {options['segment']!r}.")
        try:
            chosen = audiences.matching(newsletter, audiences.of_segment(segment))
        except audiences.InvalidDefinition as error:
            raise CommandError(str(error)) from error
    return chosen.filter(status=options["status"]) if options["status"] else chosen
