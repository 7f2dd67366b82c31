"""Import readers from a CSV file."""

from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from newsletter import importing
from newsletter.importing import Choices, ImportingError, columns, encodings, reports
from newsletter.importing.working import second_hand
from newsletter.management.progress import Progress
from newsletter.models import Import, Newsletter
from newsletter.models.imports import UNDER_WAY
from newsletter.models.newsletters import DEFAULT_SLUG
from zero2prod.staff import audit

State = Import.State
_PIECE = 1024 * 1024
_DRY_RUN = "Dry run, without a statement of its source."


class Command(BaseCommand):
    help = (
        "Import readers from a CSV file, such as an export of listmonk, Mailchimp or Substack. "
        "Nobody who has left or is suppressed is brought back."
    )
    # They load the whole admin, and the service has done them.
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("file", nargs="?", metavar="FILE", help="CSV, in UTF-8 or UTF-16")
        what.add_argument("--resume", type=int, metavar="ID", help="go on with an import")
        what.add_argument(
            "--undo", type=int, metavar="ID", help="remove whom an import made and who did nothing"
        )
        parser.add_argument("--newsletter", default=DEFAULT_SLUG, metavar="SLUG")
        parser.add_argument("--source", default="", help="how these people agreed to your mail")
        parser.add_argument(
            "--dry-run", action="store_true", help="only say what would become of each row"
        )
        parser.add_argument("--errors", metavar="FILE", help="write a CSV of the rows not taken")
        parser.add_argument(
            "--map",
            action="append",
            default=[],
            metavar="FIELD=COLUMN",
            help=f"what a column is: {', '.join(columns.FIELDS)}, or the name of an attribute",
        )
        parser.add_argument(
            "--other-columns",
            choices=("attributes", "skip"),
            default="attributes",
            help="what becomes of the columns that are no field",
        )
        parser.add_argument(
            "--statuses",
            choices=("take", "ignore"),
            help="whether the file says who has left; needed where it seems to",
        )
        parser.add_argument("--tag", action="append", default=[], help="for everybody in the file")
        parser.add_argument(
            "--update",
            action="store_true",
            help="give known readers the file's names, tags and attributes too",
        )
        parser.add_argument("--encoding", choices=encodings.ENCODINGS, default="")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            batch = self._begun(options)
            self._go_on(batch.pk)
        except ImportingError as error:
            raise CommandError(str(error)) from error
        batch.refresh_from_db()
        audit.record(f"import.{batch.state}", request=None, target=batch)
        if batch.state == State.FAILED:
            raise CommandError(batch.error)
        if options["errors"]:
            _write_errors(batch, options["errors"])
        self._tell(batch, options)
        if batch.state == State.CHECKED and batch.source == _DRY_RUN:
            importing.cancel(import_id=batch.pk)
        while importing.tidy():
            pass

    def _begun(self, options: dict[str, Any]) -> Import:
        if options["undo"] is not None:
            importing.undo(import_id=options["undo"], is_manual=True)
            return Import.objects.get(pk=options["undo"])
        if options["resume"] is not None:
            return importing.resume(import_id=options["resume"])
        newsletter = Newsletter.objects.filter(slug=options["newsletter"]).first()
        if newsletter is None:
            raise CommandError(f"There is no newsletter {options['newsletter']!r}.")
        source = options["source"] or (_DRY_RUN if options["dry_run"] else "")
        importing.check_source(source)
        file = Path(options["file"])
        with _opened(file):
            batch = importing.begin(
                newsletter=newsletter, source=source, file_name=file.name, is_manual=True
            )
            importing.keep_file(batch, _pieces(file), encoding=options["encoding"])
        importing.choose(
            import_id=batch.pk, choices=_choices(batch, options), is_trial=options["dry_run"]
        )
        layout = importing.Layout(**batch.layout)
        self.stdout.write(f"Import {batch.pk}: {batch.file_name}, read as {layout}")
        return batch

    def _go_on(self, import_id: int) -> None:
        """Do the steps, each kind with its own bar."""
        batch = Import.objects.get(pk=import_id)
        try:
            while batch.state in UNDER_WAY:
                state = batch.state
                _, total, unit = reports.progress(batch)
                hand = second_hand(import_id) if state == State.IMPORTING else nullcontext()
                with Progress(self.stderr, total=total, unit=unit) as progress, hand:
                    while batch.state == state:
                        progress.reached(reports.progress(batch)[0])
                        importing.step(only=import_id)
                        batch.refresh_from_db()
        except KeyboardInterrupt:
            raise CommandError(
                f"Stopped. Go on with: manage.py import_subscriptions --resume {import_id}"
            ) from None

    def _tell(self, batch: Import, options: dict[str, Any]) -> None:
        report = reports.report(batch)
        if batch.state == State.UNDONE:
            self._number(report.removed, "removed")
            for number, words in report.kept:
                self._number(number, f"kept: {words}")
            return
        self._number(report.rows, "rows")
        for number, reason in report.invalid:
            self._number(number, f"not taken: {reason}")
        if report.merged:
            self._number(report.merged, "merged with another row of the same address")
        for _, number, words in report.fates:
            self._number(number, words)
        if report.faults and not options["errors"]:
            self.stdout.write("--errors FILE lists the rows that were not taken.")
        if batch.state == State.CHECKED:
            self.stdout.write("This was a dry run: nothing is imported.")

    def _number(self, number: int, words: str) -> None:
        self.stdout.write(f"{number:>11,} {words}")


def _choices(batch: Import, options: dict[str, Any]) -> Choices:
    layout, guess = importing.Layout(**batch.layout), Choices(**batch.choices)
    named = dict(_pair(text) for text in options["map"])
    mapping = columns.chosen(layout.columns, guess.mapping, named)
    if options["other_columns"] == "skip":
        mapping = [columns.LEFT_OUT if to == columns.ATTRIBUTE else to for to in mapping]
    takes = guess.takes_status
    if options["statuses"]:
        takes = options["statuses"] == "take"
    return Choices(mapping, options["tag"], options["update"], takes, guess.is_own_export)


def _pair(text: str) -> tuple[str, str]:
    field, separator, column = text.partition("=")
    if not separator or not field.strip():
        raise CommandError(f"--map takes FIELD=COLUMN, such as email=E-Mail, not {text!r}.")
    return field.strip(), column


def _opened(file: Path) -> Any:
    try:
        return file.open("rb")
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from error


def _pieces(file: Path) -> Iterator[bytes]:
    with file.open("rb") as opened:
        while piece := opened.read(_PIECE):
            yield piece


def _write_errors(batch: Import, path: str) -> None:
    try:
        with Path(path).open("w", encoding="utf-8", newline="") as file:
            file.writelines(reports.faults_as_csv(batch))
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}.") from error
