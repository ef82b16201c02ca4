"""A network between a test and its server, which can cut a connection at a moment of choice."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import Literal

from tests.ports import LOOPBACK

Moment = Literal["before", "after"]


class Proxy:
    """Hands every byte on between those who connect to its `port` and the server."""

    def __init__(self, server_port: int) -> None:
        self._server = (LOOPBACK, server_port)
        self._listener = socket.create_server((LOOPBACK, 0))
        self.port = int(self._listener.getsockname()[1])
        self.marker = b""
        self.cuts_left = 0
        self.connections: list[_Connection] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self, marker: bytes, moment: Moment, times: int = 1) -> None:
        """So many requests that have `marker` in them lose their connection.

        before: the server never sees them; after: it has answered, and nobody hears that.
        """
        self.moment, self.cuts_left, self.marker = moment, times, marker

    def cut_all(self) -> None:
        """All who are connected lose their connection."""
        cut, self.connections = self.connections, []
        for connection in cut:
            connection.cut()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._server)
                self.connections.append(_Connection(self, client, server))


class _Connection:
    def __init__(self, proxy: Proxy, client: socket.socket, server: socket.socket) -> None:
        self.proxy = proxy
        self.ends = client, server
        self.deaf = False
        for target in (self._there, self._back):
            threading.Thread(target=target, daemon=True).start()

    def _there(self) -> None:
        client, server = self.ends
        proxy = self.proxy
        with suppress(OSError):
            while data := client.recv(65536):
                if proxy.cuts_left and proxy.marker in data:
                    proxy.cuts_left -= 1
                    if proxy.moment == "before":
                        break
                    self.deaf = True
                server.sendall(data)
        self.cut()

    def _back(self) -> None:
        client, server = self.ends
        with suppress(OSError):
            while (data := server.recv(65536)) and not self.deaf:
                client.sendall(data)
        self.cut()

    def cut(self) -> None:
        for end in self.ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
