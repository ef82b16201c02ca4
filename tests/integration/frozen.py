"""A way to a server on which packets can get lost: connections stay open and nothing comes."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

from tests.ports import LOOPBACK, free_port


class Way:
    """Forwards to a port of this machine; `freeze` loses all that exists, new ones work."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._listener = socket.create_server((LOOPBACK, free_port()))
        self.port = self._listener.getsockname()[1]
        self._age = 0
        self._sockets: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def freeze(self) -> None:
        self._age += 1

    def close(self) -> None:
        for one in (self._listener, *self._sockets):
            one.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                here, _ = self._listener.accept()
                there = socket.create_connection((LOOPBACK, self._port))
                self._sockets += [here, there]
                for source, target in ((here, there), (there, here)):
                    arguments = (source, target, self._age)
                    threading.Thread(target=self._forward, args=arguments, daemon=True).start()

    def _forward(self, source: socket.socket, target: socket.socket, age: int) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if age == self._age:
                    target.sendall(data)
            if age == self._age:
                target.shutdown(socket.SHUT_WR)
