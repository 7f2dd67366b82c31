"""A mail server that keeps what it was given: aiosmtpd, to be started and stopped at will."""

from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from threading import Lock

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.processes import eventually


@dataclass(frozen=True)
class Letter:
    """One accepted mail: for whom the envelope said it is, and what was in it."""

    recipient: str
    message: EmailMessage

    def part(self, kind: str) -> str:
        """Return the text of its ``plain`` or ``html`` part."""
        body = self.message.get_body((kind,))
        assert body is not None
        return str(body.get_content())


@dataclass
class MailServer:
    """Nobody listens until `start`: before that, connections are refused."""

    port: int
    letters: list[Letter] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lock = Lock()
        self._controller: Controller | None = None

    def start(self) -> None:
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        message = BytesParser(policy=policy.SMTP).parsebytes(envelope.original_content or b"")
        assert isinstance(message, EmailMessage)
        with self._lock:
            self.letters += [Letter(recipient, message) for recipient in envelope.rcpt_tos]
        return "250 2.0.0 Kept"

    def to(self, recipient: str) -> list[Letter]:
        with self._lock:
            return [letter for letter in self.letters if letter.recipient == recipient]

    def wait_for(self, recipient: str, number: int = 1, *, seconds: float = 30) -> Letter:
        """Return the last letter to somebody once he has got so many."""
        assert eventually(lambda: len(self.to(recipient)) >= number, seconds=seconds), self.letters
        return self.to(recipient)[-1]
