"""An SMTP server that takes everything and keeps nothing: `python -m benchmarks.sink PORT [DELAY]`.

DELAY is in seconds and lies between the final dot and its answer, as a far provider's would.
"""

import asyncio
import sys


class Sink(asyncio.Protocol):
    delay = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport, self.buffer, self.in_content = transport, b"", False
        transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while self.take_content() if self.in_content else self.take_command():
            pass

    def take_content(self) -> bool:
        end = self.buffer.find(b"\r\n.\r\n")
        if end < 0:
            return False
        self.buffer, self.in_content = self.buffer[end + 5 :], False
        if self.delay:
            asyncio.get_running_loop().call_later(self.delay, self.answer_dot)
            return False
        self.transport.write(b"250 taken\r\n")
        return True

    def answer_dot(self) -> None:
        self.transport.write(b"250 taken\r\n")
        self.data_received(b"")

    def take_command(self) -> bool:
        line, found, rest = self.buffer.partition(b"\r\n")
        if not found:
            return False
        self.buffer, verb = rest, line[:4].upper()
        if verb == b"EHLO":
            self.transport.write(b"250-sink\r\n250 PIPELINING\r\n")
        elif verb == b"DATA":
            self.in_content = True
            self.transport.write(b"354 go on\r\n")
        elif verb == b"QUIT":
            self.transport.write(b"221 bye\r\n")
            self.transport.close()
        else:
            self.transport.write(b"250 ok\r\n")
        return True


async def serve(port: int, delay: float) -> None:
    Sink.delay = delay
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else 0.0))
