"""Try a campaign before it matters: on invented readers with faults, or a real issue on paper."""

import json
from argparse import ArgumentParser
from typing import Any

import psycopg
from django.core.management.base import BaseCommand, CommandError

from newsletter import audiences
from newsletter.management.progress import Progress
from newsletter.models import Issue
from newsletter.rehearsing import CLIPPED_AT, rehearse
from newsletter.simulation.campaign import Plan, Result, simulate
from newsletter.simulation.witness import REFUSALS


class Command(BaseCommand):
    help = (
        "Send a simulated campaign through the true pipeline to a witness on this machine, with "
        "faults, and compare the two; or, with --issue, say what publishing an issue would do. "
        "No mail leaves."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--issue", type=int, help="rehearse this issue instead")
        parser.add_argument("--readers", type=int, default=2_000)
        parser.add_argument("--processes", type=int, default=2)
        parser.add_argument(
            "--fault",
            action="append",
            default=[],
            metavar="NAME=CHANCE",
            help=f"such as 450=0.05, repeatable: {', '.join(REFUSALS)}, slow=SECONDS",
        )
        parser.add_argument(
            "--kill-every", type=float, default=0, metavar="SECONDS", help="kill a worker so often"
        )
        parser.add_argument("--patience", type=float, default=600, metavar="SECONDS")

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["issue"] is not None:
            self._rehearse(options["issue"])
            return
        if options["readers"] < 1 or options["processes"] < 2:
            raise CommandError("--readers must be at least 1, and --processes at least 2.")
        plan = Plan(
            readers=options["readers"],
            processes=options["processes"],
            rules=json.dumps([_rule(fault) for fault in options["fault"]]),
            kill_every=options["kill_every"],
            patience=options["patience"],
        )
        try:
            with Progress(self.stdout, total=plan.readers, unit="mails") as progress:
                result = simulate(plan, progress.reached)
        except psycopg.Error as error:
            raise CommandError(f"The simulation needs a database of its own: {error}") from error
        except TimeoutError as error:
            raise CommandError(
                f"Not over after {plan.patience:.0f} s; try fewer faults."
            ) from error
        self._tell(result)

    def _tell(self, result: Result) -> None:
        found = result.findings
        self.stdout.write(result.ledger)
        self.stdout.write(
            f"{result.seconds:.1f} s, {result.kills} workers killed. The witness says: "
            f"{len(found.lost)} lost, {len(found.doubled)} twice, "
            f"{len(found.denied)} accepted though given up, {len(found.unfinished)} unfinished."
        )
        if not found.faultless:
            raise CommandError("The ledger and the witness disagree.")

    def _rehearse(self, pk: int) -> None:
        issue = Issue.objects.select_related("newsletter").filter(pk=pk).first()
        if issue is None:
            raise CommandError(f"There is no issue {pk}.")
        told = rehearse(issue)
        self.stdout.write(f"{told.audience:,} confirmed readers would get “{issue.subject}”.")
        if (conditions := audiences.conditions_of(issue)) != audiences.EVERYONE:
            self.stdout.write(f"The audience is “{conditions}”.")
        for reason, readers in sorted(told.skipped.items()):
            self.stdout.write(f"{readers:,} would not: {reason}.")
        self.stdout.write(f"{told.mail_bytes:,} bytes a mail, {told.total_bytes:,} in all.")
        if told.mail_bytes > CLIPPED_AT:
            self.stdout.write("Gmail will hide the end of it, and the unsubscribe link.")
        rate = f"about {told.duration} at the set rate" if told.duration else "no rate is set"
        self.stdout.write(f"Time: {rate}.")


def _rule(fault: str) -> dict[str, object]:
    name, _, number = fault.partition("=")
    try:
        value = float(number)
    except ValueError:
        value = -1.0
    if name == "slow" and value > 0:
        return {"do": name, "seconds": value}
    if name not in REFUSALS or not 0 < value <= 1:
        raise CommandError(f"{fault!r} is no fault such as 450=0.05 or slow=0.2.")
    return {"do": name, "chance": value}
