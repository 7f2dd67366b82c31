"""An issue going out, in a terminal: drawn anew in its place; elsewhere a line now and then."""

import shutil
import textwrap
import time
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection

from newsletter import progress, reasons
from newsletter.models import Issue, IssueCount
from newsletter.progress import Progress, Speed
from zero2prod.postgres.outages import DATABASE_AWAY

REDRAW_SECONDS, LINE_SECONDS = 2.0, 5.0
_LINES = 5
"""Reasons and domains shown of each."""
_BARS = "▁▂▃▄▅▆▇█"
_UP_AND_CLEAR = "\033[{}A\033[J"


class Watch:
    """Draws until the issue is done. `sleep` is given seconds between two looks."""

    def __init__(self, stream: Any, sleep: Callable[[float], None] = time.sleep) -> None:
        self._stream, self._sleep = stream, sleep
        self._is_terminal = bool(stream.isatty())
        self._drawn = 0
        self._told: list[str] = []

    def run(self, issue_id: int) -> None:
        """Return when the issue is done; Ctrl-C ends it as well."""
        try:
            while not self._look(issue_id):
                self._sleep(REDRAW_SECONDS if self._is_terminal else LINE_SECONDS)
        except KeyboardInterrupt:
            self._stream.write("The watch is over; the issue goes on.")

    def _look(self, issue_id: int) -> bool:
        """Draw once; return whether there will be nothing new."""
        try:
            issue = Issue.objects.get(pk=issue_id)
            if issue.is_editable:
                self._show([f"Issue {issue.pk}, {issue.state}: {issue.subject}"])
                return issue.state == Issue.State.DRAFT
            IssueCount.objects.refresh(issue.pk)
            found = progress.of_issue(issue)
        except Issue.DoesNotExist:
            self._show([f"Issue {issue_id} was deleted."])
            return True
        except DATABASE_AWAY:
            connection.close()
            self._show(["The database does not answer; trying again."])
            return False
        if self._is_terminal or found.is_done:
            self._show(block(found))
        else:
            self._show([line(found), *(note for note in found.notes if note not in self._told)])
            self._told = found.notes
        return found.is_done

    def _show(self, lines: Sequence[str]) -> None:
        if self._is_terminal:
            width, height = shutil.get_terminal_size()
            if self._drawn:
                self._stream.write(_UP_AND_CLEAR.format(self._drawn), ending="")
            wrapped = [part for text in lines for part in _wrapped(text, width - 1)]
            lines = wrapped[: height - 1]
            self._drawn = len(lines)
        self._stream.write("\n".join(lines))
        self._stream.flush()


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, subsequent_indent="    ", drop_whitespace=False) or [""]


def line(found: Progress) -> str:
    """Return an issue's progress in one line."""
    return (
        f"{found.account.counted_at:%H:%M:%S} {found.issue.state}: {found.account}; {pace(found)}"
    )


def block(found: Progress) -> list[str]:
    """Return all that is to be said of an issue, line by line."""
    issue, account = found.issue, found.account
    lines = [
        f"Issue {issue.pk}, {issue.state}: {issue.subject}",
        str(account),
        f"[{'█' * (account.percent_done * 2 // 5):░<40}] {account.percent_done} %, {pace(found)}",
        f"counted at {account.counted_at:%H:%M:%S} UTC",
    ]
    if found.speeds:
        lines.append(f"mails a second: {sparkline(found.speeds)}")
    lines += found.notes
    if found.unknown:
        lines.append(f"{found.unknown:,} unknown: {reasons.UNKNOWN}")
    lines += [
        f"  {reason.mails:>9,} {reason.state} {reason.code}"
        + (f" ({reason.meaning})" if reason.meaning else "")
        for reason in found.reasons[:_LINES]
    ]
    lines += [
        f"  {domain.total:>9,} to {domain.name or 'all others'}: {domain.sent:,} sent,"
        f" {domain.failed:,} failed, {domain.unknown:,} unknown, {domain.open:,} open"
        for domain in found.domains[:_LINES]
    ]
    if found.complaints or found.bounced or found.left:
        lines.append(
            f"later: {found.bounced:,} bounced, {found.complaints:,} complained, "
            f"{found.left or 0:,} unsubscribed"
        )
    return lines


def pace(found: Progress) -> str:
    """Say how fast it goes and when it is done, or how long it took."""
    if not found.is_moving:
        return f"{found.average:,.1f} a second on average"
    eta = f", done at {found.eta:%H:%M:%S} UTC at this pace" if found.eta else ""
    return f"{found.account.rate:,.1f} a second in the last minute{eta}"


def sparkline(speeds: Sequence[Speed], width: int = 40) -> str:
    """Return the pace as small bars, each the fastest of its stretch of time."""
    begin, end = speeds[0].at.timestamp(), speeds[-1].at.timestamp()
    columns = [0.0] * width
    for speed in speeds:
        across = (speed.at.timestamp() - begin) / ((end - begin) or 1.0)
        column = min(width - 1, int(across * width))
        columns[column] = max(columns[column], speed.rate)
    most = max(columns) or 1.0
    bars = "".join(_BARS[round(rate / most * (len(_BARS) - 1))] for rate in columns)
    return f"{bars} at most {most:,.0f}"
