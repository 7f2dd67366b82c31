"""The limit: the same transport and the same spliced mails, without a ledger.

`python -m benchmarks.bare_sender PORT MAILS PROCESSES CONNECTIONS` prints mails a second.
"""

import os
import sys
import threading
import time
from email.headerregistry import Address
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from newsletter.delivery.transports.base import Mail
from newsletter.delivery.transports.smtp import SmtpTransport
from newsletter.rendering.mime import MailTemplate, Personal, placeholder

GROUP = 16


def template(size: int = 5_800) -> MailTemplate:
    token = placeholder(66)
    link = f"https://news.example.org/subscriptions/unsubscribe?token={token}"
    text = "Every reader gets this mail once. " * (size // 80)
    return MailTemplate(
        sender=Address("News", addr_spec="news@example.org"),
        subject="A benchmark",
        text=f"{text}\n{link}\n",
        html=f'<p>{text}</p><p><a href="{link}">Unsubscribe</a></p>',
        headers={"List-Unsubscribe": f"<{link}>"},
        token_placeholder=token,
    )


def send(port: int, mails: int) -> None:
    transport, mail = SmtpTransport(urlsplit(f"smtp://127.0.0.1:{port}")), template()
    for start in range(0, mails, GROUP):
        ids: list[UUID] = [uuid4() for _ in range(min(GROUP, mails - start))]
        group = [
            Mail(
                "news@example.org",
                f"{i}@example.org",
                mail.fill(Personal(i, f"{i}@example.org", "t" * 66)),
                i,
            )
            for i in ids
        ]
        transport.send(group, lambda: False)
    transport.close()


def run(port: int, mails: int, processes: int, connections: int) -> float:
    """Return mails a second."""
    share = mails // (processes * connections)
    started = time.monotonic()
    children = []
    for _ in range(processes):
        if (child := os.fork()) == 0:
            threads = [
                threading.Thread(target=send, args=(port, share)) for _ in range(connections)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            os._exit(0)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)
    return share * processes * connections / (time.monotonic() - started)


if __name__ == "__main__":
    print(f"{run(*map(int, sys.argv[1:5])):,.0f}")
