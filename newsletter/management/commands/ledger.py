"""Say what became of an issue's mails."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from newsletter import accounting
from newsletter.accounting import Account
from newsletter.management.ledger_watch import Watch
from newsletter.models import Issue


class Command(BaseCommand):
    help = "Print an issue's accounting: how many mails are in which state, and why."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("issue", type=int, help="the issue's id")
        how = parser.add_mutually_exclusive_group()
        how.add_argument("--json", action="store_true", help="print one JSON object")
        how.add_argument(
            "--watch",
            action="store_true",
            help="show it going out until it is done: drawn in its place in a terminal, else a "
            "line every few seconds",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        issue = Issue.objects.filter(pk=options["issue"]).first()
        if issue is None:
            raise CommandError(f"There is no issue {options['issue']}.")
        if options["watch"]:
            Watch(self.stdout).run(issue.pk)
            return
        account = accounting.of_issue(issue)
        self.stdout.write(as_json(account) if options["json"] else as_text(issue, account))


def as_json(account: Account) -> str:
    return json.dumps(
        {
            "issue": account.issue,
            "state": account.state,
            "total": account.total,
            **account.counts,
            "reasons": account.reasons,
            "rate": account.rate,
            "oldest_due": account.oldest_due and account.oldest_due.isoformat(),
        }
    )


def as_text(issue: Issue, account: Account) -> str:
    lines = [f"Issue {issue.pk}, {account.state}: {issue.subject}", str(account)]
    lines += [f"  {mails:,} {reason}" for reason, mails in account.reasons.items()]
    if account.rate:
        lines.append(f"{account.rate:,} a second in the last minute")
    if account.oldest_due:
        lines.append(f"oldest due mail: {account.oldest_due:%Y-%m-%d %H:%M:%S %Z}")
    if not account.identity_holds:
        lines.append(f"The sum is {sum(account.counts.values()):,}: rows are missing.")
    return "\n".join(lines)
