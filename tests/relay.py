"""A TCP relay, to be killed: `python -m tests.relay HOST PORT TARGET`."""

import socket
import sys
import threading


def pump(source: socket.socket, sink: socket.socket) -> None:
    while octets := source.recv(65536):
        sink.sendall(octets)
    sink.shutdown(socket.SHUT_WR)


def relay(host: str, port: int, target: str) -> None:
    """Connect every client of a port to HOST:PORT or a socket's path, until killed."""
    server = socket.create_server((host, port))
    sys.stdout.write("listening\n")
    sys.stdout.flush()
    while True:
        client, _ = server.accept()
        if target.startswith("/"):
            upstream = socket.socket(socket.AF_UNIX)
            upstream.connect(target)
        else:
            name, _, number = target.rpartition(":")
            upstream = socket.create_connection((name, int(number)))
        for pair in ((client, upstream), (upstream, client)):
            threading.Thread(target=pump, args=pair, daemon=True).start()


if __name__ == "__main__":
    relay(sys.argv[1], int(sys.argv[2]), sys.argv[3])
