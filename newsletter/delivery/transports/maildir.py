"""The local mailbox: mails become files in a Maildir, which any mail reader opens."""

import mailbox
from collections.abc import Callable, Sequence
from pathlib import Path

from newsletter.delivery.outcomes import Outcome, Verdict
from newsletter.delivery.transports.base import Mail, with_the_rest
from newsletter.delivery.transports.wire import Wire


class MaildirTransport:
    def __init__(self, path: str) -> None:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        self.wire = Wire()
        self._maildir = mailbox.Maildir(path, create=True)

    def send(self, mails: Sequence[Mail], halted: Callable[[], bool]) -> list[Outcome]:
        outcomes: list[Outcome] = []
        for mail in mails:
            if halted():
                break
            key = self._maildir.add(mail.content.replace(b"\r\n", b"\n"))
            outcomes.append(Outcome(Verdict.SENT, provider_id=key))
        return with_the_rest(outcomes, mails)

    def close(self) -> None:
        self._maildir.close()
