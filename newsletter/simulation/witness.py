"""An SMTP server that writes down each mail it accepts, and misbehaves by rules.

`python -m newsletter.simulation.witness PORT FILE [RULES]` listens on 127.0.0.1 and appends one
line, RECIPIENT MESSAGE-ID, for each acceptance: before it says so, as the truth must not depend on
whether the answer arrives. RULES is a JSON list; the first rule that applies to a mail counts:

    {"do": "450", "every": 20}              every twentieth mail
    {"do": "close-after-dot", "chance": 0.01, "seed": 7}
    {"do": "550", "to": "^reader1[0-9]*@"}  by recipient
    {"do": "slow", "seconds": 0.2}

A reply is given where it belongs: 421 and 450 at MAIL, 550 at RCPT, 552 after the dot.
"""

import asyncio
import json
import os
import random
import re
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Any

GREETING = b"220 witness ESMTP\r\n"
LISTENING = "listening\n"
"""Its one word on standard output: who started it may send from now on."""

ABILITIES = b"250-witness\r\n250-8BITMIME\r\n250 PIPELINING\r\n"
REFUSALS = {
    "421": ("MAIL", b"421 4.3.2 Closing\r\n"),
    "450": ("MAIL", b"450 4.2.0 Greylisted\r\n"),
    "550": ("RCPT", b"550 5.1.1 No such user\r\n"),
    "552": ("DOT", b"552 5.2.2 Mailbox full\r\n"),
    "garbage": ("DOT", b"what?\r\n"),
    "close-before-data": ("DATA", b""),
    "close-after-dot": ("ACCEPTED", b""),
}
_ADDRESS = re.compile(rb"<(.*?)>")
_MESSAGE_ID = re.compile(rb"^Message-ID: <(.*?)>", re.MULTILINE | re.IGNORECASE)


class HangUp(Exception):
    """The server ends the connection here."""


@dataclass
class Rule:
    """One kind of misbehaviour, and which mails meet it."""

    do: str
    every: int = 0
    chance: float = 1.0
    seed: int = 1
    to: str = ""
    seconds: float = 0.0
    mails: Any = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)  # noqa: S311

    def applies(self, recipient: str) -> bool:
        if self.to and not re.search(self.to, recipient):
            return False
        if self.every:
            return bool(next(self.mails) % self.every == 0)
        return self.dice.random() < self.chance


class Witness:
    def __init__(self, path: str, rules: list[Rule]) -> None:
        self.file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        self.rules = rules

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError, HangUp):
            writer.write(GREETING)
            while command := await reader.readline():
                verb = command[:4].upper()
                if verb == b"EHLO":
                    writer.write(ABILITIES)
                elif verb == b"MAIL":
                    await self.transact(reader, writer)
                elif verb == b"QUIT":
                    writer.write(b"221 2.0.0 Bye\r\n")
                    break
                else:
                    writer.write(b"250 2.0.0 Fine\r\n" if verb == b"RSET" else b"503 5.5.1 No\r\n")
        with suppress(ConnectionError):
            await writer.drain()
        writer.close()

    async def transact(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one mail. The envelope is read as a whole: our client always sends it so."""
        first = await self.next_of(b"RCPT", reader, writer)
        recipient = _ADDRESS.search(first).group(1).decode()  # type: ignore[union-attr]
        rule = next((rule for rule in self.rules if rule.applies(recipient)), Rule("accept"))
        stage, reply = REFUSALS.get(rule.do, ("", b""))
        if stage == "MAIL":
            self.say(writer, reply)
            writer.write(b"503 5.5.1 No sender\r\n")
        else:
            writer.write(b"250 2.1.0 Fine\r\n")
            writer.write(reply if stage == "RCPT" else b"250 2.1.5 Fine\r\n")
        await self.next_of(b"DATA", reader, writer)
        if stage in {"MAIL", "RCPT"}:
            writer.write(b"503 5.5.1 No recipient\r\n")
            return
        if stage == "DATA":
            raise HangUp
        writer.write(b"354 Go on\r\n")
        content = await self.content(reader)
        await asyncio.sleep(rule.seconds)
        if stage == "DOT":
            self.say(writer, reply)
            return
        self.accept(recipient, content)
        if stage == "ACCEPTED":
            raise HangUp
        writer.write(b"250 2.0.0 Queued as W1\r\n")

    async def content(self, reader: asyncio.StreamReader) -> bytes:
        line = await reader.readline()
        return b"" if line == b".\r\n" else line + await reader.readuntil(b"\r\n.\r\n")

    async def next_of(
        self, verb: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bytes:
        command = await reader.readline()
        if not command:
            raise HangUp
        if not command.upper().startswith(verb):
            writer.write(b"503 5.5.1 Out of order\r\n")
            raise HangUp
        return command

    def say(self, writer: asyncio.StreamWriter, reply: bytes) -> None:
        writer.write(reply)
        if reply.startswith(b"421"):
            raise HangUp

    def accept(self, recipient: str, content: bytes) -> None:
        found = _MESSAGE_ID.search(content)
        message_id = found.group(1).decode() if found else "none"
        os.write(self.file, f"{recipient} {message_id}\n".encode())


async def main(port: int, path: str, rules: list[Rule]) -> None:
    witness = Witness(path, rules)
    server = await asyncio.start_server(
        witness.converse, "127.0.0.1", port, limit=2**24, reuse_address=True
    )
    sys.stdout.write(LISTENING)
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    given = json.loads(sys.argv[3]) if len(sys.argv) > 3 else []
    asyncio.run(main(int(sys.argv[1]), sys.argv[2], [Rule(**rule) for rule in given]))
